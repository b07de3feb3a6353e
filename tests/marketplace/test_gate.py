"""A gate hands nothing out before it is paid for, and takes no payment twice or for nothing: with x402's own client,
on a real chain, against a host in a process of its own.
"""

import base64
import json
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from x402.http.utils import decode_payment_required_header, decode_payment_response_header

from flock.chain.contracts.token import Token
from flock.chain.keys import KeyStore
from flock.marketplace.gate.receipts import receipt_in
from flock.protocol.core.cid import digest_of
from tests import patience
from tests.marketplace.shop import (
    CHAT,
    CHEAP,
    PASSWORD,
    PREDICT,
    PRICE,
    ROWS,
    Payer,
    Shop,
    header_of,
)

CALL = PRICE.per_call
CHATS = "/v1/chat/completions"


def test_a_call_without_payment_is_quoted_in_words_that_both_kinds_of_client_read(
    shop: Shop, payer: Payer
) -> None:
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


def test_eight_calls_at_once_with_one_authorisation_are_one_sale(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "wait"
    headers, held = payer.header(CHATS, CHAT), payer.balance
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(payer.pay, CHATS, CHAT, headers) for _ in range(8)]
        patience.until(lambda: sum(call.done() for call in calls) == 7)
        shop.upstream.gate.set()
        said = sorted(call.result().status_code for call in calls)
    assert said == [200, *[409] * 7]
    assert len(shop.upstream.asked) == 1
    price = held - payer.balance
    again = payer.pay(CHATS, CHAT, headers)  # as those that were told to come back do
    assert (again.status_code, held - payer.balance) == (200, price)
    assert price > CALL
    assert len(shop.upstream.asked) == 1


def test_an_authorisation_buys_one_call_and_no_other(shop: Shop, payer: Payer) -> None:
    headers = payer.header(PREDICT, ROWS)
    first = payer.pay(PREDICT, ROWS, headers)
    held = payer.balance
    assert payer.pay(PREDICT, ROWS, headers).content == first.content
    other = payer.pay(PREDICT, {"inputs": [[0, 9, 0, 0]]}, headers)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
    assert payer.balance == held


def test_what_an_identifier_was_paid_for_is_not_paid_for_again(shop: Shop, payer: Payer) -> None:
    def identified(body: object) -> dict[str, str]:
        payload = payer.payload(PREDICT, body)
        extension = dict((payload.extensions or {})["payment-identifier"])
        extension["info"] = {**extension["info"], "id": "order-number-0000-0001"}
        return header_of(payload.model_copy(update={"extensions": {"payment-identifier": extension}}))

    first = payer.pay(PREDICT, ROWS, identified(ROWS))
    held = payer.balance
    again = payer.pay(PREDICT, ROWS, identified(ROWS))
    assert (first.status_code, again.content, payer.balance) == (200, first.content, held)
    other = {"inputs": [[0, 9, 0, 0]]}
    assert payer.pay(PREDICT, other, identified(other)).status_code == 409
    assert payer.balance == held


def test_a_settlement_of_unknown_end_is_no_reason_to_pay_again(shop: Shop, payer: Payer) -> None:
    """x402 #1062 and sample-agentcore #40: debited, timed out, and answered 402."""
    headers, held, before = payer.header(PREDICT, ROWS), payer.balance, shop.earned("irises")
    shop.client.rpc.request("evm_setAutomine", False)
    late = payer.pay(PREDICT, ROWS, headers)
    assert (late.status_code, late.json()["error"]["code"]) == (503, "settlement_unknown")
    assert "Retry-After" in late.headers
    fresh = payer.pay(PREDICT, ROWS)  # a client that signs anew for the same request
    assert fresh.status_code == 503
    shop.client.rpc.request("anvil_mine", "0x1")
    shop.client.rpc.request("evm_setAutomine", True)
    said = payer.pay(PREDICT, ROWS, headers)
    assert (said.status_code, said.json()["predictions"][0]["label"]) == (200, "setosa")
    assert held - payer.balance == shop.earned("irises") - before == CALL


def test_an_authorisation_cancelled_mid_call_buys_nothing(shop: Shop, payer: Payer) -> None:
    """x402 #1169."""
    shop.upstream.behaviour = "wait"
    payload, held = payer.payload(CHATS, CHAT), payer.balance
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, CHATS, CHAT, header_of(payload))
        patience.until(lambda: shop.upstream.asked)
        payer.cancel(payload)
        shop.upstream.gate.set()
        said = call.result()
    assert said.status_code == 402
    assert "used or cancelled" in said.json()["detail"]
    assert "choices" not in said.text
    assert payer.balance == held


