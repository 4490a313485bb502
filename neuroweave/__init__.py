"""Neuroweave: a brain atlas in a graph database, and networks woven from what is active.

Notebooks need one name only: ``from neuroweave import Client``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuroweave.client import AsyncClient, Client, StaleEdit

__all__ = ["AsyncClient", "Client", "StaleEdit"]


def __getattr__(name: str) -> object:
    # The client brings httpx; the command line starts faster without it.
    if name in __all__:
        from neuroweave import client

        return getattr(client, name)
    raise AttributeError(f"module 'neuroweave' has no attribute {name!r}")
