"""The rows are what the chain says: in the end, after a replay, and after a reorganisation."""

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Select, inspect, select

from flock.alliance import queries as service
from flock.alliance.models import MemberRow, RoundRow, SeatRow, TaskAccountRow, TaskRow
from flock.alliance.product import AllianceProduct
from flock.alliance.schemas import MemberFilter, RoundFilter
from flock.chain.contracts.deployed import Contracts
from flock.errors import BadConfig
from flock.protocol.alliance.state import MemberState
from flock.protocol.alliance.votes import Verdict
from flock.protocol.core.cid import cid_of
from flock.store.database import Base, Database
from flock.tasks.product import projector_of
from flock.tasks.projector import Projector
from flock.tasks.rows import ChainEvent
from tests.alliance.catalogue import Catalogue, catalogued
from tests.alliance.conftest import ADMIN, BOUNTY, FLOCK, Alliance, Play

TABLES = (TaskRow, RoundRow, SeatRow, MemberRow, TaskAccountRow, ChainEvent)


@pytest.fixture
def rows(either_database: Database) -> Database:
    return either_database


@pytest.fixture
def projector(alliance: Alliance, rows: Database) -> Projector:
    return alliance_projector(alliance.contracts, rows)


def alliance_projector(contracts: Contracts, rows: Database) -> Projector:
    return projector_of(AllianceProduct(contracts, rows), contracts, rows)


def catalogue_projector(contracts: Contracts, rows: Database) -> Projector:
    return projector_of(Catalogue(contracts, rows, ADMIN.address), contracts, rows)


def catch_up(projector: Projector) -> None:
    while projector.advance():
        pass


@pytest.fixture
def catalogue(alliance: Alliance, rows: Database) -> Projector:
    """A second product's projector, on the same database."""
    return catalogue_projector(alliance.contracts, rows)


def journal(rows: Database, product: str) -> list[tuple[int, int]]:
    """Where the events are that a product keeps."""
    kept = select(ChainEvent.block, ChainEvent.index).where(ChainEvent.reader == product)
    with rows.reading() as session:
        return sorted((row.block, row.index) for row in session.execute(kept))


def in_order(table: type[Base]) -> Select[tuple[object, ...]]:
    return select(table.__table__).order_by(*inspect(table).primary_key)


