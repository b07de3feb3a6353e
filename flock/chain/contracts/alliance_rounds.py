"""AllianceRounds: members, seats, phases, votes, pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.contracts.board import Board
from flock.chain.events import Event
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.state import MemberState
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.commitments import Vote

OVER = (Phase.WAITING, Phase.SEEDED, Phase.ENDED)  # between rounds


@dataclass(frozen=True)
class RoundView:
    """A task's round as of the newest block, phases ticked to its time.

    Seats are proposers first, then voters; ``seats`` holds member ids, ``weights`` 1 to 4, ``accounts`` the
    members' addresses, ``tallies`` the attested weight by proposer seat, ``voter_states`` two bits a voter.
    ``pool`` is in wei, ``ends_at`` in Unix seconds. ``seed_block`` is the block on which the next draw depends,
    while that is waited for: seeded, or before votes are opened; else 0. The next draw is from ``eligible``
    members. ``drawn_block`` is 0 between rounds.
    """

    number: int
    phase: Phase
    ends_at: int
    seed_block: int
    eligible: int
    drawn_block: int
    opened: int
    decided: int
    planned: int
    pool: int
    model: bytes
    accept_sixteenths: int
    proposers: int
    voters: int
    proposed: int
    voter_states: int
    tallies: tuple[int, ...]
    seats: tuple[int, ...]
    weights: tuple[int, ...]
    accounts: tuple[ChecksumAddress, ...]

    def voter(self, seat: int) -> Voter:
        """The progress of the voter in ``seat``."""
        return Voter(self.voter_states >> 2 * (seat - self.proposers) & 3)


@dataclass(frozen=True)
class MemberView:
    """``owed`` is what withdrawing would pay, ``earned`` all that its seats earned, in wei.

    ``stake`` is in gmFLOCK as joined, ``strikes`` a bitmap; ``retained_until`` is the round from which on the
    stake of a retained member is free.
    """

    id: int
    state: MemberState
    owed: int
    earned: int
    stake: int
    strikes: int
    weight: int
    retained_until: int

    @property
    def is_active(self) -> bool:
        """Whether it is on the list, with duties if it has a seat; includes one that leaves at its round's end."""
        return self.state in (MemberState.ACTIVE, MemberState.LEAVING)

    @property
    def is_present(self) -> bool:
        """Whether its stake is still held here: active, leaving, or retained for its strikes."""
        return self.state is not MemberState.NONE


@dataclass(frozen=True)
class RevealedVote:
    """A revealed vote and the salt that sealed it."""

    seat: int
    vote: Vote
    salt: bytes


@dataclass(frozen=True)
class FinalisedRound:
    """How a round ended. Bitmaps by seat; units and pool in wei; ``block`` is where it was finalised."""

    number: int
    outcome: Outcome
    candidate: bytes
    harmful: int
    rewarded: int
    attested: int
    struck: int
    judged: int
    proposer_unit: int
    voter_unit: int
    pool_left: int
    block: int
    transaction: str


