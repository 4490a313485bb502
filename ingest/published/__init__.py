"""Region-function tables that others published, read as claims."""