def dump(rows: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every projected row."""
    with rows.reading() as session:
        return {
            table.__tablename__: [tuple(row) for row in session.execute(in_order(table)).all()]
            for table in TABLES
        }


def assert_rows_agree_with_the_chain(rows: Database, play: Play) -> None:
    """Whatever both the rows and the contract know is the same."""
    view = play.alliance.view(play.task)
    with rows.reading() as session:
        task = service.task(session, play.task)
        members = service.members(session, play.task, MemberFilter(limit=100))
    assert (task.opened, task.decided, task.pool) == (view.opened, view.decided, view.pool)
    assert task.model == cid_of(view.model)
    assert task.members == play.alliance.contracts.alliance_rounds.member_count(play.task)
    for row in members:
        member = play.alliance.contracts.alliance_rounds.member_of(play.task, row.account)
        assert row.id == member.id
        if member.state is MemberState.NONE:
            assert row.state == "left"
        else:
            assert row.state.name == member.state.name
            assert (row.stake, row.weight) == (member.stake, member.weight)
        assert row.withdrawable == member.owed
        assert row.strikes == member.strikes.bit_count()
        assert row.allocated == play.alliance.contracts.staking.stake_of(row.account, play.task)


def test_rows_follow_the_chain_through_every_kind_of_round(
    play: Play, projector: Projector, rows: Database
) -> None:
    liar, harmful = play.members[0].address, play.members[3].address
    play.play(liar=liar, harmful=harmful)
    catch_up(projector)
    assert_rows_agree_with_the_chain(rows, play)
    play.play(supports=False)
    play.nobody_comes()
    play.alliance.contracts.alliance_rounds.withdraw(
        play.alliance.sender(play.members[1]), play.task, play.members[1].address
    )
    for _ in range(2):
        play.play(liar=liar, harmful=harmful)
    catch_up(projector)
    assert_rows_agree_with_the_chain(rows, play)
    with rows.reading() as session:
        outcomes = [row.outcome for row in service.rounds(session, play.task, RoundFilter(limit=100))]
    assert outcomes == ["accepted", "rejected", "void", "accepted", "accepted"]


def test_what_a_round_paid_and_whom_it_struck_is_in_its_seats(
    play: Play, projector: Projector, rows: Database
) -> None:
    liar = play.members[0].address
    view = play.play_until_seated_as_voter(liar)
    catch_up(projector)
    with rows.reading() as session:
        seats = {
            seat.account: seat
            for seat in session.scalars(select(SeatRow).where(SeatRow.round == view.number))
        }
    assert seats[liar].verdict is Verdict.BAD
    assert seats[liar].earned == 0
    others = [seat for account, seat in seats.items() if account != liar]
    assert {seat.verdict for seat in others} == {Verdict.GOOD}
    assert all(seat.earned > 0 for seat in others)


def test_all_that_was_paid_in_is_accounted_for(
    alliance: Alliance, members: list[LocalAccount], projector: Projector, rows: Database
) -> None:
    task = alliance.create_task(planned_rounds=2, proposer_seats=1, voter_seats=1, minimum_members=2)
    play = Play(alliance, task, members[:2])
    for member in play.members:
        alliance.join(task, member)
    for _ in range(2):
        play.play()
    play.rounds.close(alliance.sender(ADMIN), task)
    catch_up(projector)
    with rows.reading() as session:
        task = session.get_one(TaskRow, play.task)
        members_of = select(MemberRow).where(MemberRow.task == play.task)
        earned = sum(member.earned for member in session.scalars(members_of))
        accounts_of = select(TaskAccountRow).where(TaskAccountRow.task == play.task)
        fees = sum(account.keeper_fees for account in session.scalars(accounts_of))
    assert task.state == "closed"
    assert earned + fees + (task.refund or 0) + (task.to_treasury or 0) == BOUNTY


def test_a_slashed_member_loses_weight_and_at_last_its_place(
    play: Play, projector: Projector, rows: Database
) -> None:
    target = play.members[2].address
    assert play.rounds.member_of(play.task, target).weight == 3
    play.play_until_dropped(target)
    catch_up(projector)
    assert_rows_agree_with_the_chain(rows, play)
    with rows.reading() as session:
        member = service.member(session, play.task, target)
        seats = session.scalars(select(SeatRow).where(SeatRow.account == target)).all()
    assert member.state == "left"  # what is left of its stake is free
    assert member.slashed == 30 * FLOCK
    assert sum(seat.slashed for seat in seats) == member.slashed


def test_an_id_that_was_given_back_is_another_members_without_its_past(
    play: Play, projector: Projector, rows: Database
) -> None:
    first, second = play.members[5], play.members[4]
    rounds = play.alliance.contracts.alliance_rounds
    given_back = rounds.member_of(play.task, first.address).id
    for member in (first, second):
        rounds.leave(play.alliance.sender(member), play.task, member.address)
    for member in (second, first):
        rounds.join(play.alliance.sender(member), play.task, member.address)
    assert rounds.member_of(play.task, first.address).id == given_back
    rounds.leave(play.alliance.sender(first), play.task, first.address)
    catch_up(projector)
    assert_rows_agree_with_the_chain(rows, play)
    with rows.reading() as session:
        numbers = [each.number for each in service.members(session, play.task, MemberFilter(limit=100))]
    assert numbers == list(range(1, len(play.members) + 1))


def test_a_seated_member_is_leaving_until_its_round_is_finalised(
    play: Play, projector: Projector, rows: Database
) -> None:
    view = play.alliance.open_round(play.task)
    seated = next(member for member in play.members if member.address in view.accounts)
    play.rounds.leave(play.alliance.sender(seated), play.task, seated.address)
    for state in ("leaving", "left"):
        catch_up(projector)
        assert_rows_agree_with_the_chain(rows, play)
        with rows.reading() as session:
            assert service.member(session, play.task, seated.address).state == state
        if state == "leaving":
            play.close_missed()


def test_a_cancelled_task_shows_its_refund(alliance: Alliance, projector: Projector, rows: Database) -> None:
    task = alliance.create_task()
    alliance.fund_and_cancel(task)
    catch_up(projector)
    with rows.reading() as session:
        answer = service.task(session, task)
    assert answer.state == "cancelled"
    assert answer.refund == answer.bounty == BOUNTY + 5


def test_replaying_from_the_first_block_gives_the_same_rows(
    play: Play, projector: Projector, rows: Database
) -> None:
    for _ in range(2):
        play.play(liar=play.members[0].address, harmful=play.members[1].address)
        catch_up(projector)
    before = dump(rows)
    projector.reset()
    assert not any(dump(rows).values())
    catch_up(projector)
    assert dump(rows) == before


def test_a_reorganisation_leaves_the_rows_of_the_surviving_chain(
    play: Play, projector: Projector, rows: Database
) -> None:
    play.play()
    catch_up(projector)
    before = dump(rows)
    fork = play.alliance.client.rpc.request("evm_snapshot")
    play.play(liar=play.members[0].address)
    catch_up(projector)
    assert dump(rows) != before
    play.alliance.client.rpc.request("evm_revert", fork)
    play.alliance.mine(40)
    catch_up(projector)
    assert dump(rows) == before
    assert_rows_agree_with_the_chain(rows, play)


def test_two_processes_on_one_database_apply_nothing_twice(
    play: Play, projector: Projector, rows: Database
) -> None:
    other = alliance_projector(play.alliance.contracts, rows)
    for _ in range(2):
        play.play()
        other.advance()
        projector.advance()
    assert_rows_agree_with_the_chain(rows, play)


def test_the_rows_of_another_deployment_are_not_continued(
    play: Play, projector: Projector, rows: Database
) -> None:
    catch_up(projector)
    stranger = alliance_projector(play.alliance.elsewhere(), rows)
    with pytest.raises(BadConfig, match="rows of another deployment"):
        stranger.require_same_deployment()


class TestTwoProducts:
    def test_each_undoes_a_reorganisation_for_itself(
        self, play: Play, projector: Projector, catalogue: Projector, rows: Database
    ) -> None:
        for each in (projector, catalogue):
            catch_up(each)
        before = dump(rows)
        fork = play.alliance.client.rpc.request("evm_snapshot")
        undone = play.alliance.create_task()
        for each in (projector, catalogue):
            catch_up(each)
        assert catalogued(rows) == [play.task, undone]
        kept = journal(rows, "catalogue")
        play.alliance.client.rpc.request("evm_revert", fork)
        play.alliance.mine(40)
        catch_up(projector)
        with rows.reading() as session:
            assert session.get(TaskRow, undone) is None
        assert journal(rows, "catalogue") == kept
        assert catalogued(rows) == [play.task, undone]
        catch_up(catalogue)
        assert catalogued(rows) == [play.task]
        assert dump(rows) == before

    def test_making_the_rows_of_one_anew_leaves_those_of_the_other(
        self, play: Play, projector: Projector, catalogue: Projector, rows: Database
    ) -> None:
        play.play()
        for each in (projector, catalogue):
            catch_up(each)
        before, listed = dump(rows), catalogued(rows)
        catalogue.reset()
        assert (catalogued(rows), journal(rows, "catalogue"), catalogue.projected()) == ([], [], 0)
        assert projector.projected() == play.alliance.client.block_number()
        assert dump(rows)["seats"] == before["seats"]
        projector.reset()
        for each in (catalogue, projector):
            catch_up(each)
        assert (dump(rows), catalogued(rows)) == (before, listed)

    def test_they_must_be_of_one_deployment(
        self, play: Play, projector: Projector, catalogue: Projector, rows: Database
    ) -> None:
        catch_up(projector)
        catalogue.require_same_deployment()
        stranger = catalogue_projector(play.alliance.elsewhere(), rows)
        with pytest.raises(BadConfig, match="rows of another deployment"):
            stranger.require_same_deployment()
