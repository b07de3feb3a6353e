"""The end of a round and payments: finalise, close and withdraw; the pure twin of AllianceRounds.

The same rules as in ``flock.protocol.alliance.votes``, ``strikes`` and ``rewards``, applied to a whole task.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flock.protocol.alliance import attestation, sortition, strikes, votes
from flock.protocol.alliance.membership import delisted, let_go, released
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import (
    Alliance,
    Block,
    Earnings,
    Member,
    MemberSlash,
    MemberState,
    RoundRecord,
    require_phase,
    seeded,
    ticked,
    with_ledger,
    with_member,
)
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Vote, ballot_key
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.refusals import require
from flock.protocol.core.units import NO_WEI, Wei, bitmap_of, bits
from flock.protocol.economy import rewards, staking
from flock.protocol.economy.rewards import Pay


@dataclass(frozen=True)
class Preimage:
    """The preimage of the winning ballot, given by the caller; the contract knows only its hash."""

    candidate: bytes = ZERO
    harmful: int = 0
    rewarded: int = 0


NO_PREIMAGE = Preimage()


def finalise(state: Alliance, preimage: Preimage, at: Block) -> Alliance:
    """Decide the round, pay, strike, slash, let go who asked to leave, and go on to the next.

    Adds a RoundRecord.
    """
    state = ticked(state, at.time)
    require_phase(state, Phase.TALLY)
    ballots = _ballots(state)
    decision = votes.decide(ballots, state.model)
    _require_preimage(decision.winner, preimage)
    attested = _attested(state)
    outage = votes.has_outage(ballots, _proposer_weights(state), state.round.proposed)
    verdicts = votes.judge(
        decision,
        ballots,
        proposers=state.round.proposers,
        proposed=state.round.proposed,
        attested=attested,
        excused=votes.excuses(state.outages, outage=outage),
    )
    pay = _pay(state, decision, ballots, attested)
    settled = _credited(state, decision, ballots, attested, pay)
    settled, due = _struck(_decided(settled, decision, pay), verdicts, _kept_back(state))
    settled, slashes = _slash_all(settled, due)
    settled = _without_leaving(settled)
    record = replace(_record(state, decision, attested, verdicts, pay), slashes=slashes)
    outages = votes.next_outages(state.outages, decision.outcome, outage=outage)
    return _next_phase(replace(settled, outages=outages, records=(*state.records, record)), at)


def close(state: Alliance, at: Block) -> Alliance:
    """Refund the share of rounds that were not decided, and leave the rest of the pool to the treasury."""
    state = ticked(state, at.time)
    idle = state.round.phase in (Phase.WAITING, Phase.SEEDED)
    if not idle:
        require_phase(state, Phase.ENDED)
    require(not idle or at.time >= state.parameters.ends_at, "TaskHasNotEnded")
    p = state.parameters
    left = Wei(state.pool + p.keepers_reserve - state.opened * p.keeper_fee)
    refund = rewards.refund(state.task.bounty, p.planned_rounds, state.decided, left)
    return replace(
        state,
        task=tasks.close(state.task, refund, Wei(left - refund), state.result, at.time),
        round=replace(state.round, phase=Phase.ENDED),
        seed_block=0,
    )


def withdraw(state: Alliance, account: str) -> Alliance:
    """Pay an account what a task owes it, for rounds and as keeper."""
    ledger = state.ledger_of(account)
    require(ledger.owed > 0, "NothingToWithdraw")
    paid = with_ledger(state, account, replace(ledger, owed=NO_WEI))
    return replace(paid, task=tasks.pay(state.task, account, ledger.owed))


# --- What happened ---


def _ballots(state: Alliance) -> Ballots:
    return Ballots(state.work.votes, state.seats.weights[state.round.proposers :])


def _proposer_weights(state: Alliance) -> Sequence[int]:
    return state.seats.weights[: state.round.proposers]


def _attested(state: Alliance) -> int:
    weights = state.seats.weights[state.round.proposers :]
    attesting = sum(weights[voter] for voter in state.work.bitmaps)
    return attestation.attested_set(state.tallies(), attesting)


def _require_preimage(winner: Vote | None, preimage: Preimage) -> None:
    if winner is not None:
        spelt = ballot_key(preimage.candidate, preimage.harmful, preimage.rewarded)
        require(spelt == winner.key, "WrongPreimage")


# --- What it means ---


def _pay(state: Alliance, decision: Decision, ballots: Ballots, attested: int) -> Pay:
    if decision.outcome is Outcome.VOID:
        return Pay(NO_WEI, NO_WEI, state.pool)
    proposers = votes.paid_proposers(decision, attested)
    return rewards.share_out(
        state.pool,
        state.parameters.planned_rounds - state.decided,
        accepted=decision.outcome is Outcome.ACCEPTED,
        sixteenths=state.sixteenths,
        proposer_weight=sum(state.seats.weights[seat] for seat in proposers),
        voter_weight=ballots.weight_of(votes.paid_voters(decision, ballots)),
    )


def _record(
    state: Alliance, decision: Decision, attested: int, verdicts: Sequence[Verdict], pay: Pay
) -> RoundRecord:
    winner = decision.winner or Vote(ZERO, 0, 0, supports=False)
    return RoundRecord(
        number=state.round.number,
        outcome=decision.outcome,
        candidate=winner.candidate,
        harmful=winner.harmful & attested,
        rewarded=winner.rewarded & attested,
        attested=attested,
        struck=_seats_with(verdicts, Verdict.BAD),
        judged=_seats_with(verdicts, Verdict.BAD, Verdict.GOOD),
        proposer_unit=pay.proposer_unit,
        voter_unit=pay.voter_unit,
        pool_left=pay.pool_left,
    )


def _seats_with(verdicts: Sequence[Verdict], *wanted: Verdict) -> int:
    return bitmap_of(seat for seat, verdict in enumerate(verdicts) if verdict in wanted)


# --- What it does ---


def _decided(state: Alliance, decision: Decision, pay: Pay) -> Alliance:
    if decision.winner is None or decision.outcome is Outcome.VOID:
        return state
    accepted = decision.outcome is Outcome.ACCEPTED
    return replace(
        state,
        pool=pay.pool_left,
        decided=state.decided + 1,
        sixteenths=rewards.next_sixteenths(state.sixteenths, accepted=accepted),
        model=decision.winner.candidate if accepted else state.model,
    )


def _credited(state: Alliance, decision: Decision, ballots: Ballots, attested: int, pay: Pay) -> Alliance:
    for seat in votes.paid_proposers(decision, attested):
        state = _credit(state, seat, pay.proposer_unit)
    for voter in votes.paid_voters(decision, ballots):
        state = _credit(state, state.round.proposers + voter, pay.voter_unit)
    return state


def _credit(state: Alliance, seat: int, unit: Wei) -> Alliance:
    account, amount = state.account_at(seat), unit * state.seats.weights[seat]
    before = state.ledger_of(account)
    return with_ledger(state, account, Earnings(Wei(before.earned + amount), Wei(before.owed + amount)))


def _kept_back(state: Alliance) -> int:
    """The seats whose sealed vote was not opened, as a bitmap."""
    sealed = state.work.sealed.keys() - state.work.votes.keys()
    return bitmap_of(state.round.proposers + voter for voter in sealed)


def _struck(state: Alliance, verdicts: Sequence[Verdict], kept_back: int) -> tuple[Alliance, int]:
    """Every judged seat's strikes, and the bitmap of the seats to slash."""
    due = []
    for seat in bits(_seats_with(verdicts, Verdict.BAD, Verdict.GOOD)):
        member_id = state.seats.members[seat]
        member = state.member(member_id)
        mark = strikes.mark(
            member.strikes,
            bad=verdicts[seat] is Verdict.BAD,
            window=state.parameters.strike_window,
            limit=strikes.enough(state.parameters.strike_limit, kept_back=bool(kept_back >> seat & 1)),
        )
        state = with_member(state, member_id, replace(member, strikes=mark.history))
        due += [seat] if mark.slashed else []
    return state, bitmap_of(due)


