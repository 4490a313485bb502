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

from atlas.model import FunctionTerm
from composer.activation import Inputs
from graph import atlases, claims, compositions, content, functions, history, revisions, schema
from graph.config import StoreConfig
from graph.releases.shelf import Shelf
from graph.store import Store
from ingest import builtin
from ingest.atlases.candidates import Description
from jobs.build_request import BuildRequest
from jobs.claims import ClaimsRequest, run_claims
from jobs.ingest import IngestRequest, run_ingest
from jobs.job import Job, Status
from jobs.ledger import Ledger
from tests.api import world
from tests.atlas.examples import spheres
from tests.ingest.atlases.files import NAMES, blocks, save
from tests.jobs import studies
from tests.jobs.processes import Spec, children, end, until

pytestmark = [pytest.mark.slow, pytest.mark.server]

TRIALS = 6

folder = pytest.fixture(scope="module")(studies.written)


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


def test_claims_imports_and_releases_killed_before_they_write(tmp_path: Path, folder: Path) -> None:
    ledger = Ledger.at(tmp_path)
    with Store.open(StoreConfig(tmp_path)) as store:
        schema.apply(store)
        atlas = spheres((0, 0, 0, 5), (40, 0, 0, 5))
        atlases.put(store, atlas)
        functions.put(store, [FunctionTerm(f.id, f.name) for f in builtin.functions()])
        request = ClaimsRequest(atlas.id, folder)
        worker = Spec(ledger.url, tmp_path, lease_s=10.0).start()
        try:
            job = _killed_once(store, ledger, worker.pid, "claims", request.to_dict())
            assert job.result is not None
            computed, source = job.result["claims"]["computed"], job.result["source"]
            assert job.result["claims"]["created"] == computed > 0
            assert len(claims.list_claims(store, source=source)[0]) == computed
            before = _revisions(store)
            assert run_claims(store, request)["claims"]["unchanged"] == computed
            assert _revisions(store) == before, "nothing twice"

            # As an attempt leaves it that ends between claims and matrices: these alone are made.
            whole = content.digest(store)
            for seq, action in before:
                if action == "put matrix":
                    history.undo(store, seq, by="test")
            assert content.digest(store) != whole
            done = ledger.submit("claims", request.to_dict(), by="ada").id
            until(lambda: ledger.get(done).done, "the end of the claims", 120)
            found = ledger.get(done)
            assert found.result is not None, found.problem
            assert found.result["claims"]["unchanged"] == computed
            assert all(matrix["written"] for matrix in found.result["matrices"])
            assert content.digest(store) == whole

            (tmp_path / "a.tsv").write_text(NAMES)
            volume = save(tmp_path / "a.nii.gz", blocks())
            said = Description(id="blocks", space="MNI152NLin6Asym", licence="CC0", citation="none")
            brought = IngestRequest(volume, tmp_path / "a.tsv", said)
            job = _killed_once(store, ledger, worker.pid, "ingest", brought.to_dict())
            assert job.result is not None
            created = job.result["written"]["created"]
            assert created > 0
            before = _revisions(store)
            assert run_ingest(store, brought, by="ada")["written"]["unchanged"] == created
            assert _revisions(store) == before, "nothing twice"

            release = {"id": "v1", "policy": "note"}
            job = _killed_once(store, ledger, worker.pid, "release", release)
            assert job.result is not None
            assert job.result["digest"] == content.digest(store)
            assert [one.id for one in Shelf.at(tmp_path).list()] == ["v1"]
        finally:
            end(worker, signal.SIGTERM)
    ledger.close()


def _killed_once(
    store: Store, ledger: Ledger, worker: int, kind: str, payload: dict[str, object]
) -> Job:
    """The job, done at its second attempt: the first died while it waited for its turn to write."""
    with store.writing():
        job = ledger.submit(kind, payload, by="ada").id

        begun = f"the first write of {kind}"
        until(lambda: ledger.get(job).message.startswith("writing"), begun, 120)
        (child,) = children(worker)
        os.kill(child, signal.SIGKILL)
        until(lambda: ledger.get(job).status is not Status.RUNNING, "its end")
    until(lambda: ledger.get(job).done, f"the end of {kind}", 180)
    found = ledger.get(job)
    assert (found.status, found.attempts) == (Status.SUCCEEDED, 2), found.problem
    return found


def _revisions(store: Store) -> list[tuple[int, str]]:
    return [(row["seq"], row["action"]) for row in revisions.list_revisions(store, 500)[0]]
