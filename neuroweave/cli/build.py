"""``build``: from an activation to a trained network, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli import inputs as given
from neuroweave.cli.output import Json, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from composer.activation import Inputs

Dataset = Annotated[str, typer.Option("--dataset", help="Data set that the network is for.")]
Trials = Annotated[int, typer.Option("--trials", min=1, help="Fusion candidates to try.")]
Sampler = Annotated[
    str,
    typer.Option(
        "--sampler",
        help="evolution, nao, progressive, random, reinforce, relaxation or tpe.",
    ),
]
Pruner = Annotated[
    str,
    typer.Option("--pruner", help="asha or median: end early what lags behind; none: nothing."),
]
Batch = Annotated[
    int, typer.Option("--batch", min=1, help="Candidates asked for, and trained, at once.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same network.")]
Offered = Annotated[str | None, typer.Option("--dataset", help="Data set to be fed from.")]
MaxParameters = Annotated[
    int | None, typer.Option("--max-parameters", help="Of each candidate model.")
]
MaxMemory = Annotated[
    float | None, typer.Option("--max-memory", help="Megabytes of each candidate model.")
]
MaxLatency = Annotated[
    float | None, typer.Option("--max-latency", help="Milliseconds a sample, measured here.")
]
Minimize = Annotated[
    list[str] | None,
    typer.Option("--minimize", help="parameters or latency_ms; repeat for both."),
]
Pick = Annotated[
    int | None,
    typer.Option("--pick", min=1, help="With --minimize: keep this network of the front."),
]
Sizes = Annotated[
    list[float] | None,
    typer.Option("--size", help="Train networks in this multiple of their width; repeatable."),
]
Optimizers = Annotated[
    list[str] | None,
    typer.Option("--optimizer", help="Train networks by adamw or sgd; repeat for both."),
]
TreeFormat = Annotated[
    str | None,
    typer.Option("--tree", help="Only the fusion tree: text, mermaid, FILE.png or FILE.svg."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Search again even if it is known.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(build)
    app.command()(plan)


@given.with_inputs
def build(
    inputs: Inputs,
    dataset: Dataset = "digits-dtmf",
    trials: Trials = 24,
    sampler: Sampler = "evolution",
    pruner: Pruner = "none",
    batch: Batch = 1,
    seed: Seed = 0,
    minimize: Minimize = None,
    pick: Pick = None,
    sizes: Sizes = None,
    optimizers: Optimizers = None,
    fresh: Fresh = False,
    max_parameters: MaxParameters = None,
    max_memory: MaxMemory = None,
    max_latency: MaxLatency = None,
    as_json: Json = False,
) -> None:
    """Compose, search and train the network that an activation calls for."""
    from composer.budget import Budget
    from jobs.build import run_build
    from jobs.build_request import BuildRequest
    from neuroweave.cli.session import open_store

    request = BuildRequest(
        inputs,
        dataset=dataset,
        trials=trials,
        sampler=sampler,
        seed=seed,
        fresh=fresh,
        budget=Budget(max_parameters, max_memory, max_latency),
        pruner=pruner,
        batch=batch,
        minimize=tuple(minimize or ()),
        pick=pick,
        sizes=tuple(sizes or (1.0,)),
        optimizers=tuple(optimizers or ("adamw",)),
    )
    with open_store() as store, progress_bar("building") as progress:
        result = run_build(store, store.config.home, request, progress)
    if as_json:
        print_json(result)
    else:
        print_build(result)


@given.with_inputs
def plan(
    inputs: Inputs,
    dataset: Offered = None,
    max_parameters: MaxParameters = None,
    max_memory: MaxMemory = None,
    max_latency: MaxLatency = None,
    tree: TreeFormat = None,
    as_json: Json = False,
) -> None:
    """Show what a build would compose: slots, candidates, coupling. Nothing is trained."""
    from composer.activation import activate
    from composer.budget import Budget
    from composer.plan import make_plan
    from neuroweave.cli.session import open_store
    from training.datasets import supply_of

    budget = Budget(max_parameters, max_memory, max_latency)
    with open_store() as store, progress_bar("planning") as progress:
        if dataset is not None or max_latency is not None:
            progress("trying the candidates", 0.0)
        supply = supply_of(store, store.config.home, dataset)
        found = make_plan(store, activate(store, inputs), offer=supply, budget=budget)
    plain = found.to_dict()
    if tree in ("text", "mermaid"):
        print(plain["drawing"][tree])
    elif tree is not None:
        from composer.tree import draw_to

        draw_to(Path(tree), found.fusion, found.coupling)
    elif as_json:
        print_json(plain)
    else:
        print_plan(plain)


def print_plan(found: dict[str, Any]) -> None:
    """Show a plan: slots, why, coupling, what was left out."""
    print_table(
        ("slot", "modality", "score", "sub-areas", "candidates"),
        (
            (
                s["area"],
                s["modality"],
                s["score"],
                s["sub_areas"],
                [c["model"] for c in s["candidates"]],
            )
            for s in found["slots"]
        ),
    )
    for slot in found["slots"]:
        for link in slot["because"][:2]:
            print(f"  {link['region_name']} → {link['function']} → {link['area']}")
    for row in found["coupling"]:
        print(f"coupling {row['a']} ~ {row['b']}: {row['value']:.3f} ")
    print(f"coupling rests on: {found['coupling_basis']}")
    if found["slots"]:
        print(found["drawing"]["text"])
    for row in found["excluded"]:
        model = f", {row['model']}" if "model" in row else ""
        print(f"left out: {row['area']}{model}: {row['reason']}")
    for note in found["notes"]:
        print(f"note: {note}")


def print_build(result: dict[str, Any]) -> None:
    """Show the accuracies of a build and where the network is."""
    fixed = ("best_single", "sum_log_prob", "late_concat", "stacking", "searched", "result")
    names = [name for name in result["validation"] if name not in fixed]
    names += [name for name in fixed if name in result["validation"]]
    print_table(
        ("network", "validation", "test"),
        ((name, result["validation"][name], result["test"].get(name)) for name in names),
    )
    if result["front"]:
        print_front(result["front"])
    print(f"composition {result['composition']}, weights {result['checkpoint'][:12]}…")
    if result.get("reused"):
        print("known already: nothing was trained again (--fresh does)")


def print_front(front: list[dict[str, Any]]) -> None:
    """Show the networks that no other one beats, numbered as --pick takes them."""
    from search.objectives import COSTS

    costs = [name for name in COSTS if name in front[0]]
    print_table(
        ("", "network", "validation", *costs),
        (
            (
                f"{place}{' kept' if row['kept'] else ''}",
                _network(row),
                row["value"],
                *(row[name] for name in costs),
            )
            for place, row in enumerate(front, 1)
        ),
    )
    print("--pick NUMBER keeps another one of them")


def _network(row: dict[str, Any]) -> str:
    """A network in a few words: what fills its slots, and how they are joined."""
    spec = row["spec"]
    operators = ", ".join(layer["operator"] for layer in spec["layers"])
    how = f"{operators}; width {spec['width']}" if operators else spec["kind"]
    return f"{' + '.join(row['models'])} ({how})"
