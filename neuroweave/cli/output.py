"""How answers are printed: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from atlas.progress import Progress

if TYPE_CHECKING:
    from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many rows.")]
After = Annotated[str | None, typer.Option("--after", help="Continue after this key (`next`).")]


_UTC = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?\+00:00$")
"""Times as they are stored; tables show them to the second."""

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
    spare: Sequence[str] = (),
) -> None:
    """Print one page of a list: ``{items, next}`` as JSON, else a table of ``columns``, if any.

    ``spare`` are those that a narrow terminal can do without (:func:`print_table`).
    """
    if as_json:
        print_json({"items": list(rows), "next": following})
        return
    if not rows:
        print("There are none.")
        return
    print_table(columns, ([row.get(column) for column in columns] for row in rows), spare=spare)
    if following is not None:
        print(f"more: --after {following}")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str | None = None,
    spare: Sequence[str] = (),
) -> None:
    """Print a table; numbers are right-aligned and rounded to three decimals at most.

    Args:
        columns: their names.
        rows: a value for each column.
        title: a line above.
        spare: columns that a narrow terminal can do without, the least needed first; left out
            one by one until the table fits, and named below it.
    """
    from rich.console import Console

    console = Console()
    body = list(rows)
    values = {column: [row[i] for row in body] for i, column in enumerate(columns)}
    shown = {column: _cells(values[column]) for column in columns}
    left_out = []
    for column in spare:
        if _least_width(shown) <= console.width:
            break
        del shown[column]
        left_out.append(column)
    numeric = {column for column in shown if _is_numeric(values[column])}
    console.print(_table(shown, numeric, title, whole=_least_width(shown) <= console.width))
    if left_out:
        print(f"Not shown for want of room: {', '.join(left_out)} (--json has all).")


def _table(
    shown: Mapping[str, Sequence[str]], numeric: Collection[str], title: str | None, *, whole: bool
) -> Table:
    """With ``whole`` there is room for every word, so that only prose is wrapped."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for column, cells in shown.items():
        kept = column in numeric or (whole and not any(" " in cell for cell in cells))
        side: Literal["right", "left"] = "right" if column in numeric else "left"
        table.add_column(column, justify=side, overflow="fold", no_wrap=kept)
    for row in zip(*shown.values(), strict=True):
        table.add_row(*row)
    return table


def _least_width(shown: Mapping[str, Sequence[str]]) -> int:
    """Columns of a terminal at which no word, id or number is broken."""
    words = [max(map(len, " ".join((name, *cells)).split())) for name, cells in shown.items()]
    return sum(words) + 2 * len(words)


def _is_numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float | None) for value in values)


def _cells(values: Sequence[Any]) -> list[str]:
    places = max(map(_places, values), default=0)
    return [cell(value, places) for value in values]


PLACES = 3
"""Decimals that are shown, at most."""


def _places(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Decimals that a number needs.

    >>> _places(2.5), _places(3.0), _places(1 / 3), _places("2.5")
    (1, 0, 3, 0)
    """
    if not isinstance(value, float):
        return 0
    return len(f"{value:.{PLACES}f}".rstrip("0").partition(".")[2])


def cell(value: Any, places: int = PLACES) -> str:  # noqa: ANN401 - any JSON value
    """One value as a table shows it, with the decimals of its column.

    >>> cell(None), cell(0.12345), cell(39.0, 0), cell(["a", "b"])
    ('', '0.123', '39', 'a, b')
    >>> cell("2026-11-22T20:30:28.716+00:00")
    '2026-11-22T20:30:28Z'
    """
    from rich.markup import escape

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{places}f}"
    if isinstance(value, list | tuple):
        return escape(", ".join(str(item) for item in value))
    return escape(_UTC.sub(r"\1Z", str(value)))


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
