"""A node's steps around a round: become a member, wait for a coordinator or not, push on, claim, leave."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from structlog.testing import capture_logs

from flock.alliance.keeper import Push, due_push, push
from flock.errors import BadConfig, ContractRefused, NoFunds, NoStake
from flock.node.steps import keep
from flock.node.steps.claim import ClaimEarnings, Leave
from flock.node.steps.commit_vote import CommitVote
from flock.node.steps.depart import Depart
from flock.node.steps.enrol import LOOK_SECONDS, Enrol
from flock.node.steps.patience import should_wait_for_coordinator
from flock.node.steps.train import Train
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import WAD
from flock.training.app import AppRunner
from tests.node.arena import PHASE_SECONDS, PROPOSERS, STAKE, Arena, Member
from tests.node.member_app import broken, untrained

Rich = Callable[[], LocalAccount]


def heard(member: Member) -> Member:
    """The member with a coordinator that answers."""
    context = replace(member.context, hears_coordinator=lambda: True)
    return Member(context, member.duties)


class TestEnrol:
    def test_who_has_flock_locks_stakes_and_joins(self, empty_arena: Arena, rich: Rich) -> None:
        member = empty_arena.node(rich())
        assert member.enrol()
        standing = empty_arena.contracts.alliance_rounds.member_of(empty_arena.task, member.account)
        assert (standing.state, standing.stake, standing.weight) == (MemberState.ACTIVE, STAKE, 1)

    def test_a_second_join_sends_nothing(self, empty_arena: Arena, rich: Rich) -> None:
        """After a restart the node finds itself a member."""
        member = empty_arena.node(rich())
        member.enrol()
        block = empty_arena.contracts.client.block_number()
        member.enrol()
        assert empty_arena.contracts.client.block_number() == block

    def test_a_join_that_a_reorganisation_took_back_is_done_again(
        self, empty_arena: Arena, rich: Rich
    ) -> None:
        member, rpc = empty_arena.node(rich()), empty_arena.contracts.client.rpc
        seconds = itertools.count(step=int(LOOK_SECONDS)).__next__
        enrol = Enrol(member.context, STAKE, 30, [], clock=seconds)
        before = rpc.request("evm_snapshot")
        assert enrol()
        assert not enrol()
        rpc.request("evm_revert", before)
        assert enrol()
        rounds = empty_arena.contracts.alliance_rounds
        assert rounds.member_of(empty_arena.task, member.account).is_active

    def test_who_has_left_meanwhile_is_not_made_to_join_again(self, empty_arena: Arena, rich: Rich) -> None:
        member, rounds = empty_arena.node(rich()), empty_arena.contracts.alliance_rounds
        enrol = Enrol(member.context, STAKE, 30, [], clock=itertools.count(step=int(LOOK_SECONDS)).__next__)
        assert enrol()
        rounds.leave(member.context.sender, empty_arena.task, member.account)
        assert not enrol()
        assert not rounds.member_of(empty_arena.task, member.account).is_active

    def test_what_was_locked_before_a_crash_is_not_locked_again(self, empty_arena: Arena, rich: Rich) -> None:
        member = empty_arena.node(rich())
        contracts, sender = empty_arena.contracts, member.context.sender
        contracts.staking.lock(sender, contracts.token, STAKE, 30)
        member.enrol()
        assert contracts.staking.allocation_of(member.account, empty_arena.task).flock == STAKE

    def test_a_larger_stake_weighs_more(self, empty_arena: Arena, rich: Rich) -> None:
        member = empty_arena.node(rich())
        Enrol(member.context, 3 * STAKE, 30, [])()
        standing = empty_arena.contracts.alliance_rounds.member_of(empty_arena.task, member.account)
        assert (standing.stake, standing.weight) == (3 * STAKE, 3)

    def test_without_flock_it_is_told_how_much_is_missing(self, empty_arena: Arena, rich: Rich) -> None:
        member = empty_arena.node(rich())
        with pytest.raises(NoFunds, match=r"holds 10,000 FLOCK, and 20,000 more must be locked"):
            Enrol(member.context, 20_000 * WAD, 30, [])()
        assert empty_arena.contracts.token.balance_of(member.account) == 10_000 * WAD

    def test_an_operator_cannot_stake_for_its_owner(self, empty_arena: Arena, rich: Rich) -> None:
        owner, operator = rich(), rich()
        with pytest.raises(NoStake, match=rf"{owner.address} has too little gmFLOCK on task"):
            empty_arena.node(operator, owner.address).enrol()

    def test_an_operator_joins_with_the_stake_its_owner_has_put_up(
        self, empty_arena: Arena, rich: Rich
    ) -> None:
        owner, operator = rich(), rich()
        contracts, sender = empty_arena.contracts, empty_arena.sender_of(owner)
        contracts.staking.lock(sender, contracts.token, STAKE, 30)
        contracts.staking.allocate(sender, empty_arena.task, STAKE)
        node = empty_arena.node(operator, owner.address)
        with pytest.raises(ContractRefused, match=rf"{operator.address} cannot act for {owner.address}"):
            node.enrol()
        contracts.staking.set_operator(sender, operator.address)
        assert node.enrol()
        assert contracts.alliance_rounds.member_of(empty_arena.task, owner.address).is_active

    def test_an_app_that_cannot_evaluate_the_model_stakes_nothing(
        self, empty_arena: Arena, rich: Rich
    ) -> None:
        member = empty_arena.node(rich())
        context = replace(member.context, app=AppRunner(broken, name="hospital.client:app"))
        with pytest.raises(
            BadConfig, match=r"so nothing was staked: hospital\.client:app failed to evaluate"
        ):
            Enrol(context, STAKE, 30, [])()
        assert empty_arena.contracts.staking.allocation_of(member.account, empty_arena.task).flock == 0

    def test_an_app_that_cannot_train_stakes_nothing(self, empty_arena: Arena, rich: Rich) -> None:
        member = empty_arena.node(rich())
        context = replace(member.context, app=AppRunner(untrained, name="hospital.client:app"))
        with pytest.raises(BadConfig, match=r"so nothing was staked: hospital\.client:app failed to train"):
            Enrol(context, STAKE, 30, [])()
        assert empty_arena.contracts.staking.allocation_of(member.account, empty_arena.task).flock == 0

    def test_a_task_that_is_cancelled_is_not_joined(self, empty_arena: Arena, rich: Rich) -> None:
        empty_arena.contracts.task_manager.cancel(empty_arena.keeper, empty_arena.task)
        member = empty_arena.node(rich())
        member.enrol()
        assert empty_arena.contracts.staking.allocation_of(member.account, empty_arena.task).flock == 0


class TestDepart:
    """``ended`` counts how often the node was told to end."""

    @pytest.fixture
    def ended(self) -> list[str]:
        return []

    @pytest.fixture
    def member(self, empty_arena: Arena, rich: Rich) -> Member:
        member = empty_arena.node(rich())
        member.enrol()
        return member

    @pytest.fixture
    def depart(self, member: Member, ended: list[str]) -> Depart:
        seconds = itertools.count(step=int(LOOK_SECONDS)).__next__
        return Depart(member.context, lambda: ended.append("ended"), clock=seconds)

    def test_a_member_goes_on(self, depart: Depart, ended: list[str]) -> None:
        assert (depart(), ended) == (False, [])

    def test_who_was_made_to_leave_ends_once_it_is_off_the_list(
        self, empty_arena: Arena, member: Member, depart: Depart, ended: list[str]
    ) -> None:
        member.context.memory.keep_wish_to_leave(True)
        assert (depart(), ended) == (False, [])
        empty_arena.contracts.alliance_rounds.leave(member.context.sender, empty_arena.task, member.account)
        assert (depart(), ended) == (True, ["ended"])

    def test_who_left_by_itself_goes_on(
        self, empty_arena: Arena, member: Member, depart: Depart, ended: list[str]
    ) -> None:
        """As for its privacy: it may still have bytes that others need."""
        empty_arena.contracts.alliance_rounds.leave(member.context.sender, empty_arena.task, member.account)
        assert (depart(), ended) == (False, [])

    def test_who_was_enrolled_again_goes_on(self, member: Member, depart: Depart, ended: list[str]) -> None:
        member.context.memory.keep_wish_to_leave(True)
        member.context.memory.keep_wish_to_leave(False)
        assert (depart(), ended) == (False, [])


class TestPatience:
    """A node leaves a duty to the coordinator for half a phase, if one answers."""

    @pytest.mark.parametrize(("share", "waits"), [(0.1, True), (0.45, True), (0.55, False), (0.95, False)])
    def test_with_a_coordinator_it_waits_half_a_phase(self, arena: Arena, share: float, waits: bool) -> None:
        arena.open_round()
        member = heard(arena.at(0))
        arena.pass_time(int(PHASE_SECONDS * share))
        assert should_wait_for_coordinator(member.context, arena.view) is waits

    def test_without_one_it_waits_for_nobody(self, arena: Arena) -> None:
        arena.open_round()
        assert not should_wait_for_coordinator(arena.at(0).context, arena.view)

    def test_training_begins_by_itself_after_half_the_phase(self, arena: Arena) -> None:
        arena.open_round()
        member = heard(arena.at(0))
        step = Train(member.context, member.duties)
        assert not step()
        arena.pass_time(PHASE_SECONDS * 6 // 10)
        assert step()
        assert arena.view.proposed == 0b1
        assert not step()

    def test_voting_begins_by_itself_after_half_the_phase(self, arena: Arena) -> None:
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        member = heard(arena.voters[0])
        step = CommitVote(member.context, member.duties)
        assert not step()
        arena.pass_time(PHASE_SECONDS * 6 // 10)
        assert step()
        assert not step()

    def test_nobody_trains_without_a_seat(self, arena: Arena) -> None:
        arena.open_round()
        voter = arena.voters[0]
        assert not Train(voter.context, voter.duties)()


class TestKeep:
    """Somebody else may push a task on first: the coordinator, if one answers, gets more time than the members."""

    def test_a_task_that_others_may_push_on_is_left_to_them_at_first(self, arena: Arena) -> None:
        assert keep.PATIENCE_ALONE_SECONDS < keep.PATIENCE_SECONDS
        assert not keep.Keep(next(iter(arena.members.values())).context)()

    @pytest.fixture(autouse=True)
    def _no_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Members wait for each other's turns beside their patience; here there is but one."""
        monkeypatch.setattr(keep, "TURN_SECONDS", 0.0)

    def test_once_nobody_has_it_pushes_on_itself(self, arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keep, "PATIENCE_ALONE_SECONDS", 0.0)
        assert keep.Keep(next(iter(arena.members.values())).context)()
        assert arena.view.phase is Phase.SEEDED

    def test_a_coordinator_that_answers_is_given_longer(
        self, arena: Arena, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keep, "PATIENCE_ALONE_SECONDS", 0.0)
        step = keep.Keep(heard(next(iter(arena.members.values()))).context)
        assert not step()
        monkeypatch.setattr(keep, "PATIENCE_SECONDS", 0.0)
        assert step()

    def test_while_members_have_their_phase_nothing_is_due(
        self, arena: Arena, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keep, "PATIENCE_ALONE_SECONDS", 0.0)
        arena.open_round()
        assert not keep.Keep(arena.at(0).context)()


