"""Bringing in atlases that people have: files read as they are, judged, then kept."""
