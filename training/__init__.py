"""The training loop, data sets and cached features."""
