"""Options that several commands share, written once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

Command = Callable[..., None]


def with_options(make: Callable[..., object]) -> Callable[[Command], Command]:
    """Give a command the options that are the parameters of ``make``; its result comes first."""

    def decorate(command: Command) -> Command:
        made = {str(make.__annotations__["return"]): object}  # imported for type checkers only
        options = _parameters(make, made)
        own = list(_parameters(command, made).values())[1:]

        @functools.wraps(command)
        def wrapper(**values: object) -> None:
            result = make(**{name: values.pop(name) for name in options})
            command(result, **values)

        keyword = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*options.values(), *own)
        ]
        wrapper.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in keyword}
        return wrapper

    return decorate


def _parameters(
    function: Callable[..., object], made: dict[str, Any]
) -> dict[str, inspect.Parameter]:
    """A function's parameters with their annotations evaluated, as Typer needs them."""
    hints = get_type_hints(function, localns=made, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
    }
