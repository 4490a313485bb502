"""The search for the best composition."""
