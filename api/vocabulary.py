"""Routes by which the entries of one noun of the vocabulary are edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from api import editing
from api.access.policy import CallerDep, requires
from api.context import LivingDep
from api.paging import NoQuery
from api.schemas.base import Body
from api.schemas.vocabulary import (
    FIELDS,
    Deprecation,
    EntryState,
    Merging,
    Renaming,
    Splitting,
    VocabularyChange,
)
from graph import merging, records, vocabulary
from graph.store import Row, Store
from graph.vocabulary import Request as Asked


class PlanQuery(NoQuery):
    """Whether to write."""

    dry_run: bool = Field(default=False, description="Only say what would follow.")


@dataclass(frozen=True, slots=True)
class Editor:
    """A caller who changes the vocabulary; without a dry run they say which state they read."""

    store: Store
    by: str
    expected: str | None
    dry_run: bool

    def asked(self, reason: str) -> Asked:
        """The request in the words of the graph."""
        return Asked(by=self.by, expected=self.expected, reason=reason, dry_run=self.dry_run)


def _editor(
    store: LivingDep,
    caller: CallerDep,
    plan: Annotated[PlanQuery, Query()],
    if_match: editing.IfMatchHeader = None,
) -> Editor:
    told = None if plan.dry_run and if_match is None else editing.expected(if_match)
    return Editor(store, caller.id, told, plan.dry_run)


EditorDep = Annotated[Editor, Depends(_editor)]


def _said(model: type[Body]) -> Any:  # noqa: ANN401 - as fastapi.Depends
    """What a body of this model states."""

    def read(body: Body) -> Row:
        return body.model_dump(exclude_none=True)

    # The framework reads the model from here; a name of this function would not do.
    read.__annotations__["body"] = model
    return Depends(read)


def add_routes(router: APIRouter, noun: str, *, splits: bool = False, dictionary: str = "") -> None:
    """Add the routes that change entries of this noun.

    Editors add and edit. What moves the statements of others is a reviewer's: rename, merge,
    split, deprecate.
    """
    reviewer = [requires("reviewer")]
    word = dictionary or noun
    prefix = f"{dictionary}:" if dictionary else ""
    new, stated = (_said(model) for model in FIELDS[noun])

    @router.post(
        "",
        response_model=EntryState,
        status_code=201,
        name=f"add_{word}",
        dependencies=[requires("editor")],
    )
    def add(
        store: LivingDep,
        caller: CallerDep,
        request: Request,
        response: Response,
        said: Row = new,
    ) -> dict[str, Any]:
        """Add an entry; 409 if there is one with this id, or others have replaced it."""
        id, reason = prefix + said.pop("id"), said.pop("reason")
        vocabulary.add(store, noun, id, said, Asked(by=caller.id, reason=reason))
        address = quote(id.removeprefix(prefix), safe="")
        response.headers["Location"] = f"{request.url.path}/{address}"
        return editing.tagged(response, records.get(store, noun, id))

    @router.patch(
        "/{id:record}",
        response_model=EntryState,
        name=f"edit_{word}",
        dependencies=[requires("editor")],
    )
    def edit(
        store: LivingDep,
        caller: CallerDep,
        response: Response,
        id: str,
        expected: editing.IfMatch,
        said: Row = stated,
    ) -> dict[str, Any]:
        """Change what is stated of it; 412 with the current state if it has changed."""
        asked = Asked(by=caller.id, expected=expected, reason=said.pop("reason"))
        vocabulary.edit(store, noun, prefix + id, said, asked)
        return editing.tagged(response, records.get(store, noun, prefix + id))

    @router.post(
        "/{id:record}/rename",
        response_model=VocabularyChange,
        name=f"rename_{word}",
        dependencies=reviewer,
    )
    def rename(editor: EditorDep, id: str, body: Renaming) -> dict[str, Any]:
        """Give it another id; what is below it and what names it follows."""
        asked, to = editor.asked(body.reason), prefix + body.to
        done = vocabulary.rename(editor.store, noun, prefix + id, to, asked, name=body.name)
        return done.to_dict()

    @router.post(
        "/{id:record}/merge",
        response_model=VocabularyChange,
        name=f"merge_{word}",
        dependencies=reviewer,
    )
    def merge(editor: EditorDep, id: str, body: Merging) -> dict[str, Any]:
        """Merge it, and perhaps others, into one that is new or there already."""
        ids = [prefix + one for one in (id, *body.others)]
        asked, into = editor.asked(body.reason), prefix + body.into
        return merging.merge(editor.store, noun, ids, into, asked, name=body.name).to_dict()

    @router.post(
        "/{id:record}/deprecate",
        response_model=VocabularyChange,
        name=f"deprecate_{word}",
        dependencies=reviewer,
    )
    def deprecate(editor: EditorDep, id: str, body: Deprecation) -> dict[str, Any]:
        """No longer offer it for new statements, or offer it again."""
        asked = editor.asked(body.reason)
        done = vocabulary.deprecate(
            editor.store, noun, prefix + id, asked, deprecated=body.deprecated
        )
        return done.to_dict()

    if not splits:
        return

    @router.post(
        "/{id:record}/split",
        response_model=VocabularyChange,
        name=f"split_{word}",
        dependencies=reviewer,
    )
    def split(editor: EditorDep, id: str, body: Splitting) -> dict[str, Any]:
        """Let several take its place; the table says what goes where."""
        done = merging.split(
            editor.store,
            noun,
            id,
            body.parts,
            editor.asked(body.reason),
            table=body.table,
            default=body.default,
        )
        return done.to_dict()
