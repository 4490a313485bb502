"""What a build leaves in the graph, and how it is told: the composition, and its search's front."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from atlas.errors import NotFound
from graph import compositions
from graph.compositions import CompositionRecord
from graph.store import Store
from search.objectives import COSTS, check_costs, front

if TYPE_CHECKING:
    from composer.checkpoints import CheckpointStore
    from composer.plan import Plan
    from jobs.build_request import BuildRequest
    from jobs.variants import Branches
    from search.finish import FinishResult
    from training.data import MultimodalData

FORMAT = 3
"""Part of every composition's id: raise it when the same request should give another network."""

TOLD = ("kind", "spec", "value", "pruned", "gap", *COSTS)
"""What is kept of each trial."""


def identity(
    request: BuildRequest,
    plan: Plan,
    data: MultimodalData,
    branches: Branches,
) -> str:
    """Id of the composition: a digest of everything that its weights follow from."""
    basis = {
        "format": FORMAT,
        "plan": plan.digest,
        "scenario": request.inputs.scenario,
        "data": data.digest,
        "candidates": {
            slot: {str(variant): sha256 for variant, sha256 in made.items()}
            for slot, made in branches.items()
        },
        "trials": request.trials,
        "sampler": request.sampler,
        "seed": request.seed,
    }
    # Left out where they are the default, so that what was built before they came is still known.
    basis |= {"pruner": request.pruner} if request.pruner != "none" else {}
    basis |= {"batch": request.batch} if request.batch > 1 else {}
    basis |= {"minimize": check_costs(request.minimize)} if request.minimize else {}
    text = json.dumps(basis, sort_keys=True, separators=(",", ":"))
    return _short(text)


def study(
    request: BuildRequest,
    plan: Plan,
    data: MultimodalData,
    branches: Branches,
) -> str:
    """Name of the study that a request searches in, which those for more or fewer trials share.

    Batches begin anew where a search goes on, so there the number of trials makes a difference.
    """
    shared = replace(request, trials=0) if request.batch == 1 else request
    return identity(shared, plan, data, branches)


def picked_identity(composition: str, spec: Mapping[str, Any]) -> str:
    """Id of the composition of another network of a search's front."""
    return _short(json.dumps([composition, spec], sort_keys=True, separators=(",", ":")))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def known(store: Store, weights: CheckpointStore, composition: str) -> dict[str, Any] | None:
    """A stored composition whose weights are here, as :func:`graph.compositions.get` gives it."""
    try:
        row = compositions.get(store, composition)
    except NotFound:
        return None
    return row if row["weights_sha256"] in set(weights.list()) else None


def history(trials: Sequence[Mapping[str, Any]], branches: Branches) -> list[dict[str, Any]]:
    """What is kept of a search's trials; ``models`` names what fills each slot of the network."""
    names = {
        (slot, sha256): str(variant)
        for slot, made in branches.items()
        for variant, sha256 in reversed(list(made.items()))
    }
    kept = []
    for trial in trials:
        spec = trial["spec"]
        used = zip(spec["slots"], spec["checkpoints"], strict=True)
        told = {key: trial[key] for key in TOLD if key in trial}
        kept.append({**told, "models": [names[one] for one in used]})
    return kept


def record(
    composition: str,
    request: BuildRequest,
    plan: Mapping[str, Any],
    tried: list[dict[str, Any]],
    final: FinishResult,
    sha256: str,
) -> CompositionRecord:
    """The composition that a search ended with."""
    taps = final.spec.taps()
    uses = [
        {"slot": slot, "checkpoint": checkpoint, "taps": taps[slot]}
        for slot, checkpoint in zip(final.spec.slots, final.spec.checkpoints, strict=True)
    ]
    return CompositionRecord(
        id=composition,
        scenario=request.inputs.scenario,
        plan=dict(plan),
        spec=final.spec.to_dict(),
        uses=uses,
        weights_sha256=sha256,
        validation=final.validation,
        test=final.test,
        seed=request.seed,
        trials=len(tried),
        history=tried,
        request=request.to_dict(),
        created_by="build",
    )


def front_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The networks of a composition's search that no other one beats, and which of them is kept.

    ``kept`` is true for the composition itself. Empty where the search minimised no cost.
    """
    costs = row["request"].get("minimize", ())
    found = front(row["history"], costs) if costs else []
    return [{**one, "kept": one["spec"] == row["spec"]} for one in found]


def answer(row: Mapping[str, Any], *, reused: bool) -> dict[str, Any]:
    """The keys of ``build`` from a stored composition."""
    return {
        "composition": row["id"],
        "checkpoint": row["weights_sha256"],
        "seed": row["seed"],
        "trials": row["trials"],
        "scenario": row["scenario"],
        "kind": row["spec"]["kind"],
        "slots": [
            {"area": use["slot"], "checkpoint": use["checkpoint"], "taps": use["taps"]}
            for use in row["uses"]
        ],
        "validation": row["validation"],
        "test": row["test"],
        "front": front_of(row),
        "reused": reused,
    }
