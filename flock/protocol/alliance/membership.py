"""Membership of an Alliance: joining, leaving, and the list to draw from; the pure twin of AllianceRounds.

State before to state after, or ContractRefused, as in ``flock.protocol.alliance``.
"""

from collections.abc import Sequence
from dataclasses import replace

from flock.protocol.alliance import sortition
from flock.protocol.alliance.rounds import DRAW_PENDING, Phase
from flock.protocol.alliance.state import (
    Alliance,
    Block,
    Member,
    MemberState,
    is_open,
    require_acts_for,
    ticked,
    with_member,
)
from flock.protocol.core import commitments
from flock.protocol.core.hashing import ZERO, keccak
from flock.protocol.core.refusals import require
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import Gm
from flock.protocol.economy import staking

MAX_STAKE_AS_JOINED = 2**92 - 1
LAST_ROUND = 2**16 - 1


def join(state: Alliance, caller: str, account: str, proof: Sequence[bytes], at: Block) -> Alliance:
    """Add an account to the list and hold its stake; it is in the draws after the next ``start`` or draw.

    A retained member keeps its strikes.
    """
    require_acts_for(state, account, caller, at)
    is_over = ticked(state, at.time).round.phase is Phase.ENDED
    require(state.task.is_alive and not is_over, "TaskIsNotJoinable")
    member_id = state.id_of(account)
    known = state.member(member_id) if member_id else Member(account)
    require(known.state in (MemberState.NONE, MemberState.RETAINED), "AlreadyJoined")
    require(len(state.listed) < state.parameters.max_members, "TaskIsFull")
    require(_is_allowed(state.parameters.allow_list_root, account, proof), "NotOnTheAllowList")
    if not member_id:
        state, member_id = _given_id(state)
    return _enlisted(state, member_id, known)


def leave(state: Alliance, caller: str, account: str, at: Block) -> Alliance:
    """Take an account off the list and free or retain its stake; one that sits in the open round goes at its end.

    Called again for a retained member, it frees the stake once its strikes have expired.
    """
    require_acts_for(state, account, caller, at)
    member_id = state.id_of(account)
    require(member_id != 0, "NotAMember")
    member, current = state.member(member_id), ticked(state, at.time).round
    require(member.state is not MemberState.LEAVING, "AlreadyLeaving")
    is_over = current.phase is Phase.ENDED or state.task.state is TaskState.CANCELLED
    if member.state is MemberState.RETAINED:
        require(is_over or current.number >= member.retained_until, "RetainedUntil")
        return released(state, member_id)
    require(current.phase not in DRAW_PENDING, "TheDrawIsPending")
    if is_open(current.phase) and member_id in state.seats.members:
        return with_member(state, member_id, replace(member, state=MemberState.LEAVING))
    gone = delisted(state, member_id)
    return released(gone, member_id) if is_over else let_go(gone, member_id)


def let_go(state: Alliance, member_id: int) -> Alliance:
    """A member that is off the list is free, unless strikes stand against it: then its stake stays for a while."""
    member = state.member(member_id)
    if not member.strikes:
        return released(state, member_id)
    rounds_a_seat = -(-len(state.listed) // state.parameters.seats)
    until = min(state.round.number + rounds_a_seat * state.parameters.strike_window, LAST_ROUND)
    kept = replace(member, state=MemberState.RETAINED, retained_until=until)
    return with_member(state, member_id, kept)


def released(state: Alliance, member_id: int) -> Alliance:
    """The end of a membership: the stake is free, and so is the id."""
    account = state.member(member_id).account
    gone = with_member(state, member_id, Member(account))
    free_stake = staking.release(gone.staking, account, state.task_id)
    return replace(gone, free=(*gone.free, member_id), staking=free_stake)


def delisted(state: Alliance, member_id: int) -> Alliance:
    """The list without a member. The last eligible one takes the place of an eligible one, the last of all its own.

    So nobody who joined since the last draw can be in the next one.
    """
    listed, eligible = list(state.listed), state.eligible
    hole = listed.index(member_id)
    if hole < eligible:
        eligible -= 1
        listed[hole] = listed[eligible]
        hole = eligible
    listed[hole] = listed[-1]
    return replace(state, listed=tuple(listed[:-1]), eligible=eligible)


def _given_id(state: Alliance) -> tuple[Alliance, int]:
    """An id for a new member, the one freed last or a fresh one, and the state without it."""
    if not state.free:
        return state, len(state.members) + 1
    return replace(state, free=state.free[:-1]), state.free[-1]


def _enlisted(state: Alliance, member_id: int, known: Member) -> Alliance:
    minimum = state.parameters.minimum_stake
    held = staking.hold(state.staking, known.account, state.task_id, minimum)
    stake = held.allocation_of(known.account, state.task_id).gm
    member = Member(
        known.account,
        MemberState.ACTIVE,
        stake=Gm(min(stake, MAX_STAKE_AS_JOINED)),
        strikes=known.strikes,
        weight=sortition.weight(stake, minimum),
    )
    entered = with_member(state, member_id, member)
    return replace(entered, listed=(*state.listed, member_id), staking=held)


def _is_allowed(root: bytes, account: str, proof: Sequence[bytes]) -> bool:
    node = commitments.allow_list_leaf(account)
    for sibling in proof:
        node = keccak(min(node, sibling) + max(node, sibling))
    return root in (ZERO, node)
