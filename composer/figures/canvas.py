"""Drawing without global state: a figure goes in, the same bytes come out every time."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from atlas.whole_files import require_ending

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "svg"]
MEDIA_TYPES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}

BLUE, ORANGE, GREY = "#2b6ca3", "#c8611a", "#8a8f98"

_drawing = threading.Lock()
"""Matplotlib's fonts and settings belong to the process, so one thread draws at a time."""


def render(
    draw: Callable[[Figure], None],
    *,
    size: tuple[float, float],
    format: Format = "png",
    dpi: int = 130,
) -> bytes:
    """Draw on a new figure and return the file.

    Args:
        draw: fills the figure it is handed.
        size: width and height in inches.
        format: ``png`` or ``svg``.
        dpi: pixels per inch of a PNG.

    The file holds no date and no program version, and an SVG's ids depend on its content alone.
    """
    import matplotlib
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.hashsalt": "neuroweave",
        "text.parse_math": False,
        "font.size": 9,
    }
    nothing = {"Software": None} if format == "png" else {"Date": None, "Creator": None}
    file = io.BytesIO()
    with _drawing, matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        figure = Figure(figsize=size, facecolor="white")
        draw(figure)
        figure.savefig(file, format=format, dpi=dpi, metadata=nothing)
    return file.getvalue()


def format_of(path: Path, field: str = "figure") -> Format:
    """Tell the format by a file's ending.

    Raises:
        InvalidInput: neither .png nor .svg.

    >>> format_of(Path("brain.SVG"))
    'svg'
    """
    return "png" if require_ending(path, ".png", ".svg", field=field) == ".png" else "svg"


def short(text: str, length: int = 34) -> str:
    """Cut a label to fit.

    >>> short("a" * 40)[-3:]
    'aa…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"
