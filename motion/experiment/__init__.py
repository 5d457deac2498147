"""The motion experiment: data set, loop problem, arms, presets, and the campaign that runs them.

Import from the modules themselves; this file imports nothing, so that the command's help needs no torch.
"""
