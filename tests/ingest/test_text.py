"""A cell that no table has is a mistake of whoever sent it, wherever tables are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from ingest import claims_table, edit_tables
from ingest.atlases import tables
from ingest.connectivity import read_keys, read_matrix
from ingest.peaks import read_peaks
from ingest.series import read_events, read_series

LONG = "a" * 200_000
CLAIMS = "\t".join(("region", "function", "statistic", "value", "weight", "rationale"))

READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "series": (lambda path: read_series(path, 2.0), f"a,b\n1,{LONG}\n"),
    "events": (read_events, f"onset,duration,trial_type\n1,1,{LONG}\n"),
    "peaks": (read_peaks, f"x,y,z\n1,2,{LONG}\n"),
    "matrix": (read_matrix, f"a,b\n1,{LONG}\n"),
    "keys": (lambda path: read_keys(path, "key"), f"id,key\n1,{LONG}\n"),
    "claims": (claims_table.read, f"{CLAIMS}\na:1\tvision\tz\t1\t1\t{LONG}\n"),
    "a header": (claims_table.read, f"{CLAIMS}\t{LONG}\na:1\tvision\tz\t1\t1\tx\n"),
}


@pytest.mark.parametrize("what", READERS)
def test_a_cell_without_end_is_refused(tmp_path: Path, what: str) -> None:
    reader, text = READERS[what]
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="field larger than field limit"):
        reader(path)


@pytest.mark.parametrize("text", ["\n" * 300_000, "a,b" + ",c" * 600_000], ids=["lines", "columns"])
def test_what_is_far_too_large_is_not_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"action,id\n{text}", encoding="utf-8")
    readers: list[Callable[[], object]] = [
        lambda: edit_tables.read(path.read_text("utf-8")),
        lambda: read_series(path, 2.0),
        lambda: tables.read_table(path),
    ]
    for reader in readers:
        with pytest.raises(InvalidInput, match="at most 200,000 lines of"):
            reader()
