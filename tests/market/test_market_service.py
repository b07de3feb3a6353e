"""What the service tells of a market, all of it played on a real chain."""

from pathlib import Path

import pytest

from flock.chain.deploy.anvil import let_time_run
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.units import WAD
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.web.models import DRAFT
from tests import patience
from tests.alliance.signed_in import put_draft, send, signed_in
from tests.market.conftest import DIGITS, NEXT, RESULT, SECRET, Told
from tests.market.fair import canonical, card, serving

RESULT_TERMS = {"metadata": "0x" + "5f" * 32, "host_bps": 2_000, "royalty_bps": 1_000}


def test_a_model_is_shown_with_its_versions_and_what_its_publisher_says(told: Told) -> None:
    [found] = told.service.get("/market/models", search="refined")
    assert found["owner"] == told.fair.address("olga")
    assert found["versions"] == [told.digits, told.refined]
    assert found["newest"]["card"] == NEXT
    assert found["newest"]["parents"] == [{"version": told.digits, "bps": 1_000}]
    assert found["newest"]["shares"] == [{"account": told.fair.address("anna"), "bps": 500}]


def test_a_version_says_its_card_children_prices_hosts_and_uses(told: Told) -> None:
    shown = told.service.get(f"/market/versions/{told.digits}")
    assert (shown["state"], shown["origin"], shown["card"]) == ("listed", "upload", DIGITS)
    assert (shown["fee_bps"], shown["host_bps"], shown["royalty_bps"]) == (250, 2_000, 1_000)
    assert shown["children"] == [told.refined]
    assert (shown["hosts"], shown["subscriptions"]) == (1, 1)
    [price] = shown["prices"]
    assert (price["token"], price["per_call"], price["per_period"]) == (
        told.fair.token,
        str(WAD),
        str(30 * WAD),
    )
    assert price["former"] is None


def test_a_result_is_of_its_task_and_owes_the_makers(told: Told) -> None:
    shown = told.service.get(f"/market/versions/{told.result}")
    assert (shown["origin"], shown["task"], shown["makers_bps"]) == ("task", told.task, 4_000)
    assert shown["card"] == RESULT
    [found] = told.service.get("/market/models", task=told.task)
    assert found["owner"] == told.fair.address("creator")


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({"kind": "image"}, ["Reader of digits, refined"]),
        ({"search": "HOUSES"}, ["Prices of houses"]),
        ({"search": "100%"}, ["Prices of houses"]),
        ({"search": "_"}, []),
        ({"search": "digits hospitals"}, ["Reader of digits, refined"]),
        ({"listed": False}, ["Prices of houses"]),
        ({"listed": True, "kind": "tabular"}, ["What the alliance made"]),
        ({"search": "no such thing"}, []),
    ],
)
def test_models_are_searched_by_what_their_documents_say(
    told: Told, wanted: dict[str, object], titles: list[str]
) -> None:
    found = told.service.get("/market/models", **wanted)
    assert [each["newest"]["card"]["title"] for each in found] == titles


def test_models_of_an_owner_and_of_a_host_are_found(told: Told) -> None:
    of_olga = told.service.get("/market/models", owner=told.fair.address("olga"))
    of_hugo = told.service.get("/market/models", host=told.fair.address("hugo"))
    assert [each["id"] for each in of_olga] == [1, 2]
    assert [each["id"] for each in of_hugo] == [1]


def test_hosts_are_told_with_their_bonds_and_their_splitters(told: Told) -> None:
    hugo = told.fair.address("hugo")
    [listing] = told.service.get(f"/market/versions/{told.digits}/hosts")
    assert (listing["host"], listing["serves"], listing["state"]) == (hugo, True, "bonded")
    market = told.fair.contracts.model_market
    assert listing["splitter"] == market.splitter_of(told.digits, hugo).address
    host = told.service.get(f"/market/hosts/{hugo}")
    assert (host["bond"], host["versions"]) == (str(10_000 * WAD), [told.digits, told.refined])
    assert told.service.get("/market/hosts") == [host]


