"""Making a task over HTTP: checked field by field, signed by its creator or paid for by the service."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.alliance.product import AllianceProduct
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import Wei
from flock.service.app import Operation, build
from flock.store.database import Database
from flock.tasks.rows import SponsoredTaskRow
from flock.tasks.sponsor import SponsorTerms
from flock.training.arrays import encode_model
from flock.web.uploads import Limits
from tests import patience
from tests.alliance.conftest import ADMIN, FLOCK, NEVER, Play, Service
from tests.alliance.signed_in import put_draft, send, signed_in
from tests.conftest import fresh_database
from tests.web.conftest import serve_in_thread

MODEL = encode_model({"w": np.ones((2, 3), np.float32)})
CID = cid_of(digest_of(MODEL))
METADATA = {"title": "Wine", "train": {"local-epochs": 2, "lr": 0.1}}


def asked(**changes: Any) -> dict[str, Any]:
    return {"bounty": str(100 * FLOCK), "metadata": METADATA, "initial_model": CID, **changes}


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"deeper": document}
    return document


@pytest.fixture
def creator(play: Play) -> LocalAccount:
    """Somebody with money for one task."""
    key: LocalAccount = Account.create()
    play.alliance.contracts.token.transfer(play.alliance.sender(ADMIN), key.address, 100 * FLOCK)
    play.alliance.client.rpc.request("anvil_setBalance", key.address, hex(10**20))
    return key


@pytest.fixture
def web(service: Service, creator: LocalAccount) -> Iterator[httpx.Client]:
    with signed_in(service.url, creator) as opened:
        put_draft(opened, MODEL)
        yield opened


class TestCreation:
    def test_a_creator_signs_what_the_service_answers(
        self, play: Play, service: Service, creator: LocalAccount, web: httpx.Client
    ) -> None:
        friends = [ADMIN.address, creator.address.lower()]
        answer = web.post("/tasks", json=asked(allow_list=friends, parameters={"planned_rounds": 7}))
        assert answer.status_code == 200, answer.text
        offer = answer.json()
        assert len(offer["transactions"]) == 2
        for step in offer["transactions"]:
            receipt = send(play.alliance.client, creator, step["transaction"])
            assert receipt["status"] == "0x1", step["does"]
        service.catch_up()
        [task] = service.get("/tasks", creator=creator.address)
        assert task["metadata"] == offer["metadata"]
        assert task["model"] == CID
        assert task["bounty"] == str(100 * FLOCK)
        assert task["parameters"] == offer["parameters"]
        assert task["parameters"]["planned_rounds"] == 7
        assert task["parameters"]["allow_list_root"] == "0x" + allow_list_root(friends).hex()
        document = patience.get(f"{service.url}/blobs/{offer['metadata']}").json()
        assert document == {**METADATA, "allow_list": sorted([ADMIN.address, creator.address])}

    def test_the_same_metadata_has_the_same_bytes_however_it_is_written(self, web: httpx.Client) -> None:
        backwards = dict(reversed(METADATA.items()))
        first, second = (
            web.post("/tasks", json=asked(metadata=document)).json() for document in (METADATA, backwards)
        )
        assert first["metadata"] == second["metadata"]

    def test_the_limit_of_gas_suffices_before_the_allowance_and_after_it(
        self, play: Play, creator: LocalAccount, web: httpx.Client
    ) -> None:
        allow, make = web.post("/tasks", json=asked()).json()["transactions"]
        send(play.alliance.client, creator, allow["transaction"])
        [again] = web.post("/tasks", json=asked()).json()["transactions"]
        used = int(send(play.alliance.client, creator, again["transaction"])["gasUsed"], 16)
        assert used < int(make["transaction"]["gas"], 16)
        assert used < int(again["transaction"]["gas"], 16)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"bounty": "12.5"}, "bounty"),
            ({"bounty": 2400}, "bounty"),
            ({"bounty": "2400"}, "bounty"),
            ({"bounty": str(101 * FLOCK)}, "bounty"),
            ({"metadata": []}, "metadata"),
            ({"metadata": nested(17)}, "metadata"),
            ({"metadata": {"text": "a" * (512 << 10)}}, "metadata"),
            ({"metadata": {"train": {"lr": [0.1]}}}, "metadata.train.lr"),
            ({"metadata": {"train": {"epochs": 2**63}}}, "metadata.train.epochs"),
            ({"metadata": {"train": "fast"}}, "metadata.train"),
            ({"metadata": {"allow_list": []}}, "metadata.allow_list"),
            ({"metadata": {"tied": {"head": "absent"}}}, "metadata.tied"),
            ({"parameters": {"planned_rounds": 0}}, "parameters.planned_rounds"),
            ({"parameters": {"ends_at": "2020-01-01T00:00:00Z"}}, "parameters.start_by"),
            ({"parameters": {"keeper_fee": str(FLOCK)}}, "parameters.keeper_fee"),
            ({"parameters": {"minimum_stake": "-1"}}, "parameters.minimum_stake"),
            ({"parameters": {"speed": 11}}, "parameters.speed"),
            ({"initial_model": "model.safetensors"}, "initial_model"),
            ({"initial_model": cid_of(bytes(32))}, "initial_model"),
            ({"allow_list": ["0x12"]}, "allow_list.0"),
            ({"send": True}, "send"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_does_not_hold_is_named(
        self, web: httpx.Client, changes: dict[str, Any], field: str
    ) -> None:
        answer = web.post("/tasks", json=asked(**changes))
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    def test_infinity_is_no_json(self, web: httpx.Client) -> None:
        body = json.dumps(asked(metadata={"lr": float("inf")}))
        answer = web.post("/tasks", content=body, headers={"Content-Type": "application/json"})
        assert answer.json()["errors"][0]["field"] == "metadata"

    def test_what_is_stored_but_no_model_is_named(self, web: httpx.Client) -> None:
        put_draft(web, b"a poem")
        answer = web.post("/tasks", json=asked(initial_model=cid_of(digest_of(b"a poem"))))
        assert "is not a model" in answer.json()["errors"][0]["detail"]

    def test_what_is_too_deep_for_our_own_tools_is_refused_before_they_see_it(
        self, web: httpx.Client
    ) -> None:
        key = {"Idempotency-Key": "deep"}
        answer = web.post("/tasks", json=asked(metadata=nested(300), send=True), headers=key)
        assert [error["field"] for error in answer.json()["errors"]] == ["metadata"]

    def test_nobody_makes_a_task_without_signing_in(self, service: Service) -> None:
        assert patience.post(f"{service.url}/tasks", json=asked()).status_code == 401


class TestDrafts:
    def test_drafts_are_kept_for_who_has_signed_in_up_to_a_quota(
        self, service: Service, web: httpx.Client
    ) -> None:
        assert put_draft(web, MODEL).status_code == 200
        assert patience.get(f"{service.url}/blobs/{CID}").content == MODEL
        assert [put_draft(web, bytes([n]) * 500_000).status_code for n in (1, 2, 3)] == [201, 201, 403]
        assert "would pass its quota" in put_draft(web, bytes(500_001)).json()["detail"]

    def test_a_draft_is_refused_without_a_session_and_with_other_bytes(
        self, service: Service, web: httpx.Client
    ) -> None:
        assert patience.put(f"{service.url}/drafts/{CID}", content=MODEL).status_code == 401
        other = cid_of(digest_of(b"other"))
        assert web.put(f"/drafts/{other}", content=MODEL).status_code == 422
        assert web.put(f"/drafts/{other}", content=bytes(2 << 20)).status_code == 413


class TestSponsor:
    @pytest.fixture
    def favourite(self) -> LocalAccount:
        key: LocalAccount = Account.create()
        return key

    @pytest.fixture
    def rows(self, tmp_path: Path) -> Iterator[Database]:
        opened = fresh_database(tmp_path / "sponsor.db")
        yield opened
        opened.close()

    @pytest.fixture
    def sponsoring(
        self, play: Play, favourite: LocalAccount, rows: Database, tmp_path: Path
    ) -> Iterator[str]:
        """A service that pays for the tasks of one account, with the administrator's key."""
        terms = SponsorTerms(ADMIN, {favourite.address}, Wei(500 * FLOCK))
        contracts, operation = play.alliance.contracts, Operation(Limits(spare=0), poll_seconds=NEVER)
        product = AllianceProduct(contracts, rows, terms)
        made = build([product], contracts, rows, tmp_path / "paid", operation)
        with serve_in_thread(made.app) as url:
            yield url

    @pytest.fixture
    def clients(self) -> Iterator[ExitStack]:
        with ExitStack() as stack:
            yield stack

    def test_a_task_is_paid_for_once_however_often_it_is_asked_for(
        self, play: Play, sponsoring: str, favourite: LocalAccount, clients: ExitStack
    ) -> None:
        client = clients.enter_context(signed_in(sponsoring, favourite))
        put_draft(client, MODEL)
        manager = play.alliance.contracts.task_manager
        before = manager.task_count()
        key = {"Idempotency-Key": "wine-2030"}
        answers = [client.post("/tasks", json=asked(send=True), headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert {answer.json()["task"] for answer in answers} == {before + 1} == {manager.task_count()}
        assert answers[0].headers["Location"] == f"/tasks/{before + 1}"
        other = client.post("/tasks", json=asked(send=True, bounty=str(2 * FLOCK)), headers=key)
        assert [error["field"] for error in other.json()["errors"]] == ["Idempotency-Key"]
        assert manager.task_count() == before + 1

    @pytest.mark.parametrize("was_killed", [False, True])
    def test_who_asks_again_late_is_told_of_the_task_that_was_made(
        self,
        play: Play,
        sponsoring: str,
        favourite: LocalAccount,
        clients: ExitStack,
        rows: Database,
        was_killed: bool,
    ) -> None:
        client = clients.enter_context(signed_in(sponsoring, favourite))
        put_draft(client, MODEL)
        soon = {"start_by": play.alliance.client.now() + 100}
        ask = {"json": asked(send=True, parameters=soon), "headers": {"Idempotency-Key": "late"}}
        first = client.post("/tasks", **ask).json()
        if was_killed:
            with rows.writing() as session:
                session.get_one(SponsoredTaskRow, (favourite.address, "late")).task = None
        play.alliance.pass_time(200)
        again = client.post("/tasks", **ask)
        assert again.status_code == 201, again.text
        assert again.json() == first

    def test_terms_that_do_not_hold_use_up_no_key(
        self, sponsoring: str, favourite: LocalAccount, clients: ExitStack
    ) -> None:
        client = clients.enter_context(signed_in(sponsoring, favourite))
        put_draft(client, MODEL)
        key = {"Idempotency-Key": "mended"}
        wrong = asked(send=True, parameters={"planned_rounds": 0})
        assert client.post("/tasks", json=wrong, headers=key).status_code == 422
        assert client.post("/tasks", json=asked(send=True), headers=key).status_code == 201

    def test_the_sponsors_money_is_for_who_is_named_and_within_bounds(
        self, play: Play, sponsoring: str, favourite: LocalAccount, clients: ExitStack
    ) -> None:
        stranger = clients.enter_context(signed_in(sponsoring, Account.create()))
        client = clients.enter_context(signed_in(sponsoring, favourite))
        put_draft(client, MODEL)
        key = {"Idempotency-Key": "one"}
        refused = stranger.post("/tasks", json=asked(send=True), headers=key)
        assert refused.status_code == 403
        assert "pays for no tasks of" in refused.json()["detail"]
        too_much = client.post("/tasks", json=asked(send=True, bounty=str(501 * FLOCK)), headers=key)
        assert [error["field"] for error in too_much.json()["errors"]] == ["bounty"]
        keyless = client.post("/tasks", json=asked(send=True))
        assert [error["field"] for error in keyless.json()["errors"]] == ["Idempotency-Key"]
        assert play.alliance.contracts.task_manager.task_count() == play.task