def _slash_all(state: Alliance, due: int) -> tuple[Alliance, tuple[MemberSlash, ...]]:
    slashes: list[MemberSlash] = []
    for seat in bits(due):
        state, slash = _slash(state, state.seats.members[seat])
        slashes.append(slash)
    return state, tuple(slashes)


def _slash(state: Alliance, member_id: int) -> tuple[Alliance, MemberSlash]:
    member = state.member(member_id)
    bps = state.parameters.slash_bps
    slashed = staking.slash(state.staking, member.account, state.task_id, member.stake, bps)
    after = replace(state, staking=slashed.staking)
    if member.state is not MemberState.LEAVING:
        weight = sortition.weight(slashed.left, state.parameters.minimum_stake)
        after = _reweighed(after, member_id, member, weight)
    return after, MemberSlash(member_id, slashed.taken.gm, slashed.taken.flock)


def _reweighed(state: Alliance, member_id: int, member: Member, weight: int) -> Alliance:
    """A slash lowers the weight, never raises it; a member below the minimum leaves, as its strikes are cleared."""
    if weight == 0:
        return released(delisted(state, member_id), member_id)
    return with_member(state, member_id, replace(member, weight=min(weight, member.weight)))


def _without_leaving(state: Alliance) -> Alliance:
    """Members of the round that asked to leave are taken off the list now, after the slashes."""
    for member_id in state.seats.members:
        if state.member(member_id).state is MemberState.LEAVING:
            state = let_go(delisted(state, member_id), member_id)
    return state


def _next_phase(state: Alliance, at: Block) -> Alliance:
    """On to the next draw: at once if all sealed votes were opened.

    Otherwise the seed depends on a future block, so withholding votes does not let a voter choose among seeds.
    """
    p, voids = state.parameters, state.opened - state.decided
    state = replace(state, seed_block=0, drawn_block=0)
    if p.planned_rounds in (state.decided, voids) or at.time >= p.ends_at:
        return _in_phase(state, Phase.ENDED)
    if state.work.is_all_open and state.eligible >= p.minimum_members:
        return _in_phase(state, Phase.SEEDED)
    return seeded(state, at) if len(state.listed) >= p.minimum_members else _in_phase(state, Phase.WAITING)


def _in_phase(state: Alliance, phase: Phase) -> Alliance:
    return replace(state, round=replace(state.round, phase=phase))
