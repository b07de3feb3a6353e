"""A gate hands nothing out before it is paid for, and takes no payment twice or for nothing: with x402's own client,
on a real chain, against a host in a process of its own.
"""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from x402.http.utils import decode_payment_required_header, decode_payment_response_header

from tests import patience
from tests.marketplace.shop import CHAT, PREDICT, PRICE, ROWS, Payer, Shop, open_shop

CALL = PRICE.per_call
CHATS = "/v1/chat/completions"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        shop.start()
        yield shop


@pytest.fixture
def shop(opened: Shop) -> Shop:
    opened.upstream.reset()
    opened.client.rpc.request("evm_setAutomine", True)
    opened.ensure()
    return opened


@pytest.fixture
def payer(shop: Shop) -> Payer:
    return shop.payer()


def test_a_call_without_payment_is_quoted_in_words_that_both_kinds_of_client_read(shop: Shop, payer: Payer) -> None:
    quote = payer.quoted(PREDICT, ROWS)
    option = decode_payment_required_header(quote.headers["PAYMENT-REQUIRED"]).accepts[0]
    assert (option.scheme, option.network, option.amount) == ("exact", "eip155:31337", str(CALL))
    assert (option.pay_to, option.asset) == (shop.splitter("irises"), shop.contracts.token.address)
    problem = quote.json()
    assert problem["status"] == 402
    assert problem["error"]["message"] == problem["detail"]
    assert problem["error"]["code"] == "payment_refused"


def test_a_paid_call_is_answered_and_its_price_is_with_the_splitter(shop: Shop, payer: Payer) -> None:
    before, held = shop.earned("irises"), payer.balance
    said = payer.pay(PREDICT, ROWS)
    assert said.status_code == 200, said.text
    assert said.json()["predictions"][0]["label"] == "setosa"
    assert shop.earned("irises") - before == held - payer.balance == CALL
    assert decode_payment_response_header(said.headers["PAYMENT-RESPONSE"]).success
