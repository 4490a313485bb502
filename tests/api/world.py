"""A small graph, and a real server in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.access.accounts import Accounts
from api.access.config import AccessConfig
from api.access.gate import Access
from api.app import create_app
from api.config import ApiConfig
from api.context import Context
from api.server import Server, bind
from atlas.activation import Peak, Scenario
from atlas.model import Area, Atlas, Claim, FunctionTerm, Region, Source
from graph import areas, atlases, claims, functions, models, scenarios
from graph.config import StoreConfig
from graph.models import ModelRecord
from graph.store import Store
from jobs.ledger import Ledger

SOURCE = Source("tiny-study", "A tiny study", licence="CC0", citation="Nobody 2026")
MOTION, HEARING = "perception.vision.motion", "perception.audition"


def region(number: int, name: str, hemisphere: str, x: float, y: float, z: float) -> Region:
    id = f"tiny:{number}"
    return Region(id, str(number), name, hemisphere, x, y, z, radius_mm=4.0)  # type: ignore[arg-type]


N_QUIET = 196
"""Regions without functions, far below the others: what stands out, stands out from them."""

ATLAS = Atlas(
    "tiny",
    "Tiny atlas",
    "MNI152",
    SOURCE,
    regions=(
        region(1, "left motion", "left", -44.0, -70.0, 4.0),
        region(2, "right motion", "right", 44.0, -70.0, 4.0),
        region(3, "left hearing", "left", -52.0, -20.0, 8.0),
        region(4, "frontal pole", "midline", 0.0, 60.0, 0.0),
        *(
            region(5 + n, f"quiet {n}", "unknown", n % 14 * 9.0 - 60, n // 14 * 12.0 - 100, -60.0)
            for n in range(N_QUIET)
        ),
    ),
)
FUNCTIONS = [
    FunctionTerm("perception", "perception"),
    FunctionTerm("perception.vision", "vision"),
    FunctionTerm(MOTION, "visual motion"),
    FunctionTerm(HEARING, "audition"),
]
AREAS = [
    Area("visual", "visual area", ("perception.vision",), "image"),
    Area("visual.motion", "motion area", (MOTION,), "image"),
    Area("auditory", "auditory area", (HEARING,), "audio"),
]
CLAIMS = [
    Claim("c1", "tiny:1", MOTION, SOURCE.id, "z", 5.0, 0.9, q=0.001, n_studies=20),
    Claim("c2", "tiny:2", MOTION, SOURCE.id, "z", 4.0, 0.7, q=0.002, n_studies=15),
    Claim("c3", "tiny:3", HEARING, SOURCE.id, "z", 6.0, 0.8, q=0.0, n_studies=30),
]
SCENARIO = Scenario(
    "see and hear",
    "Seeing and hearing",
    "MNI152",
    peaks=(Peak(-44, -70, 4), Peak(-52, -20, 8), Peak(0, 0, 70)),
    citation="Nobody 2026",
)


def fill(store: Store) -> None:
    """Put the small graph into an empty store."""
    atlases.put(store, ATLAS)
    functions.put(store, FUNCTIONS, by="test")
    areas.put(store, AREAS, by="test")
    claims.put(store, SOURCE, CLAIMS, by="test")
    active = {"tiny:1": 1.0, "tiny:3": 1.0}
    scenarios.put(store, SCENARIO, active, by="test")
    model = ModelRecord(
        id="lenet5/image",
        name="LeNet5 for pictures",
        family="lenet5",
        category="convolutional",
        functions=(MOTION,),
        areas=("visual",),
        modality="image",
        inputs={"height": 8, "width": 8},
        taps={"conv1": [6, 4, 4]},
        parameters=1000,
        size={},
    )
    models.put(store, [model], by="test")


@dataclass(frozen=True)
class Served:
    """A running server: where it listens and what it uses."""

    url: str
    context: Context
    server: Server


def config(home: Path, **settings: object) -> ApiConfig:
    """Settings of a test server: as the defaults, only quicker."""
    settings.setdefault("access", AccessConfig(hosts=("testserver",)))
    return ApiConfig(home, StoreConfig(home), event_poll_s=0.02, **settings)  # type: ignore[arg-type]


@contextmanager
def serving(context: Context) -> Iterator[Served]:
    """Serve in a thread on a free port until the block ends."""
    listener = bind(port=0)
    server = Server(create_app(context.config, context))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", context, server)
    finally:
        server.stop()
        thread.join()
        listener.close()


@contextmanager
def opened(store: Store, settings: ApiConfig) -> Iterator[Context]:
    """The context of a server over an open store, with a ledger of its own."""
    ledger = Ledger(settings.ledger_url)
    accounts = Accounts(settings.ledger_url)
    try:
        yield Context(settings, store, ledger, Access(settings.access, accounts))
    finally:
        accounts.close()
        ledger.close()
