"""The whole road on the built-in data: a scene goes in, a network comes out.

Every number that the demo prints is computed while it runs, or says that it was computed before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from atlas.decode.thresholds import Sign
from composer.activation import Inputs, activate
from composer.plan import make_plan
from graph import checkpoints, compositions, scenarios, schema
from graph.stats import counts
from graph.store import Store
from ingest.load import summary
from ingest.nilearn_data import sample_motor_map
from jobs.build import run_build
from jobs.build_request import BuildRequest
from neuroweave.cli.activate import print_activation
from neuroweave.cli.build import print_build, print_plan
from neuroweave.cli.output import print_table, progress_bar
from neuroweave.cli.session import fill
from neuroweave.settings import Settings

SCENARIO = "audio-visual"
TRIALS, QUICK_TRIALS = 32, 20

SIDES: dict[Sign, str] = {"positive": "left hand stronger", "negative": "right hand stronger"}

THREE_WAYS = """
The same question three ways: which regions speak for visual motion?

  neuroweave cypher "MATCH (r:Region)-[l:HAS_FUNCTION]->(f:Function)
      WHERE f.id = 'perception.vision.motion'
      RETURN r.id, r.name, l.weight ORDER BY l.weight DESC LIMIT 5"

  neuroweave serve      # then, from another terminal
  curl 'http://127.0.0.1:8000/api/v1/functions/perception.vision.motion/regions?limit=5'

  from neuroweave import Client
  Client().function_regions("perception.vision.motion", limit=5)
"""


def run_demo(settings: Settings, *, quick: bool = False) -> dict[str, Any]:
    """Run every step and return what came out, with the seconds that each step took."""
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:  # noqa: ANN401 - the step's own result
        start = time.perf_counter()
        result = step()
        seconds[name] = round(time.perf_counter() - start, 2)
        return result

    store = timed("database", lambda: _open(settings))
    with store:
        loaded = timed("atlases and evidence", lambda: _load(store))
        maps = timed("map", lambda: _decode_motor_map(store))
        timed("scenario", lambda: _show_scenario(store))
        result = timed("network", lambda: _build(store, QUICK_TRIALS if quick else TRIALS))
        timed("questions", lambda: _three_ways(store, result["composition"]))
    total = sum(seconds.values())
    print(
        f"\nDone in {total:.0f} s:", ", ".join(f"{name} {s:.1f} s" for name, s in seconds.items())
    )
    return {"loaded": loaded, "maps": maps, "build": result, "seconds": seconds}


def _open(settings: Settings) -> Store:
    _heading(1, "The database")
    config = settings.store
    print(
        f"Connecting to {config.uri}"
        if config.uri
        else f"Starting the embedded database in {config.home}"
    )
    store = Store.open(config)
    schema.apply(store)
    print(f"{store.server} answers on {store.uri}; the schema is in place.")
    return store


def _load(store: Store) -> dict[str, Any]:
    _heading(2, "Atlases, functions, areas, evidence")
    with progress_bar("loading") as progress:
        report = fill(store, progress)
    print(summary(report) + ".")
    found = counts(store)
    print_table(("in the graph", "count"), ([key, value] for key, value in found.items() if value))
    return report


def _decode_motor_map(store: Store) -> dict[str, Any]:
    _heading(3, "A real statistical map: button press, left against right hand (NeuroVault 10426)")
    found: dict[str, Any] = {}
    for sign, meaning in SIDES.items():
        print(f"\n{meaning} ({sign} side):")
        found[sign] = activate(store, Inputs(map=sample_motor_map(), sign=sign)).to_dict()
        print_activation(found[sign], rows=5)
    return found


def _show_scenario(store: Store) -> None:
    _heading(4, f"The stored scenario {SCENARIO!r}: peaks → regions → functions → areas → models")
    scenario = scenarios.get(store, SCENARIO)
    print(f"{len(scenario.peaks)} peaks from {scenario.citation}")
    activation = activate(store, Inputs(scenario=SCENARIO))
    print_activation(activation.to_dict(), rows=5)
    print_plan(make_plan(store, activation).to_dict())


def _build(store: Store, trials: int) -> dict[str, Any]:
    _heading(5, "The network: pre-train, search, retrain, test once")
    request = BuildRequest(Inputs(scenario=SCENARIO), trials=trials)
    with progress_bar("building") as progress:
        result = run_build(store, store.config.home, request, progress)
    print_table(
        ("branch in the library", "accuracy (validation)", "kB", "sha256"),
        (
            (row["model"], row["value"], row["bytes"] // 1000, row["sha256"][:12])
            for row in sorted(checkpoints.list_checkpoints(store), key=lambda row: row["model"])
        ),
    )
    print(
        f"{result['trials']} candidate networks were tried; test data were read once, at the end:"
    )
    print_build(result)
    return result


def _three_ways(store: Store, composition: str) -> None:
    _heading(6, "Ask the graph")
    print("From a region to the network:")
    for row in compositions.chain(store, composition, limit=3):
        print(
            f"  {row['region_name']} → claim {row['claim']} → {row['function']} → {row['area']}"
            f" → {row['model']} → {row['composition']}"
        )
    print(THREE_WAYS)


def _heading(number: int, text: str) -> None:
    print(f"\n── {number}. {text}", flush=True)
