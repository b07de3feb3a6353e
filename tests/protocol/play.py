"""A whole task played by random actors, act by act: the same acts move the pure twin and the contracts.

An act is a plain record, so that a test can apply it to one state, send it to another, and compare.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from flock.errors import ContractRefused
from flock.protocol.alliance import duties, membership
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.round_end import NO_PREIMAGE, Preimage
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.state import Alliance, Block
from flock.protocol.alliance.votes import Ballots, winning_key
from flock.protocol.core import commitments, tasks
from flock.protocol.core.commitments import Vote
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.economy import delegations, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]

BOUNTY = Wei(1_000 * WAD + 7)
MINIMUM = Gm(100 * WAD)
PHASE_SECONDS = 12


@dataclass(frozen=True)
class Act:
    """One call: the entry point by its Python name, who sends it, and its arguments but the block."""

    name: str
    caller: str
    arguments: tuple[object, ...] = ()


def terms(now: int, **changes: int) -> AllianceParameters:
    """Terms of a short task in which strikes come quickly, and which anybody may start."""
    chosen = {
        "planned_rounds": 3,
        "proposer_seats": 2,
        "voter_seats": 3,
        "minimum_members": 5,
        "max_members": 6,
        "propose_seconds": PHASE_SECONDS,
        "attest_seconds": PHASE_SECONDS,
        "commit_seconds": PHASE_SECONDS,
        "reveal_seconds": PHASE_SECONDS,
        "starts_at": now,
        "start_by": now + 2_000,
        "ends_at": now + 20_000,
        "minimum_stake": MINIMUM,
        "keeper_fee": 3 * WAD,
        "strike_window": 4,
        "strike_limit": 2,
        "slash_bps": 3_333,
        **changes,
    }
    return AllianceParameters(
        **chosen,  # type: ignore[arg-type]
        initial_model=hashlib.sha256(b"initial").digest(),
    )


def apply(state: Alliance, act: Act, at: Block, seed_hash: bytes) -> Alliance:
    """The state after an act in block ``at``; ``seed_hash`` is the hash of the seed block, forgotten or not."""
    readable = seed_hash if alliance.is_readable(state.seed_block, at) else None
    handlers: dict[str, Callable[..., Alliance]] = {
        "lock": lambda flock, days: _stakes(
            state, staking.lock(state.staking, act.caller, flock, days, at.time)
        ),
        "redeem": lambda gm: _stakes(state, staking.redeem(state.staking, act.caller, gm, at.time)),
        "allocate": lambda gm: _allocate(state, act.caller, gm, at),
        "deallocate": lambda gm: _deallocate(state, act.caller, gm, at),
        "set_operator": lambda who: _stakes(
            state, staking.set_operator(state.staking, act.caller, who, at.time)
        ),
        "extend": lambda days: _stakes(state, staking.extend(state.staking, act.caller, days, at.time)),
        "poke": lambda account: _stakes(state, staking.poke(state.staking, account, at.time)),
        "set_pool": lambda commission_bps, is_open: _set_pool(state, act.caller, commission_bps, is_open, at),
        "delegate_to": lambda operator, gm, most: _delegating(
            state, partial(delegations.delegate_to, max_commission_bps=most), act.caller, operator, at, gm
        ),
        "undelegate": lambda operator, gm: _stakes(
            state,
            delegations.undelegate(state.staking, act.caller, PoolKey(operator, state.task_id), gm, at.time),
        ),
        "collect": lambda delegator, operator: _delegating(
            state, delegations.collect, delegator, operator, at
        ),
        "sync": lambda delegator, operator: _stakes(
            state,
            delegations.sync(state.staking, delegator, PoolKey(operator, state.task_id)),
        ),
        "pay_treasury_of_stakes": lambda: _stakes(state, staking.pay_treasury(state.staking)),
        "fund": lambda amount: _task(state, tasks.fund(state.task, act.caller, amount)),
        "cancel": lambda: _task(state, tasks.cancel(state.task, act.caller, at.time)),
        "withdraw_refund": lambda backer: _task(state, tasks.withdraw_refund(state.task, backer)),
        "pay_treasury": lambda: _task(state, tasks.pay_treasury(state.task)),
        "join": lambda account: membership.join(state, act.caller, account, (), at),
        "leave": lambda account: membership.leave(state, act.caller, account, at),
        "start": lambda: alliance.start(state, act.caller, at),
        "reseed": lambda: alliance.reseed(state, at),
        "draw": lambda: alliance.draw(state, act.caller, seed_hash, at),
        "propose": lambda *given: duties.propose(state, act.caller, *given, at),
        "attest": lambda *given: duties.attest(state, act.caller, *given, at),
        "commit_vote": lambda *given: duties.commit_vote(state, act.caller, *given, at),
        "reveal_votes": lambda number, reveals: duties.reveal_votes(state, number, reveals, readable, at),
        "finalise": lambda preimage: settlement.finalise(state, preimage, at),
        "close": lambda: settlement.close(state, at),
        "withdraw": lambda account: settlement.withdraw(state, account),
    }
    return handlers[act.name](*act.arguments)


def attempt(state: Alliance, act: Act, at: Block, seed_hash: bytes) -> tuple[Alliance, str]:
    """The state after an act and the name of the error it was refused with, empty if it was not."""
    try:
        return apply(state, act, at, seed_hash), ""
    except ContractRefused as refused:
        return state, refused.error


def _stakes(state: Alliance, stakes: staking.StakingState) -> Alliance:
    return alliance.replace(state, staking=stakes)


def _allocate(state: Alliance, account: str, gm: Gm, at: Block) -> Alliance:
    minimum, is_alive = state.parameters.minimum_stake, state.task.is_alive
    stakes = staking.allocate(
        state.staking, account, state.task_id, gm, at.time, minimum=minimum, is_alive=is_alive
    )
    return _stakes(state, stakes)


def _deallocate(state: Alliance, account: str, gm: Gm, at: Block) -> Alliance:
    minimum = state.parameters.minimum_stake
    stakes = staking.deallocate(state.staking, account, state.task_id, gm, at.time, minimum=minimum)
    return _stakes(state, stakes)


def _delegating(
    state: Alliance,
    act: Callable[..., staking.StakingState],
    delegator: str,
    operator: str,
    at: Block,
    *given: Gm,
) -> Alliance:
    place = PoolKey(operator, state.task_id)
    of = circumstances(state, operator, at)
    return _stakes(state, act(state.staking, delegator, place, *given, of=of, now=at.time))


def _set_pool(state: Alliance, operator: str, commission_bps: int, is_open: bool, at: Block) -> Alliance:
    of, place = circumstances(state, operator, at), PoolKey(operator, state.task_id)
    changed = delegations.set_pool(state.staking, place, commission_bps, is_open=is_open, of=of, now=at.time)
    return _stakes(state, changed)


def circumstances(state: Alliance, operator: str, at: Block) -> Circumstances:
    """What a pool's task means for it at this moment."""
    return Circumstances(
        is_alive=state.task.is_alive,
        ends_at=state.parameters.ends_at,
        duty=duties.duty_of(state, operator, at),
    )


