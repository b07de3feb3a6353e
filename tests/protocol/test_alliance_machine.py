"""A whole task under random acts: what must always hold (docs/protocol.md), by name."""

import hashlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Alliance, Block, Member, MemberState, RoundRecord
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Domain
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import bits
from flock.protocol.economy.staking import StakingState
from tests.protocol.play import BOUNTY, PHASE_SECONDS, Act, Actors, attempt, terms

NOW = 1_800_000_000
CREATOR, STRANGER = "0x" + "c0" * 20, "0x" + "99" * 20
ACCOUNTS = ["0x" + f"{i:02x}" * 20 for i in range(1, 8)]
DOMAIN = Domain(31337, "0x" + "aa" * 20)


class WholeTask(RuleBasedStateMachine):
    """Random actors on one task, with a ghost of what came in and what was earned."""

    def __init__(self) -> None:
        super().__init__()
        self.at = Block(100, NOW)
        chosen = terms(NOW, starts_at=NOW + 30, strike_window=3)
        task = tasks.create(CREATOR, chosen, BOUNTY, NOW)
        self.state = alliance.opened(DOMAIN, 1, task, StakingState())
        self.locked = 0
        self.foreseen: tuple[int, ...] | None = None

    @initialize(weights=st.lists(st.sampled_from([100, 150, 250, 450]), min_size=5, max_size=7))
    def members_gather(self, weights: list[int]) -> None:
        for account, stake in zip(ACCOUNTS, weights, strict=False):
            self.do(Act("lock", account, (stake * 10**18, 30)))
            self.do(Act("allocate", account, (stake * 10**18,)))
            self.do(Act("join", account, (account,)))

    @rule(data=st.data(), acts=st.integers(1, 12))
    def duties_are_done(self, data: st.DataObject, acts: int) -> None:
        for _ in range(acts):
            self.do(self.actors(data).due(self.state, self.at))

    @rule(data=st.data())
    def something_stray_is_tried(self, data: st.DataObject) -> None:
        self.do(self.actors(data).stray(self.state, self.at))

    @rule(seconds=st.sampled_from([1, PHASE_SECONDS, 5 * PHASE_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.at = Block(self.at.number + 1, self.at.time + seconds)

    @rule(
        blocks=st.sampled_from([3, 300]),
        seconds=st.sampled_from([0, 2_500, 25_000, 40 * 86_400]),
        end=st.booleans(),
    )
    def much_time_passes(self, blocks: int, seconds: int, end: bool) -> None:
        self.at = Block(self.at.number + blocks, self.at.time + (seconds if end else 0))

    def actors(self, data: st.DataObject) -> Actors:
        chosen = Actors(ACCOUNTS, CREATOR, STRANGER, lambda options: data.draw(st.sampled_from(options)))
        chosen.sealed = self.__dict__.setdefault("sealed", {})
        return chosen

    def do(self, act: Act) -> None:
        self.at = Block(self.at.number + 1, self.at.time + 1)
        seed_hash = hashlib.sha256(str(self.state.seed_block).encode()).digest()
        before, (self.state, error) = self.state, attempt(self.state, act, self.at, seed_hash)
        if error:
            return
        if act.name == "lock":
            self.locked += self.state.staking.balance - before.staking.balance
        self.check_nothing_is_undone(before)
        self.check_the_next_draw(before)
        if len(self.state.records) > len(before.records):
            self.check_pay(before, self.state.records[-1])

    def owed(self) -> int:
        """What the task owes members and keepers."""
        return sum(ledger.owed for ledger in self.state.ledgers.values())

    def reserve(self) -> int:
        """What is set aside for draws that are still to come."""
        p = self.state.parameters
        return p.keepers_reserve - self.state.opened * p.keeper_fee

    def eligible(self) -> tuple[int, ...]:
        """Who is in the next draw, in the order of the list."""
        return self.state.listed[: self.state.eligible]

    # --- What must always hold ---

    @invariant()
    def solvency(self) -> None:
        stakes = self.state.staking
        owed = stakes.owed_to_treasury + sum(p.flock for p in stakes.positions.values())
        owed += sum(allocation.flock for allocation in stakes.allocations.values())
        assert stakes.balance == owed + sum(pool.flock for pool in stakes.pools.values())
        assert self.state.task.balance >= self.owed()

    @invariant()
    def conservation(self) -> None:
        stakes, task = self.state.staking, self.state.task
        assert stakes.balance + stakes.treasury + stakes.redeemed == self.locked
        gone = sum(task.paid.values()) + sum(task.refunded.values()) + task.treasury
        assert gone + task.custody == task.bounty
        if task.state is TaskState.RUNNING:
            assert task.balance == self.owed() + self.state.pool + self.reserve()
        if task.state is TaskState.CLOSED:
            assert task.balance == self.owed()

    @invariant()
    def withdrawals_do_not_erase_what_was_earned(self) -> None:
        if self.state.task.began_at:
            put_in = self.state.task.bounty - self.state.parameters.keepers_reserve
            assert self.state.total_earned == put_in - self.state.pool
        for ledger in self.state.ledgers.values():
            assert ledger.earned >= 0 <= ledger.owed

    @invariant()
    def refunds_are_at_most_the_share_of_rounds_that_were_not_decided(self) -> None:
        task, planned = self.state.task, self.state.parameters.planned_rounds
        if task.state is TaskState.CLOSED:
            refunded = sum(task.refunded.values()) + task.refund.left
            assert refunded * planned <= task.bounty * (planned - self.state.decided)

    @invariant()
    def refunds_add_up(self) -> None:
        task = self.state.task
        if task.state in (TaskState.CLOSED, TaskState.CANCELLED):
            assert task.refund.shares == sum(task.contributions.values())
            assert task.refund.shares or not task.refund.left
        else:
            assert sum(task.contributions.values()) == task.bounty

    @invariant()
    def allocated_never_exceeds(self) -> None:
        stakes, seated = self.state.staking, {m.account for m in self.members()}
        for account, position in stakes.positions.items():
            stood = stakes.allocation_of(account, self.state.task_id)
            assert stood.gm == position.allocated
            assert stood.held == (account in seated)

    def members(self) -> list[Member]:
        """All whose stake is held."""
        return [member for member in self.state.members if member.state is not MemberState.NONE]

    @invariant()
    def the_list_holds_each_member_with_duties_once(self) -> None:
        on_duty = (MemberState.ACTIVE, MemberState.LEAVING)
        members = [i for i, m in enumerate(self.state.members, 1) if m.state in on_duty]
        assert sorted(self.state.listed) == members
        assert self.state.eligible <= len(self.state.listed) <= self.state.parameters.max_members
        if self.state.round.phase is Phase.SEEDED:
            assert self.state.eligible >= self.state.parameters.minimum_members

    @invariant()
    def an_id_is_one_member_s_or_free(self) -> None:
        members = self.members()
        assert len({member.account for member in members}) == len(members)
        unused = [i for i, m in enumerate(self.state.members, 1) if m.state is MemberState.NONE]
        assert sorted(self.state.free) == unused

    @invariant()
    def only_strikes_retain_a_stake(self) -> None:
        for member in self.state.members:
            assert (member.state is MemberState.RETAINED) == (member.retained_until != 0)
            if member.state is MemberState.RETAINED:
                assert member.strikes
                last = self.state.round.number + self.state.parameters.strike_window
                assert member.retained_until <= last

    @invariant()
    def who_asked_to_leave_sits_in_the_open_round(self) -> None:
        for member_id, member in enumerate(self.state.members, 1):
            if member.state is MemberState.LEAVING:
                assert member_id in self.state.seats.members
                assert alliance.is_open(self.state.round.phase)

    @invariant()
    def as_many_rounds_are_void_as_were_planned_at_most(self) -> None:
        planned, voids = self.state.parameters.planned_rounds, self.state.opened - self.state.decided
        assert 0 <= self.state.decided <= planned
        assert 0 <= voids <= planned + alliance.is_open(self.state.round.phase)
        assert self.state.opened < 2 * planned

    def check_the_next_draw(self, before: Alliance) -> None:
        """the_next_draw_changes_by_no_one_s_choice_once_votes_are_opened"""
        was, now = before.round.phase, self.state.round.phase
        if len(self.state.records) > len(before.records):
            gone = set(before.seats.members) - set(self.state.listed)
            if self.foreseen is not None and now is Phase.SEEDED and not self.state.seed_block:
                assert set(self.eligible()) == set(self.foreseen) - gone
                self.foreseen = self.eligible()
            else:
                self.foreseen = None
        elif self.state.work.votes and not before.work.votes:
            self.foreseen = self.eligible()
        elif was is Phase.SEEDED and now is Phase.PROPOSE:
            if self.foreseen is not None:
                assert set(self.state.seats.members) <= set(self.foreseen)
            self.foreseen = None
        if now is Phase.ENDED:  # nothing is drawn any more, and all may go
            self.foreseen = None
        if self.foreseen is not None:
            assert self.eligible() == self.foreseen

    def check_nothing_is_undone(self, before: Alliance) -> None:
        """nothing_is_undone_or_repeated"""
        after = self.state
        assert after.records[: len(before.records)] == before.records
        numbers = [record.number for record in after.records]
        assert numbers == sorted(set(numbers))
        assert after.task.state >= before.task.state
        assert before.round.phase is not Phase.ENDED or after.round.phase is Phase.ENDED
        for account, paid in before.task.paid.items():
            assert after.task.paid[account] >= paid
        for account, ledger in before.ledgers.items():
            assert after.ledger_of(account).earned >= ledger.earned

    def check_pay(self, before: Alliance, record: RoundRecord) -> None:
        """only_drawn_and_revealed_are_paid"""
        now = alliance.ticked(before, self.at.time)
        revealed = {now.round.proposers + voter for voter in now.work.votes}
        proposed = set(bits(now.round.proposed & record.attested & record.rewarded & ~record.harmful))
        earners = {now.account_at(seat) for seat in revealed | proposed}
        paid = 0
        for account, ledger in self.state.ledgers.items():
            gained = ledger.earned - before.ledger_of(account).earned
            assert gained == 0 or account in earners
            paid += gained
        assert paid + record.pool_left == before.pool


TestWholeTask = WholeTask.TestCase
TestWholeTask.settings = settings(max_examples=50, stateful_step_count=40)