class AllianceRounds(Board):
    contract: ClassVar[str] = "AllianceRounds"

    # ---- what the chain shows

    def round_view(self, task: int) -> RoundView:
        fields = self.read("roundView", task)
        tallies = tuple(fields["tallies"] >> 8 * seat & 0xFF for seat in range(fields["proposers"]))
        return RoundView(**{**fields, "phase": Phase(fields["phase"]), "tallies": tallies})

    def member_of(self, task: int, account: str) -> MemberView:
        """``account`` on the task; a stranger has state NONE."""
        fields = self.read("memberOf", task, account)
        return MemberView(**{**fields, "state": MemberState(fields["state"])})

    def owed(self, task: int, account: str) -> int:
        """What ``withdraw`` would pay ``account``, wei."""
        return self.member_of(task, account).owed

    def member_count(self, task: int) -> int:
        """The number of members on the list."""
        return int(self.read("memberCount", task))

    def has_left(self, task: int, account: str, from_block: int) -> bool:
        """Whether ``account`` has joined the task since ``from_block`` and its stake has been freed since."""
        joined = self.events("Joined", from_block, "latest", task, None, account)
        if not joined:
            return False
        member_id, since = joined[-1].arguments["member_id"], joined[-1].log.block
        return bool(self.events("Left", since, "latest", task, member_id))

    def proposals(self, task: int, number: int, from_block: int) -> Mapping[int, bytes]:
        """Commitments of a round by seat; ``from_block`` is at most the block it was drawn in."""
        found = self.events("Proposed", from_block, "latest", task, number)
        return {event.arguments["seat"]: event.arguments["commitment"] for event in found}

    def attestations(self, task: int, number: int, from_block: int) -> Mapping[int, int]:
        """Attested bitmaps of a round by seat."""
        found = self.events("Attested", from_block, "latest", task, number)
        return {event.arguments["seat"]: event.arguments["bitmap"] for event in found}

    def sealed_votes(self, task: int, number: int, from_block: int) -> Mapping[int, bytes]:
        """Sealed votes of a round by seat."""
        found = self.events("VoteCommitted", from_block, "latest", task, number)
        return {event.arguments["seat"]: event.arguments["sealed_vote"] for event in found}

    def revealed_votes(self, task: int, number: int, from_block: int) -> tuple[RevealedVote, ...]:
        """Opened votes of a round, in the order they were opened."""
        found = self.events("VoteRevealed", from_block, "latest", task, number)
        return tuple(_revealed(event.arguments) for event in found)

    def finalised_rounds(self, task: int, from_block: int = 0) -> tuple[FinalisedRound, ...]:
        """All finalised rounds of a task, oldest first."""
        return tuple(_finalised(event) for event in self.events("RoundFinalised", from_block, "latest", task))

    # ---- membership

    def join(
        self, sender: Sender, task: int, account: str, proof: Sequence[bytes] = (), key: str | None = None
    ) -> Receipt | None:
        """Join as ``account``, whose stake must be on the task; ``proof`` for its allow-list, if there is one."""
        return self.write(
            sender,
            key or self.fresh_key("join"),
            "join",
            task,
            account,
            list(proof),
            holds=lambda: self.member_of(task, account).is_active,
        )

    def leave(self, sender: Sender, task: int, account: str, key: str | None = None) -> Receipt | None:
        """Take ``account`` off the list, and free its stake as soon as no strike stands against it.

        It is off the list at its round's end if it sits in one. A retained stake is freed by calling again.
        """
        return self.write(
            sender,
            key or self.fresh_key("leave"),
            "leave",
            task,
            account,
            holds=lambda: self.member_of(task, account).state is not MemberState.ACTIVE,
        )

    # ---- a member's duties

    def propose(self, sender: Sender, task: int, number: int, seat: int, commitment: bytes) -> Receipt | None:
        """Commit a proposer's seat to its bytes."""

        def holds() -> bool:
            view = self.round_view(task)
            found = self.proposals(task, number, view.drawn_block) if view.number == number else {}
            return found.get(seat) == commitment

        key = self.key("propose", task, number, seat, commitment.hex()[:16])
        return self.write(sender, key, "propose", task, number, seat, commitment, holds=holds)

    def attest(self, sender: Sender, task: int, number: int, seat: int, bitmap: int) -> Receipt | None:
        """Attest the proposals that the voter in ``seat`` has received and found valid."""
        return self.write(
            sender,
            self.key("attest", task, number, seat),
            "attest",
            task,
            number,
            seat,
            bitmap,
            holds=lambda: self._has_come(task, number, seat, Voter.ATTESTED),
        )

    def commit_vote(
        self, sender: Sender, task: int, number: int, seat: int, sealed_vote: bytes
    ) -> Receipt | None:
        """Commit the voter in ``seat`` to its sealed vote."""
        return self.write(
            sender,
            self.key("commit_vote", task, number, seat, sealed_vote.hex()[:16]),
            "commitVote",
            task,
            number,
            seat,
            sealed_vote,
            holds=lambda: self._has_come(task, number, seat, Voter.COMMITTED),
        )

    def reveal_votes(
        self, sender: Sender, task: int, number: int, votes: Sequence[RevealedVote], seed_block: int = 0
    ) -> Receipt | None:
        """Open sealed votes; those open already are passed over.

        ``seed_block`` is that of the view while no vote is open. If the chain can no longer read it, the call
        only names another: look again after that block.
        """
        seats = [vote.seat for vote in votes]
        return self.write(
            sender,
            self.key("reveal_votes", task, number, seed_block, *seats),
            "revealVotes",
            task,
            number,
            [_preimage(vote) for vote in votes],
            holds=lambda: all(self._has_come(task, number, seat, Voter.REVEALED) for seat in seats),
        )

    # ---- pushing a task on

    def start(self, sender: Sender, task: int) -> Receipt | None:
        """Freeze the list and name the seed block."""
        return self.write(
            sender,
            self.fresh_key("start"),
            "start",
            task,
            holds=lambda: self.round_view(task).phase not in (Phase.NONE, Phase.WAITING),
        )

    def reseed(self, sender: Sender, task: int) -> Receipt | None:
        """Name a new seed block once the old one's hash is out of reach."""
        return self.write(
            sender,
            self.fresh_key("reseed"),
            "reseed",
            task,
            holds=lambda: self.round_view(task).phase is not Phase.SEEDED,
        )

    def draw(self, sender: Sender, task: int, number: int) -> Receipt | None:
        """Open round ``number`` with drawn members."""
        return self.write(
            sender,
            self.key("draw", task, number),
            "draw",
            task,
            holds=lambda: self.round_view(task).number >= number,
        )

    def finalise(
        self, sender: Sender, task: int, number: int, candidate: bytes, harmful: int, rewarded: int
    ) -> Receipt | None:
        """Decide round ``number``; the last three are the preimage of the ballot that won, if one did."""
        return self.write(
            sender,
            self.key("finalise", task, number),
            "finalise",
            task,
            candidate,
            harmful,
            rewarded,
            holds=lambda: self._is_over(task, number),
        )

    def close(self, sender: Sender, task: int) -> Receipt | None:
        """Refund the undecided rounds and leave the rest of the pool to the treasury."""
        return self.write(
            sender,
            self.key("close", task),
            "close",
            task,
            holds=lambda: bool(self.events("RoundsClosed", 0, "latest", task)),
        )

    # ---- whether a goal holds

    def _has_come(self, task: int, number: int, seat: int, state: Voter) -> bool:
        view = self.round_view(task)
        return view.number == number and view.phase not in OVER and view.voter(seat) >= state

    def _is_over(self, task: int, number: int) -> bool:
        view = self.round_view(task)
        return view.number > number or (view.number == number and view.phase in OVER)


def _preimage(opened: RevealedVote) -> tuple[int, bytes, int, int, bool, bytes]:
    vote = opened.vote
    return opened.seat, vote.candidate, vote.harmful, vote.rewarded, vote.supports, opened.salt


def _revealed(arguments: Mapping[str, Any]) -> RevealedVote:
    vote = Vote(arguments["candidate"], arguments["harmful"], arguments["rewarded"], arguments["support"])
    return RevealedVote(arguments["seat"], vote, arguments["salt"])


def _finalised(event: Event) -> FinalisedRound:
    fields = {name: value for name, value in event.arguments.items() if name not in ("task_id", "round")}
    fields["outcome"] = Outcome(fields["outcome"])
    number = event.arguments["round"]
    return FinalisedRound(number=number, **fields, block=event.log.block, transaction=event.log.transaction)
