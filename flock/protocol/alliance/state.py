"""A whole Alliance task as pure functions: AllianceRounds with the stakes and the bounty behind it.

Every function takes the state before and returns the state after, or raises ContractRefused under the
name of the contract's error (contracts/src/interfaces/IAllianceRounds.sol), checked in the same order.
``at`` is the block the act is in; ``caller`` is who sends it. Here are the state, its clock and the draw;
joining and leaving are in ``membership``, what seats do in a round in ``duties``, finalising, closing and paying in
``round_end``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from flock.protocol.alliance import attestation, rounds, sortition
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase, RoundState
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Domain, Vote
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.refusals import require
from flock.protocol.core.tasks import Task, TaskState
from flock.protocol.core.units import NO_GM, NO_WEI, Gm, Wei
from flock.protocol.economy import rewards
from flock.protocol.economy.staking import StakingState

SEED_DELAY = 2
READABLE_BLOCKS = 256  # the EVM can read the hashes of this many past blocks


class MemberState(IntEnum):
    """The state of a member, numbered as in AllianceRounds."""

    NONE = 0  # a stranger, or one that left: its stake is free
    ACTIVE = 1
    LEAVING = 2  # sits in the open round, and is off the list when that is finalised
    RETAINED = 3  # off the list; its stake is held for as long as its strikes stand against it


@dataclass(frozen=True)
class Block:
    """The block of a transaction: its number and its timestamp in seconds."""

    number: int
    time: int


@dataclass(frozen=True)
class Member:
    """A member as stored by a task. ``stake`` is gm as joined, ``strikes`` the bitmap of recent seats.

    ``retained_until`` is the round from which on a retained member's stake is free.
    """

    account: str
    state: MemberState = MemberState.NONE
    stake: Gm = NO_GM
    strikes: int = 0
    weight: int = 0
    retained_until: int = 0


@dataclass(frozen=True)
class Earnings:
    """What an account has ``earned`` in the rounds of a task, and what is ``owed`` to it of that and as keeper."""

    earned: Wei = NO_WEI
    owed: Wei = NO_WEI


@dataclass(frozen=True)
class MemberSlash:
    """The event MemberSlashed: what finalising took from a member."""

    member: int
    gm: Gm
    flock: Wei


@dataclass(frozen=True)
class RoundRecord:
    """The event RoundFinalised and the slashes that followed it; bitmaps as there."""

    number: int
    outcome: Outcome
    candidate: bytes
    harmful: int
    rewarded: int
    attested: int
    struck: int
    judged: int
    proposer_unit: Wei
    voter_unit: Wei
    pool_left: Wei
    slashes: tuple[MemberSlash, ...] = ()


@dataclass(frozen=True)
class Seats:
    """The seats of the round: member ids and weights, proposers first."""

    members: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()


@dataclass(frozen=True)
class Computing:
    """The voters' data on chain in a round, by voter index (seat minus the proposer seats)."""

    bitmaps: Mapping[int, int] = field(default_factory=dict)
    sealed: Mapping[int, bytes] = field(default_factory=dict)
    votes: Mapping[int, Vote] = field(default_factory=dict)

    @property
    def is_all_open(self) -> bool:
        """Whether there are votes, and all of them were revealed."""
        return 0 < len(self.votes) == len(self.sealed)


@dataclass(frozen=True)
class Alliance:
    """One task. ``listed`` is the list of members, of which the first ``eligible`` are in the next draw.

    Member ids count from 1; those in ``free`` are given again, the one freed last first. ``pool`` is what is left of
    the bounty for rounds, the keepers' reserve apart. ``outages`` counts them in a row, ``sixteenths`` is the running
    frequency of acceptance. ``seed_block`` is the block whose hash the next draw depends on and is not in the
    ``entropy`` yet, 0 if there is none; ``drawn_block`` that in which the open round was drawn, 0 if none is open.
    ``records`` are the rounds finalised so far.
    """

    domain: Domain
    task_id: int
    task: Task[AllianceParameters]
    staking: StakingState
    round: RoundState
    model: bytes
    members: tuple[Member, ...] = ()
    free: tuple[int, ...] = ()
    listed: tuple[int, ...] = ()
    eligible: int = 0
    seats: Seats = Seats()
    work: Computing = Computing()
    pool: Wei = NO_WEI
    opened: int = 0
    decided: int = 0
    outages: int = 0
    sixteenths: int = rewards.EVEN
    seed_block: int = 0
    drawn_block: int = 0
    entropy: int = 0
    ledgers: Mapping[str, Earnings] = field(default_factory=dict)
    records: tuple[RoundRecord, ...] = ()

    @property
    def parameters(self) -> AllianceParameters:
        """The terms of the task."""
        return self.task.parameters

    def member(self, member_id: int) -> Member:
        """The member of this id."""
        return self.members[member_id - 1]

    def id_of(self, account: str) -> int:
        """The member id of an account, 0 if it is not a member."""
        known = ((i, member) for i, member in enumerate(self.members, 1) if member.account == account)
        return next((i for i, member in known if member.state is not MemberState.NONE), 0)

    def ledger_of(self, account: str) -> Earnings:
        """The earnings and credit of an account."""
        return self.ledgers.get(account, Earnings())

    @property
    def total_earned(self) -> Wei:
        """What all rounds have paid, in wei."""
        return Wei(sum(ledger.earned for ledger in self.ledgers.values()))

    @property
    def result(self) -> bytes:
        """The task's model; zeros if it is still the initial one."""
        return ZERO if self.model == self.parameters.initial_model else self.model

    def account_at(self, seat: int) -> str:
        """The account in a seat of the current round."""
        return self.member(self.seats.members[seat]).account

    def tallies(self) -> tuple[int, ...]:
        """Summed weight that attested each proposal."""
        weights = self.seats.weights[self.round.proposers :]
        bitmaps = [self.work.bitmaps.get(voter) for voter in range(self.round.voters)]
        return attestation.tally(bitmaps, weights, self.round.proposers)


