"""Events as AllianceRounds would emit them, for a task whose rounds a test writes by hand."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from flock.chain.client import Log
from flock.chain.events import Event
from flock.diagnostics.explain.history import TaskHistory, tell
from flock.protocol.alliance import sortition
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.votes import Outcome
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
        self.events: list[Event] = []
        self._blocks = count(1)
        for number, account in enumerate(ACCOUNTS, 1):
            self.emit("Joined", member_id=number, account=account)

    def story(self) -> TaskHistory:
        return tell(1, TERMS, self._told())

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
    ) -> None:
        """A whole round; ``votes`` by voter, whose seat is PROPOSERS more."""
        self.draw(number)
        for seat in proposing:
            self.emit("Proposed", round=number, seat=seat, account=ACCOUNTS[seat])
        for voter in votes:
            self.emit("Attested", round=number, seat=PROPOSERS + voter, bitmap=attested)
        for voter in votes:
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
        self.emit(
            "RoundFinalised",
            round=number,
            outcome=outcome,
            candidate=next(iter(votes.values()), GOOD).candidate,
            attested=attested,
            proposer_unit=7 * WAD,
            voter_unit=3 * WAD,
            pool_left=100 * WAD,
            judged=self._judged(votes, proposing, blames_absent=blames_absent),
        )

    def _judged(self, votes: Mapping[int, Vote], proposing: Sequence[int], *, blames_absent: bool) -> int:
        present = {*proposing, *(PROPOSERS + voter for voter in votes)}
        return bitmap_of(range(PROPOSERS + VOTERS) if blames_absent else present)

    def emit(self, name: str, **arguments: Any) -> None:
        block = next(self._blocks)
        log = Log(KEEPER, (), b"", block, "", f"0x{block:064x}", 0)  # type: ignore[arg-type]
        self.events.append(Event(name, arguments, log))

    def _told(self) -> Iterator[Event]:
        yield from self.events
