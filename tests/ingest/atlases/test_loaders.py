"""Published atlases by name: from nilearn's own files and from a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from atlas.errors import InvalidInput, NotFound, Unavailable
from ingest.atlases.candidates import Description
from ingest.atlases.loaders import LOADERS, fetch
from tests.ingest.atlases.files import blocks, save

pytestmark = pytest.mark.slow


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests are not printed."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server of a folder, as the publisher of an atlas."""
    root = tmp_path / "site"
    root.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", root
    server.shutdown()
    server.server_close()
    thread.join()


def publish(root: Path) -> None:
    """Four parcels in the place of Schaefer's hundred."""
    save(root / "Schaefer2018_100Parcels_7Networks_order_FSLMNI152_2mm.nii.gz", blocks("i4"))
    names = ("LH_Vis_1", "RH_Vis_1", "LH_Default_1", "RH_Default_1")
    lines = [f"{n}\t7Networks_{name}\t120\t18\t{n}\t0" for n, name in enumerate(names, start=1)]
    table = root / "Schaefer2018_100Parcels_7Networks_order.txt"
    table.write_text("\n".join(lines) + "\n")


def test_coordinates_that_nilearn_carries(tmp_path: Path) -> None:
    found = fetch("power_2011", tmp_path)
    candidate = found.reading(Description()).candidate
    assert (candidate.id, candidate.space, len(candidate.rows)) == ("power_2011", "MNI152", 264)
    assert candidate.rows[0].xyz == (-25, -98, -12)
    assert candidate.source.citation.startswith("Power et al. 2011")


def test_a_fetched_atlas_is_kept_whole(tmp_path: Path, site: tuple[str, Path]) -> None:
    address, root = site
    publish(root)
    options = {"n_rois": "100", "resolution_mm": "2", "base_url": address}
    found = fetch("schaefer2018", tmp_path / "home", options)
    reading = found.reading(Description(space="MNI152NLin6Asym"))
    assert reading.candidate.volume is not None
    assert reading.candidate.volume.counts == {1: 512, 2: 512, 3: 512, 4: 512}
    assert "LH_Vis_1" in reading.candidate.rows[0].name
    for path in root.iterdir():
        path.unlink()
    again = fetch("schaefer2018", tmp_path / "home", options)  # no network is needed now
    assert again == found
    assert found.volume is not None
    good = found.volume.read_bytes()
    (found.folder / "labels.tsv").write_text("spoilt")
    with pytest.raises(Unavailable, match="run the same again"):
        fetch("schaefer2018", tmp_path / "home", options)
    assert found.volume.read_bytes() == good
    publish(root)
    assert fetch("schaefer2018", tmp_path / "home", options) == found
    assert (found.folder / "labels.tsv").read_text().startswith("id\tname")
    assert [path.name for path in found.folder.parent.iterdir()] == [found.folder.name]


def test_every_loader_is_one_of_nilearns() -> None:
    from nilearn import datasets

    assert all(callable(getattr(datasets, loader.fetcher)) for loader in LOADERS.values())


def test_slips(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="schaefer2018"):
        fetch("schaefer", tmp_path)
    with pytest.raises(InvalidInput, match="n_roi"):
        fetch("schaefer2018", tmp_path, {"n_roi": "100"})
    assert not any(path for path in tmp_path.rglob("*") if path.is_file())
