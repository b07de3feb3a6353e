"""A round through the bindings, from lock to withdrawal; and what is done twice is done once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import delete

from flock.chain.contracts.alliance_rounds import RevealedVote
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.errors import ContractRefused
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.state import MemberState
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.commitments import Vote
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import Gm
from flock.store.journal import Intent
from flock.testing import RoundDriver
from tests.conftest import FLOCK, SenderOf

BOUNTY = 1_000 * FLOCK
STAKE = Gm(100 * FLOCK)
METADATA = b"\x01" * 32
CANDIDATE = b"\x02" * 32
VOTE = Vote(CANDIDATE, harmful=0, rewarded=0b1, supports=True)
SALT = b"\x03" * 32


@dataclass
class Table(RoundDriver):
    """A task of one proposer and two voters, and three members who have joined it; all vote VOTE."""

    def ballot(self, *, harmful: int = 0, supports: bool = True) -> Vote:
        return VOTE

    def salt(self, seat: int) -> bytes:
        return SALT

    @property
    def votes(self) -> dict[int, Vote]:
        return dict.fromkeys(self.voters, self.ballot())


def parameters(now: int) -> AllianceParameters:
    return AllianceParameters(
        planned_rounds=2,
        proposer_seats=1,
        voter_seats=2,
        minimum_members=3,
        max_members=3,
        propose_seconds=600,
        attest_seconds=600,
        commit_seconds=600,
        reveal_seconds=600,
        starts_at=now,
        start_by=now + 10_000,
        ends_at=now + 100_000,
        minimum_stake=STAKE,
        keeper_fee=FLOCK,
        initial_model=b"\x05" * 32,
    )


@pytest.fixture
def table(
    contracts: Contracts, rich: Callable[[], LocalAccount], sender_of: SenderOf, admin: LocalAccount
) -> Table:
    keeper = sender_of(admin)
    terms = parameters(contracts.client.now())
    task = contracts.task_manager.create(keeper, contracts.token, terms, METADATA, BOUNTY)
    made = Table(contracts, task, keeper)
    for _ in range(3):
        made.join(sender_of(rich()), STAKE)
    return made


def test_a_task_is_read_back_as_it_was_made(table: Table, admin: LocalAccount) -> None:
    manager = table.contracts.task_manager
    task = manager.task_of(table.task)
    assert (task.creator, task.state, task.bounty) == (admin.address, TaskState.OPEN, BOUNTY)
    assert (task.metadata, manager.task_count()) == (METADATA, table.task)
    terms = manager.parameters_of(table.task)
    assert terms == parameters(terms.start_by - 10_000)


def test_an_unknown_task_does_not_exist(table: Table) -> None:
    manager = table.contracts.task_manager
    assert not manager.task_of(99).exists
    with pytest.raises(ContractRefused, match="There is no task 99 on this chain"):
        manager.parameters_of(99)


def test_a_member_is_shown_with_its_stake(table: Table) -> None:
    account = next(iter(table.members))
    member = table.contracts.alliance_rounds.member_of(table.task, account)
    assert (member.state, member.stake, member.weight) == (MemberState.ACTIVE, STAKE, 1)
    held = table.contracts.staking.allocation_of(account, table.task)
    assert (held.gm, held.flock, held.held) == (STAKE, STAKE, True)
    position = table.contracts.staking.position_of(account)
    assert (position.flock, position.gm, position.allocated) == (0, 0, STAKE)


def test_a_round_runs_from_draw_to_pay(table: Table) -> None:
    contracts, rounds = table.contracts, table.contracts.alliance_rounds
    table.open()
    view = table.view
    assert (view.number, view.phase, view.model) == (1, Phase.PROPOSE, b"\x05" * 32)
    assert set(view.accounts) == set(table.members)

    commitment = table.propose()[0]
    assert rounds.proposals(table.task, 1, view.drawn_block) == {0: commitment}
    assert table.view.phase is Phase.ATTEST
    table.attest()
    assert rounds.attestations(table.task, 1, view.drawn_block) == {1: 0b1, 2: 0b1}
    assert (table.view.phase, table.view.tallies) == (Phase.COMMIT, (2,))
    table.commit(table.votes)
    assert table.view.phase is Phase.REVEAL
    table.reveal(table.votes)
    assert {vote.seat: vote.vote for vote in rounds.revealed_votes(table.task, 1, view.drawn_block)} == {
        1: VOTE,
        2: VOTE,
    }
    assert table.view.phase is Phase.TALLY
    assert table.view.voter(1) is Voter.REVEALED
    table.finalise(VOTE)

    (finished,) = rounds.finalised_rounds(table.task)
    assert (finished.number, finished.outcome, finished.candidate) == (1, Outcome.ACCEPTED, CANDIDATE)
    assert (table.view.phase, table.view.model) == (Phase.SEEDED, CANDIDATE)
    proposer = view.accounts[0]
    earned = rounds.member_of(table.task, proposer).owed
    assert earned == finished.proposer_unit > 0
    before = contracts.token.balance_of(proposer)
    rounds.withdraw(table.keeper, table.task, proposer)
    assert contracts.token.balance_of(proposer) == before + earned


class TestDoneTwice:
    """A refusal is success where the chain shows that the goal holds."""

    def test_a_second_join(self, table: Table) -> None:
        member = next(iter(table.members.values()))
        assert table.contracts.alliance_rounds.join(member, table.task, member.address) is None

    def test_a_stranger_s_join_is_refused(self, table: Table) -> None:
        with pytest.raises(ContractRefused):
            table.contracts.alliance_rounds.join(table.keeper, table.task, table.keeper.address)

    def test_a_start_a_draw_and_a_finalise_that_others_did(
        self, table: Table, sender_of: SenderOf, rich: Callable[[], LocalAccount]
    ) -> None:
        rounds, late = table.contracts.alliance_rounds, sender_of(rich())
        rounds.start(table.keeper, table.task)
        assert rounds.start(late, table.task) is None
        table.open()
        assert rounds.draw(late, table.task, 1) is None
        table.propose()
        table.attest()
        table.commit(table.votes)
        table.reveal(table.votes)
        table.finalise(VOTE)
        assert rounds.finalise(late, table.task, 1, CANDIDATE, 0, 0b1) is None

    def test_duties_that_another_installation_did(
        self, table: Table, sender_of: SenderOf, contracts: Contracts
    ) -> None:
        """The same member, with a journal that knows nothing of what was done."""
        rounds = contracts.alliance_rounds
        table.open()
        commitment = table.propose()[0]
        forgetful = table.at(0)
        forget(forgetful, "propose")
        assert rounds.propose(forgetful, table.task, 1, 0, commitment) is None
        forget(forgetful, "propose")
        with pytest.raises(ContractRefused):
            rounds.propose(forgetful, table.task, 1, 0, b"\x09" * 32)
        table.attest()
        forget(table.at(1), "attest")
        assert rounds.attest(table.at(1), table.task, 1, 1, 0b1) is None
        table.commit(table.votes)
        forget(table.at(1), "commit_vote")
        assert rounds.commit_vote(table.at(1), table.task, 1, 1, table.sealed(1, VOTE)) is None
        table.reveal(table.votes)
        assert rounds.reveal_votes(table.at(1), table.task, 1, [RevealedVote(1, VOTE, SALT)]) is None

    def test_leaving_withdrawing_and_closing(self, table: Table) -> None:
        rounds, manager = table.contracts.alliance_rounds, table.contracts.task_manager
        account, member = next(iter(table.members.items()))
        rounds.leave(member, table.task, account)
        assert rounds.leave(member, table.task, account) is None
        assert rounds.withdraw(member, table.task, account) is None
        manager.cancel(table.keeper, table.task)
        assert manager.task_of(table.task).state is TaskState.CANCELLED
        before = table.contracts.token.balance_of(table.keeper.address)
        manager.withdraw_refund(member, table.task, table.keeper.address)
        assert manager.withdraw_refund(member, table.task, table.keeper.address) is None
        assert table.contracts.token.balance_of(table.keeper.address) == before + BOUNTY

    def test_a_seated_member_leaves_when_its_round_is_finalised(self, table: Table) -> None:
        table.open()
        rounds = table.contracts.alliance_rounds
        account, member = next(iter(table.members.items()))
        rounds.leave(member, table.task, account)
        asked = rounds.member_of(table.task, account)
        assert (asked.state, asked.is_active, asked.is_present) == (MemberState.LEAVING, True, True)
        assert rounds.leave(member, table.task, account) is None
        table.contracts.client.rpc.request("evm_increaseTime", 700)
        rounds.finalise(table.keeper, table.task, 1, bytes(32), 0, 0)
        gone = rounds.member_of(table.task, account)
        assert (gone.state, gone.is_active, gone.is_present) == (MemberState.NONE, False, False)

    def test_a_member_who_left_may_join_again(self, table: Table) -> None:
        rounds = table.contracts.alliance_rounds
        account, member = next(iter(table.members.items()))
        rounds.leave(member, table.task, account)
        assert rounds.join(member, table.task, account) is not None
        assert rounds.member_of(table.task, account).is_active


class TestTooLate:
    def test_a_late_proposal_is_told_which_round_it_missed(self, table: Table) -> None:
        table.open()
        table.contracts.client.rpc.request("evm_increaseTime", 700)
        table.mine(1)
        with pytest.raises(
            ContractRefused, match=r"'propose', but the round is in phase 'tally'.*too late"
        ) as refused:
            table.propose()
        assert refused.value.error == "WrongPhase"

    def test_an_attestation_from_a_non_voter(self, table: Table) -> None:
        table.open()
        table.propose()
        with pytest.raises(ContractRefused, match="cannot act for") as refused:
            table.contracts.alliance_rounds.attest(table.keeper, table.task, 1, 1, 0b1)
        assert refused.value.error == "NotActingFor"

    def test_a_reveal_that_does_not_match(self, table: Table) -> None:
        table.open()
        table.propose()
        table.attest()
        table.commit(table.votes)
        table.mine(2)
        wrong = RevealedVote(1, VOTE, b"\x0f" * 32)
        with pytest.raises(ContractRefused, match="seat 1 is not the one it sealed"):
            table.contracts.alliance_rounds.reveal_votes(table.keeper, table.task, 1, [wrong])

    def test_a_reveal_before_the_seed_block_is_told_to_wait(self, table: Table) -> None:
        table.open()
        table.propose()
        table.attest()
        table.commit(table.votes)
        vote = RevealedVote(1, VOTE, SALT)
        assert table.view.seed_block > table.contracts.client.block_number()
        with pytest.raises(ContractRefused, match="block") as refused:
            table.contracts.alliance_rounds.reveal_votes(table.keeper, table.task, 1, [vote])
        assert refused.value.error == "SeedIsNotReady"

    def test_a_forgotten_seed_block_is_named_anew_and_then_votes_are_opened(self, table: Table) -> None:
        rounds = table.contracts.alliance_rounds
        table.open()
        table.propose()
        table.attest()
        table.commit(table.votes)
        forgotten = table.view.seed_block
        table.mine(300)
        votes = [RevealedVote(seat, VOTE, SALT) for seat in (1, 2)]
        rounds.reveal_votes(table.keeper, table.task, 1, votes, forgotten)
        named = table.view.seed_block
        assert named > forgotten
        assert table.view.voter(1) is Voter.COMMITTED
        table.mine(2)
        rounds.reveal_votes(table.keeper, table.task, 1, votes, named)
        assert table.view.phase is Phase.TALLY


class TestStaking:
    def test_an_operator_acts_for_its_owner(self, table: Table, admin: LocalAccount) -> None:
        staking = table.contracts.staking
        account, member = next(iter(table.members.items()))
        assert not staking.acts_for(account, admin.address)
        staking.set_operator(member, admin.address)
        assert staking.acts_for(account, admin.address)
        assert staking.operator_of(account).key == admin.address

    def test_a_lock_needs_no_second_allowance(self, table: Table) -> None:
        contracts = table.contracts
        member = next(iter(table.members.values()))
        contracts.token.allow(member, contracts.staking.address, 10 * FLOCK)
        contracts.staking.lock(member, contracts.token, 10 * FLOCK, 365)
        approvals = next(cost for cost in member.costs() if cost.kind == "approve")
        assert approvals.count == 2  # the fixture's and this test's own

    def test_longer_locks_weigh_more(self, contracts: Contracts) -> None:
        staking = contracts.staking
        assert staking.multiplier_for(30) == FLOCK
        assert staking.multiplier_for(365) == FLOCK + FLOCK * 219 * 335 // (100 * 365)

    def test_nothing_owed_to_the_treasury_is_no_error(self, table: Table) -> None:
        assert table.contracts.staking.pay_treasury(table.keeper) is None
        assert table.contracts.task_manager.pay_treasury(table.keeper) is None

    def test_stake_below_the_minimum_is_refused_with_both_numbers(
        self, table: Table, contracts: Contracts, admin: LocalAccount
    ) -> None:
        contracts.staking.lock(table.keeper, contracts.token, STAKE, 30)
        with pytest.raises(ContractRefused, match="99 gmFLOCK is below the task's minimum of 100 gmFLOCK"):
            contracts.staking.allocate(table.keeper, table.task, 99 * FLOCK)


def forget(sender: Sender, kind: str) -> None:
    """Lose the journal's entries of a kind, as a new installation has."""
    with sender.journal.database.writing() as session:
        session.execute(delete(Intent).where(Intent.kind == kind, Intent.sender == sender.address))