def test_whoever_hands_the_payment_in_first_the_payer_gets_the_answer(shop: Shop, payer: Payer) -> None:
    """x402 #2501: anyone may submit a signed transfer, so a stranger could have a payer pay for nothing."""
    shop.upstream.behaviour = "wait"
    payload, held = payer.payload(CHATS, CHAT), payer.balance
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, CHATS, CHAT, header_of(payload))
        patience.until(lambda: shop.upstream.asked)
        shop.hand_in(payload)
        shop.upstream.gate.set()
        said = call.result()
    assert said.status_code == 200, said.text
    assert held - payer.balance == int(payload.accepted.amount)


@pytest.mark.parametrize(
    ("behaviour", "status", "wait"), [("fail", 502, None), ("busy", 429, "7")], ids=["fails", "is busy"]
)
def test_what_an_upstream_does_not_answer_is_charged_to_nobody(
    shop: Shop, payer: Payer, behaviour: str, status: int, wait: str | None
) -> None:
    """erpc 831."""
    headers, held = payer.header(CHATS, CHAT), payer.balance
    shop.upstream.behaviour = behaviour
    said = payer.pay(CHATS, CHAT, headers)
    assert (said.status_code, said.headers.get("Retry-After")) == (status, wait)
    assert "/models/secret-path" not in said.text
    assert payer.balance == held
    shop.upstream.behaviour = "answer"
    assert payer.pay(CHATS, CHAT, headers).status_code == 200  # the authorisation is as good as new


def test_a_payer_that_hangs_up_before_the_answer_pays_nothing_and_the_upstream_stops(
    shop: Shop, payer: Payer
) -> None:
    """x402 #808 and vllm #54947: each retry of an impatient client was charged, and computed to its end."""
    shop.upstream.behaviour = "wait"
    headers, held = payer.header(CHATS, CHAT), payer.balance
    payer.hang_up(CHATS, CHAT, headers)
    assert shop.upstream.aborted.wait(patience.SECONDS)
    shop.upstream.reset()
    said = payer.pay(CHATS, CHAT)
    assert (said.status_code, held - payer.balance) == (200, shop.price_of(headers))


def test_a_payer_that_hangs_up_while_it_is_charged_gets_the_answer_later_for_nothing(
    shop: Shop, payer: Payer
) -> None:
    headers, held = payer.header(PREDICT, ROWS), payer.balance
    shop.client.rpc.request("evm_setAutomine", False)
    payer.hang_up(PREDICT, ROWS, headers)
    patience.until(shop.pending)
    assert payer.pay(PREDICT, ROWS).status_code in (409, 503)  # the first try is being charged
    shop.client.rpc.request("anvil_mine", "0x1")
    shop.client.rpc.request("evm_setAutomine", True)
    patience.until(lambda: held - payer.balance == CALL)
    said = payer.until_free(PREDICT, ROWS)
    assert said.json()["predictions"][0]["label"] == "setosa"
    assert held - payer.balance == CALL


