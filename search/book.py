"""What is known of a study's networks, by whichever process drives it, and who is at which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

from search.objectives import Candidate
from search.workers import Worker, heir

CANDIDATE = "candidate"
"""User attribute of a trial: what its network is and what it is worth."""

AT = "at"
"""User attribute of a trial: which worker is at which network."""

GAP = "gap"
"""User attribute of a trial: what the relaxation lost that proposes it (see ``Relaxed.gap``)."""


class Book:
    """The networks of a study.

    Several processes may write into one study. Who wants to train a network first says so in its
    trial, and then looks whether another has said so, too: of two at least one sees the other and
    gives way. So no network is trained twice, and nobody waits for a lock.

    Args:
        study: whose trials these are.
        worker: the name we go by.
        costs: what the study minimises beside accuracy, in the order of its directions.
        alone: nobody else can be at this study, so that whatever is under way was cut off.
    """

    def __init__(
        self, study: optuna.Study, worker: Worker, costs: Sequence[str] = (), *, alone: bool
    ) -> None:
        self.study, self.worker, self.costs, self.alone = study, worker, costs, alone
        self.known: dict[str, Candidate] = {}
        self.read()

    def read(self) -> list[FrozenTrial]:
        """Take in what has ended since the last time; the trials that are under way."""
        trials = self.study.get_trials(deepcopy=False)
        for trial in trials:
            if trial.state.is_finished() and CANDIDATE in trial.user_attrs:
                candidate = trial.user_attrs[CANDIDATE]
                self.known.setdefault(candidate["architecture"], candidate)
        return [trial for trial in trials if trial.state == TrialState.RUNNING]

    def taken(self) -> set[str]:
        """The networks that others are at."""
        if self.alone:
            return set()
        places = [trial.user_attrs.get(AT) for trial in self.read()]
        return {at["network"] for at in places if at and at["worker"] != self.worker.name}

    def claim(self, trial_id: int, network: str) -> bool:
        """Whether the trial may go on to its end, because nobody else is at this network."""
        self.study._storage.set_trial_user_attr(trial_id, AT, self._at(network))
        return network not in self.taken()

    def begin(self, network: str) -> int | None:
        """Number of a trial without genes for a network to be trained; None while others are at it.

        One that was cut off is gone on with.
        """
        for trial in self.left():
            if not trial.params and trial.user_attrs.get(AT, {}).get("network") == network:
                return trial.number
        if network in self.taken():
            return None
        attributes = {AT: self._at(network)}
        blank = optuna.create_trial(state=TrialState.RUNNING, user_attrs=attributes)
        storage = self.study._storage
        number = storage.get_trial_number_from_id(
            storage.create_new_trial(self.study._study_id, blank)
        )
        if network not in self.taken():
            return number
        self.study.tell(number, state=TrialState.FAIL)
        return None

    def left(self) -> list[FrozenTrial]:
        """Trials under way that are ours to finish: our own, and those of workers that are gone."""
        if self.alone:
            return self.read()
        for name in {_worker(trial) for trial in self.read()} - {None, self.worker.name}:
            with heir(str(name)) as ours:
                for trial in self.read() if ours else ():
                    if _worker(trial) == name:
                        at = {**trial.user_attrs[AT], "worker": self.worker.name}
                        self.study._storage.set_trial_user_attr(trial._trial_id, AT, at)
        return [trial for trial in self.read() if _worker(trial) == self.worker.name]

    def settle(self, number: int, network: str) -> None:
        """End a trial with what its network is worth."""
        storage, candidate = self.study._storage, self.known[network]
        trial_id = storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        attributes = storage.get_trial(trial_id).user_attrs
        if GAP in attributes:
            candidate = self.known[network] = {**candidate, GAP: attributes[GAP]}
        storage.set_trial_user_attr(trial_id, CANDIDATE, candidate)
        if candidate["value"] is None:
            self.study.tell(number, state=TrialState.FAIL)
        elif "pruned" in candidate:
            self.study.tell(number, state=TrialState.PRUNED)
        else:
            self.study.tell(number, [candidate[name] for name in ("value", *self.costs)])

    def _at(self, network: str) -> dict[str, str]:
        return {"worker": self.worker.name, "network": network}


def _worker(trial: FrozenTrial) -> str | None:
    at: Mapping[str, str] = trial.user_attrs.get(AT, {})
    return at.get("worker")
