"""The image loop: a class-conditional diffusion model of digits, retrained on what it draws, with a k-means corrector.

The smallest real setting of the paper's idea: embedded 8x8 digits (scikit-learn's), or MNIST from a folder.
"""
