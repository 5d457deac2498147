"""Text encoders: captions to tokens."""
