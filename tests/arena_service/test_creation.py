"""An Arena is made over HTTP: checked whole, then answered as transactions that make it."""

import json
from typing import Any

import httpx
import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.protocol.core.cid import digest_from, digest_of
from flock.protocol.core.units import WAD
from tests import patience
from tests.alliance.signed_in import send
from tests.arena_service.conftest import MODEL, TRAINERS, Served

HASH = "0x" + "5a" * 32


def request(**changes: Any) -> dict[str, Any]:
    """An Arena; ``changes`` of its terms, or of the request for ``bounty``, ``metadata`` and ``allow_list``."""
    outer = {name: changes.pop(name) for name in ("bounty", "metadata", "allow_list") if name in changes}
    asked = {
        "bounty": str(1_000 * WAD),
        "metadata": {
            "kind": "tabular",
            "metric": "loss",
            "model": MODEL,
            "limits": {"parameters": 100},
            "title": "A",
        },
        "parameters": {"set_a": HASH, "baseline": 900_000, "tolerance": 5_000, **changes},
    }
    return {**asked, **outer}


def ask(served: Served, who: LocalAccount, asked: object) -> httpx.Response:
    return patience.post(served.url + "/arena/tasks", json=asked, headers=served.headers_of(who))


@pytest.fixture
def creator(contracts: Contracts, admin: LocalAccount) -> LocalAccount:
    """Who holds FLOCK."""
    assert contracts.token.balance_of(admin.address) > 10_000 * WAD
    return admin


def test_what_is_answered_makes_the_task_that_was_asked_for(served: Served, creator: LocalAccount) -> None:
    answer = ask(served, creator, request(panel_seats=3, minimum_validators=3, allow_list=[creator.address]))
    assert answer.status_code == 200, answer.text
    made = answer.json()
    for each in made["transactions"]:
        assert send(served.contracts.client, creator, each["transaction"])["status"] == "0x1"
    manager, board = served.contracts.task_manager, served.contracts.arena_board
    task = manager.task_count()
    view, terms = manager.task_of(task), board.terms_of(task)
    assert (view.board, view.creator, view.bounty) == (board.address, creator.address, 1_000 * WAD)
    assert view.metadata == digest_from(made["metadata"])
    assert (terms["panel_seats"], terms["baseline"], terms["set_a"].hex()) == (3, 900_000, "5a" * 32)
    assert "0x" + terms["allow_list_root"].hex() == made["parameters"]["allow_list_root"]
    stored = served.ask(f"/blobs/{made['metadata']}").content
    assert digest_of(stored) == view.metadata
    assert json.loads(stored)["allow_list"] == [creator.address]


def test_without_a_session_or_money_nothing_is_made(served: Served) -> None:
    assert patience.post(served.url + "/arena/tasks", json=request()).status_code == 401
    answer = ask(served, TRAINERS[0], request())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "bounty"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"panel_seats": 4}, "parameters.panel_seats", "odd"),
        ({"tolerance": 0}, "parameters.tolerance", "choose 1 to"),
        ({"tolerance": True}, "parameters.tolerance", "integer"),
        ({"baseline": -1}, "parameters.baseline", "greater than or equal to 0"),
        ({"baseline": 1e308}, "parameters.baseline", "integer"),
        ({"set_a": "0x12"}, "parameters.set_a", "pattern"),
        ({"set_b": HASH}, "parameters.set_b", "belong together"),
        ({"higher_is_better": True}, "parameters.higher_is_better", "the lower is the better"),
        ({"ends_at": 1}, "parameters.start_by", "must lie after now"),
        ({"bounty": "5"}, "bounty", "at least"),
        ({"bounty": 1.5}, "bounty", ""),
        ({"metadata": {"kind": "tabular"}}, "metadata", "lack"),
        ({"metadata": {"kind": "telepathy", "metric": "loss", "model": MODEL}}, "metadata", "telepathy"),
        ({"metadata": {"kind": "tabular", "metric": "charm", "model": MODEL}}, "metadata", "charm"),
        ({"metadata": {"kind": "tabular", "metric": "loss", "model": {}}}, "metadata", "model"),
        ({"allow_list": ["0x12"]}, "allow_list.0", ""),
        ({"wishes": 3}, "parameters.wishes", "not permitted"),
    ],
)
def test_what_does_not_hold_is_named(
    served: Served, creator: LocalAccount, changes: dict[str, Any], field: str, says: str
) -> None:
    answer = ask(served, creator, request(**changes))
    assert answer.status_code == 422
    found = {each["field"]: each["detail"] for each in answer.json()["errors"]}
    assert field in found, found
    assert says in found[field]
