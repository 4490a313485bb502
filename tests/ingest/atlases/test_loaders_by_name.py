"""Every loader end to end: nilearn's own fetcher finds the files where it leaves them.

Fetchers go on from what an interrupted fetch left behind; with everything there none of them asks
the network. The files are small, their names and layout are the publishers'.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput
from ingest.atlases.candidates import Description
from ingest.atlases.loaders import LOADERS, fetch
from ingest.atlases.scales import LOADINGS
from tests.ingest.atlases.files import blocks, save

pytestmark = pytest.mark.slow

NAMES = ("Left A", "Right A", "Left B", "Right B")


def _lines(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _volume(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, blocks("i4"))


def _maps(path: Path, scale: float = 1.0, low: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = blocks()[20:72:2, 28:60:2, 38:50:2]
    maps = np.stack([np.where(labels == n, scale, low) for n in (1, 2, 3, 4)], axis=-1)
    save(path, maps.astype("f4"))


def _aal(raw: Path) -> None:
    _volume(raw / "aal_3v2" / "AAL3" / "AAL3v1.nii")
    labels = (
        f"<label><index>{n}</index><name>{name}</name></label>" for n, name in enumerate(NAMES, 1)
    )
    _lines(
        raw / "aal_3v2" / "AAL3" / "AAL3v1.xml", f"<atlas><data>{''.join(labels)}</data></atlas>"
    )


def _basc(raw: Path) -> None:
    name = "template_cambridge_basc_multiscale"
    _volume(raw / "basc_multiscale_2015" / f"{name}_nii_sym" / f"{name}_sym_scale064.nii.gz")


def _craddock(raw: Path) -> None:
    path = raw / "craddock_2012" / "scorr05_mean_all.nii.gz"
    path.parent.mkdir(parents=True)
    volumes = np.zeros((91, 109, 91, 43), dtype="u1")
    volumes[..., 7] = blocks()
    save(path, volumes)


def _destrieux(raw: Path) -> None:
    folder = raw / "destrieux_2009"
    _volume(folder / "destrieux2009_rois_lateralized.nii.gz")
    rows = [f"{n},{name}" for n, name in enumerate(("Background", *NAMES))]
    _lines(folder / "destrieux2009_rois_labels_lateralized.csv", "index,name", *rows)
    _lines(folder / "destrieux2009.rst", "Destrieux")


def _difumo(raw: Path) -> None:
    folder = raw / "difumo_atlases"
    _maps(folder / "64" / "2mm" / "maps.nii.gz", scale=0.01)
    rows = [f"{n},{name}" for n, name in enumerate(NAMES, 1)]
    _lines(folder / "64" / "labels_64_dictionary.csv", "Component,Difumo_names", *rows)
    _lines(folder / "README.md", "DiFuMo")


def _fsl(raw: Path, source: str, stem: str, table: str) -> None:
    folder = raw / "fsl" / "data" / "atlases"
    _volume(folder / source / f"{source}-{stem}.nii.gz")
    labels = (f'<label index="{n}">{name}</label>' for n, name in enumerate(NAMES))
    _lines(folder / f"{table}.xml", f"<atlas><data>{''.join(labels)}</data></atlas>")


def _harvard_oxford(raw: Path) -> None:
    _fsl(raw, "HarvardOxford", "cortl-maxprob-thr25-2mm", "HarvardOxford-Cortical-Lateralized")


def _msdl(raw: Path) -> None:
    folder = raw / "msdl_atlas" / "MSDL_rois"
    _maps(folder / "msdl_rois.nii", scale=3.0)
    rows = [f"{n},0,0,{name},net {n % 2}" for n, name in enumerate(NAMES)]
    _lines(folder / "msdl_rois_labels.csv", "x,y,z,name,net name", *rows)


def _pauli(raw: Path) -> None:
    _volume(raw / "pauli_2017" / "pauli_2017_det.nii.gz")
    rows = [f"{n} {name.replace(' ', '_')}" for n, name in enumerate(NAMES)]
    _lines(raw / "pauli_2017" / "labels.txt", *rows)


def _smith(raw: Path) -> None:
    _maps(raw / "smith_2009" / "PNAS_Smith09_rsn10.nii.gz", scale=9.0, low=-4.0)


def _talairach(raw: Path) -> None:
    _volume(raw / "talairach_atlas" / "gyrus.nii.gz")
    _lines(raw / "talairach_atlas" / "gyrus-labels.json", json.dumps(["Background", *NAMES]))


def _yeo(raw: Path) -> None:
    folder = raw / "yeo_2011" / "Yeo_JNeurophysiol11_MNI152"
    for n in (7, 17):
        for ending in ("", "_LiberalMask"):
            stem = f"Yeo2011_{n}Networks_MNI152_FreeSurferConformed1mm{ending}"
            _volume(folder / f"{stem}.nii.gz")
        rows = [f"{i} {n}Networks_{i} 1 2 3 0" for i in range(1, 5)]
        _lines(folder / f"Yeo2011_{n}Networks_ColorLUT.txt", "0 NONE 0 0 0 0", *rows)
    _volume(folder / "FSL_MNI152_FreeSurferConformed_1mm.nii.gz")


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "aal": _aal,
    "basc": _basc,
    "craddock_2012": _craddock,
    "destrieux_2009": _destrieux,
    "difumo": _difumo,
    "harvard_oxford": _harvard_oxford,
    "msdl": _msdl,
    "pauli_2017": _pauli,
    "smith_2009": _smith,
    "talairach": _talairach,
    "yeo_2011": _yeo,
}
FOLDERS = {
    "aal": "aal",
    "basc": "basc-64",
    "craddock_2012": "craddock_2012-7",
    "harvard_oxford": "harvard_oxford-cort-maxprob-thr25-2mm-true",
    "pauli_2017": "pauli_2017-deterministic",
    "talairach": "talairach-gyrus",
}
UNNAMED = {"craddock_2012", "smith_2009"}
SOFT = {"difumo", "msdl", "smith_2009"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(requests.Session, "send", refuse)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_loader_from_its_publishers_files(name: str, tmp_path: Path) -> None:
    folder = FOLDERS.get(name, name)
    LAYOUTS[name](tmp_path / "atlases" / f".{folder}.raw")
    options = {"volume": "7"} if name == "craddock_2012" else {}
    found = fetch(name, tmp_path, options)
    assert found.folder.name == folder
    reading = found.reading(Description())
    candidate, loader = reading.candidate, LOADERS[name]
    assert candidate.volume is not None
    assert set(candidate.volume.counts) == {1, 2, 3, 4}
    assert candidate.space == loader.space
    generation = "" if loader.space in ("MNI152", "Talairach") else loader.space
    assert candidate.template == (loader.template or generation)
    assert (candidate.probabilities is not None) == (name in SOFT)
    if name in SOFT:
        assert reading.guesses["values"] == LOADINGS
    if name in UNNAMED:
        assert not candidate.rows
        return
    rows = {row.label: row.name for row in candidate.rows}
    named = {
        "basc": ("1", "2", "3", "4"),
        "pauli_2017": tuple(name.replace(" ", "_") for name in NAMES),
        "yeo_2011": tuple(f"7Networks_{i}" for i in range(1, 5)),
    }
    assert tuple(rows[label] for label in (1, 2, 3, 4)) == named.get(name, NAMES)


def test_every_loader_has_been_tried() -> None:
    elsewhere = {"dosenbach_2010", "power_2011", "schaefer2018", "juelich"}
    assert set(LOADERS) == set(LAYOUTS) | elsewhere


@pytest.mark.parametrize("volume", [None, "43", "fine"])
def test_one_of_several_parcellations_must_be_named(volume: str | None, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="0 to 42"):
        fetch("craddock_2012", tmp_path, {"volume": volume} if volume else {})
