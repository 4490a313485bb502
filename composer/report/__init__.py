"""One self-contained page about an activation."""
