"""Shapes of requests and answers; more keys may stand beside the ones that are named."""
