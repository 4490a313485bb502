"""Data sets from people's own files, divided into splits that share nothing."""
