"""The Marketplace over HTTP: what buyers, owners and hosts ask."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from flock.economy.api.endpoints import Reader
from flock.errors import BlobUnavailable
from flock.marketplace import examples, queries, schemas
from flock.marketplace.models import VersionRow
from flock.marketplace.payees import NOBODY, Place, dues_of, payees_of, takings_of
from flock.protocol.core.cid import cid_of
from flock.web.blobs import BYTES, UploadsService, blob_response
from flock.web.database import ReadSession
from flock.web.errors import Conflict, NotFound
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, LARGEST_INTEGER, Account, AccountPath, Page
from flock.web.problems import Responses, problems

router = APIRouter(prefix="/market", tags=["market"])

MOST_HOSTS = 200
"""Of a version's hosts, how many its revenue is added up over."""
NO_MODEL = NotFound("There is no model 99: see /market/models for those there are.")
NO_VERSION = NotFound("There is no version 99: see /market/models for those there are.")
NO_HOST = NotFound(f"{EXAMPLE_ACCOUNT} never was a host: see /market/hosts.")
NOT_HERE = BlobUnavailable(
    f"This service does not hold the blob {EXAMPLE_CID}: ask another, or try again later."
)
NOT_OPEN = Conflict("Version 7 is not open: its owner sells answers, at its hosts, and not the bytes.")

ModelPath = Annotated[int, Path(ge=1, le=LARGEST_INTEGER, description="Model id")]
VersionPath = Annotated[int, Path(ge=1, le=LARGEST_INTEGER, description="Version id")]


def answers(example: object) -> Responses:
    """An example of a list."""
    return {200: {"content": {"application/json": {"example": [example]}}}}


# ---- models and versions


@router.get("/models", summary="List and search models", responses=answers(examples.MODEL))
def models(
    session: ReadSession, wanted: Annotated[schemas.ModelFilter, Query()]
) -> list[schemas.ModelAnswer]:
    """Models, oldest first, with their newest version."""
    found = queries.models(session, wanted)
    return [_model_answer(session, each.id) for each in found]


@router.get("/models/{model}", summary="Read a model", responses=problems(NO_MODEL))
def model(session: ReadSession, model: ModelPath) -> schemas.ModelAnswer:
    """One model, its owner and its versions."""
    return _model_answer(session, model)


@router.get("/versions/{version}", summary="Read a version", responses=problems(NO_VERSION))
def version(session: ReadSession, version: VersionPath) -> schemas.VersionAnswer:
    """The card of a version: what it is, where it comes from, who gets what, and what it costs."""
    return queries.version_answer(session, queries.known_version(session, version))


@router.get(
    "/versions/{version}/download",
    summary="Download an open version",
    response_class=Response,
    responses={**BYTES, **problems(NO_VERSION, NOT_OPEN, NOT_HERE)},
)
def download(
    session: ReadSession, uploads: UploadsService, request: Request, version: VersionPath
) -> Response:
    """The bytes, if the document says that the version is open and this service holds them."""
    row = queries.known_version(session, version)
    card = queries.card_of(session, row)
    if card is None or not card.get("open"):
        raise Conflict(
            f"Version {version} is not open: its owner sells answers, at its hosts, and not the bytes."
        )
    return blob_response(request, uploads.blobs, cid_of(row.digest), "public, max-age=31536000, immutable")


# ---- where it is served, and what it earns


@router.get(
    "/versions/{version}/hosts",
    summary="List a version's hosts",
    responses={**answers(examples.LISTING), **problems(NO_VERSION)},
)
def listings(
    session: ReadSession, version: VersionPath, page: Annotated[Page, Query()]
) -> list[schemas.ListingAnswer]:
    """Who serves it first, then who did; ``after`` counts hosts."""
    return queries.listings(session, queries.known_version(session, version), page)


@router.get(
    "/versions/{version}/prices",
    summary="What a version costs",
    responses={**answers(examples.PRICE), **problems(NO_VERSION)},
)
def prices(session: ReadSession, version: VersionPath) -> list[schemas.PriceAnswer]:
    """In each token that it ever had a price in."""
    queries.known_version(session, version)
    return queries.prices(session, version)