def _task(state: Alliance, task: tasks.Task) -> Alliance:
    return alliance.replace(state, task=task)


# --- What actors think of doing ---


def ballot(state: Alliance, choice: str) -> Vote:
    """A vote of a mood; all of one mood share candidate and bitmaps in a round."""
    digest = hashlib.sha256(f"{choice[:4]} {state.round.number}".encode()).digest()
    proposals = state.round.proposed
    return {
        "good": Vote(digest, 0, proposals, supports=True),
        "good but no": Vote(digest, 0, proposals, supports=False),
        "blame": Vote(digest, proposals & 0b01, proposals & 0b10, supports=True),
        "lie": Vote(digest, 0b10, 0b01, supports=False),
        "idle": Vote(state.model, 0, proposals, supports=True),
    }[choice]


MOODS = (*["good"] * 20, "good but no", "blame", "lie", "idle")
LIARS = ("lie", "lie", "lie", "good")


def salt(state: Alliance, seat: int) -> bytes:
    """The salt of a seat's vote in the current round."""
    return hashlib.sha256(f"salt {state.round.number} {seat}".encode()).digest()


@dataclass
class Actors:
    """Who plays, and what voters remember having sealed: (round, seat) to the vote."""

    accounts: Sequence[str]
    creator: str
    stranger: str
    pick: "Pick[object]"

    def __post_init__(self) -> None:
        self.sealed: dict[tuple[int, int], Vote] = {}

    def choose(self, options: Sequence[T]) -> T:
        """One of the options, as the test decides."""
        return self.pick(options)  # type: ignore[return-value]

    def due(self, state: Alliance, at: Block) -> Act:
        """An act that moves the round on if it can, made by whoever should make it."""
        now = alliance.ticked(state, at.time)
        if state.task.state is TaskState.CANCELLED:
            return self._part(now)
        makers: dict[Phase, Callable[[Alliance], Act]] = {
            Phase.PROPOSE: self._propose,
            Phase.ATTEST: self._attest,
            Phase.COMMIT: self._commit,
            Phase.REVEAL: self._reveal,
            Phase.TALLY: self._finalise,
            Phase.SEEDED: lambda now: self._open(now, at),
            Phase.ENDED: self._part,
        }
        return makers.get(now.round.phase, self._gather)(now)

    def stray(self, state: Alliance, at: Block) -> Act:
        """Any act by anyone, most of them out of place."""
        now, who = alliance.ticked(state, at.time), self.choose([*self.accounts, self.stranger])
        account, seat = self.choose(self.accounts), self.choose(range(6))
        seated = [now.member(member_id).account for member_id in now.seats.members]
        leaver = self.choose(seated or self.accounts)
        number = self.choose([now.round.number, now.round.number, now.round.number + 1])
        options = [
            Act("join", who, (account,)),
            Act("leave", who, (account,)),
            *[Act("leave", leaver, (leaver,))] * 3,
            Act("start", self.choose([who, self.creator])),
            Act("reseed", who),
            Act("draw", who),
            Act("propose", who, (number, seat, self.choose([bytes(32), b"\x05" * 32]))),
            Act("attest", who, (number, seat, self.choose(range(5)))),
            Act("commit_vote", who, (number, seat, b"\x06" * 32)),
            Act("reveal_votes", who, (number, ())),
            Act("reveal_votes", who, (number, (Reveal(seat, Vote(b"\x07" * 32, 1, 1, True), b"\x08" * 32),))),
            Act("reveal_votes", who, (number, (Reveal(seat, ballot(now, "good"), b"\x08" * 32),))),
            Act("finalise", who, (NO_PREIMAGE,)),
            Act("close", who),
            Act("cancel", self.choose([who] * 8 + [self.creator])),
            Act("withdraw", who, (account,)),
            *self._stake_acts(now, account),
            Act("fund", who, (Wei(self.choose([0, 5 * WAD])),)),
            Act("withdraw_refund", who, (self.choose([account, self.creator]),)),
            Act("pay_treasury", who),
            Act("pay_treasury_of_stakes", who),
        ]
        return self.choose(options)

    def _stake_acts(self, state: Alliance, account: str) -> list[Act]:
        position = state.staking.position_of(account)
        stood = state.staking.allocation_of(account, state.task_id).gm
        amount = self.choose([0, 1, WAD, 150 * WAD, position.gm, stood])
        return [
            Act("lock", account, (Wei(amount), self.choose([0, 1, 30, 365, 366]))),
            Act("redeem", account, (Gm(amount),)),
            Act("allocate", account, (Gm(amount),)),
            Act("deallocate", account, (Gm(amount),)),
            Act("set_operator", account, (self.stranger,)),
            Act("extend", account, (self.choose([0, 30, 365, 366]),)),
            Act("poke", self.stranger, (account,)),
            *self._pool_acts(state, account) * 2,
        ]

    def _pool_acts(self, state: Alliance, account: str) -> list[Act]:
        operator = self.choose(self.accounts)
        there = state.staking.delegation_of(account, operator, state.task_id)
        free = state.staking.position_of(account).gm
        delegated = Gm(self.choose([0, WAD - 1, WAD, free // 3, free]))
        return [
            Act("set_pool", account, (self.choose([0, 5_000, 10_000, 10_001]), self.choose([True, False]))),
            Act("delegate_to", account, (operator, delegated, self.choose([4_999, 5_000, 10_000]))),
            Act("undelegate", account, (operator, Gm(self.choose([0, there.gm // 2, there.gm])))),
            Act("collect", account, (account, operator)),
            Act("sync", self.stranger, (account, operator)),
        ]

    def _gather(self, state: Alliance) -> Act:
        """Someone prepares to join, or starts when enough have."""
        enough = len(state.listed) >= state.parameters.minimum_members
        if enough and self.choose([True, True, False]):
            return Act("start", self.choose([*self.accounts, self.creator]))
        outside = [account for account in self.accounts if state.id_of(account) not in state.listed]
        account = self.choose(outside or self.accounts)
        free = state.staking.position_of(account).gm
        if state.staking.allocation_of(account, state.task_id).gm >= MINIMUM:
            return Act("join", account, (account,))
        if free >= MINIMUM:
            return Act("allocate", account, (free,))
        return Act("lock", account, (Wei(self.choose([100, 150, 200, 450]) * WAD + 1), 30))

    def _open(self, state: Alliance, at: Block) -> Act:
        """The next round is drawn, on a new seed if the old one is gone, or the task is over."""
        who = self.choose([*self.accounts, self.stranger])
        if at.time >= state.parameters.ends_at:
            return Act("close", who)
        is_gone = state.seed_block and not alliance.is_readable(state.seed_block, at)
        return Act("reseed" if is_gone else "draw", who)

    def _propose(self, state: Alliance) -> Act:
        if self.choose([True, *[False] * 15]):
            return Act(
                "leave", self.accounts[0], (self.accounts[0],)
            )  # who lies has strikes, and would be gone
        waiting = [s for s in range(state.round.proposers) if not state.round.proposed >> s & 1]
        seat, account = self._seated(state, waiting)
        digest = hashlib.sha256(account.encode()).digest()
        place = (state.domain, state.task_id, state.round.number)
        commitment = commitments.proposal_commitment(*place, account, digest)
        return Act("propose", account, (state.round.number, seat, commitment))

    def _attest(self, state: Alliance) -> Act:
        seat, account = self._seated(state, self._voters(state, Voter.NONE))
        bitmap = state.round.proposed & self.choose([*[0b11] * 8, 0b01, 0])
        return Act("attest", account, (state.round.number, seat, bitmap))

    def _commit(self, state: Alliance) -> Act:
        seat, account = self._seated(state, self._voters(state, Voter.ATTESTED))
        vote = ballot(state, self.choose(LIARS if account == self.accounts[0] else MOODS))
        place = (state.domain, state.task_id, state.round.number)
        sealed = commitments.sealed_vote(*place, account, vote, salt(state, seat))
        self.sealed[state.round.number, seat] = vote
        return Act("commit_vote", account, (state.round.number, seat, sealed))

    def _reveal(self, state: Alliance) -> Act:
        known = [s for s in self._voters(state, Voter.COMMITTED) if (state.round.number, s) in self.sealed]
        reveals = [Reveal(s, self.sealed[state.round.number, s], salt(state, s)) for s in known]
        shown = reveals[: self.choose([1, 3])]
        return Act("reveal_votes", self.stranger, (state.round.number, tuple(shown)))

    def _finalise(self, state: Alliance) -> Act:
        votes = state.work.votes
        key = winning_key(Ballots(votes, state.seats.weights[state.round.proposers :]))
        winner = next((vote for vote in votes.values() if vote.key == key), None)
        spelt = Preimage(winner.candidate, winner.harmful, winner.rewarded) if winner else NO_PREIMAGE
        return Act("finalise", self.choose([*self.accounts, self.stranger]), (spelt,))

    def _part(self, state: Alliance) -> Act:
        """The task is closed, then everyone takes what is theirs and goes."""
        if state.task.state is TaskState.RUNNING:
            return Act("close", self.stranger)
        account = self.choose(self.accounts)
        allocation = state.staking.allocation_of(account, state.task_id)
        position = state.staking.position_of(account)
        backer = next((who for who, put in state.task.contributions.items() if state.task.refund.of(put)), "")
        if backer and self.choose([True, False]):
            return Act("withdraw_refund", self.stranger, (backer,))
        if allocation.held:
            return Act("leave", account, (account,))
        if allocation.gm:
            return Act("deallocate", account, (allocation.gm,))
        if state.ledger_of(account).owed:
            return Act("withdraw", self.stranger, (account,))
        return (
            Act("poke", account, (account,)) if position.lock_days else Act("redeem", account, (position.gm,))
        )

    def _voters(self, state: Alliance, come: Voter) -> list[int]:
        first = state.round.proposers
        return [first + v for v in range(state.round.voters) if state.round.voter(v) is come]

    def _seated(self, state: Alliance, seats: Sequence[int]) -> tuple[int, str]:
        seat = self.choose(seats or [0])
        return seat, state.account_at(seat)
