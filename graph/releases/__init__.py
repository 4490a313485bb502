"""Releases: the whole content as plain text, loaded again with the same digest."""
