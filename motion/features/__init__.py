"""Motion representations: joints to features and back, and their normalisation."""
