"""What the image loop and the motion loop share: noise levels, samplers, the training loop, distances, judges.

Imports nothing of ours but how files are written whole, the type of a progress report, and streams of randomness.
"""
