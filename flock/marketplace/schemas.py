"""What the Marketplace's service answers. Amounts are decimal text, in the smallest unit of their token."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from flock.marketplace import examples
from flock.marketplace.models import HostState, SaleState
from flock.marketplace.payees import PayeeRole
from flock.web.fields import Account, Amount, Digest, Page, TaskId

BasisPoints = Annotated[int, Field(description="basis points")]
MOST_MODELS = 100
SearchText = Annotated[str, Field(max_length=200, description="Words of the title, summary, tags or licence")]


def shown(example: dict[str, Any]) -> ConfigDict:
    """The configuration of an answer with this example in the OpenAPI document."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [example]})


class ModelFilter(Page):
    """Which models. Each comes with a document, so a page is shorter than others."""

    limit: Annotated[int, Field(ge=1, le=MOST_MODELS, description="How many at most")] = MOST_MODELS

    owner: Account | None = None
    task: TaskId | None = Field(default=None, description="The task that made a version of it")
    host: Account | None = Field(default=None, description="Who serves a version of it now")
    kind: Annotated[str, Field(max_length=40)] | None = Field(default=None, description="Such as image")
    search: SearchText | None = None
    listed: bool | None = Field(default=None, description="Whether its newest version is for sale")


class SubscriptionFilter(Page):
    """Which subscriptions."""

    subscriber: Account | None = None
    host: Account | None = None
    version: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class PartAnswer(BaseModel):
    """A parent, and what it gets of what fee and host leave."""

    version: int
    bps: BasisPoints


class ShareAnswer(BaseModel):
    """An account, and what it gets of what fee and host leave."""

    account: Account
    bps: BasisPoints


class PriceTerms(BaseModel):
    """For a call, for 30 days, for a million tokens read, for a million written; all 0: not sold for this token."""

    per_call: Amount = 0
    per_period: Amount = 0
    per_input: Amount = 0
    per_output: Amount = 0


class PriceAnswer(PriceTerms):
    """What a version costs in a token. Quotes of the ``former`` price are good until ``honoured_until``."""

    model_config = shown(examples.PRICE)

    token: Account
    former: PriceTerms | None = None
    honoured_until: int = Field(description="Unix seconds")


class VersionAnswer(BaseModel):
    """A version. ``card`` is what its publisher says of it, as far as this service has the document."""

    model_config = shown(examples.VERSION)

    id: int
    model: int
    state: SaleState
    origin: Literal["task", "upload"]
    task: int | None = None
    contested_by: int | None = Field(default=None, description="The task that made the same bytes")
    publisher: Account
    published_at: int = Field(description="Unix seconds")
    digest: Digest
    cid: str
    metadata: str = Field(description="CID of the document")
    card: dict[str, Any] | None = None
    fee_bps: BasisPoints
    host_bps: BasisPoints
    royalty_bps: BasisPoints
    makers_bps: BasisPoints
    parents: list[PartAnswer]
    children: list[int] = Field(description="Versions that name it as a parent, as their publishers say")
    shares: list[ShareAnswer]
    prices: list[PriceAnswer]
    hosts: int = Field(description="Hosts that serve it now")
    subscriptions: int = Field(description="How many were ever bought")


class ModelAnswer(BaseModel):
    """A model, its owner of now and its versions."""

    model_config = shown(examples.MODEL)

    id: int
    owner: Account
    transfers: int
    versions: list[int]
    newest: VersionAnswer | None = None


class ListingAnswer(BaseModel):
    """A host of a version: ``serves`` says whether it may now, ``splitter`` where its payments go."""

    model_config = shown(examples.LISTING)

    version: int
    host: Account
    state: HostState
    serves: bool
    splitter: Account
    since: int = Field(description="Unix seconds")


class HostAnswer(BaseModel):
    """A host, its bond when it was taken in, and the versions it has begun to serve."""

    model_config = shown(examples.HOST)

    account: Account
    state: HostState
    bond: Amount
    since: int = Field(description="Unix seconds")
    leaves_at: int | None = Field(default=None, description="When its bond is free, Unix seconds")
    slashed: Amount
    versions: list[int]


class PayeeAnswer(BaseModel):
    """A payee of a splitter; ``due`` is what ``release`` would pay it now."""

    model_config = shown(examples.PAYEE)

    number: int
    role: PayeeRole
    account: Account
    bps: BasisPoints = Field(
        description="Of a payment for the treasury, of what it leaves for the host, of what both leave for the others"
    )
    due: Amount


class RevenueAnswer(BaseModel):
    """All that was ever paid for a version by way of a host in a token; royalties have no host."""

    model_config = shown(examples.REVENUE)

    host: Account | None = None
    token: Account
    paid: Amount
    held: Amount = Field(description="What of it is still to be released")


class SubscriptionAnswer(BaseModel):
    """A subscription; times in Unix seconds."""

    model_config = shown(examples.SUBSCRIPTION)

    id: int
    subscriber: Account
    version: int
    host: Account
    token: Account
    amount: Amount
    start: int
    end: int
    collected: Amount
    refunded: Amount
    cancelled_at: int | None = None


class DraftRequest(RootModel[dict[str, Any]]):
    """A version's document: a JSON object with a title; docs/market.md says what else is known of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CARD]})


class DraftAnswer(BaseModel):
    """A document that is kept now: its digest is what ``publish`` is given."""

    model_config = shown(examples.DRAFT)

    cid: str
    digest: Digest
