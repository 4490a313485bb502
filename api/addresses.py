"""Ids in addresses."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor

AFTER_IDS = (
    *("comments", "history", "review"),
    *("rename", "merge", "split", "deprecate", "regions"),
)
"""What follows an id in an address, where ids may have slashes in them."""


class RecordId(Convertor[str]):
    """``{id:record}``: an id, also with slashes in it, that does not end with what follows ids."""

    regex = "(?!import$).+" + "".join(f"(?<!/{word})" for word in AFTER_IDS)

    def convert(self, value: str) -> str:
        """Take it as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Write it as it is."""
        return value


class Weights(Convertor[str]):
    """``{sha256:weights}``: what stands for weights, and is no word of the library's own.

    Whether it is a SHA-256 is for the route to say, which names the field.
    """

    regex = "(?!statistics$)[^/]+"

    def convert(self, value: str) -> str:
        """Take it as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Write it as it is."""
        return value


register_url_convertor("record", RecordId())
register_url_convertor("weights", Weights())
