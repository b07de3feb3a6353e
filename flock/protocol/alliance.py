"""A whole Alliance task as pure functions: AllianceRounds with the stakes and the bounty behind it.

Every function takes the state before and returns the state after, or raises ContractRefused under the
name of the contract's error (contracts/src/interfaces/IAllianceRounds.sol), checked in the same order.
``at`` is the block the act is in; ``caller`` is who sends it. What seats do in a round is in
``flock.protocol.duties``; finalising, closing and paying in ``flock.protocol.settlement``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from flock.protocol import attestation, commitments, rewards, rounds, sortition, staking, tasks
from flock.protocol.commitments import Domain, Vote
from flock.protocol.hashing import ZERO, keccak
from flock.protocol.params import AllianceParameters
from flock.protocol.refusals import require
from flock.protocol.rounds import Phase, RoundState
from flock.protocol.staking import Staking
from flock.protocol.tasks import Task, TaskState
from flock.protocol.units import NO_GM, NO_WEI, Gm, Wei
from flock.protocol.votes import Outcome

SEED_DELAY = 2
READABLE_BLOCKS = 256


class MemberState(IntEnum):
    """Where a member stands, numbered as in AllianceRounds."""

    NONE = 0
    ACTIVE = 1
    DROPPED = 2  # slashed below the minimum; leaving frees what stake is left
    LEFT = 3
    LEAVING = 4  # sits in the open round, and is gone when that is finalised


@dataclass(frozen=True)
class Block:
    """The block an act is in: its number and its timestamp in seconds."""

    number: int
    time: int


@dataclass(frozen=True)
class Member:
    """What a task knows of a member. ``stake`` is gm as joined, ``strikes`` the bitmap of recent seats."""

    account: str
    state: MemberState = MemberState.NONE
    credit: Wei = NO_WEI
    stake: Gm = NO_GM
    strikes: int = 0
    weight: int = 0


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
    """Who sits in the round: member ids and weights by seat, proposers first."""

    members: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()


@dataclass(frozen=True)
class Work:
    """What the voters of the round have put on chain, by voter index (seat minus the proposer seats)."""

    bitmaps: Mapping[int, int] = field(default_factory=dict)
    sealed: Mapping[int, bytes] = field(default_factory=dict)
    votes: Mapping[int, Vote] = field(default_factory=dict)


@dataclass(frozen=True)
class Alliance:
    """One task. ``listed`` is the list of member ids that can be drawn, ``frozen`` its length for the draw.

    Member ids count from 1. ``block_number`` is the seed block while seeded, then the block of the draw;
    ``sixteenths`` the running frequency of acceptance; ``records`` the rounds finalised so far.
    """

    domain: Domain
    task_id: int
    task: Task
    staking: Staking
    round: RoundState
    model: bytes
    members: tuple[Member, ...] = ()
    listed: tuple[int, ...] = ()
    seats: Seats = Seats()
    work: Work = Work()
    pool: Wei = NO_WEI
    opened: int = 0
    decided: int = 0
    sixteenths: int = rewards.EVEN
    frozen: int = 0
    block_number: int = 0
    entropy: int = 0
    keeper_credits: Mapping[str, Wei] = field(default_factory=dict)
    records: tuple[RoundRecord, ...] = ()

    @property
    def parameters(self) -> AllianceParameters:
        """The terms of the task."""
        return self.task.parameters

    def member(self, member_id: int) -> Member:
        """The member of this id."""
        return self.members[member_id - 1]

    def id_of(self, account: str) -> int:
        """The member id of an account, 0 if it never joined."""
        return next((i for i, member in enumerate(self.members, 1) if member.account == account), 0)

    def account_at(self, seat: int) -> str:
        """The account in a seat of the current round."""
        return self.member(self.seats.members[seat]).account

    def tallies(self) -> tuple[int, ...]:
        """Summed weight that attested each proposal."""
        weights = self.seats.weights[self.round.proposers :]
        bitmaps = [self.work.bitmaps.get(voter) for voter in range(self.round.voters)]
        return attestation.tally(bitmaps, weights, self.round.proposers)


def opened(domain: Domain, task_id: int, task: Task, stakes: Staking) -> Alliance:
    """The Alliance of a task that was just created, before anyone joined."""
    return Alliance(
        domain, task_id, task, stakes, RoundState(0, Phase.NONE, 0, 0, 0), task.parameters.initial_model
    )


# --- Membership ---


def join(state: Alliance, caller: str, account: str, proof: Sequence[bytes], at: Block) -> Alliance:
    """Enter an account into the list from the next draw on and hold its stake."""
    require_acts_for(state, account, caller, at)
    now = ticked(state, at.time)
    alive = state.task.state in (TaskState.OPEN, TaskState.RUNNING)
    require(alive and now.round.phase is not Phase.ENDED, "TaskIsNotJoinable")
    member_id = state.id_of(account)
    known = state.member(member_id) if member_id else Member(account)
    require(known.state in (MemberState.NONE, MemberState.LEFT), "AlreadyJoined")
    require(len(state.listed) < state.parameters.max_members, "TaskIsFull")
    require(_is_allowed(state.parameters.allow_list_root, account, proof), "NotOnTheAllowList")
    return _enlist(state, member_id, known)


def leave(state: Alliance, caller: str, account: str, at: Block) -> Alliance:
    """Take an account off the list and free its stake; one that sits in the open round goes at its end."""
    require_acts_for(state, account, caller, at)
    member_id = state.id_of(account)
    require(member_id != 0, "NotAMember")
    member = state.member(member_id)
    require(member.state is not MemberState.LEAVING, "AlreadyLeaving")
    require(member.state in (MemberState.ACTIVE, MemberState.DROPPED), "NotAMember")
    phase = ticked(state, at.time).round.phase
    require(phase is not Phase.SEEDED, "TheDrawIsPending")
    if is_open(phase) and member_id in state.seats.members:
        return with_member(state, member_id, replace(member, state=MemberState.LEAVING))
    return released(delisted(state, member_id) if member.state is MemberState.ACTIVE else state, member_id)


def released(state: Alliance, member_id: int) -> Alliance:
    """The end of a membership: a member that is off the list has left, and its stake is free."""
    member = state.member(member_id)
    gone = with_member(state, member_id, replace(member, state=MemberState.LEFT))
    return replace(gone, staking=staking.release(gone.staking, member.account, state.task_id))


def delisted(state: Alliance, member_id: int) -> Alliance:
    """The list without a member; the last one takes its place."""
    listed = list(state.listed)
    listed[listed.index(member_id)] = listed[-1]
    return replace(state, listed=tuple(listed[:-1]))


def with_member(state: Alliance, member_id: int, member: Member) -> Alliance:
    """The state with one member changed."""
    changed = (*state.members[: member_id - 1], member, *state.members[member_id:])
    return replace(state, members=changed)


def _enlist(state: Alliance, member_id: int, known: Member) -> Alliance:
    minimum = state.parameters.minimum_stake
    held = staking.hold(state.staking, known.account, state.task_id, minimum)
    stake = held.allocation_of(known.account, state.task_id).amount
    weight = sortition.weight(stake, minimum)
    member = replace(known, state=MemberState.ACTIVE, stake=stake, weight=weight)
    member_id = member_id or len(state.members) + 1
    entered = replace(with_member(state, member_id, member), listed=(*state.listed, member_id), staking=held)
    if state.round.phase is Phase.NONE:
        return replace(entered, round=replace(state.round, phase=Phase.WAITING))
    return entered


def _is_allowed(root: bytes, account: str, proof: Sequence[bytes]) -> bool:
    node = commitments.allow_list_leaf(account)
    for sibling in proof:
        node = keccak(min(node, sibling) + max(node, sibling))
    return root in (ZERO, node)


# --- The draw ---


def start(state: Alliance, at: Block) -> Alliance:
    """Freeze the list and name the seed block, for the first round or after waiting for members."""
    require_phase(ticked(state, at.time), Phase.WAITING)
    require(at.time < state.parameters.ends_at, "TaskHasEnded")
    require(len(state.listed) >= state.parameters.seats, "TooFewMembers")
    if state.opened == 0:
        state = replace(state, task=tasks.begin(state.task, at.time), pool=state.task.bounty)
    return seeded(state, at)


def reseed(state: Alliance, at: Block) -> Alliance:
    """Name a new seed block when the hash of the old one can no longer be read."""
    require_phase(state, Phase.SEEDED)
    require(at.number > state.block_number + READABLE_BLOCKS, "SeedIsStillReadable")
    return seeded(state, at)


def seeded(state: Alliance, at: Block) -> Alliance:
    """The state with its list frozen and a later block named as the seed."""
    return replace(
        state,
        round=replace(state.round, phase=Phase.SEEDED),
        frozen=len(state.listed),
        block_number=at.number + SEED_DELAY,
    )


def draw(state: Alliance, caller: str, seed_hash: bytes, at: Block) -> Alliance:
    """Open the next round with drawn members; ``seed_hash`` is the hash of the named block."""
    require_phase(state, Phase.SEEDED)
    require(at.time < state.parameters.ends_at, "TaskHasEnded")
    require(at.number > state.block_number, "SeedIsNotReady")
    require(at.number <= state.block_number + READABLE_BLOCKS, "SeedIsGone")
    number = state.round.number + 1
    seed = sortition.seed(seed_hash, state.entropy, state.domain, state.task_id, number)
    p = state.parameters
    drawn = replace(
        state,
        round=rounds.opened(number, p.proposer_seats, p.voter_seats, at.time, p.durations),
        seats=_seat(state, seed),
        work=Work(),
        opened=state.opened + 1,
        block_number=at.number,
    )
    return keeper_paid(drawn, caller)


def keeper_paid(state: Alliance, keeper: str) -> Alliance:
    """Move the keeper fee from the pool to who pushed the round on, if the pool has it."""
    fee = rewards.keeper_fee(state.pool, state.parameters.keeper_fee)
    credit = Wei(state.keeper_credits.get(keeper, 0) + fee)
    return replace(state, pool=Wei(state.pool - fee), keeper_credits={**state.keeper_credits, keeper: credit})


def _seat(state: Alliance, seed: bytes) -> Seats:
    positions = sortition.draw(seed, state.frozen, state.parameters.seats)
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
