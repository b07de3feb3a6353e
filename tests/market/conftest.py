"""A market in which all has happened once: made once a module, and never changed by what only asks."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.model_market import NewVersion
from flock.chain.sending.sender import open_sender
from flock.marketplace.cards import write_card
from flock.protocol.core.units import WAD
from flock.protocol.market.prices import Price
from tests.alliance.signed_in import signed_in
from tests.conftest import fresh_database, undone
from tests.market.fair import Fair, Service, card, serving

DIGITS = card(
    "Reader of digits",
    kind="image",
    summary="Trained by five hospitals.",
    licence="Apache-2.0",
    tags=["digits"],
    metrics={"accuracy": 0.97},
    open=True,
)
NEXT = card("Reader of digits, refined", kind="image", metrics={"accuracy": 0.98})
SECRET = card("Prices of houses", kind="tabular", summary="100% ours")
RESULT = card("What the alliance made", kind="tabular")


@dataclass(frozen=True)
class Told:
    """What has happened, and who tells of it."""

    fair: Fair
    service: Service
    digits: int
    refined: int
    secret: int
    result: int
    task: int
    subscription: int


@pytest.fixture(scope="module")
def fair(
    client: Client,
    deployed: AddressBook,
    admin: LocalAccount,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fair]:
    database = fresh_database(tmp_path_factory.mktemp("fair") / "senders.db")
    with undone(client):
        yield Fair(Contracts(client, deployed), open_sender(client, admin, database), database, admin)
    database.close()


@pytest.fixture(scope="module")
def told(fair: Fair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Olga publishes a model and refines it, another has a result; Hugo serves, Paula pays and subscribes."""
    folder = tmp_path_factory.mktemp("service")
    rows = fresh_database(folder / "rows.db")
    with serving(fair.contracts, rows, folder) as service:
        with signed_in(service.url, fair.account("olga")) as olga:
            for document in (DIGITS, NEXT, SECRET, RESULT):
                assert olga.post("/market/drafts", json=document).status_code == 201
        digits = fair.upload("olga", DIGITS)
        fair.bond("hugo")
        fair.serve(digits, "hugo")
        fair.price(digits, "olga", Price(WAD, 30 * WAD))
        share = (fair.address("anna"), 500)
        refined = fair.upload(
            "olga",
            NEXT,
            fair.contracts.model_market.version_of(digits).model,
            parents=((digits, 1_000),),
            shares=(share,),
        )
        fair.serve(refined, "hugo")
        secret = fair.upload("olga", SECRET)
        fair.contracts.model_market.retire(fair.sender("olga"), secret)
        task = fair.closed_alliance("creator")
        result = _published(fair, task)
        fair.pay(digits, "hugo", 100 * WAD)
        subscription = fair.subscribe("paula", digits, "hugo")
        service.catch_up()
        yield Told(fair, service, digits, refined, secret, result, task, subscription)
    rows.close()


def _published(fair: Fair, task: int) -> int:
    market, board = fair.contracts.model_market, fair.contracts.alliance_rounds
    terms = fair.terms(b"", write_card(RESULT))
    made = board.read("modelOf", task)
    result = NewVersion(made, terms.metadata, terms.host_bps, terms.royalty_bps)
    market.publish_result(fair.sender("creator"), 0, task, result)
    return market.result_of(task)