def test_killed_before_it_charges_it_charges_nothing(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "wait"
    headers, held = payer.header(CHATS, CHAT), payer.balance
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, CHATS, CHAT, headers)
        patience.until(lambda: shop.upstream.asked)
        shop.stop(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            call.result()
    assert payer.balance == held
    shop.upstream.reset()
    shop.start()
    assert payer.pay(CHATS, CHAT, headers).status_code == 200
    assert held - payer.balance == shop.price_of(headers)


@pytest.mark.parametrize("is_mined", [True, False], ids=["mined meanwhile", "mined later"])
def test_killed_after_it_sent_the_payment_it_owes_the_answer(
    shop: Shop, payer: Payer, *, is_mined: bool
) -> None:
    headers, held, before = payer.header(PREDICT, ROWS), payer.balance, shop.earned("irises")
    shop.client.rpc.request("evm_setAutomine", False)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, PREDICT, ROWS, headers)
        patience.until(shop.pending)
        shop.stop(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            call.result()
    if is_mined:
        shop.client.rpc.request("anvil_mine", "0x1")
    shop.client.rpc.request("evm_setAutomine", True)
    shop.start()
    shop.client.rpc.request("anvil_mine", "0x1")
    said = payer.until_free(PREDICT, ROWS)  # with another authorisation, as a client does that was cut off
    assert said.json()["predictions"][0]["label"] == "setosa"
    assert payer.pay(PREDICT, ROWS, headers).content == said.content
    assert held - payer.balance == shop.earned("irises") - before == CALL


def test_a_host_told_to_stop_finishes_what_it_has_begun(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "wait"
    headers = payer.header(CHATS, CHAT)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, CHATS, CHAT, headers)
        patience.until(lambda: shop.upstream.asked)
        assert shop.process
        shop.process.send_signal(signal.SIGTERM)
        shop.upstream.gate.set()
        assert call.result().status_code == 200
    assert shop.stop() == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        (PREDICT, b"{", 422, "body"),
        (PREDICT, b'{"inputs": [[1,2,3,4]], "inputs": []}', 422, "body"),
        (PREDICT, {"inputs": [[1, 2, 3]]}, 422, "inputs.0"),
        (PREDICT, {"inputs": [[1, 2, 3, "4"]]}, 422, "inputs.0.petal_width"),
        (PREDICT, b'{"inputs": [[1, 2, 3, NaN]]}', 422, "inputs.0.petal_width"),
        (PREDICT, {"inputs": [{"sepal_length": 1}]}, 422, "inputs.0.sepal_width"),
        (PREDICT, {"inputs": [[1, 2, 3, 4]] * 257}, 422, "inputs"),
        (PREDICT, {"inputs": [[1, 2, 3, 4]], "cmd": 1}, 422, "cmd"),
        ("/v1/models/roses/predict", ROWS, 404, None),
        (CHATS, {**CHAT, "model": "irises"}, 404, None),
        (CHATS, {**CHAT, "prompt_logprobs": 5}, 422, "prompt_logprobs"),
        (CHATS, {**CHAT, "n": 9}, 422, "n"),
        (CHATS, {**CHAT, "max_tokens": 0}, 422, "max_tokens"),
        (CHATS, {**CHAT, "messages": [{"role": "god", "content": ""}]}, 422, "messages.0.role"),
        (CHATS, [], 422, "model"),
        (CHATS, b" " * (1 << 20) + b" ", 413, None),
    ],
)
def test_bad_input_is_named_and_quoted_nothing(
    shop: Shop, payer: Payer, path: str, body: object, status: int, field: str | None
) -> None:
    said = payer.shop_post(path, body)
    assert said.status_code == status, said.text
    assert "PAYMENT-REQUIRED" not in said.headers
    assert said.json()["error"]["message"] == said.json()["detail"]
    if field:
        assert [each["field"] for each in said.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"value": "1"}, "another amount"),
        ({"to": "0x00000000000000000000000000000000000000B0"}, "signature"),
        ({"validBefore": "9999999999"}, "signature"),
        ({"nonce": "0x" + "11" * 32}, "signature"),
    ],
)
def test_a_payment_that_was_changed_after_it_was_signed_is_refused(
    shop: Shop, payer: Payer, change: dict[str, str], what: str
) -> None:
    payload = payer.payload(PREDICT, ROWS)
    signed = {**payload.payload["authorization"], **change}
    changed = payload.model_copy(update={"payload": {**payload.payload, "authorization": signed}})
    said = payer.pay(PREDICT, ROWS, header_of(changed))
    assert said.status_code == 402
    assert what in said.json()["detail"]
    assert "PAYMENT-REQUIRED" in said.headers


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("network", "eip155:1"),
        ("asset", "0x00000000000000000000000000000000000000B0"),
        ("amount", "1"),
        ("pay_to", "0x00000000000000000000000000000000000000B0"),
        ("max_timeout_seconds", 10**6),
    ],
)
def test_a_payment_for_another_quote_is_refused(shop: Shop, payer: Payer, field: str, value: object) -> None:
    payload = payer.payload(PREDICT, ROWS)
    accepted = payload.accepted.model_copy(update={field: value})
    said = payer.pay(PREDICT, ROWS, header_of(payload.model_copy(update={"accepted": accepted})))
    assert (said.status_code, "none of what this call" in said.json()["detail"]) == (402, True)


def test_a_payer_with_too_little_is_told_so(shop: Shop) -> None:
    poor = shop.payer(flock=0)
    said = poor.pay(PREDICT, ROWS)
    assert (said.status_code, "holds less" in said.json()["detail"]) == (402, True)


