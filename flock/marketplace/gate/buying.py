"""A buyer that pays once: one authorisation for one call, sent again until its answer is here.

What a host says is a stranger's word: the payee must be the splitter of the version on the chain, the receipt signed
by the host, and over what was asked and answered.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from eth_account.signers.local import LocalAccount
from x402 import x402ClientSync
from x402.http.utils import decode_payment_required_header, encode_payment_signature_header
from x402.mechanisms.evm.exact import register_exact_evm_client
from x402.mechanisms.evm.signers import EthAccountSigner
from x402.schemas import PaymentRequired, PaymentRequirements

from flock.amounts import plain
from flock.chain.contracts.deployed import Contracts
from flock.closing import Closing
from flock.errors import Refused, ServiceUnavailable
from flock.marketplace.gate.authorisations import HEADER
from flock.marketplace.gate.checkout import QUOTE_HEADER
from flock.marketplace.gate.receipts import HEADER as RECEIPT
from flock.marketplace.gate.receipts import receipt_in
from flock.protocol.core.cid import digest_of
from flock.protocol.market.signed_types import Receipt
from flock.store.hosts import place_of
from flock.store.http_blobs import detail_of
from flock.store.http_clients import http_client

COME_BACK = (httpx.codes.CONFLICT, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class Bought:
    """An answer and what it cost, in the token's smallest unit; the receipt holds; None: there is none."""

    answer: Any
    paid: int
    token: str
    receipt: Receipt | None
    receipt_id: str | None


class Buyer(Closing):
    """Calls at the host at ``url``, paid by ``account`` in FLOCK, for at most ``most`` each; to be closed."""

    def __init__(
        self,
        url: str,
        contracts: Contracts,
        account: LocalAccount,
        most: int,
        *,
        patience: float = 180.0,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._contracts = contracts
        self._account = account
        self._most = most
        self._patience = patience
        self._wait = wait
        self._place = place_of(url)
        self._http = http_client(url, base_url=url, timeout=60.0)
        self._x402 = x402ClientSync()
        register_exact_evm_client(self._x402, EthAccountSigner(account))
        self._x402.set_spend_controls(False)  # the bounds are checked here, before anything is signed

    def close(self) -> None:
        self._http.close()

    def model(self, name: str) -> Mapping[str, Any]:
        """What the host says of a model. Raises Refused, ServiceUnavailable."""
        answer = self._send("GET", f"/v1/models/{quote(name, safe='')}")
        if answer.is_success:
            found: Mapping[str, Any] = answer.json()
            return found
        raise self._refusal(answer)

    def call(self, name: str, path: str, body: Mapping[str, Any]) -> Bought:
        """Ask the model ``name`` at ``path``. Raises Refused before paying for what is not as it should be."""
        content = json.dumps(body).encode()
        quoted = self._send("POST", path, content)
        if quoted.status_code != httpx.codes.PAYMENT_REQUIRED:
            raise self._refusal(quoted)
        model = self.model(name)
        required = self._required(quoted)
        chosen = self._chosen(required, model)
        payload = self._x402.create_payment_payload(required.model_copy(update={"accepts": [chosen]}))
        answer = self._insist(path, content, {HEADER: encode_payment_signature_header(payload)})
        receipt, receipt_id = self._receipt(answer, chosen, int(model["version"]), content)
        return Bought(answer.json(), int(chosen.amount), chosen.asset, receipt, receipt_id)

    def _required(self, quoted: httpx.Response) -> PaymentRequired:
        try:
            required = decode_payment_required_header(quoted.headers[QUOTE_HEADER])
        except (KeyError, ValueError):
            raise self._strange("asks to be paid, and not how") from None
        if not isinstance(required, PaymentRequired):
            raise self._strange("asks to be paid by another version of x402")
        return required

    def _chosen(self, required: PaymentRequired, model: Mapping[str, Any]) -> PaymentRequirements:
        network, token = f"eip155:{self._contracts.chain_id}", self._contracts.token.address
        offers = [each for each in required.accepts if (each.network, each.asset) == (network, token)]
        if not offers:
            raise Refused(f"The host at {self._place} takes no FLOCK on chain {self._contracts.chain_id}.")
        offer = min(offers, key=lambda each: int(each.amount))
        if int(offer.amount) > self._most:
            raise Refused(
                f"The call costs {plain(int(offer.amount))} FLOCK, more than the {plain(self._most)} that you would "
                "pay: raise --most, or ask for less. Nothing was paid."
            )
        market = self._contracts.model_market
        if offer.pay_to != market.splitter_of(int(model["version"]), str(model["owned_by"])).address:
            raise self._strange(
                "would have you pay somebody else than the makers of the model; nothing was paid"
            )
        return offer

    def _insist(self, path: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The same payment until there is an answer: it can be taken once."""
        end = time.monotonic() + self._patience
        while True:
            try:
                answer = self._send("POST", path, content, headers)
            except ServiceUnavailable:
                if time.monotonic() > end:
                    raise
                self._wait(1.0)
                continue
            if answer.is_success:
                return answer
            if answer.status_code not in COME_BACK or time.monotonic() > end:
                raise self._refusal(answer)
            self._wait(_pause(answer))

    def _receipt(
        self, answer: httpx.Response, paid: PaymentRequirements, version: int, asked: bytes
    ) -> tuple[Receipt | None, str | None]:
        """Raises Refused for a receipt that does not hold, though the answer is paid for by then."""
        if RECEIPT not in answer.headers:
            return None, None
        try:
            document = json.loads(base64.b64decode(answer.headers[RECEIPT]))
            receipt, signer = receipt_in(document, self._contracts.deployment_domain)
        except (ValueError, KeyError, TypeError):
            raise self._strange("sent a receipt that cannot be read") from None
        holds = (
            (receipt.version, receipt.amount, receipt.token) == (version, int(paid.amount), paid.asset)
            and (receipt.request, receipt.response) == (digest_of(asked), digest_of(answer.content))
            and receipt.payer == self._account.address
            and (signer == receipt.host or self._contracts.host_tills.is_receipt_key(receipt.host, signer))
        )
        if not holds:
            raise self._strange("signed a receipt for something else than this call")
        return receipt, str(document["id"])

    def _send(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, content=content, headers=headers)
        except httpx.RequestError as problem:
            raise ServiceUnavailable(
                f"The host at {self._place} does not answer ({problem}): check its address and that it runs."
            ) from problem

    def _refusal(self, answer: httpx.Response) -> Refused | ServiceUnavailable:
        sentence = f"The host at {self._place} said: {detail_of(answer)}"
        return ServiceUnavailable(sentence) if answer.is_server_error else Refused(sentence)

    def _strange(self, what: str) -> Refused:
        return Refused(f"The host at {self._place} {what}: use another host of the model.")


def _pause(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "1")
    return min(float(said), LONGEST_PAUSE) if said.isdecimal() else 1.0