@router.get(
    "/versions/{version}/revenue",
    summary="What a version has earned",
    responses={**answers(examples.REVENUE), **problems(NO_VERSION)},
)
def revenue(session: ReadSession, economy: Reader, version: VersionPath) -> list[schemas.RevenueAnswer]:
    """All that was paid, by host and token, as of the newest block; without a host: the royalties of its children."""
    row = queries.known_version(session, version)
    hosts = {**queries.places_of(session, version, MOST_HOSTS), NOBODY: _royalties(economy, row)}
    tokens = queries.tokens_of(session, version)
    found = economy.kept(
        ("revenue", tuple(hosts.values()), tuple(tokens)),
        lambda: takings_of(economy.contracts, list(hosts.values()), tokens),
    )
    of_place = {place.address: host for host, place in hosts.items()}
    return [
        schemas.RevenueAnswer(
            host=None if of_place[each.place] == NOBODY else of_place[each.place],
            token=each.token,
            paid=each.paid,
            held=each.held,
        )
        for each in found
        if each.paid
    ]


@router.get(
    "/versions/{version}/payees",
    summary="Who gets what of a payment",
    responses={**answers(examples.PAYEE), **problems(NO_VERSION)},
)
def payees(
    session: ReadSession,
    economy: Reader,
    version: VersionPath,
    token: Annotated[Account, Query(description="The token that is due")],
    host: Annotated[
        Account | None, Query(description="By way of which host; left out: of its children's royalties")
    ] = None,
) -> list[schemas.PayeeAnswer]:
    """The payees of the splitter of a version and host by number, and what is due to each now."""
    row = queries.known_version(session, version)
    terms = queries.terms_of(session, row, host)
    place = _royalties(economy, row) if host is None else queries.place_of(session, version, host)
    contracts = economy.contracts
    found, dues = economy.kept(
        ("payees", version, place, token),
        lambda: (payees_of(contracts, terms), dues_of(contracts, terms, place, token)),
    )
    return [schemas.PayeeAnswer(**vars(each), due=dues[each.number]) for each in found]


@router.get("/hosts", summary="List hosts", responses=answers(examples.HOST))
def hosts(session: ReadSession, page: Annotated[Page, Query()]) -> list[schemas.HostAnswer]:
    """By account; ``after`` counts hosts."""
    return queries.hosts(session, page)


@router.get("/hosts/{account}", summary="Read a host", responses=problems(NO_HOST))
def host(session: ReadSession, account: AccountPath) -> schemas.HostAnswer:
    """A host, its bond and what it serves."""
    return queries.host(session, account)


@router.get("/subscriptions", summary="List subscriptions", responses=answers(examples.SUBSCRIPTION))
def subscriptions(
    session: ReadSession, wanted: Annotated[schemas.SubscriptionFilter, Query()]
) -> list[schemas.SubscriptionAnswer]:
    """Subscriptions, oldest first."""
    return queries.subscriptions(session, wanted)


@router.get("/tokens", summary="What prices can be in", responses=answers(examples.CONTRACT))
def tokens(session: ReadSession) -> list[Account]:
    """The tokens on governance's list."""
    return queries.tokens(session)


# ---- pieces


def _model_answer(session: ReadSession, model: int) -> schemas.ModelAnswer:
    row, versions = queries.known_model(session, model), queries.versions_of(session, model)
    return schemas.ModelAnswer(
        id=row.id,
        owner=row.owner,
        transfers=row.transfers,
        versions=[each.id for each in versions],
        newest=queries.version_answer(session, versions[-1]) if versions else None,
    )


def _royalties(economy: Reader, row: VersionRow) -> Place:
    """Where its children pay."""
    [address] = economy.read(economy.view("model_market", "splitterOf", row.id, NOBODY))
    return Place(address, row.is_royalty_deployed)
