"""What ``flock arena submit`` and ``disclose`` do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens
from flock.errors import FlockError, Refused
from flock.programs.signing import acting

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.arena.trainer.memory import Pledge
    from flock.arena.trainer.submitting import Submitting
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import TrainerSettings


def submit_artifact(settings: TrainerSettings, file: Path, *, is_sealed: bool, as_json: bool) -> None:
    from flock.cli.arena_view import submission_line
    from flock.terminal import moment, tell

    with _trainer(settings) as submitting:
        actor = submitting.actor
        number = _Attempt(settings, submitting, file, is_sealed).make()
        line = submission_line(number, actor.contracts.arena_board.submission_of(actor.task, number))
    until = f"; its state ends by {moment(line.deadline)}" if line.deadline else ""
    tell(
        f"Submission {line.submission} to task {settings.task} is {line.state}{until}. Disclose it after the end "
        f"with `flock arena disclose {settings.task}`, from the same home folder.",
        as_json=as_json,
        task=settings.task,
        **asdict(line),
    )


@dataclass
class _Attempt:
    """One submission, part by part; each can be repeated."""

    settings: TrainerSettings
    submitting: Submitting
    file: Path
    is_sealed: bool
    _artifact: bytes = b""
    _pledge: Pledge | None = None

    def make(self) -> int:
        """Its number."""
        parts: list[tuple[str, Callable[[], None]]] = [
            ("checking", self._check),
            ("enrolling", self._enrol),
            ("committing", self._commit),
            ("uploading", self._hand_over),
        ]
        with typer.progressbar(
            parts, label="Submitting", file=sys.stderr, item_show_func=lambda part: part[0] if part else ""
        ) as bar:
            for _, do in bar:
                do()
        return self._pledge.submission if self._pledge else 0

    def _check(self) -> None:
        from flock.arena.scoring.artifact import read_file
        from flock.arena.task_document import document_of
        from flock.arena.trainer.submitting import require_submittable

        actor = self.submitting.actor
        scoring = document_of(actor.contracts, actor.service, actor.task).scoring
        self._artifact = read_file(self.file, scoring.bounds)
        require_submittable(scoring, self._artifact)

    def _enrol(self) -> None:
        from flock.programs.arena_wiring import enrol_step
        from flock.protocol.arena.stages import Role

        enrol_step(self.settings, self.submitting.actor, Role.TRAINER)()

    def _commit(self) -> None:
        self._pledge = self.submitting.submit(self._artifact, is_sealed=self.is_sealed)

    def _hand_over(self) -> None:
        pledge = self._pledge
        if pledge is None or pledge.is_sealed:
            return
        try:
            self.submitting.hand_over(pledge)
        except FlockError as problem:
            raise type(problem)(
                f"Submission {pledge.submission} is on chain, but the service does not have it: {problem} Repeat "
                "the command; it uploads what is missing."
            ) from problem


def disclose_submissions(settings: TrainerSettings, *, as_json: bool) -> None:
    from flock.protocol.arena.stages import Stage
    from flock.terminal import tell

    with _trainer(settings) as submitting:
        pledges = [pledge for pledge in submitting.memory.all() if pledge.submission]
        if not pledges:
            raise Refused(
                f"{settings.home} knows of no submission of {submitting.actor.account} to task {settings.task}: "
                "name the home folder that you submitted from (--home)."
            )
        if submitting.actor.stage is not Stage.DISCLOSING:
            raise Refused(
                f"Task {settings.task} is {submitting.actor.stage.name.lower()}: submissions are disclosed after its "
                f"end, once all are scored (`flock arena show {settings.task}`)."
            )
        with typer.progressbar(pledges, label="Disclosing", file=sys.stderr) as progress:
            disclosed = [
                pledge.submission for pledge in progress if submitting.disclose(submitting.hand_over(pledge))
            ]
    said = ", ".join(map(str, disclosed)) or "none"
    tell(
        f"Disclosed: {said}, of {len(pledges)} from this home folder; the others were before, or have no score.",
        as_json=as_json,
        task=settings.task,
        disclosed=disclosed,
    )


def cancel_submission(settings: TrainerSettings, submission: int, *, as_json: bool) -> None:
    from flock.protocol.arena.stages import SubmissionState
    from flock.terminal import tell

    with _member(settings) as (contracts, sender, account):
        board, task = contracts.arena_board, settings.task
        view = board.submission_of(task, submission)
        if view.state is SubmissionState.NONE:
            raise Refused(
                f"Arena {task} has no submission {submission}: see `flock arena submissions {task}`."
            )
        if view.trainer != account:
            raise Refused(f"Submission {submission} to Arena {task} is {view.trainer}'s: cancel your own.")
        before = board.member_of(task, account)
        board.cancel(sender, task, submission)
        after = board.member_of(task, account)
    quota, fee = after.quota_left - before.quota_left, after.owed - before.owed
    back = [
        *(["today's quota"] if quota else []),
        *([f"{tokens(fee)} FLOCK, to withdraw with `flock arena withdraw {task}`"] if fee else []),
    ]
    tell(
        f"Submission {submission} is cancelled. Back came: {' and '.join(back) or 'nothing'}.",
        as_json=as_json,
        task=task,
        submission=submission,
        quota_is_back=bool(quota),
        fee=str(fee),
    )


def withdraw_owed(settings: TrainerSettings, *, as_json: bool) -> None:
    from flock.terminal import tell

    with _member(settings) as (contracts, sender, account):
        owed = _withdrawn(contracts, sender, settings.task, account)
        if not owed:
            raise Refused(f"Arena {settings.task} owes {account} nothing now.")
    tell(
        f"Arena {settings.task} has paid {tokens(owed)} FLOCK to {account}.",
        as_json=as_json,
        task=settings.task,
        account=account,
        withdrawn=str(owed),
    )


def leave_arena(settings: TrainerSettings, *, as_json: bool) -> None:
    from flock.protocol.arena.stages import Standing
    from flock.terminal import moment, tell

    with _member(settings) as (contracts, sender, account):
        board, task = contracts.arena_board, settings.task
        if board.member_of(task, account).standing in (Standing.NONE, Standing.LEFT):
            raise Refused(f"{account} is not enrolled on Arena {task}, so there is nothing to leave.")
        board.leave(sender, task, account)
        owed = _withdrawn(contracts, sender, task, account)
        retained_until = board.member_of(task, account).retained_until
    said = (
        f"{account} is off the list of Arena {task}; its stake stays until {moment(retained_until)}, while strikes "
        f"stand against it. Then repeat the command."
        if retained_until
        else f"{account} has left Arena {task}; `flock stake remove all --task {task}` frees the stake."
    )
    tell(
        said + (f" {tokens(owed)} FLOCK were paid out." if owed else ""),
        as_json=as_json,
        task=task,
        account=account,
        withdrawn=str(owed),
        retained_until=retained_until or None,
    )


def _withdrawn(contracts: Contracts, sender: Sender, task: int, account: str) -> int:
    """What was owed, in wei, and is paid out now."""
    owed = contracts.arena_board.owed(task, account)
    if owed:
        contracts.arena_board.withdraw(sender, task, account)
    return owed


@contextmanager
def _member(settings: TrainerSettings) -> Iterator[tuple[Contracts, Sender, ChecksumAddress]]:
    """Who acts on the chain, for whom. Raises UnknownTask for what is no Arena."""
    from flock.arena.terms import parameters_of
    from flock.programs.arena_wiring import account_of
    from flock.programs.wiring import contracts_of

    contracts = contracts_of(settings)
    parameters_of(contracts, settings.task)
    with acting(settings, contracts) as (key, sender, _):
        yield contracts, sender, account_of(settings, key)


@contextmanager
def _trainer(settings: TrainerSettings) -> Iterator[Submitting]:
    from flock.programs.arena_wiring import actor_of, submitting_of
    from flock.programs.wiring import contracts_of

    contracts = contracts_of(settings)
    with ExitStack() as opened, acting(settings, contracts) as (key, sender, database):
        actor = actor_of(settings, contracts, sender, key, settings.task, opened)
        yield submitting_of(settings, actor, database)
