"""Does the computed evidence say what others found? Held against the user's copy of the data."""
