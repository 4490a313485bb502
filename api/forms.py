"""What a form says beside its files."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_origin

from pydantic import BaseModel
from starlette.datastructures import FormData

from atlas.errors import InvalidInput


def fields(form: FormData, model: type[BaseModel], files: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a form, to be checked by ``model``; a list is sent once for each of its items.

    Raises:
        InvalidInput: another field is sent more than once, and nobody could tell which one counts.
    """
    found: dict[str, Any] = {}
    for name in form.keys() - set(files):
        values = form.getlist(name)
        known = model.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            found[name] = values
        elif len(values) > 1:
            raise InvalidInput(name, found=f"{len(values)} of them", expected="one")
        else:
            found[name] = values[0]
    return found
