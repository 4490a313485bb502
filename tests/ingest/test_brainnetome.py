"""The published Brainnetome x BrainMap table: small ones made here, and the real one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from atlas.model import Claim, Region
from ingest.published import brainnetome
from ingest.published.brainnetome import Table
from tests.data_dir import BRAIN, needs_brain

FOLDER = BRAIN / "research_only" / "brainnetome246"
HEAD = "region_id\tkind\tinference\tlabel\tvalue\n"
DOMAIN, PARADIGM = "behavioural_domain", "paradigm_class"


def folder(tmp_path: Path, *rows: str) -> Path:
    (tmp_path / brainnetome.REGIONS).write_text("id\tname\n1\tA_L_1_1\n2\tMVOcC _L_5_3\n")
    (tmp_path / brainnetome.TABLE).write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return tmp_path


def regions_of(table: Table) -> list[Region]:
    return [
        Region(f"bn:{id}", id, name, "unknown", 0.0, 0.0, 0.0) for id, name in table.names.items()
    ]


def claims_of(table: Table, inference: brainnetome.Inference = "forward") -> list[Claim]:
    regions = brainnetome.match(table, "bn", regions_of(table))
    return list(brainnetome.evidence(table, regions, inference).claims)


def test_parents_are_inferred_and_children_are_not(tmp_path: Path) -> None:
    table = brainnetome.read(
        folder(
            tmp_path,
            f"1\t{DOMAIN}\tforward\tCognition.Language.Syntax\t4",
            f"1\t{DOMAIN}\tforward\tCognition.Language.Semantics\t2",
            f"1\t{DOMAIN}\tforward\tCognition\t1.5",
            f"2\t{DOMAIN}\tforward\tCognition.Language\t1.0",
        )
    )
    found = {(c.region, c.function): c for c in claims_of(table)}
    assert set(found) == {
        ("bn:1", "cognition.language.syntax"),
        ("bn:1", "cognition.language.semantics"),
        ("bn:1", "cognition.language"),
        ("bn:1", "cognition"),
    }
    language = found["bn:1", "cognition.language"]
    assert (language.inference, language.value, language.weight) == ("inferred", 4.0, 2 / 3)
    assert "Cognition.Language.Syntax" in language.rationale
    assert found["bn:1", "cognition"].inference == "forward"
    assert all(claim.q is None and claim.n_studies is None for claim in found.values())


def test_posteriors_are_weighed_within_their_label(tmp_path: Path) -> None:
    rows = [
        f"1\t{DOMAIN}\treverse\tEmotion\t0.4",
        f"2\t{DOMAIN}\treverse\tEmotion\t0.2",
        f"2\t{DOMAIN}\treverse\tCognition.Time\t0.004",
    ]
    found = claims_of(brainnetome.read(folder(tmp_path, *rows)), "reverse")
    assert [claim.weight for claim in found[:3]] == [0.5, 0.25, 0.5]
    assert {claim.statistic for claim in found} == {"posterior"}


def test_spellings_meet(tmp_path: Path) -> None:
    rows = [
        f"1\t{DOMAIN}\tforward\tCognition.Social_Cognition \t2",
        f"2\t{DOMAIN}\tforward\tCognition.Social Cognition\t2",
        f"1\t{DOMAIN}\tforward\tInteroception.Air-Hunger\t2",
        f"1\t{PARADIGM}\tforward\tTheory_of_Mind_Task\t2",
        f"1\t{PARADIGM}\tforward\tRecitation/Repetition.(Covert) \t2",
    ]
    table = brainnetome.read(folder(tmp_path, *rows))
    functions = [claim.function for claim in claims_of(table) if claim.inference == "forward"]
    assert functions == [
        "cognition.social",
        "cognition.social",
        "interoception.air_hunger",
        "paradigm.theory_of_mind",
        "paradigm.recitation_repetition_covert",
    ]
    found = brainnetome.evidence(table, {"1": "bn:1", "2": "bn:2"}, "forward")
    assert [term.id for term in found.functions] == [
        "interoception.air_hunger",
        "paradigm",
        *functions[3:],
    ]
    with pytest.raises(InvalidInput, match="1 rows twice"):
        brainnetome.read(folder(tmp_path, rows[1].replace("2\t", "1\t", 1), rows[0]))


def test_regions_must_agree_in_number_and_name(tmp_path: Path) -> None:
    table = brainnetome.read(folder(tmp_path))
    one, other = regions_of(table)
    assert brainnetome.match(table, "bn", [one, replace(other, name="Cun_L_5_3")]) == {
        "1": "bn:1",
        "2": "bn:2",
    }
    for wrong in ([one], [one, replace(other, name="A_R_1_1")]):
        with pytest.raises(InvalidInput, match="1 of 2 regions differ"):
            brainnetome.match(table, "bn", wrong)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"3\t{DOMAIN}\tforward\tEmotion\t2", "line 2.*region '3'"),
        (f"1\t{DOMAIN}\tsideways\tEmotion\t2", "line 2.*sideways"),
        (f"1\t{DOMAIN}\tforward\tEmotion\t1,5", "line 2.*1,5"),
        (f"1\t{DOMAIN}\tforward\t \t2", "line 2"),
        (f"1\t{DOMAIN}", "line 2"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        brainnetome.read(folder(tmp_path, row))


def test_truncated_gzip_and_missing_names(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / f"{brainnetome.TABLE}.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    with pytest.raises(InvalidInput, match="nothing readable"):
        brainnetome.read(tmp_path)
    (tmp_path / brainnetome.REGIONS).unlink()
    with pytest.raises(InvalidInput, match="regions"):
        brainnetome.read(tmp_path)


@needs_brain
def test_every_published_row_is_read() -> None:
    table = brainnetome.read(FOLDER)
    assert len(table.names) == 246
    assert Counter((row.kind, row.inference) for row in table.rows) == {
        (DOMAIN, "forward"): 798,
        (DOMAIN, "reverse"): 863,
        (PARADIGM, "forward"): 735,
        (PARADIGM, "reverse"): 984,
    }


@needs_brain
def test_the_json_tables_say_the_same(tmp_path: Path) -> None:
    for name in (brainnetome.REGIONS, *brainnetome.PUBLISHED.values()):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    forward = {
        (row.region, row.label, row.value)
        for row in brainnetome.read(FOLDER).rows
        if row.inference == "forward"
    }
    rows = brainnetome.read(tmp_path).rows
    assert {(row.region, row.label, row.value) for row in rows} == forward
    name = brainnetome.PUBLISHED["behavioural_domain"]
    (tmp_path / name).write_text(json.dumps([1, 2]))
    with pytest.raises(InvalidInput, match=name):
        brainnetome.read(tmp_path)


@needs_brain
def test_known_answers_of_the_real_table() -> None:
    table = brainnetome.read(FOLDER)
    claims = claims_of(table)
    hearing = sorted(
        (claim for claim in claims if claim.function == "perception.audition"),
        key=lambda claim: -claim.value,
    )
    assert len({claim.region for claim in hearing}) == len(hearing) == 16
    assert (table.names[hearing[0].region[3:]], hearing[0].value) == ("STG_R_6_2", 5.67)

    def touched(*functions: str) -> int:
        return len(
            {c.region for c in claims for f in functions if f"{c.function}.".startswith(f"{f}.")}
        )

    four = ("perception.vision", "perception.audition", "cognition.language", "emotion")
    found = {
        f: touched(f) for f in ("cognition.language", "perception.vision", "emotion", "action")
    }
    assert list(found.values()) == [52, 52, 67, 87]
    assert touched(*four) == 146
    outlier = max(claims, key=lambda claim: claim.value)
    assert (table.names[outlier.region[3:]], outlier.value) == ("PrG_L_6_4", 33.06)
    full = [claim for claim in claims if claim.weight == 1.0 and claim.inference == "forward"]
    assert len({claim.region for claim in full}) > 10  # clipped, it is one among many
    assert len({claim.id for claim in claims}) == len(claims)
