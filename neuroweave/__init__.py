"""Neuroweave: a brain atlas in a graph database, and networks woven from what is active.

Notebooks need one name only: ``from neuroweave import Client``.
"""

from __future__ import annotations

from neuroweave.client import Client

__all__ = ["Client"]
