"""Real jobs that are killed half-way go on where they stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from composer.activation import Inputs
from graph import compositions, schema
from graph.config import StoreConfig
from graph.store import Store
from jobs.build import BuildRequest
from jobs.job import Status
from jobs.ledger import Ledger
from tests.api import world
from tests.jobs.processes import Spec, children, end, until

pytestmark = [pytest.mark.slow, pytest.mark.server]

TRIALS = 8


def finished(journal: Path) -> list[FrozenTrial]:
    """The trials of a study that have ended; none while it is being made."""
    if not journal.exists():
        return []
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    names = optuna.get_all_study_names(storage)
    if not names:
        return []
    trials = optuna.load_study(study_name=names[0], storage=storage).trials
    return [trial for trial in trials if trial.state.is_finished()]


def test_a_build_killed_in_mid_search_repeats_no_finished_trial(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path)
    request = BuildRequest(Inputs("tiny", scenario="see and hear"), trials=TRIALS)
    with Store.open(StoreConfig(tmp_path)) as store:
        schema.apply(store)
        world.fill(store)
        job = ledger.submit("build", request.to_dict(), by="ada").id
        worker = Spec(ledger.url, tmp_path, lease_s=10.0).start()
        try:
            until(lambda: any((tmp_path / "studies").glob("*.journal")), "the search", 120)
            (journal,) = (tmp_path / "studies").glob("*.journal")
            kept = tmp_path / "kept.journal"
            os.link(journal, kept)  # the build removes its own name of it
            until(lambda: len(finished(kept)) >= 3 or ledger.get(job).done, "three trials", 120)
            assert ledger.get(job).status is Status.RUNNING, ledger.get(job).problem
            (child,) = children(worker.pid)
            os.kill(child, signal.SIGKILL)
            before = finished(kept)
            until(lambda: ledger.get(job).done, "the end of the build", 180)
        finally:
            end(worker, signal.SIGTERM)
        done = ledger.get(job)
        assert (done.status, done.attempts) == (Status.SUCCEEDED, 2), done.problem
        after = finished(kept)
        assert after[: len(before)] == before, "the same trials, with the times they had"
        assert len(after) > len(before)
        named = [t.user_attrs["candidate"] for t in after if "candidate" in t.user_attrs]
        tried = [candidate["architecture"] for candidate in named]
        assert len(set(tried)) == len(tried), "nothing was trained twice"
        assert done.result is not None
        assert compositions.get(store, done.result["composition"])["trials"] == len(tried)
        print(f"\nbuild: killed after {len(before)} trials, {len(after)} in all, 0 repeated")
    ledger.close()
