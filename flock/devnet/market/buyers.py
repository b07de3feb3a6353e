"""Who buys calls: x402's own clients, and people who try to have an answer for less than it costs."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx

from flock.devnet.market.flowers import SoldModel, unseen_flowers

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from x402.schemas import PaymentPayload, PaymentRequired

    from flock.chain.contracts.deployed import Contracts
    from flock.devnet.market.network import MarketNetwork

ANSWER_SECONDS = 120.0
HALVES = 2


@dataclass
class Buyer:
    """An account that asks the host of ``network``. ``answers`` are those it got, ``receipts`` what each charges in
    wei; ``refused`` counts answers 402.
    """

    name: str
    how: str
    network: MarketNetwork
    account: LocalAccount
    funded: int
    answers: int = 0
    receipts: dict[bytes, int] = field(default_factory=dict)
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def paid(self) -> int:
        """What has left the account, in wei of FLOCK."""
        return self.funded - self.network.contracts.token.balance_of(self.account.address)

    @property
    def charged(self) -> int:
        """What the receipts say, in wei; an answer that is given again comes with its first receipt."""
        return sum(self.receipts.values())

    def ask(self, model: SoldModel, calls: int, *, at_once: bool = False) -> None:
        """Ask by x402's own client, which pays by itself, one call after the other or all at once."""
        asyncio.run(self._ask(model, calls, at_once=at_once))

    def send_one_payment(self, model: SoldModel, times: int) -> None:
        """Sign once, and send that as many times at once; then ask again until each copy has its answer."""
        asyncio.run(self._send_one_payment(model, times))

    def underpay(self, model: SoldModel) -> None:
        """Sign for half of what is asked."""
        body = _body(1)
        payload = self._payload(model, body, share=HALVES)
        said = httpx.post(self._url(model), content=body, headers=_header(payload), timeout=ANSWER_SECONDS)
        self._note(model, said, body)

    async def _ask(self, model: SoldModel, calls: int, *, at_once: bool) -> None:
        from x402 import x402Client
        from x402.http.clients.httpx import x402AsyncTransport
        from x402.mechanisms.evm.exact import register_exact_evm_client
        from x402.mechanisms.evm.signers import EthAccountSigner

        paying = x402Client()
        register_exact_evm_client(paying, EthAccountSigner(self.account))
        paying.set_spend_controls(False)
        transport = x402AsyncTransport(paying)
        bodies = [_body(number + 1) for number in range(calls)]
        async with httpx.AsyncClient(transport=transport, timeout=ANSWER_SECONDS) as http:
            asked = [http.post(self._url(model), content=body) for body in bodies]
            said = await asyncio.gather(*asked) if at_once else [await each for each in asked]
        for answer, body in zip(said, bodies, strict=True):
            self._note(model, answer, body)

    async def _send_one_payment(self, model: SoldModel, times: int) -> None:
        body = _body(1)
        headers = _header(self._payload(model, body))
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
            said = await asyncio.gather(
                *(http.post(self._url(model), content=body, headers=headers) for _ in range(times))
            )
            deadline = time.monotonic() + ANSWER_SECONDS
            for answer in said:
                while answer.status_code == httpx.codes.CONFLICT and time.monotonic() < deadline:
                    await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
                    answer = await http.post(self._url(model), content=body, headers=headers)
                self._note(model, answer, body)

    def _payload(self, model: SoldModel, body: bytes, share: int = 1) -> PaymentPayload:
        """A signed payment for a call: all of its price, or one ``share``-th."""
        from x402 import x402ClientSync
        from x402.http.utils import decode_payment_required_header
        from x402.mechanisms.evm.exact import register_exact_evm_client
        from x402.mechanisms.evm.signers import EthAccountSigner

        quoted = httpx.post(self._url(model), content=body, timeout=ANSWER_SECONDS)
        required = cast("PaymentRequired", decode_payment_required_header(quoted.headers["PAYMENT-REQUIRED"]))
        [option, *_] = required.accepts
        chosen = option.model_copy(update={"amount": str(int(option.amount) // share)})
        client = x402ClientSync()
        register_exact_evm_client(client, EthAccountSigner(self.account))
        client.set_spend_controls(False)
        payload = client.create_payment_payload(required.model_copy(update={"accepts": [chosen]}))
        return cast("PaymentPayload", payload)

    def _note(self, model: SoldModel, answer: httpx.Response, body: bytes) -> None:
        if answer.status_code == httpx.codes.PAYMENT_REQUIRED:
            self.refused += 1
        elif answer.is_success:
            self.answers += 1
            self._keep_receipt(answer, body)
            labels = [each["label"] for each in answer.json()["predictions"]]
            if labels != model.labels(json.loads(body)["inputs"]):
                self.faults.append(f"{self.name} was answered something else than {model.name} says.")
        else:
            self.faults.append(f"{self.name} was answered {answer.status_code}: {answer.text[:200]}")

    def _keep_receipt(self, answer: httpx.Response, body: bytes) -> None:
        """What is wrong with it is a fault."""
        from flock.marketplace.gate.receipts import HEADER, receipt_in
        from flock.protocol.core.cid import digest_of

        contracts: Contracts = self.network.contracts
        given = base64.b64decode(answer.headers[HEADER])
        document: dict[str, Any] = json.loads(given)
        receipt, signer = receipt_in(document, contracts.deployment_domain)
        told = (signer, receipt.payer, receipt.request, receipt.response)
        found = (
            self.network.host.address,
            self.account.address,
            digest_of(body),
            digest_of(answer.content),
        )
        if told != found:
            self.faults.append(f"A receipt of {self.name} says something else than was asked and answered.")
        self.receipts[digest_of(given)] = receipt.amount

    def _url(self, model: SoldModel) -> str:
        return f"{self.network.url}/v1/models/{model.name}/predict"


def _body(flowers: int) -> bytes:
    inputs: Sequence[Sequence[float]] = unseen_flowers(flowers)
    return json.dumps({"inputs": inputs}).encode()


def _header(payload: PaymentPayload) -> dict[str, str]:
    from x402.http.utils import encode_payment_signature_header

    return {"PAYMENT-SIGNATURE": encode_payment_signature_header(payload)}
