"""Tables of edits as spreadsheets write them."""

from __future__ import annotations

import csv
import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from ingest import edit_tables
from ingest.edit_batch import MAX_ROWS, Fault, Refused
from ingest.text import decode

HEADER = "action,region,function,weight,rationale,citation"


def test_columns_are_known_by_other_names_too() -> None:
    text = "Kind;ID;Weight;Why;PMID;DOI;Colour\nclaim;c1;0,25;seen;21706013;;red\n"
    batch = edit_tables.read(text)
    ((row, edit),) = batch.edits
    assert (row, edit.action, edit.noun, edit.id, edit.weight) == (2, "edit", "claim", "c1", 0.25)
    assert (edit.rationale, edit.citation) == ("seen", "PMID:21706013")
    assert batch.ignored == ["Colour"]
    assert batch.columns["Why"] == "rationale"


def test_a_columns_own_name_wins() -> None:
    batch = edit_tables.read("id,rationale,reason\nc1,own,other\n")
    assert (batch.edits[0][1].rationale, batch.ignored) == ("own", ["reason"])


@pytest.mark.parametrize(
    ("row", "action"),
    [
        ("c1,,,", "edit"),
        (",a:1,f,", "add_claim"),
        (",a:1,,m", "link_model"),
    ],
)
def test_what_a_row_without_an_action_means(row: str, action: str) -> None:
    batch = edit_tables.read(f"id,region,function,model\n{row}\n")
    assert batch.edits[0][1].action == action


@pytest.mark.parametrize(
    ("word", "action"),
    [("Add", "add_claim"), ("add claim", "add_claim"), ("FORBID", "forbid_model"),
     ("link-model", "link_model"), ("update", "edit"), ("reject", "reject")],
)  # fmt: skip
def test_words_for_the_actions(word: str, action: str) -> None:
    batch = edit_tables.read(f"action,id,region,function\n{word},x,a:1,f\n")
    assert batch.edits[0][1].action == action


def test_an_id_with_a_bar_is_a_model_link() -> None:
    batch = edit_tables.read("action,id\nreject,a:1|lenet5\nreject,c1\n")
    assert [edit.noun for _, edit in batch.edits] == ["model_link", "claim"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = f"{HEADER}\r\nadd,a:1,f,0.5,größer – schöner,PMID:1\r\n"
    batch = edit_tables.read(decode(text.encode(encoding)))
    assert batch.edits[0][1].rationale == "größer – schöner"


def test_rows_count_as_in_a_spreadsheet() -> None:
    text = f'# a note\n{HEADER}\n\n,,,,,\nadd,a:1,f,0.5,"two\nlines",PMID:1\nhop,,,,,\n'
    batch = edit_tables.read(text)
    assert [row for row, _ in batch.edits] == [5]
    assert [fault.row for fault in batch.faults] == [6]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("hop,a:1,f,0.5,r,PMID:1", "action"),
        (",,,0.5,r,PMID:1", "action"),
        ("add,a:1,f,half,r,PMID:1", "weight"),
        ("add,a:1,f,0,5,r,PMID:1", "row"),
    ],
)
def test_a_row_that_cannot_be_understood(row: str, field: str) -> None:
    batch = edit_tables.read(f"{HEADER}\n{row}\nadd,a:1,f,0.5,r,PMID:1\n")
    assert [(fault.row, fault.error.field) for fault in batch.faults] == [(2, field)]
    assert len(batch.edits) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# only a note\n",
        HEADER,
        "colour,taste\nred,sweet\n",
        'id\n"' + "x" * 200_000,
    ],
)
def test_what_is_no_table_of_edits(text: str) -> None:
    with pytest.raises(InvalidInput):
        edit_tables.read(text)


def test_too_many_rows() -> None:
    with pytest.raises(InvalidInput, match="at most 10,000"):
        edit_tables.read("action,id\n" + "reject,x\n" * (MAX_ROWS + 1))


def test_a_refusal_names_rows_and_how_many_more() -> None:
    faults = [Fault(n, InvalidInput("weight", found=n)) for n in range(2, 7)]
    refused = Refused(faults)
    assert (refused.status, refused.code, len(refused.errors)) == (422, "invalid-input", 5)
    assert str(refused).startswith("nothing was changed. row 2: weight: found 2; row 3")
    assert str(refused).endswith("and 2 more")


WORDS = st.text(string.ascii_letters + string.digits + " ;,\t\"'äß\n", min_size=1, max_size=12)
CELLS = WORDS.map(str.strip).filter(bool)


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_a_writer_writes_is_read(texts: list[str], delimiter: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["action", "id", "rationale"])
    writer.writerows(["edit", "c1", text] for text in texts)
    batch = edit_tables.read(file.getvalue())
    assert [edit.rationale for _, edit in batch.edits] == texts


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        batch = edit_tables.read(text)
    except InvalidInput:
        return
    assert batch.edits or batch.faults