@pytest.mark.parametrize("header", ["", "x", "e30=", "bm8=", "A" * 20_000])
def test_what_is_no_payment_never_reaches_a_stack(shop: Shop, payer: Payer, header: str) -> None:
    said = payer.shop_post(PREDICT, ROWS, {"PAYMENT-SIGNATURE": header})
    assert (said.status_code, said.json()["errors"][0]["field"]) == (422, "PAYMENT-SIGNATURE")
    assert "Traceback" not in shop.log()


def test_a_receipt_says_what_was_sold_and_the_chain_reads_the_same(shop: Shop, payer: Payer) -> None:
    said = payer.pay(PREDICT, ROWS)
    document = json.loads(base64.b64decode(said.headers["FLOCK-RECEIPT"]))
    receipt, signer = receipt_in(document, shop.contracts.deployment_domain)
    assert signer == receipt.host == shop.host
    assert receipt.payer == payer.account.address
    assert (receipt.version, receipt.amount) == (shop.versions["irises"], CALL)
    assert (receipt.request, receipt.response) == (
        digest_of(json.dumps(ROWS).encode()),
        digest_of(said.content),
    )
    read = shop.contracts.host_tills.read("digestOf", tuple(vars(receipt).values()))
    assert "0x" + read.hex() == document["id"]
    assert patience.get(f"{shop.url}/v1/receipts/{document['id']}").json() == document
    assert patience.get(f"{shop.url}/v1/receipts/0x00").status_code == 404


def test_a_host_behind_tls_quotes_its_own_address_offers_every_token_and_bounds_its_calls(shop: Shop) -> None:
    """x402 issue 636, and a queue that says when to come back."""
    dollars = shop.list_token()
    shop.stop()
    shop.start(
        'public_url = "https://models.example.org"', f'tokens = ["FLOCK", "{dollars}"]', "max_calls = 1"
    )
    payer = shop.payer()
    required = decode_payment_required_header(payer.quoted(PREDICT, ROWS).headers["PAYMENT-REQUIRED"])
    assert required.resource
    assert required.resource.url == f"https://models.example.org{PREDICT}"
    by_token = {option.asset: option for option in required.accepts}
    assert set(by_token) == {shop.contracts.token.address, dollars}
    shop.bank.send(
        "give",
        dollars,
        Token(shop.client, dollars).abi.functions["transfer"].encode(payer.account.address, 500),
    )
    said = payer.pay(PREDICT, ROWS, header_of(payer.accepting(required, by_token[dollars])))
    assert said.status_code == 200, said.text
    assert Token(shop.client, dollars).balance_of(shop.splitter("irises")) == 500
    shop.upstream.behaviour = "wait"
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(payer.pay, CHATS, CHAT, payer.header(CHATS, CHAT))
        patience.until(lambda: shop.upstream.asked)
        full = payer.shop_post(CHATS, CHAT)
        assert (full.status_code, full.headers["Retry-After"]) == (429, "1")
        shop.upstream.gate.set()
        assert call.result().status_code == 200
    shop.stop()


def test_a_retired_version_is_gone(shop: Shop, payer: Payer) -> None:
    old = {**CHAT, "model": "old"}
    header = payer.header(CHATS, old)
    shop.contracts.model_market.retire(shop.bank, shop.versions["old"])
    patience.until(lambda: payer.shop_post(CHATS, old).status_code == 410)
    held = payer.balance
    assert payer.pay(CHATS, old, header).status_code == 410
    assert (payer.balance, shop.upstream.asked) == (held, [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("version = 1", "version = 2"), "is not the metadata of version 2"),
        (
            ('tokens = ["FLOCK"]', 'tokens = ["0x00000000000000000000000000000000000000B0"]'),
            "does not list the token",
        ),
        (('kind = "openai"', 'kind = "builtin"'), "needs `artifact`"),
        (('name = "chat"', 'name = "irises"'), "the same name twice"),
        (('key = "host"', 'key = "stranger"'), "does not serve version 1"),
    ],
)
def test_a_host_that_could_not_keep_its_word_does_not_start(
    shop: Shop, change: tuple[str, str], sentence: str
) -> None:
    if "stranger" in change[1]:
        KeyStore(shop.folder / "keys", CHEAP).new("stranger", PASSWORD)
    config = shop.folder / "wrong.toml"
    config.write_text(shop.toml('tokens = ["FLOCK"]').replace("/home", "/other-home").replace(*change, 1))
    said = shop.run("market", "host", "--config", config)
    assert (said.returncode, sentence in said.stderr) == (78, True), said.stderr
    assert "Traceback" not in said.stderr
