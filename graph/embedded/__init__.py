"""The embedded server: a private child process per data directory, shared by its users."""
