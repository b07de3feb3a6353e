"""What members and onlookers ask of the service, before a real chain."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.alliance.client import AllianceClient
from flock.errors import Refused, UnknownTask
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import Uploader
from tests import patience
from tests.alliance.conftest import ADMIN, METADATA, MODEL, Play, Service


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def blobs_of(clients: ExitStack, service: Service, play: Play, key: LocalAccount, account: str) -> HttpBlobs:
    uploader = Uploader(play.alliance.contracts.deployment_domain, play.task, account, key)
    return clients.enter_context(HttpBlobs(service.url, uploader))


class TestRows:
    def test_a_round_can_be_followed_from_the_draw_to_its_pay(self, play: Play, service: Service) -> None:
        view = play.play(liar=play.members[0].address)
        service.catch_up()
        task = service.get(f"/tasks/{play.task}")
        assert task["state"] == "running"
        assert task["metadata"] == cid_of(digest_of(METADATA))
        assert task["parameters"]["minimum_stake"] == "10000000000000000000"
        assert service.get("/tasks") == [task]
        assert [row["number"] for row in service.get(f"/tasks/{play.task}/rounds")] == [view.number]
        row = service.get(f"/tasks/{play.task}/rounds/{view.number}")
        assert row["outcome"] == "accepted"
        assert row["candidate"] == task["model"] != cid_of(MODEL)
        assert [seat["account"] for seat in row["seats"]] == list(view.accounts)
        assert [seat["role"] for seat in row["seats"]] == ["proposer"] * 2 + ["voter"] * 3
        paid = sum(int(seat["earned"]) for seat in row["seats"])
        members = service.get(f"/tasks/{play.task}/members")
        assert paid == sum(int(member["earned"]) for member in members) > 0

    def test_a_member_is_found_by_its_address_however_it_is_written(
        self, play: Play, service: Service
    ) -> None:
        member = play.members[3].address
        for written in (member, member.lower()):
            assert service.get(f"/tasks/{play.task}/members/{written}")["account"] == member

    def test_lists_come_in_pages(self, play: Play, service: Service) -> None:
        path = f"/tasks/{play.task}/members"
        first = service.get(path, limit=3)
        rest = service.get(path, after=first[-1]["id"])
        assert [member["id"] for member in first + rest] == list(range(1, 9))

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("/tasks/99", "There is no task 99"),
            ("/tasks/99/rounds", "There is no task 99"),
            ("/tasks/99/members", "There is no task 99"),
            ("/tasks/1/rounds/7", "Task 1 has not opened round 7"),
            (f"/tasks/1/members/{ADMIN.address}", "never joined task 1"),
        ],
    )
    def test_what_is_not_there_is_named(self, play: Play, service: Service, path: str, sentence: str) -> None:
        answer = patience.get(service.url + path)
        assert answer.status_code == 404
        assert sentence in answer.json()["detail"]

    def test_health_tells_chain_and_lag(self, play: Play, service: Service, clients: ExitStack) -> None:
        health = clients.enter_context(AllianceClient(service.url)).health()
        assert health.chain_id == 31337
        assert health.contract == play.alliance.contracts.task_manager.address
        assert health.projected == health.head == play.alliance.client.block_number()


class TestPublications:
    def test_a_fresh_proposal_can_be_published_before_the_rows_know_it(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        view = play.alliance.open_round(play.task)
        play.propose(1)
        member = clients.enter_context(AllianceClient(service.url))
        assert member.published(play.task, view.number) == {}
        for _ in range(2):
            member.publish(play.task, view.number, 1, play.cid(1))
        assert member.published(play.task, view.number) == {1: play.cid(1)}

    def test_a_publication_shows_in_the_round_and_survives_a_replay(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        view = play.alliance.open_round(play.task)
        play.propose(0)
        service.catch_up()
        clients.enter_context(AllianceClient(service.url)).publish(play.task, view.number, 0, play.cid(0))
        path = f"/tasks/{play.task}/rounds/{view.number}"
        before = service.get(path)
        assert [seat["cid"] for seat in before["seats"]] == [play.cid(0), None, None, None, None]
        service.projector.reset()
        service.catch_up()
        assert service.get(path) == before

    def test_other_bytes_than_committed_are_refused(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        view = play.alliance.open_round(play.task)
        play.propose(0)
        member = clients.enter_context(AllianceClient(service.url))
        with pytest.raises(Refused, match="did not commit to bafkrei"):
            member.publish(play.task, view.number, 0, play.cid(1))
        assert member.published(play.task, view.number) == {}

    def test_a_seat_that_did_not_propose_has_nothing_to_publish(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        view = play.alliance.open_round(play.task)
        member = clients.enter_context(AllianceClient(service.url))
        with pytest.raises(Refused, match="Seat 0 of round 1 of task 1 has put no commitment on chain"):
            member.publish(play.task, view.number, 0, play.cid(0))

    def test_an_unknown_task_is_named(self, play: Play, service: Service, clients: ExitStack) -> None:
        member = clients.enter_context(AllianceClient(service.url))
        with pytest.raises(UnknownTask, match="There is no task 99"):
            member.publish(99, 1, 0, cid_of(MODEL))

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"seat": 32, "cid": "bafkrei"}, "seat"),
            ({"seat": 0}, "cid"),
            ({"seat": 0, "cid": "a", "x": 1}, "x"),
        ],
    )
    def test_a_malformed_publication_names_the_field(
        self, play: Play, service: Service, body: dict[str, object], field: str
    ) -> None:
        answer = patience.post(f"{service.url}/tasks/1/rounds/1/proposals", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


class TestBlobs:
    def test_members_their_operators_and_the_creator_upload(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        member, operator = play.members[0], Account.create()
        staking = play.alliance.contracts.staking
        staking.set_operator(play.alliance.sender(member), operator.address)
        for number, (key, account) in enumerate([(member, member), (operator, member), (ADMIN, ADMIN)]):
            blobs = blobs_of(clients, service, play, key, account.address)
            cid = blobs.put(bytes([number]))
            assert blobs.get(cid, 1) == bytes([number])

    def test_an_operator_that_was_replaced_uploads_no_more(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        member, operator = play.members[0], Account.create()
        staking, sender = play.alliance.contracts.staking, play.alliance.sender(member)
        staking.set_operator(sender, operator.address)
        staking.set_operator(sender, Account.create().address)
        with pytest.raises(Refused, match="nor its operator"):
            blobs_of(clients, service, play, operator, member.address).put(b"late")

    def test_a_member_that_joined_a_moment_ago_uploads_before_the_rows_know_it(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        newcomer = Account.create()
        play.alliance.join(play.task, newcomer)
        blobs_of(clients, service, play, newcomer, newcomer.address).put(b"fresh")

    def test_a_stranger_and_a_member_that_left_are_refused(
        self, play: Play, service: Service, clients: ExitStack
    ) -> None:
        stranger, gone = Account.create(), play.members[1]
        rounds = play.alliance.contracts.alliance_rounds
        rounds.leave(play.alliance.sender(gone), play.task, gone.address)
        service.catch_up()
        for key in (stranger, gone):
            with pytest.raises(Refused, match="neither a member nor the creator"):
                blobs_of(clients, service, play, key, key.address).put(b"spam")
