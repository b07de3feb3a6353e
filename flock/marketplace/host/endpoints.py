"""What a host answers: its models and their prices for nothing, calls for what they cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from flock.errors import BadConfig, ServiceUnavailable
from flock.log import logger
from flock.marketplace.gate.gate import Gate
from flock.marketplace.gate.orders import Order
from flock.marketplace.gate.quotes import Listing, Listings
from flock.marketplace.host.fields import parse_request
from flock.marketplace.host.serving import Catalogue, Served
from flock.web.errors import BadFields, NotFound, TooManyRequests
from flock.web.strict_json import parsed_json

router = APIRouter(tags=["host"])
PAID: dict[int | str, dict[str, Any]] = {
    402: {"description": "The price, in the header PAYMENT-REQUIRED; or why the payment is not good"},
    409: {"description": "The authorisation is used, or a call with it is running"},
    410: {"description": "The version is retired, or this host serves it no more"},
    502: {"description": "What computes the answer failed; nothing was charged"},
}


class Counters:
    """How many calls are being answered, at most ``most``; none begins once it drains."""

    def __init__(self, most: int) -> None:
        self.running = 0
        self.is_draining = False
        self._most = most

    def drain(self) -> None:
        """Take no more calls."""
        self.is_draining = True

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises TooManyRequests, ServiceUnavailable."""
        if self.is_draining:
            raise ServiceUnavailable(
                "This host is about to stop: ask another, or this one again in a minute."
            )
        if self.running >= self._most:
            raise TooManyRequests(
                f"This host answers {self._most} calls at once, and does: try again in a second."
            )
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class Host:
    """What the endpoints sell, and through what."""

    def __init__(self, catalogue: Catalogue, gate: Gate, listings: Listings, counters: Counters) -> None:
        self.catalogue = catalogue
        self.gate = gate
        self.listings = listings
        self.counters = counters


def host_of(request: Request) -> Host:
    host: Host = request.app.state.host
    return host


Hosted = Annotated[Host, Depends(host_of)]


@router.get("/health", summary="Whether calls are taken")
def health(host: Hosted) -> dict[str, Any]:
    """The host's account, and how many calls it is answering. 503 once it is about to stop."""
    if host.counters.is_draining:
        raise ServiceUnavailable("This host is about to stop.")
    return {"status": "ok", "host": host.listings.host, "running": host.counters.running}


@router.get("/v1/models", summary="The models sold here")
def models(host: Hosted) -> dict[str, Any]:
    """As OpenAI's API lists them, with the price of each in each token, in its smallest unit."""
    return {"object": "list", "data": [_model(host, each) for each in host.catalogue]}


@router.get("/v1/models/{name}", summary="One model")
def model(host: Hosted, name: str) -> dict[str, Any]:
    """Its price, and the JSON Schema of what it takes."""
    found = host.catalogue.any(name)
    return {**_model(host, found), **found.schema()}


@router.post("/v1/models/{name}/predict", summary="Ask a model that this host computes", responses=PAID)
async def predict(request: Request, host: Hosted, name: str) -> Response:
    """`{"inputs": […]}`: rows of numbers, rows by name, or texts, as the model's `input_schema` says."""
    found = host.catalogue.computed(name)
    body = await request.body()
    with host.counters.one():
        return await _sold(request, host, found.order(request.url.path, body, parsed_json(body, "body")))


@router.post("/v1/chat/completions", summary="Ask a chat model", responses=PAID)
@router.post("/v1/completions", summary="Ask a text model", responses=PAID)
@router.post("/v1/embeddings", summary="Embed texts", responses=PAID)
async def relay(request: Request, host: Hosted) -> Response:
    """As OpenAI's API has it; with `"stream": true` as server-sent events."""
    body = await request.body()
    document = parsed_json(body, "body")
    if not isinstance(document, dict) or not isinstance(document.get("model"), str):
        raise BadFields({"model": "it must name a model; see GET /v1/models."})
    found = host.catalogue.relayed(document["model"])
    asked = parse_request(request.url.path, document)
    with host.counters.one():
        return await _sold(request, host, found.order(request.url.path, body, asked))


@router.get("/v1/receipts/{receipt}", summary="A signed receipt")
def receipt(request: Request, receipt: str) -> dict[str, str]:
    """What this host signed for an answer, by its id, which is the EIP-712 digest that it signed."""
    try:
        digest = bytes.fromhex(receipt.removeprefix("0x"))
    except ValueError:
        digest = b""
    found = request.app.state.payments.receipt(digest) if len(digest) == 32 else None
    if found is None:
        raise NotFound("This host signed no such receipt: give the id of one, 0x and 64 digits.")
    return dict(found)


async def _sold(request: Request, host: Host, order: Order) -> Response:
    try:
        return await host.gate.sell(request, order)
    except BadConfig as problem:  # of this host's files: for its operator, not for who pays
        logger().error("model_unusable", model=order.model, reason=str(problem))
        raise ServiceUnavailable(
            f"This host cannot compute {order.model} now. Nothing was charged."
        ) from problem


def _model(host: Host, found: Served) -> dict[str, Any]:
    listing = host.listings.of(found.version)
    return {
        "id": found.name,
        "object": "model",
        "created": listing.stored.published_at,
        "owned_by": host.listings.host,
        "version": found.version,
        "digest": "0x" + listing.stored.digest.hex(),
        "prices": _prices(listing),
    }


def _prices(listing: Listing) -> list[dict[str, str]]:
    return [
        {
            "token": token.address,
            "name": token.name,
            "per_call": str(view.current.per_call),
            "per_million_input": str(view.current.per_input),
            "per_million_output": str(view.current.per_output),
        }
        for token, view in listing.prices
    ]
