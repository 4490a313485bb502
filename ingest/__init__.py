"""Adapters that turn files into validated rows, and the meta-analysis."""
