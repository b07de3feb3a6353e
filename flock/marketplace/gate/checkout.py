"""One call's talk with x402: quote, match, verify, settle, on its public ``x402HTTPResourceServer``.

x402 turns whatever stops a check into a refusal; a chain that does not answer is none. So each call has a teller of
its own, which remembers that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.responses import Response
from x402.extensions.payment_identifier import PAYMENT_IDENTIFIER, declare_payment_identifier_extension
from x402.http import x402HTTPResourceServer
from x402.http.types import (
    RESULT_PAYMENT_VERIFIED,
    HTTPProcessResult,
    HTTPRequestContext,
    PaymentOption,
    RouteConfig,
)
from x402.http.utils import decode_payment_required_header, encode_payment_response_header
from x402.mechanisms.evm.exact.server import ExactEvmScheme
from x402.schemas import (
    PaymentPayload,
    PaymentRequirements,
    ResourceConfig,
    SettleResponse,
    SupportedResponse,
    VerifyResponse,
)
from x402.server import x402ResourceServer

from flock.errors import Transient
from flock.marketplace.gate.authorisations import HEADER, Authorisation
from flock.marketplace.gate.settling import UNKNOWN, Facilitator, Settled
from flock.web.errors import PaymentRefused, ProblemResponse, problem_of

SCHEME: Any = cast(Any, ExactEvmScheme)()  # its class is less typed than the protocol that it keeps
QUOTE_HEADER = "PAYMENT-REQUIRED"
QUOTED = (
    "This call is paid by x402: sign one of the payments in the header PAYMENT-REQUIRED and repeat the request "
    "with it in PAYMENT-SIGNATURE. Nothing was charged."
)
REASONS = {
    "insufficient_balance": "the payer holds less of the token than the price",
    "nonce_already_used": "the authorisation is used or cancelled",
    "ERC3009UsedAuthorization": "the authorisation is used or cancelled",
    "ERC3009InvalidAuthorizationTime": "the authorisation is not valid now, by the chain's clock",
    "ERC20InsufficientBalance": "the payer holds less of the token than the price",
    "authorization_valid_before": "the authorisation has expired, or is about to",
    "authorization_valid_after": "the authorisation is not valid yet",
    "quote_not_issued_here": "it pays none of this host's splitters",
    "transaction_simulation_failed": "the token refuses the transfer",
    "transaction_failed": "the token refused the transfer",
}


@dataclass(frozen=True)
class Resource:
    """What is paid for: its public URL, path, and a sentence for whoever is asked to pay."""

    url: str
    path: str
    description: str


class Checkout:
    """Payment for one call, by one of ``options``."""

    def __init__(
        self,
        facilitator: Facilitator,
        options: Sequence[PaymentOption],
        resource: Resource,
        header: str | None,
    ) -> None:
        self._teller = _Teller(facilitator)
        self._resource = resource
        self._header = header
        self._options = options
        self._server = x402ResourceServer(self._teller)
        self._server.register(facilitator.network, SCHEME)
        self._server.initialize()
        extensions = {PAYMENT_IDENTIFIER: declare_payment_identifier_extension()}
        route = RouteConfig(
            list(options),
            resource=resource.url,
            description=resource.description,
            mime_type="application/json",
            extensions=extensions,
        )
        self._http = x402HTTPResourceServer(self._server, route)

    async def quote(self, detail: str = QUOTED) -> Response:
        """402 with all options, and ``detail`` for a person."""
        return self._refusal(await self._process(None), detail)

    def match(self, payload: PaymentPayload) -> PaymentRequirements | None:
        """The option that ``payload`` accepts; None if it is none of these."""
        issued = [
            requirements
            for option in self._options
            for requirements in self._server.build_payment_requirements(_config(option))
        ]
        return self._server.find_matching_requirements(issued, payload)

    async def verify(self) -> Response | None:
        """None if the payment would go through now, else what to answer. Raises Transient if that cannot be known."""
        result = await self._process(self._header)
        if self._teller.problem is not None:
            raise self._teller.problem
        if result.type == RESULT_PAYMENT_VERIFIED:
            return None
        return self._refusal(result, f"The payment is not good: {_reason(result)}. Nothing was charged.")

    async def settle(self, authorisation: Authorisation, requirements: PaymentRequirements) -> Settled:
        """Charge; waits for the chain."""
        done = await self._http.process_settlement(authorisation.payload, requirements)
        if done.success:
            return Settled(done.transaction)
        if self._teller.problem is not None:
            return Settled(None, UNKNOWN)
        return Settled(None, done.error_reason or "settlement_failed")

    async def _process(self, header: str | None) -> HTTPProcessResult:
        adapter = _Adapter(self._resource, header)
        return await self._http.process_http_request(HTTPRequestContext(adapter, self._resource.path, "POST"))

    def _refusal(self, result: HTTPProcessResult, detail: str) -> Response:
        headers = {k: v for k, v in _headers(result).items() if k.lower() != "content-type"}
        body = problem_of(PaymentRefused(detail), self._resource.path)
        return ProblemResponse(body, 402, headers=headers)


def payment_response(network: str, payer: str, transaction: str) -> str:
    """The header that tells a payer what it paid by."""
    done = SettleResponse(success=True, payer=payer, transaction=transaction, network=network)
    return encode_payment_response_header(done)


class _Teller:
    """x402's FacilitatorClient for one call; ``problem`` is what kept it from knowing."""

    def __init__(self, facilitator: Facilitator) -> None:
        self.problem: Transient | None = None
        self._facilitator = facilitator

    def get_supported(self) -> SupportedResponse:
        return self._facilitator.get_supported()

    async def verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        try:
            return await self._facilitator.verify(payload, requirements)
        except Transient as problem:
            self.problem = problem
            raise

    async def settle(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        try:
            return await self._facilitator.settle(payload, requirements)
        except Transient as problem:
            self.problem = problem
            raise


@dataclass(frozen=True)
class _Adapter:
    """x402's HTTPAdapter: of the request it sees the payment and nothing else."""

    resource: Resource
    payment: str | None

    def get_header(self, name: str) -> str | None:
        return self.payment if name.upper() == HEADER else None

    def get_method(self) -> str:
        return "POST"

    def get_path(self) -> str:
        return self.resource.path

    def get_url(self) -> str:
        return self.resource.url

    def get_accept_header(self) -> str:
        return "application/json"

    def get_user_agent(self) -> str:
        return ""

    def get_query_params(self) -> None:
        return None

    def get_query_param(self, name: str) -> None:  # noqa: ARG002 - x402's protocol
        return None

    def get_body(self) -> None:
        return None


def _config(option: PaymentOption) -> ResourceConfig:
    if callable(option.pay_to) or callable(option.price):
        raise TypeError("quotes of this gate are made for each call, and are no functions of one")
    return ResourceConfig(
        scheme=option.scheme,
        pay_to=option.pay_to,
        price=option.price,
        network=option.network,
        max_timeout_seconds=option.max_timeout_seconds,
        extra=option.extra,
    )


def _headers(result: HTTPProcessResult) -> Mapping[str, str]:
    return result.response.headers if result.response else {}


def _reason(result: HTTPProcessResult) -> str:
    reason = decode_payment_required_header(_headers(result)[QUOTE_HEADER]).error or "unknown"
    return in_words(reason)


def in_words(reason: str) -> str:
    """x402's reason as a clause."""
    return next((sentence for part, sentence in REASONS.items() if part in reason), reason)
