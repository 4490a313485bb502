"""Releases: plain text out, the same graph in, on either server."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound
from graph import changes, claims, content, links, revisions
from graph.content import NOUNS, digest_of
from graph.releases import licences, selection, tables
from graph.releases.archive import pack
from graph.releases.comparing import diff, summary
from graph.releases.create import create, require_own
from graph.releases.loading import load
from graph.releases.manifest import FileEntry, seal
from graph.releases.reading import Release, opened, verify
from graph.releases.shelf import Shelf
from graph.store import Row, Store, Tx
from tests.conftest import empty
from tests.graph import small, whole

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
number = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def claim_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    noun = NOUNS["claim"]
    row = st.fixed_dictionaries(
        {name: number if name in noun.values else st.none() | text for name in noun.columns}
        | {"id": text}
    )
    return draw(st.lists(row, max_size=5, unique_by=lambda one: one["id"]))


@given(claim_rows())
def test_tables_give_back_what_they_were_given(rows: list[dict[str, Any]]) -> None:
    data = tables.encode(NOUNS["claim"], rows)
    again = tables.decode(NOUNS["claim"], data)
    assert data.count(b"\n") == len(rows) + 1
    assert digest_of({"claim": again}) == digest_of({"claim": rows})
    assert [row["id"] for row in again] == sorted(row["id"] for row in rows)


@given(claim_rows(), st.randoms())
def test_the_digest_does_not_depend_on_order(rows: list[dict[str, Any]], random: Random) -> None:
    shuffled = [dict(random.sample(list(row.items()), len(row))) for row in rows]
    random.shuffle(shuffled)
    assert digest_of({"source": [], "claim": shuffled}) == digest_of({"claim": rows})


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("CC BY 4.0", ["CC-BY-4.0"]),
        ("Creative Commons Attribution-ShareAlike 4.0 International", ["CC-BY-SA-4.0"]),
        ("cc-by-nc-sa-3.0", ["CC-BY-NC-SA-3.0"]),
        ("CC BY-NC-ND 4.0", ["CC-BY-NC-ND-4.0"]),
        ("CC0", ["CC0"]),
        ("PDDL", ["PDDL"]),
        ("Apache License 2.0; MIT", ["Apache", "MIT"]),
        ("ODbL-1.0 (https://a/b-sa/); part BSD-3-Clause", ["ODbL-1.0", "BSD-3-Clause"]),
        ("non-commercial research, attribution, share alike", ["own terms"]),
        ("none stated; the program is BSD-3-Clause", ["unknown"]),
        ("ask the author", ["unknown"]),
        ("", ["unknown"]),
    ],
)
def test_licences_are_read(words: str, ids: list[str]) -> None:
    assert [one.id for one in licences.read(words)] == ids


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["MIT", "CC0", "CC BY 4.0", "BSD-3-Clause"], []),
        (["CC BY-SA 4.0", "CC BY-SA 3.0", "MIT"], []),
        (["CC BY-NC 4.0", "MIT"], []),
        (["CC BY-NC-SA 4.0", "CC BY-NC 4.0"], []),
        (["CC BY-SA 4.0", "CC BY-NC 4.0"], ["noncommercial-sharealike"]),
        (["ODbL-1.0", "CC BY-NC-SA 4.0"], ["noncommercial-sharealike", "sharealikes"]),
        (["ODbL-1.0", "CC BY-SA 4.0"], ["sharealikes"]),
        (["CC BY-ND 4.0"], ["noderivatives"]),
        (["MIT", ""], []),
    ],
)
def test_conflicting_licences_are_found(said: list[str], codes: list[str]) -> None:
    sources = [{"id": str(n), "licence": one} for n, one in enumerate(said)]
    found = licences.conflicts(sources)
    assert [one.code for one in found] == codes
    for one in found:  # leaving out what each names resolves them all
        out = selection.left_out(sources, one.without)
        kept = [row for row in sources if row["id"] not in out]
        assert one.code not in {other.code for other in licences.conflicts(kept)}


# --- on the servers


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Release:
    whole.fill(store)
    create(store, "v1", tmp_path / "v1", policy="note", volumes=True)
    return verify(tmp_path / "v1")


def test_content_is_what_the_records_were_written_as(store: Store) -> None:
    whole.fill(store)
    found = content.snapshot(store)
    assert all(found.values())
    for name, noun in NOUNS.items():
        if noun.label:
            rows = store.read(f"{name}/digests", ids=[row["id"] for row in found[name]])
            stored = {row["id"]: row["digest"] for row in rows}
            for row in found[name]:
                assert stored[row["id"]] == changes.digest_of(row), (name, row)


def test_a_release_does_not_depend_on_order_or_time(store: Store, tmp_path: Path) -> None:
    whole.fill(store)
    create(store, "v1", tmp_path / "one", policy="note", volumes=True)
    empty(store)
    whole.fill(store, backwards=True)
    claims.put(store, small.SOURCE, [replace(small.CLAIMS[0], weight=1.0)], by="x")
    claims.put(store, small.SOURCE, [small.CLAIMS[0]], by="x")
    create(store, "v1", tmp_path / "two", policy="note", volumes=True)
    assert _files(tmp_path / "one") == _files(tmp_path / "two")


def test_loading_gives_the_same_digest_and_twice_changes_nothing(
    store: Store, made: Release
) -> None:
    projected = claims.digest(store)
    (made.folder / ".git").mkdir()  # releases may live in a repository
    empty(store)
    with opened(made.folder) as release:
        report = load(store, release, by="test")
        assert report.digest == release.manifest.digest == content.digest(store)
        assert report.created == sum(release.manifest.counts.values())
        again = load(store, release, by="test")
    assert (again.created, again.replaced, again.volumes) == (0, 0, 0)
    assert [row["action"] for row in revisions.list_revisions(store)[0]] == ["load release"]
    assert claims.digest(store) == projected
    assert claims.recompute(store) == 0
    whole.fill(store)  # what the release was made from is known to be there
    assert len(revisions.list_revisions(store)[0]) == 1


@pytest.mark.server
@pytest.mark.neo4j
def test_either_server_reads_what_the_other_wrote(
    embedded_store: Store, neo4j_store: Store, tmp_path: Path
) -> None:
    for number, (writer, reader) in enumerate(
        [(embedded_store, neo4j_store), (neo4j_store, embedded_store)]
    ):
        empty(writer), empty(reader)
        whole.fill(writer)
        first = create(writer, "v1", tmp_path / f"{number}a", policy="note")
        load(reader, verify(tmp_path / f"{number}a"), by="test")
        assert content.digest(reader) == first.digest == content.digest(writer)
        create(reader, "v1", tmp_path / f"{number}b", policy="note")
        assert _files(tmp_path / f"{number}a") == _files(tmp_path / f"{number}b")


def test_a_full_graph_is_merged_by_name_only(store: Store, made: Release) -> None:
    empty(store)
    small.fill(store)
    other = replace(small.CLAIMS[1], weight=0.5)
    mine = small.claim("mine", "a:2", "hearing", 0.5)
    claims.put(store, small.SOURCE, [other, mine], by="test")
    before = content.digest(store)
    for options in ({}, {"merge": True}):
        with pytest.raises(Conflict) as refused:
            load(store, made, by="test", **options)
    assert "claim c2" in str(refused.value)
    assert content.digest(store) == before

    report = load(store, made, by="test", merge=True, prefer="here")
    assert report.kept
    assert not report.replaced
    kept = {row["id"]: row["weight"] for row in claims.list_claims(store)[0]}
    assert kept["c2"] == 0.5
    assert kept["mine"] == 0.5
    assert kept["c6"] == 1.0
    assert load(store, made, by="test", merge=True, prefer="here").created == 0

    report = load(store, made, by="test", merge=True, prefer="release")
    assert report.replaced
    assert not report.kept
    assert {row["id"]: row["weight"] for row in claims.list_claims(store)[0]}["c2"] == 0.75
    assert {row["id"] for row in claims.list_claims(store)[0]} >= {"mine", "c6"}
    assert claims.recompute(store) == 0


def test_a_failure_in_mid_load_leaves_nothing(
    store: Store, made: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty(store)
    before = content.digest(store)
    run = Tx.run
    seen: list[str] = []

    def failing(self: Tx, name: str, **params: object) -> list[Row]:
        seen.append(name)
        if name == "connection/write":
            raise ConnectionError("the machine is gone")
        return run(self, name, **params)

    with monkeypatch.context() as patch:
        patch.setattr(Tx, "run", failing)
        with pytest.raises((ConnectionError, NeuroweaveError)):
            load(store, made, by="test")
    assert "claim/put" in seen
    assert content.digest(store) == before
    assert revisions.list_revisions(store)[0] == []
    assert load(store, made, by="test").digest == made.manifest.digest


@pytest.fixture
def library(embedded_store: Store, tmp_path: Path) -> Callable[..., Release]:
    empty(embedded_store)
    whole.fill(embedded_store)

    def make(name: str, **options: Any) -> Release:  # noqa: ANN401 - as create takes them
        create(embedded_store, name, tmp_path / name, **options)
        return verify(tmp_path / name)

    return make


@pytest.mark.server
def test_licences_decide_what_goes_out(library: Callable[..., Release]) -> None:
    with pytest.raises(Conflict) as refused:
        library("refused")
    assert "nc, sa" in str(refused.value)
    assert "noncommercial" in str(refused.value)
    with pytest.raises(NotFound):
        library("unknown", without=["nobody"])

    noted = library("noted", policy="note").manifest
    assert [one["code"] for one in noted.conflicts] == ["noncommercial-sharealike"]
    assert noted.binding == ["CC-BY-SA-4.0"]

    free = library("free", without=["noncommercial"])
    assert free.manifest.left_out == ["nc"]
    assert not free.manifest.conflicts
    ids = {name: {row.get("id") for row in rows} for name, rows in free.content.items()}
    assert ids["atlas"] == {"a", "v"}
    assert "b:1" not in ids["region"]
    # Claims of the source, and those about regions of its atlas.
    assert not ids["claim"] & {"c4", "c6"}
    assert ids["claim"] >= {"c1", "c5", "c7"}
    (scene,) = free.content["scenario"]
    assert scene["activates"] == {"a:1": 1.0}
    assert not free.content["overlaps"]
    assert free.content["connections"]
    assert all(row["parent"] == "" for row in free.content["region"])

    plain = library("plain", without=["noncommercial", "sa"])
    assert plain.manifest.binding == []
    assert not plain.content["connections"]
    assert not plain.content["matrix"]

    bare = library("bare", without=["s1", "noncommercial"])
    assert not bare.content["composition"]  # its plan names a region that is gone


@pytest.mark.server
def test_links_that_rested_on_a_source_go_with_it(
    library: Callable[..., Release], embedded_store: Store
) -> None:
    release = library("v1", without=["nc"])
    empty(embedded_store)
    assert load(embedded_store, release, by="test").digest == release.manifest.digest
    rows, _ = links.list_links(embedded_store)
    assert rows
    assert all("nc" not in {one["source"] for one in row["sources"]} for row in rows)


@pytest.mark.server
def test_voxels_go_along_where_they_may(
    library: Callable[..., Release], embedded_store: Store
) -> None:
    release = library("v1", policy="note", volumes=True)
    (volume,) = release.manifest.volumes
    assert volume["inside"]
    assert volume["atlases"] == ["v"]
    empty(embedded_store)
    here = embedded_store.config.home / "volumes" / f"{volume['sha256']}.npz"
    here.unlink()
    assert load(embedded_store, release, by="test").volumes == 1
    assert here.is_file()
    assert load(embedded_store, release, by="test").volumes == 0

    there = release.folder / "volumes" / here.name
    other = there.with_name("0" * 64 + ".npz")
    there.rename(other)
    forged = replace(release.manifest, files={f"volumes/{other.name}": FileEntry("0" * 64, 1)})
    with pytest.raises(InvalidInput, match="voxels of its name"):
        load(embedded_store, replace(release, manifest=forged), by="test")


@pytest.mark.server
def test_archives_are_the_same_release(library: Callable[..., Release], tmp_path: Path) -> None:
    release = library("v1", policy="note", volumes=True)
    for name in ("one.zip", "two.zip"):
        with (tmp_path / name).open("wb") as file:
            pack(release.folder, release.manifest, file)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with tarfile.open(tmp_path / "v1.tar.gz", "w:gz") as tar:
        tar.add(release.folder, "v1")
    shelf = Shelf(release.folder.parent)
    copy = shelf.copy("v1", tmp_path / "new" / "three.zip")
    assert shelf.copy("v1", copy) == copy
    for name in ("one.zip", "v1.tar.gz", "new/three.zip"):
        with opened(tmp_path / name) as again:
            assert again.manifest == release.manifest
            assert again.content == release.content
    other = release.folder.with_name("v2")
    other.mkdir()
    (other / "release.json").write_text("{}")
    assert [one.id for one in shelf.list()] == ["v1"]
    assert list(shelf.damaged()) == ["v2"]
    copy.write_text("mine")
    for taken in (copy, tmp_path / "new"):
        with pytest.raises(Conflict, match="which is there"):
            shelf.copy("v1", taken)
    assert [path.name for path in copy.parent.iterdir()] == ["three.zip"]


@pytest.mark.server
def test_damaged_releases_are_refused(library: Callable[..., Release], tmp_path: Path) -> None:
    folder = library("v1", policy="note").folder
    claim, manifest = folder / "records" / "claim.tsv", folder / "release.json"
    sound = {path: path.read_bytes() for path in (claim, manifest)}

    def changed(**fields: object) -> bytes:
        return json.dumps({**json.loads(sound[manifest]), **fields}).encode()

    def retold(data: bytes) -> bytes:
        """The manifest that a forger of the claims would write."""
        plain = json.loads(sound[manifest])
        entry = plain["files"]["records/claim.tsv"]
        from hashlib import sha256

        entry |= {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
        del plain["seal"]
        return json.dumps({**plain, "seal": seal(plain)}).encode()

    forged = sound[claim].replace(b"0.5", b"0.6")
    dangling = sound[claim].replace(b"\ta:1\t", b"\ta:9\t")
    files = json.loads(sound[manifest])["files"]
    outside = {**files, "../../etc/passwd": files["CITATION.cff"]}
    cases: dict[str, tuple[bytes, bytes]] = {
        "sha256": (forged, sound[manifest]),
        "bytes": (sound[claim][:-9], sound[manifest]),
        "digest": (forged, retold(forged)),
        "a:9": (dangling, retold(dangling)),
        "columns": (sound[claim][:-20] + b"\n", retold(sound[claim][:-20] + b"\n")),
        "format": (sound[claim], changed(format=2)),
        "passwd": (sound[claim], changed(files=outside)),
        "release.json": (sound[claim], b'{"format": 1}'),
        "no JSON": (sound[claim], sound[manifest][:100]),
        "nested": (sound[claim], b"[" * 100_000),
        "digest 7": (sound[claim], changed(digest=7)),
        "by hand": (sound[claim], changed(binding=[])),
    }
    for expected, (rows, said) in cases.items():
        claim.write_bytes(rows)
        manifest.write_bytes(said)
        with pytest.raises(InvalidInput) as refused:
            verify(folder)
        shown = "no JSON" if expected == "nested" else expected
        assert shown in str(refused.value), expected
    claim.write_bytes(sound[claim])
    manifest.write_bytes(sound[manifest])
    verify(folder)

    (folder / "records" / "more.tsv").write_text("id\n")
    with pytest.raises(InvalidInput, match=r"more\.tsv"):
        verify(folder)
    (folder / "records" / "more.tsv").unlink()
    claim.rename(tmp_path / "claim.tsv")
    claim.symlink_to(tmp_path / "claim.tsv")
    with pytest.raises(InvalidInput, match=r"claim\.tsv"):
        verify(folder)


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    """What a release is compared with is what stands in the folder, an empty one counts as none."""
    draft, folder = tmp_path / "draft", tmp_path / "folder"
    for one in (draft, folder):
        one.mkdir()
    (draft / "release.json").write_text("{}")
    require_own(folder, draft)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="folder, which holds something else"):
        require_own(folder, draft)
    (folder / "release.json").write_text("{}")
    require_own(folder, draft)


def test_differences_between_releases() -> None:
    def all_of(*rows: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        return {name: [] for name in NOUNS} | {"function": list(rows)}

    old = all_of({"id": "a", "name": "A"}, {"id": "b", "name": "B"})
    new = all_of({"id": "b", "name": "other"}, {"id": "c", "name": "C"})
    rows = diff(old, new)
    assert [(row["key"], row["change"]) for row in rows] == [
        ("a", "gone"),
        ("b", "changed"),
        ("c", "added"),
    ]
    assert rows[1]["columns"] == {"name": ["B", "other"]}
    assert summary(rows) == {"function": {"added": 1, "gone": 1, "changed": 1}}


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
