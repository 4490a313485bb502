"""Published atlases by name, through nilearn's fetchers, kept in the user's data directory.

A fetch goes into a folder beside the final one, where nilearn resumes what was interrupted; it
takes the final place only when it is complete. Every kept file has its sha256 beside it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from atlas.errors import InvalidInput, NotFound, Unavailable
from ingest.atlases.candidates import Description, Reading, read_candidate
from ingest.nilearn_data import nilearn_version

_SUMS = "sha256.json"
_TABLE = "labels.tsv"


@dataclass(frozen=True, slots=True)
class Loader:
    """One of nilearn's fetchers and what is known of its atlas.

    ``space`` and ``template`` are what its authors document (``MNI152``: they do not say which
    generation); ``options`` are its arguments unless others are given; ``radius_mm`` is set for
    coordinates. ``signed`` maps keep their positive side. ``parcellations``: the fourth axis holds
    that many parcellations, of which the option ``volume`` (from 0) picks one.
    """

    fetcher: str
    citation: str
    space: str = "MNI152"
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    radius_mm: float | None = None
    template: str = ""
    signed: bool = False
    parcellations: int = 1


LOADERS: Mapping[str, Loader] = {
    "aal": Loader(
        "fetch_atlas_aal",
        "Tzourio-Mazoyer et al. 2002, NeuroImage 15:273-289",
        template="Colin27, aligned with MNI",
    ),
    "basc": Loader(
        "fetch_atlas_basc_multiscale_2015",
        "Bellec et al. 2010, NeuroImage 51:1126-1139",
        options={"resolution": 64},
        template="MNI152NLin2009b, symmetric or (version=asym) not",
    ),
    "craddock_2012": Loader(
        "fetch_atlas_craddock_2012",
        "Craddock et al. 2012, Human Brain Mapping 33:1914-1928",
        parcellations=43,
    ),
    "destrieux_2009": Loader(
        "fetch_atlas_destrieux_2009", "Destrieux et al. 2010, NeuroImage 53:1-15"
    ),
    "difumo": Loader(
        "fetch_atlas_difumo",
        "Dadi et al. 2020, NeuroImage 221:117126",
        "MNI152NLin6Asym",
    ),
    "dosenbach_2010": Loader(
        "fetch_coords_dosenbach_2010", "Dosenbach et al. 2010, Science 329:1358", radius_mm=5.0
    ),
    "harvard_oxford": Loader(
        "fetch_atlas_harvard_oxford",
        "Desikan et al. 2006, NeuroImage 31:968-980",
        "MNI152NLin6Asym",
        {"atlas_name": "cort-maxprob-thr25-2mm", "symmetric_split": True},
    ),
    "juelich": Loader(
        "fetch_atlas_juelich",
        "Eickhoff et al. 2005, NeuroImage 25:1325-1335",
        "MNI152NLin6Asym",
        {"atlas_name": "maxprob-thr25-2mm", "symmetric_split": True},
    ),
    "msdl": Loader("fetch_atlas_msdl", "Varoquaux et al. 2011, IPMI, LNCS 6801:562-573"),
    "pauli_2017": Loader(
        "fetch_atlas_pauli_2017",
        "Pauli et al. 2018, Scientific Data 5:180063",
        options={"atlas_type": "deterministic"},
        template="CIT168, aligned with MNI152NLin2009cAsym",
    ),
    "power_2011": Loader(
        "fetch_coords_power_2011", "Power et al. 2011, Neuron 72:665-678", radius_mm=5.0
    ),
    "schaefer2018": Loader(
        "fetch_atlas_schaefer_2018",
        "Schaefer et al. 2018, Cerebral Cortex 28:3095-3114",
        "MNI152NLin6Asym",
        licence="MIT",
    ),
    "smith_2009": Loader(
        "fetch_atlas_smith_2009", "Smith et al. 2009, PNAS 106:13040-13045", signed=True
    ),
    "talairach": Loader(
        "fetch_atlas_talairach",
        "Lancaster et al. 2000, Human Brain Mapping 10:120-131",
        "Talairach",
        {"level_name": "gyrus"},
    ),
    "yeo_2011": Loader(
        "fetch_atlas_yeo_2011",
        "Yeo et al. 2011, Journal of Neurophysiology 106:1125-1165",
        "MNI152NLin6Asym",
    ),
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Files of one atlas in the data directory; ``volume`` is None for coordinates."""

    name: str
    folder: Path
    volume: Path | None
    table: Path | None

    def reading(self, said: Description) -> Reading:
        """Read them as any other files; what the caller says goes before what is known here."""
        loader = LOADERS[self.name]
        said = replace(
            said,
            id=said.id or self.folder.name,
            name=said.name or self.folder.name.replace("_", " "),
            space=said.space or loader.space,
            template=said.template or loader.template,
            licence=said.licence or loader.licence,
            citation=said.citation or loader.citation,
            version=said.version or f"as fetched by nilearn {nilearn_version()}",
            radius_mm=said.radius_mm or loader.radius_mm,
        )
        if self.volume is None:
            assert self.table is not None
            return read_candidate(self.table, None, said)
        return read_candidate(self.volume, self.table, said)


