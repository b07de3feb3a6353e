"""Language models relayed: stock clients, streams that are settled at their first token, and those that break."""

import asyncio
import base64
import json

import httpx
import openai
import pytest
from eth_account.signers.local import LocalAccount
from x402 import x402Client
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.clients.requests import x402_requests
from x402.mechanisms.evm.exact import register_exact_evm_client

from flock.protocol.core.cid import digest_of
from tests import patience
from tests.marketplace.shop import CHAT, PREDICT, ROWS, Payer, Shop
from tests.marketplace.upstream import NAME, WORDS

CHATS = "/v1/chat/completions"
STREAM = {**CHAT, "stream": True}
TEXT = "".join(WORDS)


def paying(account: LocalAccount) -> x402Client:
    client = x402Client()
    register_exact_evm_client(client, account)
    client.set_spend_controls(False)
    return client


def test_openais_client_talks_to_a_model_and_pays_by_itself(shop: Shop, payer: Payer) -> None:
    held = payer.balance

    async def talk() -> tuple[str, str, str]:
        transport = x402AsyncTransport(paying(payer.account))
        async with httpx.AsyncClient(transport=transport, timeout=patience.SECONDS) as http:
            client = openai.AsyncOpenAI(base_url=f"{shop.url}/v1", api_key="none", http_client=http)
            whole = await client.chat.completions.create(**CHAT)
            pieces = await client.chat.completions.create(**STREAM)
            streamed = "".join([piece.choices[0].delta.content or "" async for piece in pieces])
            embedded = await client.embeddings.create(model="chat", input="home", encoding_format="float")
            assert embedded.data[0].embedding == [0.5, 0.25]
            return whole.choices[0].message.content or "", whole.model, streamed

    said, model, streamed = asyncio.run(talk())
    assert (said, streamed, model) == (TEXT, TEXT, "chat")
    assert payer.balance < held
    assert {body["model"] for body in shop.upstream.asked} == {NAME}


def test_openais_client_reads_why_it_was_refused(shop: Shop) -> None:
    client = openai.OpenAI(base_url=f"{shop.url}/v1", api_key="none", max_retries=0)
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(**CHAT)
    assert refused.value.status_code == 402
    assert "PAYMENT-REQUIRED" in refused.value.message
    with pytest.raises(openai.NotFoundError, match="sells no model 'gpt-9'"):
        client.chat.completions.create(**{**CHAT, "model": "gpt-9"})
    client.close()


def test_requests_with_x402_pays_by_itself(shop: Shop, payer: Payer) -> None:
    with x402_requests(payer.signer()) as session:
        said = session.post(f"{shop.url}{PREDICT}", json=ROWS)
    assert (said.status_code, said.json()["predictions"][0]["label"]) == (200, "setosa")


def test_nothing_but_what_was_asked_goes_to_the_upstream_and_nothing_but_the_answer_comes_back(
    shop: Shop, payer: Payer
) -> None:
    said = payer.pay(CHATS, {**CHAT, "user": "me", "temperature": 0.5})
    [asked] = shop.upstream.asked
    assert asked == {**CHAT, "model": NAME, "temperature": 0.5, "stream": False}
    document = said.json()
    assert (document["model"], document["usage"]["prompt_tokens"]) == ("chat", 7)
    assert "kv_cache" not in document
    assert "prompt_logprobs" not in document["choices"][0]
    assert NAME not in said.text


@pytest.mark.parametrize("wants_usage", [True, False])
def test_usage_is_asked_of_the_upstream_and_passed_on_to_who_asked_for_it(
    shop: Shop, payer: Payer, *, wants_usage: bool
) -> None:
    options = {"stream_options": {"include_usage": True}} if wants_usage else {}
    said = payer.pay(CHATS, {**STREAM, **options})
    assert shop.upstream.asked[0]["stream_options"] == {"include_usage": True}
    assert ('"usage"' in said.text) == wants_usage


def test_a_stream_is_paid_at_its_first_token_and_ends_with_a_receipt(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "pause"
    headers, held = payer.header(CHATS, STREAM), payer.balance
    with patience.stream("POST", f"{shop.url}{CHATS}", content=json.dumps(STREAM), headers=headers) as said:
        lines = said.iter_lines()
        first = next(lines)
        assert WORDS[0] in first  # while the upstream holds the second one back
        assert held - payer.balance == shop.price_of(headers)
        shop.upstream.gate.set()
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    receipt = json.loads(base64.b64decode(rest[-2].removeprefix(": receipt ")))
    streamed = said_before_the_receipt([first, *rest])
    assert receipt["response"] == "0x" + digest_of(streamed).hex()
    assert (receipt["input_tokens"], receipt["output_tokens"]) == ("7", str(len(WORDS)))
    assert patience.get(f"{shop.url}/v1/receipts/{receipt['id']}").json() == receipt


def said_before_the_receipt(lines: list[str]) -> bytes:
    return b"".join(line.encode() + b"\n\n" for line in lines if line.startswith("data: {"))


def test_a_payer_gone_before_the_first_token_is_not_charged_and_the_upstream_stops(
    shop: Shop, payer: Payer
) -> None:
    shop.upstream.behaviour = "wait"
    headers, held = payer.header(CHATS, STREAM), payer.balance
    payer.hang_up(CHATS, STREAM, headers)
    assert shop.upstream.aborted.wait(patience.SECONDS)
    assert payer.balance == held


def test_a_payer_gone_amid_the_stream_stops_the_upstream_and_gets_it_again_once(
    shop: Shop, payer: Payer
) -> None:
    """litellm #14457, llmgateway 3505, vllm #54947; and nobody hangs up for free for ever."""
    shop.upstream.behaviour = "pause"
    headers = payer.header(CHATS, STREAM)
    assert payer.hung_up_amid(CHATS, STREAM, headers)
    assert shop.upstream.aborted.wait(patience.SECONDS)
    held = payer.balance
    shop.upstream.reset()
    shop.upstream.behaviour = "pause"
    patience.until(lambda: payer.hung_up_amid(CHATS, STREAM, headers))
    assert shop.upstream.aborted.wait(patience.SECONDS)
    shop.upstream.reset()
    patience.until(lambda: payer.pay(CHATS, STREAM, headers).status_code == 409)
    assert shop.upstream.asked == []
    assert payer.balance == held


def test_a_stream_that_breaks_is_given_again_for_nothing(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "break"
    headers, held = payer.header(CHATS, STREAM), payer.balance
    said = payer.pay(CHATS, STREAM, headers)
    assert ": the stream broke off" in said.text
    assert "[DONE]" not in said.text
    price = held - payer.balance
    assert price == shop.price_of(headers)
    shop.upstream.behaviour = "answer"
    again = payer.pay(CHATS, STREAM, headers)
    assert (WORDS[-1] in again.text, "[DONE]" in again.text, held - payer.balance) == (True, True, price)
    assert payer.pay(CHATS, STREAM, headers).status_code == 409


def test_a_stream_that_ends_before_its_first_token_is_not_charged(shop: Shop, payer: Payer) -> None:
    shop.upstream.behaviour = "fail"
    headers, held = payer.header(CHATS, STREAM), payer.balance
    assert payer.pay(CHATS, STREAM, headers).status_code == 502
    assert payer.balance == held