class TestClaimAndLeave:
    @pytest.fixture
    def paid(self, arena: Arena) -> Member:
        """A proposer of an accepted round."""
        arena.open_round()
        proposer = arena.at(0)
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        arena.vote()
        arena.finish()
        return proposer

    def test_earnings_above_the_threshold_are_withdrawn(self, arena: Arena, paid: Member) -> None:
        rounds, token = arena.contracts.alliance_rounds, arena.contracts.token
        credit = rounds.member_of(arena.task, paid.account).owed
        before = token.balance_of(paid.account)
        assert credit > 0
        assert ClaimEarnings(paid.context, threshold=credit)()
        assert token.balance_of(paid.account) == before + credit
        assert not ClaimEarnings(paid.context, threshold=1)()

    def test_crumbs_wait(self, arena: Arena, paid: Member) -> None:
        credit = arena.contracts.alliance_rounds.member_of(arena.task, paid.account).owed
        assert not ClaimEarnings(paid.context, threshold=credit + 1)()

    def test_a_node_stays_while_the_task_goes_on(self, arena: Arena, paid: Member) -> None:
        assert not Leave(paid.context)()
        assert arena.contracts.alliance_rounds.member_of(arena.task, paid.account).is_active

    def test_at_the_end_of_the_task_everything_comes_back(self, arena: Arena, paid: Member) -> None:
        """The task's time passes in the middle of a round, which is its last."""
        rounds = arena.contracts.alliance_rounds
        arena.open_round()
        arena.pass_time(arena.contracts.task_manager.parameters_of(arena.task).ends_at)
        arena.finish()
        assert arena.view.phase is Phase.ENDED
        assert ClaimEarnings(paid.context, threshold=10**30)()
        with capture_logs() as lines:
            assert Leave(paid.context)()
        member = rounds.member_of(arena.task, paid.account)
        assert (member.state, member.owed) == (MemberState.NONE, 0)
        assert [line["event"] for line in lines] == ["left", "task_is_over"]
        assert "Ctrl-C ends this node" in lines[-1]["mend"]
        assert not arena.contracts.staking.allocation_of(paid.account, arena.task).held

    def test_an_operator_that_kept_the_task_going_takes_its_fee_home(
        self, arena: Arena, paid: Member, rich: Rich
    ) -> None:
        """Keeper fees belong to the key that sent the transaction, not to the owner it works for."""
        rounds, token, parameters = (
            arena.contracts.alliance_rounds,
            arena.contracts.token,
            arena.contracts.task_manager.parameters_of(arena.task),
        )
        operator = arena.node(rich(), owner=paid.account)
        address = operator.context.sender.address
        due = due_push(arena.contracts, arena.task, parameters, arena.view, address)
        assert due is Push.DRAW
        push(arena.contracts, operator.context.sender, arena.task, arena.view, due)
        arena.pass_time(parameters.ends_at)
        arena.finish()
        fee, before = rounds.member_of(arena.task, address).owed, token.balance_of(address)
        assert fee > 0
        assert ClaimEarnings(operator.context, threshold=10**30)()
        assert token.balance_of(address) == before + fee
