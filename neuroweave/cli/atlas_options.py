"""Options with which atlas files are described, the same for ``atlas import`` and ``check``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroweave.cli.grouped import with_options

if TYPE_CHECKING:
    from ingest.atlases.candidates import Description

Labels = Annotated[
    Path | None, typer.Option(help="Table of names: CSV, TSV, FreeSurfer LUT, FSL XML, text.")
]
Id = Annotated[str, typer.Option("--id", help="Id of the atlas; by default from the file name.")]
Name = Annotated[str, typer.Option(help="Name for people.")]
Space = Annotated[str, typer.Option(help="MNI152NLin6Asym, MNI152NLin2009cAsym, Talairach, …")]
Template = Annotated[str, typer.Option(help="Template that it was drawn on.")]
Licence = Annotated[str, typer.Option(help="Licence of the atlas.")]
Citation = Annotated[str, typer.Option(help="Paper to cite.")]
Radius = Annotated[float | None, typer.Option(help="Radius of every sphere in mm.")]
MapThreshold = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Least probability in a region, of 4-D atlases.")
]
Columns = Annotated[
    str, typer.Option(help="Columns of the table by role: id=value,name=region,network=.")
]
Levels = Annotated[str, typer.Option(help="Columns that become atlases: gyrus,lobe.")]
ChildOf = Annotated[str, typer.Option("--child-of", help="Stored atlas that is one level up.")]
Accept = Annotated[
    list[str] | None, typer.Option(metavar="CODE", help="Error to accept, by its code; repeat.")
]


def pairs(text: str, field: str) -> Mapping[str, str]:
    """``a=b,c=d`` as a mapping.

    Raises:
        InvalidInput: a part without ``=``.

    >>> pairs("id=value, name=long name", "columns")
    {'id': 'value', 'name': 'long name'}
    """
    from atlas.errors import InvalidInput

    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise InvalidInput(field, found=repr(part), expected="role=column, …")
        found[key.strip()] = value.strip()
    return found


def listed(text: str) -> tuple[str, ...]:
    """``a, b`` as a tuple.

    >>> listed("gyrus, lobe"), listed("")
    (('gyrus', 'lobe'), ())
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def description(
    *,
    id: Id = "",
    name: Name = "",
    space: Space = "",
    template: Template = "",
    licence: Licence = "",
    citation: Citation = "",
    radius: Radius = None,
    columns: Columns = "",
    map_threshold: MapThreshold = 0.25,
) -> Description:
    """What the options say of the files; its signature is the options."""
    from ingest.atlases.candidates import Description

    return Description(
        id=id,
        name=name,
        space=space,
        template=template,
        licence=licence,
        citation=citation,
        radius_mm=radius,
        threshold=map_threshold,
        columns=pairs(columns, "columns"),
    )


with_description = with_options(description)
"""Give a command the options of :func:`description`; it receives the description first."""
