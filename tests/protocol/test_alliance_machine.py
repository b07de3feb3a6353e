"""A whole task under random acts: what must always hold (docs/protocol.md), by name."""

import hashlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flock.protocol import alliance, tasks
from flock.protocol.alliance import Alliance, Block, MemberState, RoundRecord
from flock.protocol.commitments import Domain
from flock.protocol.rounds import Phase
from flock.protocol.staking import Staking
from flock.protocol.tasks import TaskState
from flock.protocol.units import bits
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
        task = tasks.create(CREATOR, terms(NOW), BOUNTY, NOW)
        self.state = alliance.opened(DOMAIN, 1, task, Staking())
        self.locked = 0
        self.history: list[Alliance] = []

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
        seed_hash = hashlib.sha256(str(self.state.block_number).encode()).digest()
        before, (self.state, error) = self.state, attempt(self.state, act, self.at, seed_hash)
        if error:
            return
        if act.name == "lock":
            self.locked += self.state.staking.balance - before.staking.balance
        self.check_nothing_is_undone(before)
        if len(self.state.records) > len(before.records):
            self.check_pay(before, self.state.records[-1])

    def credits(self) -> int:
        """What the task owes members and keepers."""
        return sum(m.credit for m in self.state.members) + sum(self.state.keeper_credits.values())

    # --- What must always hold ---

    @invariant()
    def solvency(self) -> None:
        stakes, task = self.state.staking, self.state.task
        owed = sum(p.flock for p in stakes.positions.values()) + sum(stakes.keeper_credits.values())
        assert stakes.balance == owed + sum(pool.flock for pool in stakes.pools.values())
        assert task.balance >= self.credits() + self.state.pool

    @invariant()
    def conservation(self) -> None:
        stakes, task = self.state.staking, self.state.task
        assert stakes.balance + stakes.treasury + stakes.redeemed == self.locked
        assert sum(task.paid.values()) + task.refunded + task.treasury + task.balance == task.bounty
        if task.state in (TaskState.RUNNING, TaskState.CLOSED):
            assert task.balance == self.credits() + self.state.pool

    @invariant()
    def allocation_never_exceeds(self) -> None:
        for account, position in self.state.staking.positions.items():
            stood = self.state.staking.allocation_of(account, self.state.task_id)
            assert stood.amount == position.allocated <= position.gm
        for member in self.state.members:
            held = self.state.staking.allocation_of(member.account, self.state.task_id).held
            assert held == (member.state not in (MemberState.NONE, MemberState.LEFT))

    @invariant()
    def the_list_holds_each_member_with_duties_once(self) -> None:
        on_duty = (MemberState.ACTIVE, MemberState.LEAVING)
        members = [i for i, m in enumerate(self.state.members, 1) if m.state in on_duty]
        assert sorted(self.state.listed) == members

    @invariant()
    def who_asked_to_leave_sits_in_the_open_round(self) -> None:
        for member_id, member in enumerate(self.state.members, 1):
            if member.state is MemberState.LEAVING:
                assert member_id in self.state.seats.members
                assert alliance.is_open(self.state.round.phase)

    @invariant()
    def a_task_opens_at_most_twice_its_planned_rounds(self) -> None:
        assert self.state.decided <= self.state.opened <= self.state.parameters.max_openings
        assert self.state.decided <= self.state.parameters.planned_rounds

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

    def check_pay(self, before: Alliance, record: RoundRecord) -> None:
        """only_drawn_and_revealed_are_paid"""
        now = alliance.ticked(before, self.at.time)
        revealed = {now.round.proposers + voter for voter in now.work.votes}
        proposed = set(bits(now.round.proposed & record.attested & record.rewarded & ~record.harmful))
        earners = {now.seats.members[seat] for seat in revealed | proposed}
        paid = 0
        for member_id, member in enumerate(self.state.members, 1):
            gained = member.credit - before.member(member_id).credit
            assert gained == 0 or member_id in earners
            paid += gained
        assert paid + record.pool_left == before.pool


TestWholeTask = WholeTask.TestCase
TestWholeTask.settings = settings(max_examples=50, stateful_step_count=40)
