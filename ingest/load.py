"""Bring the built-in data into the graph; a second time changes nothing."""

from __future__ import annotations

from atlas.activation import Scenario
from atlas.decode.peaks import from_peaks
from atlas.model import Atlas
from atlas.progress import Progress, silent
from graph import areas, atlases, claims, functions, matrices, scenarios, schema
from graph.store import Store
from ingest import builtin
from ingest.coordinates import dosenbach160, seitzman300

Counts = dict[str, int]

_NAMES = {"atlases": "atlases and regions"}


def load_builtin(
    store: Store, progress: Progress | None = None, *, by: str = "import"
) -> dict[str, Counts]:
    """Write schema, atlases, functions, areas, evidence and scenarios.

    Args:
        store: an open store.
        progress: called with a message and the fraction done, 0 to 1.
        by: who is named in the history.

    Returns:
        ``{"atlases": {"created": n, "changed": n, "unchanged": n}, "functions": …, "areas": …,
        "claims": …, "matrices": …, "scenarios": …}``, regions counted with their atlases; on a
        second run everything is unchanged.
    """
    say = progress or silent
    say("schema", 0.0)
    schema.apply(store)
    built = (dosenbach160(), seitzman300())
    found: dict[str, Counts] = {"atlases": {}}
    for i, atlas in enumerate(built):
        say(f"{atlas.name}: {len(atlas.regions)} regions", 0.05 + 0.1 * i)
        _add(found["atlases"], atlases.put(store, atlas, by=by))
    terms, wanted = builtin.functions(), builtin.areas()
    say(f"{len(terms)} functions, {len(wanted)} areas", 0.25)
    found["functions"] = _add({}, functions.put(store, terms, by=by))
    found["areas"] = _add({}, areas.put(store, wanted, by=by))
    source, evidence = builtin.evidence()
    say(f"{len(evidence):,} claims from {source.name}", 0.35)
    found["claims"] = _add({}, claims.put(store, source, evidence, by=by))
    found["matrices"] = {}
    for matrix in builtin.matrices():
        say(f"matrix of {matrix.atlas}", 0.9)
        _add(found["matrices"], matrices.put(store, matrix, source, by=by))
    found["scenarios"] = {}
    for scenario in builtin.scenarios():
        say(f"scenario {scenario.id}", 0.95)
        report = scenarios.put(store, scenario, activates(scenario, built), by=by)
        _add(found["scenarios"], report)
    say(summary(found), 1.0)
    return found


def activates(scenario: Scenario, built: tuple[Atlas, ...]) -> dict[str, float]:
    """Strength of every region of the atlases that the scenario's peaks decode to."""
    strengths: dict[str, float] = {}
    for atlas in built:
        strengths |= from_peaks(atlas, scenario.peaks, space=scenario.space).strengths
    return strengths


def summary(found: dict[str, Counts]) -> str:
    """One sentence on what a load did.

    >>> summary({"areas": {"created": 0, "changed": 0, "unchanged": 19}})
    'nothing changed, everything was there'
    >>> summary({"atlases": {"created": 462, "changed": 0, "unchanged": 0}})
    'written: 462 atlases and regions'
    """
    new = {kind: n["created"] + n["changed"] for kind, n in found.items()}
    if not any(new.values()):
        return "nothing changed, everything was there"
    parts = [f"{n:,} {_NAMES.get(kind, kind)}" for kind, n in new.items() if n]
    return "written: " + ", ".join(parts)


def _add(total: Counts, report: object) -> Counts:
    for key in ("created", "changed", "unchanged"):
        total[key] = total.get(key, 0) + int(getattr(report, key))
    return total
