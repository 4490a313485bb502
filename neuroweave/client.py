"""A minimal HTTP client; see Client."""


class Client:
    """Placeholder until the client lands in the next commit."""
