"""A validator's duties on one task; each is a step of a daemon (``flock.daemon``)."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flock.arena.actor import Actor
from flock.arena.validator.copying import copies_among
from flock.arena.validator.examiner import Examiner, code_of
from flock.arena.validator.memory import Examined, ValidatorMemory
from flock.arena.validator.moment import Moment, Seat, Watch
from flock.chain.contracts.arena_panels import Revealed
from flock.errors import ContractRefused, FlockError, Refused, Transient
from flock.log import logger
from flock.protocol.arena import copies
from flock.protocol.arena.commitments import ScoredSeat, ScoreList, scores_commitment
from flock.protocol.arena.leaderboard import Entry
from flock.protocol.arena.scores import Failure
from flock.protocol.arena.stages import WindowPhase

MARGIN_SHARE = 10
"""The last tenth of a phase is left for the transaction."""
LEAST_MARGIN_SECONDS = 2
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0
NOTHING = Examined(0)
NOT_TO_BE_HAD = Examined(code_of(Failure.UNAVAILABLE))
BASELINE = 0
"""Under this number the baseline's result is kept; submissions are numbered from 1."""


@dataclass(frozen=True)
class Validating:
    """What the duties of a validator on one task share; ``unavailable`` are submissions that were not to be had."""

    actor: Actor
    watch: Watch
    memory: ValidatorMemory
    examiner: Examiner
    unavailable: set[int] = field(default_factory=set)

    def due_seats(self, moment: Moment) -> tuple[Seat, ...]:
        """The seats that have to be scored now."""
        if moment.phase is WindowPhase.COMMIT and not moment.has_committed:
            return moment.drawn
        return moment.substituted if moment.phase is WindowPhase.REPLACE else ()

    def time_left(self, moment: Moment) -> int:
        """Seconds until what is scored has to be committed."""
        terms = self.actor.parameters
        seconds = terms.commit_seconds if moment.phase is WindowPhase.COMMIT else terms.replace_seconds
        margin = max(LEAST_MARGIN_SECONDS, seconds // MARGIN_SHARE)
        return moment.deadline - margin - self.actor.contracts.client.now()

    def result(self, submission: int, *, is_final: bool) -> Examined | None:
        """What is known of a submission on the set of such windows."""
        return self.memory.examined(submission, self.examiner.hidden_set(is_final=is_final))


@dataclass
class Score:
    """Score the next of this task's seats, one a call, so that tasks take turns.

    What is not to be had is asked for again, later each time; the others come first meanwhile.
    """

    validating: Validating
    clock: Callable[[], float] = time.monotonic
    name: str = "score"
    _retry: dict[int, tuple[float, float]] = field(default_factory=dict, init=False)

    def __call__(self) -> bool:
        moment = self.validating.watch.moment()
        seats = self.validating.due_seats(moment)
        if not seats or self.validating.time_left(moment) <= 0:
            return False
        wanted = [seat.submission for seat in seats]
        for submission in (*wanted, *self._compared_with(moment, wanted)):
            if self._can_try(submission) and not self._is_known(moment, submission):
                return self._examine(moment, submission)
        return False

    def _is_known(self, moment: Moment, submission: int) -> bool:
        return self.validating.result(submission, is_final=moment.is_final) is not None

    def _compared_with(self, moment: Moment, wanted: Sequence[int]) -> Sequence[int]:
        """In the finals: the baseline, then the other finalists, to tell copies by; their scores are not revealed."""
        if not moment.is_final or self.validating.examiner.document.baseline is None:
            return ()
        board, task = self.validating.actor.contracts.arena_board, self.validating.actor.task
        others = (place.submission for place in board.places_of(task, on_b=False))
        return BASELINE, *(each for each in others if each not in wanted and each < max(wanted))

    def _examine(self, moment: Moment, submission: int) -> bool:
        validating = self.validating
        log = logger(task=validating.actor.task, window=moment.number, submission=submission)
        examiner, is_final = validating.examiner, moment.is_final
        try:
            result = (
                examiner.examine_baseline()
                if submission == BASELINE
                else examiner.examine(submission, is_final=is_final)
            )
        except (Transient, Refused) as problem:
            self._put_off(submission)
            validating.unavailable.add(submission)
            log.warning("submission_waits", reason=str(problem))
            return False
        if result is None:
            return False
        validating.memory.keep_examined(submission, examiner.hidden_set(is_final=is_final), result)
        self._retry.pop(submission, None)
        validating.unavailable.discard(submission)
        log.info("submission_scored", failure=result.reason or None)
        return True

    def _can_try(self, submission: int) -> bool:
        return self.clock() >= self._retry.get(submission, (0.0, 0.0))[0]

    def _put_off(self, submission: int) -> None:
        _, pause = self._retry.get(submission, (0.0, FIRST_RETRY_SECONDS / 2))
        pause = min(2 * pause, LONGEST_RETRY_SECONDS)
        self._retry[submission] = (self.clock() + pause, pause)


@dataclass
class Commit:
    """Commit to the scores of the own seats, or in the Replace phase to those this validator stands in for.

    As soon as all are scored; once time is nearly up, with what there is: what was not to be had is UNAVAILABLE, and
    what there was no time for is left out, which is this validator's own absence.
    The list and its salt are on disk before anything is sent, and never change after that.
    """

    validating: Validating
    name: str = "commit"
    _entered: int = field(default=0, init=False)

    def __call__(self) -> bool:
        validating, moment = self.validating, self.validating.watch.moment()
        seats = validating.due_seats(moment)
        if not seats or (moment.phase is WindowPhase.REPLACE and self._entered == moment.number):
            return False
        stands_in = moment.phase is WindowPhase.REPLACE
        scores = validating.memory.sealed(moment.number, stands_in=stands_in)
        if scores is None or [seat.slot for seat in scores.seats] != [seat.slot for seat in seats]:
            scores = self._list(moment, seats, stands_in=stands_in)
            if scores is None:
                return False
            validating.memory.keep_sealed(moment.number, scores)
        self._send(moment, scores)
        validating.watch.refresh()
        return True

    def _list(self, moment: Moment, seats: Sequence[Seat], *, stands_in: bool) -> ScoreList | None:
        """None while there is something to wait for, or nothing to say: a substitute may have more."""
        validating = self.validating
        results = {
            seat.submission: validating.result(seat.submission, is_final=moment.is_final) for seat in seats
        }
        if validating.time_left(moment) > 0 and (None in results.values() or self._still_compares(moment)):
            return None
        unavailable = validating.unavailable.intersection(results)
        if not any(results.values()) and not unavailable:
            return None
        duplicates = self._duplicates(moment)
        made = [
            _scored_seat(
                seat,
                results[seat.submission] or (NOT_TO_BE_HAD if seat.submission in unavailable else NOTHING),
                duplicates,
            )
            for seat in seats
        ]
        return ScoreList(tuple(made), secrets.token_bytes(32), stands_in)

    def _still_compares(self, moment: Moment) -> bool:
        """In the finals: whether finalists that come before are still to be scored, to tell copies by."""
        if not moment.is_final or self.validating.examiner.document.baseline is None:
            return False
        known = self._known_finalists()
        last = max(seat.submission for seat in self.validating.due_seats(moment))
        return any(result is None for number, result in known.items() if number < last)

    def _known_finalists(self) -> Mapping[int, Examined | None]:
        actor = self.validating.actor
        places = actor.contracts.arena_board.places_of(actor.task, on_b=False)
        numbers = [BASELINE, *(place.submission for place in places)]
        return {number: self.validating.result(number, is_final=True) for number in numbers}

    def _duplicates(self, moment: Moment) -> Mapping[int, int]:
        if not moment.is_final:
            return {}
        examiner, actor = self.validating.examiner, self.validating.actor
        known = {number: result for number, result in self._known_finalists().items() if result is not None}
        baseline = known.pop(BASELINE, None)
        if baseline is None:
            return {}
        finalists = [
            copies.Examined(self._entry(number, result), examiner.losses_of(result))
            for number, result in known.items()
        ]
        return copies_among(finalists, examiner.losses_of(baseline), actor.parameters.contest)

    def _entry(self, number: int, result: Examined) -> Entry:
        actor = self.validating.actor
        trainer = actor.contracts.arena_board.submission_of(actor.task, number).trainer
        return Entry(number, trainer, result.code - 1)

    def _send(self, moment: Moment, scores: ScoreList) -> None:
        actor, panels = self.validating.actor, self.validating.actor.contracts.arena_panels
        hidden_set = self.validating.examiner.hidden_set(is_final=moment.is_final)
        commitment = scores_commitment(
            panels.domain, actor.task, moment.number, actor.account, hidden_set, scores
        )
        send = panels.enter if scores.stands_in else panels.commit
        send(actor.sender, actor.task, moment.number, actor.account, commitment)
        if scores.stands_in:
            self._entered = moment.number
        logger().info(
            "scores_committed",
            task=actor.task,
            window=moment.number,
            seats=len(scores.seats),
            stands_in=scores.stands_in,
        )


@dataclass
class Reveal:
    """Open the lists that were committed to, once nobody can commit any more."""

    validating: Validating
    name: str = "reveal"
    _done: set[tuple[int, bool]] = field(default_factory=set, init=False)

    def __call__(self) -> bool:
        moment = self.validating.watch.moment()
        if moment.phase is not WindowPhase.REVEAL:
            return False
        revealed = [self._reveal(moment, stands_in=each) for each in (False, True)]
        if any(revealed):
            self.validating.watch.refresh()
        return any(revealed)

    def _reveal(self, moment: Moment, *, stands_in: bool) -> bool:
        actor, key = self.validating.actor, (moment.number, stands_in)
        scores = self.validating.memory.sealed(moment.number, stands_in=stands_in)
        is_open = moment.has_committed and moment.validator.has_revealed and not stands_in
        if scores is None or key in self._done or is_open:
            return False
        try:
            actor.contracts.arena_panels.reveal(
                actor.sender, actor.task, moment.number, [Revealed(actor.account, scores)]
            )
        except ContractRefused as refusal:
            if refusal.error not in ("CommitFirst", "HasNoSeat"):
                raise
            # The commitment was never mined, so there is nothing to open.
            self._done.add(key)
            logger().warning("nothing_to_reveal", task=actor.task, window=moment.number, reason=str(refusal))
            return False
        self._done.add(key)
        logger().info("scores_revealed", task=actor.task, window=moment.number, stands_in=stands_in)
        return True


@dataclass
class Turns:
    """A step for the scoring of several tasks: each call scores one submission of the next task that has any.

    A task whose submissions take long delays the others by one submission at most. One that fails fails alone.
    """

    scoring: Sequence[Score]
    name: str = "score"
    _next: int = field(default=0, init=False)

    def __call__(self) -> bool:
        problems: list[FlockError] = []
        for step in range(len(self.scoring)):
            turn = (self._next + step) % len(self.scoring)
            try:
                if self.scoring[turn]():
                    self._next = (turn + 1) % len(self.scoring)
                    return True
            except FlockError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]
        return False


def _scored_seat(seat: Seat, found: Examined, copies: Mapping[int, int]) -> ScoredSeat:
    return ScoredSeat(seat.slot, found.code, copies.get(seat.submission, 0), found.artifact, found.loss_root)