def fetch(name: str, home: Path, options: Mapping[str, str] | None = None) -> Fetched:
    """Fetch a published atlas, or find it fetched: then no network is used.

    Args:
        name: a key of :data:`LOADERS`.
        home: the data directory; files lie in ``home / "atlases"``.
        options: of nilearn's fetcher, as text (``{"n_rois": "100"}``).

    Raises:
        NotFound: no loader of this name.
        InvalidInput: an option that the fetcher does not take.
        Unavailable: the fetch failed; what was fetched before is untouched.
    """
    if name not in LOADERS:
        expected = "a file, or one of: builtin, " + ", ".join(LOADERS)
        raise NotFound("atlas import", found=repr(name), expected=expected)
    chosen = {**LOADERS[name].options, **{k: _value(v) for k, v in (options or {}).items()}}
    folder = home / "atlases" / _folder(name, chosen)
    if not _whole(folder):
        _renew(name, chosen, folder)
    volume = next(iter(folder.glob("volume.nii*")), None)
    table = folder / _TABLE
    return Fetched(name, folder, volume, table if table.is_file() else None)


def _renew(name: str, options: Mapping[str, Any], folder: Path) -> None:
    """Fetch into a folder beside, check that it can be read, and only then take its place."""
    raw, made = folder.with_name(f".{folder.name}.raw"), folder.with_name(f".{folder.name}.part")
    raw.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    try:
        _lay_out(_called(LOADERS[name], options, raw), made, LOADERS[name], options)
        sums = {path.name: _sum(path) for path in sorted(made.iterdir())}
        (made / _SUMS).write_text(json.dumps(sums, indent=1), "utf-8")
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    former = folder.with_name(f".{folder.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if folder.exists():
        folder.rename(former)
    made.rename(folder)
    shutil.rmtree(former, ignore_errors=True)
    shutil.rmtree(raw, ignore_errors=True)


def _called(loader: Loader, options: Mapping[str, Any], raw: Path) -> Mapping[str, Any]:
    import inspect

    # Heavy: it brings scikit-learn.
    from nilearn import datasets

    fetcher = getattr(datasets, loader.fetcher)
    options = dict(options)
    if loader.parcellations > 1:
        _require_volume(options.pop("volume", None), loader.parcellations)
    known = set(inspect.signature(fetcher).parameters)
    if strange := sorted(set(options) - known):
        expected = ", ".join(sorted(known - {"data_dir", "resume", "verbose"})) or "none"
        raise InvalidInput("option", found=", ".join(strange), expected=expected)
    where = {"data_dir": str(raw), "verbose": 0}
    try:
        found = fetcher(**{k: v for k, v in where.items() if k in known}, **options)
    except Exception as error:  # network, server, disk: each library raises its own
        if isinstance(error, (TypeError, ValueError)) and not isinstance(error, OSError):
            expected = f"what {loader.fetcher} takes"
            raise InvalidInput("option", found=str(error), expected=expected) from error
        raise Unavailable(
            "fetch",
            found=f"{type(error).__name__}: {error}",
            expected="the files from their publisher",
            hint="run the same again to resume; nothing kept was touched",
        ) from error
    return dict(found)


def _require_volume(volume: object, count: int) -> None:
    if not isinstance(volume, int) or not 0 <= volume < count:
        raise InvalidInput(
            "option volume",
            found="none" if volume is None else repr(volume),
            expected=f"0 to {count - 1}: the file holds {count} parcellations, coarse to fine",
        )


def _lay_out(
    found: Mapping[str, Any], folder: Path, loader: Loader, options: Mapping[str, Any]
) -> None:
    """The files of an import: ``volume.nii.gz`` and ``labels.tsv``."""
    if "rois" in found:
        _coordinates(found, folder / _TABLE)
        return
    maps = found["maps"]
    if loader.parcellations > 1 or loader.signed:
        maps = _taken(maps, loader, options)
    if isinstance(maps, (str, Path)):
        suffix = ".nii.gz" if str(maps).endswith(".gz") else ".nii"
        shutil.copyfile(maps, folder / f"volume{suffix}")
    else:
        import nibabel

        nibabel.save(maps, folder / "volume.nii.gz")
    _names(found, folder / _TABLE)


def _taken(maps: Any, loader: Loader, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - images
    """One of several parcellations; or the positive side of signed maps."""
    import nibabel
    import numpy as np

    nib: Any = nibabel
    image = nib.load(maps) if isinstance(maps, (str, Path)) else maps
    if loader.parcellations > 1:
        return image.slicer[..., options["volume"]]
    return nib.Nifti1Image(np.maximum(np.asanyarray(image.dataobj), 0), image.affine)


def _names(found: Mapping[str, Any], path: Path) -> None:
    """Names by the fetcher's lookup table, else its list (map k is line k)."""
    lut = found.get("lut")
    if lut is not None and {"index", "name"} <= set(lut.columns):
        rows = [(int(i), str(name)) for i, name in zip(lut["index"], lut["name"], strict=True)]
        if rows[0][0] == 0 and rows[0][1].casefold() != "background":
            # No name for the background: the first name is that of label or map 1.
            rows = [(i + 1, name) for i, name in rows]
    else:
        labels = found.get("labels")
        if labels is None:
            return
        texts = labels["difumo_names"] if hasattr(labels, "columns") else labels
        rows = [(n, str(text)) for n, text in enumerate(texts, start=1)]
    networks = _texts(found.get("networks"))
    same = len(networks) == len(rows)
    _write(
        path,
        ("id", "name", "network") if same else ("id", "name"),
        [(*row, networks[n]) if same else row for n, row in enumerate(rows)],
    )


def _coordinates(found: Mapping[str, Any], path: Path) -> None:
    rois = found["rois"]
    names, networks = _texts(found.get("labels")), _texts(found.get("networks"))
    rows = [
        (
            n,
            f"{names[n - 1]} {n}" if len(names) == len(rois) else f"ROI {n}",
            networks[n - 1] if len(networks) == len(rois) else "",
            *(float(row[axis]) for axis in "xyz"),
        )
        for n, (_, row) in enumerate(rois.iterrows(), start=1)
    ]
    _write(path, ("id", "name", "network", "x", "y", "z"), rows)


def _texts(values: Any) -> list[str]:  # noqa: ANN401 - a list, an array, a column, or None
    return [] if values is None else [str(value) for value in values]


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _whole(folder: Path) -> bool:
    """Whether every kept file still has the content it was kept with."""
    try:
        sums = json.loads((folder / _SUMS).read_text("utf-8"))
        return bool(sums) and all(_sum(folder / name) == sum for name, sum in sums.items())
    except (OSError, ValueError):
        return False


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder(name: str, options: Mapping[str, Any]) -> str:
    """``schaefer2018-100-7``: the name and the values that are no addresses.

    >>> _folder("schaefer2018", {"n_rois": 100, "base_url": "http://x"})
    'schaefer2018-100'
    """
    values = [str(options[key]).lower() for key in sorted(options) if "url" not in key]
    return "-".join([name, *values])


def _value(text: str) -> str | int | bool:
    """An option as the fetcher takes it.

    >>> _value("100"), _value("true"), _value("thin")
    (100, True, 'thin')
    """
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.lstrip("-").isdecimal() else text
