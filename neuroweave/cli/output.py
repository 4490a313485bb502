"""How answers are printed: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many rows.")]
After = Annotated[str | None, typer.Option("--after", help="Continue after this key (`next`).")]

Progress = Callable[[str, float], None]

PAUSE_S = 3.0
"""Seconds between progress lines where there is no terminal."""


def print_json(data: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON document on stdout."""
    json.dump(data, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def listing(
    rows: Sequence[Mapping[str, Any]],
    following: str | int | None,
    as_json: bool,
    columns: Sequence[str],
) -> None:
    """Print one page of a list: ``{items, next}`` as JSON, else a table of ``columns``."""
    if as_json:
        print_json({"items": list(rows), "next": following})
        return
    print_table(columns, ([row.get(column) for column in columns] for row in rows))
    if following is not None:
        print(f"more: --after {following}")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None
) -> None:
    """Print a table; numbers are right-aligned and rounded to three decimals."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    body = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numeric = any(isinstance(row[index], int | float) for row in body)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*(cell(value) for value in row))
    Console().print(table)


def cell(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """One value as a table shows it.

    >>> cell(None), cell(0.12345), cell(["a", "b"])
    ('', '0.123', 'a, b')
    """
    from rich.markup import escape

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return escape(", ".join(str(item) for item in value))
    return escape(str(value))


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Show progress on stderr; yields ``progress(message, fraction)``.

    A bar on a terminal; elsewhere (a log file, a pipe) a line now and then.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(description)
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(description, total=1.0)
        yield lambda message, fraction: bar.update(
            task, description=message or description, completed=fraction
        )


def _lines(description: str) -> Progress:
    last = -PAUSE_S

    def progress(message: str, fraction: float) -> None:
        nonlocal last
        if time.monotonic() - last >= PAUSE_S:
            last = time.monotonic()
            print(f"[{fraction:4.0%}] {message or description}", file=sys.stderr, flush=True)

    return progress
