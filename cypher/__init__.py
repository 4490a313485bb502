"""Every statement of the database, one per file; the folder can be read as its documentation."""
