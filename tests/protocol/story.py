"""Events as AllianceRounds would emit them, for a task whose rounds a test writes by hand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import count
from typing import Any

from flock.protocol.alliance import sortition
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.task_history import TaskEvent, TaskHistory, history_of
from flock.protocol.alliance.votes import Ballots, Outcome, Verdict, decide, judge
from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import keccak
from flock.protocol.core.units import WAD, Gm, Wei, bitmap_of

PROPOSERS, VOTERS = 2, 3
ACCOUNTS = [f"0x{number:040x}" for number in range(1, 6)]
KEEPER = "0x" + "ee" * 20
FIRST_MODEL = keccak(b"model 0")
TERMS = AllianceParameters(
    planned_rounds=10,
    proposer_seats=PROPOSERS,
    voter_seats=VOTERS,
    minimum_members=5,
    max_members=20,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    starts_at=0,
    start_by=10_000,
    ends_at=100_000,
    minimum_stake=Gm(100 * WAD),
    keeper_fee=Wei(WAD),
    strike_window=4,
    strike_limit=2,
    initial_model=FIRST_MODEL,
)
GOOD = Vote(keccak(b"model 1"), 0b00, 0b11, supports=True)


class Script:
    """Writes a task's events; every seat holds the account of its number, with weight 1."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []
        self._blocks = count(1)
        self._model = FIRST_MODEL
        self.emit("AllianceOpened", task_id=1, terms=asdict(TERMS))
        for number, account in enumerate(ACCOUNTS, 1):
            self.emit("Joined", member_id=number, account=account)

    def history(self) -> TaskHistory:
        return history_of(1, self.events)

    def draw(self, number: int) -> None:
        weights = sortition.weights_word([1] * (PROPOSERS + VOTERS))
        self.emit("Drawn", round=number, seats=tuple(range(1, 6)), weights=weights, keeper=KEEPER)

    def play(
        self,
        number: int,
        outcome: Outcome,
        votes: Mapping[int, Vote],
        *,
        proposing: Sequence[int] = (0, 1),
        attested: int = 0b11,
        blames_absent: bool = True,
        keeping_back: Collection[int] = (),
    ) -> None:
        """A whole round; ``votes`` by voter, whose seat is PROPOSERS more. Those ``keeping_back`` seal one too."""
        self.draw(number)
        for seat in proposing:
            self.emit("Proposed", round=number, seat=seat, account=ACCOUNTS[seat])
        for voter in (*votes, *keeping_back):
            self.emit("Attested", round=number, seat=PROPOSERS + voter, bitmap=attested)
        for voter in (*votes, *keeping_back):
            self.emit("VoteCommitted", round=number, seat=PROPOSERS + voter)
        for voter, vote in votes.items():
            self.emit(
                "VoteRevealed",
                round=number,
                seat=PROPOSERS + voter,
                candidate=vote.candidate,
                harmful=vote.harmful,
                rewarded=vote.rewarded,
                support=vote.supports,
            )
        verdicts = judge(
            decide(Ballots(votes, [1] * VOTERS), self._model),
            Ballots(votes, [1] * VOTERS),
            proposers=PROPOSERS,
            proposed=bitmap_of(proposing),
            attested=attested,
            excused=not blames_absent,
        )
        candidate = next(iter(votes.values()), GOOD).candidate
        self.emit(
            "RoundFinalised",
            round=number,
            outcome=outcome,
            candidate=candidate,
            harmful=0,
            rewarded=attested,
            attested=attested,
            struck=_seats(verdicts, Verdict.BAD),
            judged=_seats(verdicts, Verdict.BAD, Verdict.GOOD),
            proposer_unit=7 * WAD,
            voter_unit=3 * WAD,
            pool_left=100 * WAD,
        )
        if outcome is Outcome.ACCEPTED:
            self._model = candidate

    def emit(self, name: str, **arguments: Any) -> None:
        block = next(self._blocks)
        self.events.append(TaskEvent(name, arguments, block, f"0x{block:064x}"))


def _seats(verdicts: Sequence[Verdict], *wanted: Verdict) -> int:
    return bitmap_of(seat for seat, verdict in enumerate(verdicts) if verdict in wanted)