def test_revenue_is_all_that_arrived_whoever_has_released_it(told: Told) -> None:
    """100 FLOCK paid: fee 2.5, host 19.5, owner 78; also after some of it is paid out."""
    hugo, token = told.fair.address("hugo"), told.fair.token
    path = f"/market/versions/{told.digits}"
    [before] = told.service.get(f"{path}/revenue")
    assert before == {"host": hugo, "token": token, "paid": str(100 * WAD), "held": str(100 * WAD)}
    dues = {
        each["role"]: int(each["due"]) for each in told.service.get(f"{path}/payees", token=token, host=hugo)
    }
    assert dues == {"treasury": 5 * WAD // 2, "host": 39 * WAD // 2, "owner": 78 * WAD}
    with told.fair.passing() as fair:
        fair.contracts.model_market.release(fair.bank, told.digits, hugo, token, 1)
        told.service.catch_up()
        [after] = told.service.get(f"{path}/revenue")
        assert (after["paid"], after["held"]) == (str(100 * WAD), str(161 * WAD // 2))
        told_then = told.service.get(f"{path}/payees", token=token, host=hugo)
        assert [int(each["due"]) for each in told_then] == [5 * WAD // 2, 0, 78 * WAD]
    told.service.catch_up()


def test_payees_are_named_for_what_they_are_paid_for(told: Told) -> None:
    market, fair = told.fair.contracts.model_market, told.fair
    payees = told.service.get(
        f"/market/versions/{told.refined}/payees", token=fair.token, host=fair.address("hugo")
    )
    assert [(each["role"], each["account"], each["bps"]) for each in payees] == [
        ("treasury", fair.contracts.book.treasury, 250),
        ("host", fair.address("hugo"), 2_000),
        ("owner", fair.address("olga"), 8_500),
        ("parent", market.splitter_of(told.digits, "0x" + "00" * 20).address, 1_000),
        ("account", fair.address("anna"), 500),
    ]
    of_result = told.service.get(f"/market/versions/{told.result}/payees", token=fair.token)
    makers = next(each for each in of_result if each["role"] == "makers")
    assert (makers["account"], makers["bps"]) == (market.makers_of(told.task).address, 4_000)


def test_only_the_bytes_of_an_open_version_are_downloaded(told: Told) -> None:
    with signed_in(told.service.url, told.fair.account("olga")) as olga:
        assert put_draft(olga, DIGITS["title"].encode()).is_success
    got = told.service.ask(f"/market/versions/{told.digits}/download")
    assert digest_of(got.content) == digest_of(DIGITS["title"].encode())
    status, detail = told.service.problem(f"/market/versions/{told.refined}/download")
    assert (status, "not open" in detail) == (409, True)


def test_a_subscription_is_followed_to_its_end(told: Told) -> None:
    paula = told.fair.address("paula")
    [running] = told.service.get("/market/subscriptions", subscriber=paula)
    assert (running["id"], running["amount"]) == (told.subscription, str(30 * WAD))
    with told.fair.passing() as fair:
        let_time_run(fair.client, 15 * 86_400)
        fair.contracts.subscriptions.cancel(fair.sender("paula"), told.subscription)
        fair.contracts.subscriptions.collect(fair.bank, told.subscription)
        told.service.catch_up()
        [ended] = told.service.get("/market/subscriptions", version=told.digits)
        assert ended["cancelled_at"] == ended["end"]
        assert int(ended["refunded"]) + int(ended["collected"]) == 30 * WAD
    told.service.catch_up()
    assert told.service.get("/market/subscriptions") == [running]


def test_a_reorganisation_takes_back_a_sale_a_price_and_a_host(told: Told) -> None:
    market = told.fair.contracts.model_market
    paths = ["/market/models", f"/market/versions/{told.digits}/hosts", "/market/hosts"]
    before = [told.service.get(path) for path in paths]
    with told.fair.passing() as fair:
        olga, eve = fair.sender("olga"), fair.address("eve")
        market.write(olga, "sale", "transferFrom", olga.address, eve, 1)
        fair.contracts.host_bonds.leave(fair.sender("hugo"), fair.address("hugo"))
        told.service.catch_up()
        assert told.service.get("/market/models/1")["owner"] == eve
        [listing] = told.service.get(f"/market/versions/{told.digits}/hosts")
        assert (listing["state"], listing["serves"]) == ("leaving", False)
        assert told.service.get("/market/models", host=fair.address("hugo")) == []
    told.fair.client.rpc.request("anvil_mine", "0x20")
    told.service.catch_up()
    assert [told.service.get(path) for path in paths] == before


def test_what_is_not_there_is_said_to_be_not_there(told: Told) -> None:
    assert told.service.problem("/market/models/99") == (
        404,
        "There is no model 99: see /market/models for those there are.",
    )
    assert told.service.ask("/market/versions/99").status_code == 404
    assert told.service.ask(f"/market/hosts/{told.fair.address('eve')}").status_code == 404
    served = told.service.problem(
        f"/market/versions/{told.digits}/payees", token=told.fair.token, host=told.fair.address("eve")
    )
    assert served[0] == 404
    assert told.service.ask("/market/models", owner="0x12").status_code == 422
    assert told.service.ask("/market/models", price="low").status_code == 422


def test_a_document_that_is_none_is_refused_by_field(told: Told) -> None:
    with signed_in(told.service.url, told.fair.account("olga")) as olga:
        answer = olga.post("/market/drafts", json=card("a", kind="\x1b[2J"))
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (
        422,
        ["metadata.kind"],
    )


def test_documents_are_brought_by_who_has_signed_in(told: Told) -> None:
    answer = patience.post(f"{told.service.url}/market/drafts", json=card("a"))
    assert answer.status_code == 401


def test_a_document_that_came_as_a_blob_is_found_by_its_words(told: Told) -> None:
    """Its publisher brought it after the version was on the chain, by another way than the market's."""
    document = card("A walrus among models")
    with told.fair.passing() as fair:
        version = fair.upload("olga", document)
        told.service.catch_up()
        assert told.service.get(f"/market/versions/{version}")["card"] is None
        with signed_in(told.service.url, fair.account("olga")) as olga:
            assert put_draft(olga, canonical(document)).is_success
        told.service.catch_up()
        assert told.service.get("/market/models", search="walrus")[0]["newest"]["metadata"] == cid_of(
            digest_of(canonical(document))
        )
    told.service.catch_up()


def test_hostile_bytes_in_the_place_of_a_document_are_no_card(told: Told) -> None:
    """They are on the chain by their digest, and here as a blob: a reader's terminal never sees them."""
    hostile = b'{"title":"\\u001b[2Jgone"}'
    with told.fair.passing() as fair:
        version = fair.upload("olga", card("hostile"), metadata=hostile)
        with signed_in(told.service.url, fair.account("olga")) as olga:
            assert put_draft(olga, hostile).is_success
        told.service.catch_up()
        shown = told.service.get(f"/market/versions/{version}")
        assert (shown["metadata"], shown["card"]) == (cid_of(digest_of(hostile)), None)
    told.service.catch_up()


def test_what_a_version_names_stays_and_a_draft_that_none_names_goes(told: Told) -> None:
    """What is published leaves the drafts of who brought it, so that there is room for the next."""
    document = cid_of(digest_of(canonical(DIGITS)))
    with signed_in(told.service.url, told.fair.account("olga")) as olga:
        assert put_draft(olga, DIGITS["title"].encode()).is_success
        assert put_draft(olga, b"nobody names this").is_success
    gone = {waste.cid: waste.task for waste in told.service.collector.collect().removed}
    assert gone[cid_of(digest_of(b"nobody names this"))] == DRAFT
    assert document not in gone
    assert cid_of(digest_of(DIGITS["title"].encode())) not in gone
    assert told.service.ask(f"/blobs/{document}").content == canonical(DIGITS)


def test_a_wallet_is_given_what_to_sign_for_a_price(told: Told) -> None:
    """What the plan says would be is what is once its transactions were sent."""
    olga = told.fair.account("olga")
    asked = {
        "account": olga.address,
        "version": told.refined,
        "token": told.fair.token,
        "per_call": str(2 * WAD),
        "per_period": "0",
    }
    answer = patience.post(f"{told.service.url}/market/plans/price", json=asked)
    assert answer.is_success, answer.text
    after = {each["name"]: each["value"] for each in answer.json()["after"]}
    assert after["per_call"] == str(2 * WAD)
    with told.fair.passing() as fair:
        for transaction in answer.json()["transactions"]:
            del transaction["does"]
            send(fair.client, olga, transaction)
        assert fair.contracts.model_market.price_of(told.refined, fair.token).current.per_call == 2 * WAD


@pytest.mark.parametrize(
    ("plan", "asked", "status", "detail"),
    [
        ("retire", {"version": 99}, 422, "no version 99"),
        ("cancel", {"subscription": 99}, 422, "no subscription 99"),
        ("bond", {}, 422, "Lock FLOCK"),
        ("publish-result", {"task": 99, **RESULT_TERMS}, 404, "no task 99"),
        ("publish-result", {"task": 2, **RESULT_TERMS}, 422, "is version 4 already"),
        ("price", {"version": 1, "token": "0x12"}, 422, "token"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_what_to_do(
    told: Told, plan: str, asked: dict[str, object], status: int, detail: str
) -> None:
    body = {"account": told.fair.address("olga"), **asked}
    answer = patience.post(f"{told.service.url}/market/plans/{plan}", json=body)
    assert (answer.status_code, detail in answer.json()["detail"]) == (status, True), answer.text


def _asked(told: Told) -> list[str]:
    version, host = f"/market/versions/{told.digits}", told.fair.address("hugo")
    lists = [f"/market/{each}" for each in ("models", "hosts", "subscriptions", "tokens")]
    return [
        *lists,
        f"{version}/hosts",
        f"{version}/revenue",
        f"{version}/payees?host={host}&token={told.fair.token}",
    ]


def test_rows_made_anew_on_either_database_say_the_same(
    told: Told, either_database: Database, tmp_path: Path
) -> None:
    """All of it from the chain's events but the documents, which are blobs of the first service."""
    before = [told.service.get(path) for path in _asked(told)]
    with serving(told.fair.contracts, either_database, tmp_path) as anew:
        blobs = DiskBlobs(tmp_path / "blobs")
        for document in (DIGITS, NEXT, SECRET, RESULT):
            blobs.put(canonical(document))
        anew.catch_up()
        after = [anew.get(path) for path in _asked(told)]
        found = anew.get("/market/models", search="100% ours", listed=False, kind="tabular")
    assert after == before
    assert [each["newest"]["id"] for each in found] == [told.secret]
