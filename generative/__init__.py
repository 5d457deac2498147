"""What the image loop and the motion loop share: noise levels and samplers, the training loop, distances between sets.

Imports nothing of ours but how files are written whole and the type of a progress report.
"""
