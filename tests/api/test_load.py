"""Sixteen people at a real server: nobody sees an error, no edit is lost, memory stays.

``NEUROWEAVE_LOAD_S`` says for how many seconds (15; the figures in the operator's guide come from
60). Times are printed, not judged: machines differ.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from graph.embedded.layout import Layout

CLIENTS, LINKS = 16, 24
SECONDS = float(os.environ.get("NEUROWEAVE_LOAD_S", "15"))
GROWTH = 1.5
"""Memory at the end may be so many times that in the middle; a leak under load is far more."""


@dataclass
class Found:
    """What the clients met."""

    reads_ms: list[float] = field(default_factory=list)
    edits_ms: list[float] = field(default_factory=list)
    stale: int = 0
    faults: list[str] = field(default_factory=list)
    edited: Counter[str] = field(default_factory=Counter)


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """``neuroweave serve`` in a process of its own: its address and process id."""
    log = (home.parent / "serve.log").open("w+")
    command = [sys.executable, "-P", "-m", "neuroweave", "serve", "--port", "0", "--no-worker"]
    environment = {**os.environ, "NEUROWEAVE_HOME": str(home)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        said = re.search(r"http://[\d.:]+/api/v1", process.stdout.readline())
        assert said is not None, Path(log.name).read_text()
        yield said[0], process.pid
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
        process.wait()
        log.close()


def resident(pid: int) -> float:
    """Resident memory of a process in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found is not None
    return int(found[1]) / 1000


def claims_of(client: httpx2.Client) -> list[str]:
    """Make the claims that everybody will edit."""
    functions = client.get("functions", params={"limit": 3}).raise_for_status().json()["items"]
    regions = client.get("regions", params={"limit": LINKS // 3}).raise_for_status().json()["items"]
    made = []
    for function in functions:
        for region in regions:
            body = {
                "region": region["id"],
                "function": function["id"],
                "weight": 0.5,
                "rationale": "a load test",
                "citation": "PMID:12345678",
            }
            answer = client.post("claims", json=body)
            assert answer.status_code == 201, answer.text
            made.append(answer.json()["id"])
    return made


def work(address: str, number: int, claims: list[str], until: float, found: Found) -> None:
    """One person: four reads, then one edit of what was read."""
    chance = random.Random(number)
    with httpx2.Client(base_url=address, timeout=60) as client:
        while time.monotonic() < until:
            claim = chance.choice(claims)
            region = claim_region(client, claim)
            for path in (
                f"regions/{region}",
                f"regions/{region}/functions?limit=20",
                "regions?q=cortex&limit=20",
                "functions?limit=50",
            ):
                get(client, path, found)
            edit(client, claim, chance, found)


def claim_region(client: httpx2.Client, claim: str) -> str:
    region: str = client.get(f"claims/{claim}").raise_for_status().json()["region"]
    return region


def get(client: httpx2.Client, path: str, found: Found) -> httpx2.Response:
    start = time.perf_counter()
    answer = client.get(path)
    found.reads_ms.append(1000 * (time.perf_counter() - start))
    if answer.status_code != 200:
        found.faults.append(f"GET {path}: {answer.status_code} {answer.text[:200]}")
    return answer


def edit(client: httpx2.Client, claim: str, chance: random.Random, found: Found) -> None:
    """Change the weight of what was just read; who was overtaken reads again."""
    while True:
        read = get(client, f"claims/{claim}", found)
        body = {"weight": chance.randrange(1, 1_000_000) / 1_000_000}
        start = time.perf_counter()
        answer = client.patch(
            f"claims/{claim}", json=body, headers={"If-Match": read.headers["ETag"]}
        )
        found.edits_ms.append(1000 * (time.perf_counter() - start))
        if answer.status_code == 412:
            found.stale += 1
            continue
        if answer.status_code == 200:
            found.edited[claim] += 1
        else:
            found.faults.append(f"PATCH: {answer.status_code} {answer.text[:200]}")
        return


def revisions_of(client: httpx2.Client) -> Iterator[dict[str, Any]]:
    """Every revision, newest first."""
    after: dict[str, Any] = {}
    while True:
        page = client.get("revisions", params={"limit": 200, **after}).raise_for_status().json()
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_sixteen_people_read_and_edit(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served(home) as (address, server):
        state = Layout(home / "graph").read_state()
        assert state is not None
        with httpx2.Client(base_url=address, timeout=120) as client:
            claims = claims_of(client)
            before = client.get("health").json()["revision"]
            each = [Found() for _ in range(CLIENTS)]
            start = time.monotonic()
            until = start + SECONDS
            threads = [
                threading.Thread(target=work, args=(address, n, claims, until, one))
                for n, one in enumerate(each)
            ]
            memory = [(resident(server), resident(state.pid))]
            for thread in threads:
                thread.start()
            time.sleep(SECONDS / 2)
            memory.append((resident(server), resident(state.pid)))
            for thread in threads:
                thread.join()
            took = time.monotonic() - start
            memory.append((resident(server), resident(state.pid)))
            edited = sum((one.edited for one in each), Counter[str]())
            revised = [row for row in revisions_of(client) if row["seq"] > before]
    reads = [ms for one in each for ms in one.reads_ms]
    edits = [ms for one in each for ms in one.edits_ms]
    figures = {
        "seconds": round(took, 1),
        "reads": len(reads),
        "reads_p50_ms": round(statistics.median(reads), 1),
        "reads_p95_ms": round(p95(reads), 1),
        "edits": edited.total(),
        "edits_p95_ms": round(p95(edits), 1),
        "stale": sum(one.stale for one in each),
        "memory_mb (server, database)": [tuple(map(round, pair)) for pair in memory],
    }
    print(json.dumps(figures))
    assert [fault for one in each for fault in one.faults] == []
    assert len(revised) == edited.total() > CLIENTS, "each edit that was confirmed is a revision"
    assert min(len(one.reads_ms) for one in each) > 0, "nobody was left out"
    for middle, end in zip(memory[1], memory[2], strict=True):
        assert end < GROWTH * middle + 50