def opened(domain: Domain, task_id: int, task: Task[AllianceParameters], stakes: StakingState) -> Alliance:
    """The Alliance of a task that was just created, before anyone joined."""
    round_state = RoundState(0, Phase.WAITING, 0, 0, 0)
    return Alliance(domain, task_id, task, stakes, round_state, task.parameters.initial_model)


def with_member(state: Alliance, member_id: int, member: Member) -> Alliance:
    """The state with one member changed."""
    changed = (*state.members[: member_id - 1], member, *state.members[member_id:])
    return replace(state, members=changed)


def with_ledger(state: Alliance, account: str, ledger: Earnings) -> Alliance:
    """The state with one account's ledger changed."""
    return replace(state, ledgers={**state.ledgers, account: ledger})


# --- The draw ---


def start(state: Alliance, caller: str, at: Block) -> Alliance:
    """Make all on the list eligible and name the seed block, for the first round or after waiting for members."""
    p = state.parameters
    require_phase(ticked(state, at.time), Phase.WAITING)
    require(at.time < p.ends_at, "TaskHasEnded")
    require(len(state.listed) >= p.minimum_members, "TooFewMembers")
    if state.task.state is not TaskState.RUNNING:
        task = tasks.begin(state.task, caller, at.time)
        state = replace(state, task=task, pool=Wei(task.bounty - p.keepers_reserve))
    return seeded(state, at)


def reseed(state: Alliance, at: Block) -> Alliance:
    """Name a new seed block when the hash of the old one can no longer be read."""
    require_phase(state, Phase.SEEDED)
    require(state.seed_block != 0 and not is_readable(state.seed_block, at), "SeedIsStillReadable")
    return seeded(state, at)


def seeded(state: Alliance, at: Block) -> Alliance:
    """The state with all on its list eligible and a later block named as the seed."""
    return replace(
        state,
        round=replace(state.round, phase=Phase.SEEDED),
        eligible=len(state.listed),
        seed_block=at.number + SEED_DELAY,
    )


def is_readable(block: int, at: Block) -> bool:
    """Whether a contract called in block ``at`` can still read the hash of an earlier block."""
    return at.number <= block + READABLE_BLOCKS


def draw(state: Alliance, caller: str, seed_hash: bytes, at: Block) -> Alliance:
    """Open the next round with drawn members and pay the keeper.

    ``seed_hash`` is the hash of the seed block. Without one, everything the draw depends on has been in the
    entropy since votes were opened, and it does not matter.
    """
    require_phase(state, Phase.SEEDED)
    require(at.time < state.parameters.ends_at, "TaskHasEnded")
    if state.seed_block:
        require(at.number > state.seed_block, "SeedIsNotReady")
        require(is_readable(state.seed_block, at), "SeedIsGone")
    known, number = seed_hash if state.seed_block else ZERO, state.round.number + 1
    seed = sortition.seed(known, state.entropy, state.domain, state.task_id, number)
    p = state.parameters
    drawn = replace(
        state,
        round=rounds.opened(number, p.proposer_seats, p.voter_seats, at.time, p.durations),
        seats=_seat(state, seed),
        work=Computing(),
        opened=state.opened + 1,
        eligible=len(state.listed),
        seed_block=0,
        drawn_block=at.number,
    )
    ledger = state.ledger_of(caller)
    return with_ledger(drawn, caller, replace(ledger, owed=Wei(ledger.owed + p.keeper_fee)))


def _seat(state: Alliance, seed: bytes) -> Seats:
    positions = sortition.draw(seed, state.eligible, state.parameters.seats)
    ids = tuple(state.listed[position] for position in positions)
    return Seats(ids, tuple(state.member(member_id).weight for member_id in ids))


# --- The clock and the doors ---


def ticked(state: Alliance, now: int) -> Alliance:
    """The state with its round moved on to ``now``."""
    moved = rounds.tick(state.round, now, state.parameters.durations)
    return state if moved is state.round else replace(state, round=moved)


def is_open(phase: Phase) -> bool:
    """Whether a round is under way: drawn and not yet finalised."""
    return rounds.is_timed(phase) or phase is Phase.TALLY


def require_phase(state: Alliance, expected: Phase) -> None:
    """Refuse unless the round is in this phase."""
    require(state.round.phase is expected, "WrongPhase")


def require_acts_for(state: Alliance, account: str, caller: str, at: Block) -> None:
    """Refuse unless the caller is the account or its operator."""
    require(state.staking.acts_for(account, caller, at.time), "NotActingFor")
