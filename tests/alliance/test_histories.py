"""All who read events understand them alike, and as the contracts do: one script of events through each of them."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import select

from flock.alliance.history import read_history
from flock.alliance.models import MemberRow, SeatRow
from flock.alliance.product import AllianceProduct
from flock.chain.events import Event, decode_event
from flock.devnet.network import Participant
from flock.devnet.rounds import RoundLog
from flock.diagnostics.explain.account import KnownKeys, explain_account
from flock.diagnostics.local_journal import LocalLog
from flock.economy.history import read_history as read_economy
from flock.protocol.alliance.round_history import SeatHistory
from flock.protocol.alliance.task_history import TaskHistory
from flock.protocol.alliance.votes import Outcome, Verdict
from flock.protocol.economy.history import WorkPaid
from flock.store.database import Database
from flock.tasks.product import projector_of
from tests.alliance.conftest import Alliance, Play, Stage
from tests.conftest import fresh_database, undone

REPLAY = re.findall(
    r"```python\n(.*?)```", (Path(__file__).parents[2] / "docs/verifying.md").read_text(), re.DOTALL
)[0]


@pytest.fixture(scope="module")
def played(
    stage: Stage, members: list[LocalAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Play]:
    """Rounds of every outcome: a lie, an update that harms, a vote kept back, nobody there, a member that leaves.

    They are played once; the tests only read.
    """
    client = stage.contracts.client
    with (
        closing(fresh_database(tmp_path_factory.mktemp("played") / "senders.db")) as database,
        undone(client),
    ):
        play = Play(Alliance(client, stage.contracts, database), stage.task, members)
        play_every_outcome(play)
        yield play


def play_every_outcome(play: Play) -> None:
    liar, harmful, silent, leaver = (play.members[place].address for place in (0, 3, 1, 4))
    missed = {liar, harmful}
    while missed:
        view = play.play(liar=liar, harmful=harmful)
        missed -= {harmful} & {*view.accounts[:2]} | {liar} & {*view.accounts[2:]}
    while silent not in play.play(keeps_back=silent).accounts[2:]:
        pass
    play.play(supports=False)
    play.alliance.open_round(play.task)
    play.rounds.leave(play.alliance.sender(play.members[4]), play.task, leaver)
    play.close_missed()
    play.play(liar=liar, harmful=harmful)
    play.rounds.withdraw(play.alliance.sender(play.members[2]), play.task, play.members[2].address)


@pytest.fixture(scope="module")
def history(played: Play) -> TaskHistory:
    return read_history(played.alliance.contracts, played.task)


def all_seats(history: TaskHistory) -> list[SeatHistory]:
    return [seat for round_ in history.rounds.values() for seat in round_.seats]


def test_the_script_has_a_round_of_every_kind(history: TaskHistory) -> None:
    assert {round_.outcome for round_ in history.rounds.values()} == set(Outcome)
    assert any(seat.fate and seat.fate.kept_back for seat in all_seats(history))
    assert any(round_.slashes for round_ in history.rounds.values())
    reasons = {str(seat.fate.reason) for seat in all_seats(history) if seat.fate}
    assert {"paid", "harmful", "did_not_reveal", "outvoted", "outage", "round_rejected"} <= reasons


def test_the_history_says_what_the_contracts_say(played: Play, history: TaskHistory) -> None:
    """Who has how many strikes, and has earned what."""
    for account in history.ever_joined:
        member = played.rounds.member_of(played.task, account)
        assert len(history.strikes_of(account).rounds) == member.strikes.bit_count(), account
        assert sum(seat.paid for seat in history.seats_of(account)) == member.earned


def test_the_rows_say_the_same_of_every_seat_and_member(
    played: Play, history: TaskHistory, database: Database
) -> None:
    contracts = played.alliance.contracts
    projector = projector_of(AllianceProduct(contracts, database), contracts, database)
    while projector.advance():
        pass
    with database.reading() as session:
        of_task = select(SeatRow).where(SeatRow.task == played.task).order_by(SeatRow.round, SeatRow.seat)
        seats = session.scalars(of_task).all()
        members = session.scalars(select(MemberRow).where(MemberRow.task == played.task)).all()
    told = [
        (seat.account, seat.fate.verdict, seat.fate.reason, seat.paid)
        for seat in all_seats(history)
        if seat.fate
    ]
    assert [(row.account, row.verdict, row.reason, row.earned) for row in seats] == told
    for row in members:
        assert row.strikes.bit_count() == len(history.strikes_of(row.account).rounds)
        assert row.slashed_flock == history.slashed_of(row.account)


def test_explain_and_the_demos_report_say_the_same(
    played: Play, history: TaskHistory, tmp_path: Path
) -> None:
    contracts = played.alliance.contracts
    log = LocalLog(tmp_path, contracts.client.identity)
    reports = RoundLog(contracts, played.task)
    for member in played.members:
        account = member.address
        page = explain_account(contracts, history, account, wallet=KnownKeys(None, frozenset(), 0), log=log)
        report = reports.report_member(Participant("", account, 0, None, tmp_path), 0)
        seats = history.seats_of(account)
        assert int(page.earned) == int(report.earned) == sum(seat.paid for seat in seats)
        assert int(page.slashed) == int(report.slashed) == history.slashed_of(account)
        assert page.strikes == history.strikes_of(account).rounds
        struck = [seat for seat in seats if seat.fate and seat.fate.verdict is Verdict.BAD]
        assert report.strikes == len(struck) == sum(line.verdict == "struck" for line in page.seats)


def test_the_economy_pays_whom_the_rounds_paid(played: Play, history: TaskHistory) -> None:
    events = read_economy(played.alliance.contracts).events
    paid = [event for event in events if isinstance(event, WorkPaid) and event.task == played.task]
    assert [[each.account for each in event.earned] for event in paid] == [
        [seat.account for seat in round_.seats if seat.paid]
        for round_ in history.rounds.values()
        if round_.outcome is not Outcome.VOID
    ]


def test_the_independent_replay_of_the_documents_owes_the_same(played: Play, history: TaskHistory) -> None:
    contracts, client = played.alliance.contracts, played.alliance.client
    names: dict[str, Any] = {}
    exec(compile(REPLAY, "docs/verifying.md", "exec"), names)  # noqa: S102 - it is our own page
    owed = names["replay"](
        events_of(played),
        contracts.task_manager.parameters_of(played.task),
        contracts.task_manager.task_of(played.task).bounty,
        contracts.alliance_rounds.domain,
        played.task,
        lambda number: bytes.fromhex(client.block(number).hash[2:]),
    )
    for account in history.ever_joined:
        earned = sum(seat.paid for seat in history.seats_of(account))
        withdrawn = sum(each.wei for each in history.withdrawn_by(account))
        assert owed[account] == earned - withdrawn


def events_of(played: Play) -> list[Event]:
    contracts = played.alliance.contracts
    topics = [None, played.task.to_bytes(32, "big")]
    logs = contracts.client.logs(
        [contracts.alliance_rounds.address], contracts.book.deployed_block, "latest", topics
    )
    return [event for event in map(decode_event, logs) if event]
