"""What the Alliance service answers. Amounts are decimal text, digests 0x hex, bitmaps lists of seats."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.alliance import examples
from flock.alliance.models import MemberStatus, TaskStatus
from flock.economy.api.to_sign import ToSign
from flock.web.fields import Account, Amount, Digest, Page

SeatVerdict = Literal["good", "bad", "unjudged"]
OutcomeName = Literal["open", "void", "accepted", "rejected"]


def shown(example: dict[str, Any]) -> ConfigDict:
    """The configuration of an answer with this example in the OpenAPI document."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [example]})


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TaskFilter(Page):
    """Which tasks."""

    state: TaskStatus | None = None
    creator: Account | None = None
    member: Account | None = Field(default=None, description="An account that has joined, even if it left")
    open_to_join: bool | None = Field(default=None, description="Not over, and with room on the list")


class RoundFilter(Page):
    """Which rounds."""

    outcome: OutcomeName | None = None


class MemberFilter(Page):
    """Which members."""

    state: MemberStatus | None = None


class TaskAnswer(_Answer):
    """A task and how far it is. ``members`` counts those who can be drawn."""

    model_config = shown(examples.TASK)

    id: int
    creator: Account
    state: TaskStatus
    bounty: Amount
    pool: Amount
    opened: int
    decided: int
    members: int
    seed_block: int | None = None
    metadata: str = Field(description="CID of the task's metadata")
    model: str = Field(description="CID of the current model")
    refund: Amount | None = None
    to_treasury: Amount | None = None
    parameters: dict[str, int | str]


class VoteAnswer(_Answer):
    """A revealed vote."""

    model_config = shown(examples.VOTE)

    candidate: str = Field(description="CID of the candidate model")
    harmful: list[int]
    rewarded: list[int]
    supports: bool
    salt: Digest


class SeatAnswer(_Answer):
    """A seat of a round: a proposer has a commitment, a voter an attestation and a vote."""

    model_config = shown(examples.SEAT)

    seat: int
    role: Literal["proposer", "voter"]
    account: Account
    member: int
    weight: int
    commitment: Digest | None = None
    cid: str | None = Field(default=None, description="Where the proposed bytes are, once published")
    attested: list[int] | None = None
    sealed_vote: Digest | None = None
    vote: VoteAnswer | None = None
    verdict: SeatVerdict | None = None
    earned: Amount
    slashed: Amount = Field(description="gm taken from the member in this round")


class RoundAnswer(_Answer):
    """A round; everything from ``candidate`` on is null while it is open."""

    model_config = shown(examples.ROUND)

    number: int
    outcome: OutcomeName
    seed: Digest
    drawn_block: int
    propose_ends_at: int
    keeper: Account
    candidate: str | None = Field(default=None, description="CID of the candidate the votes agreed on")
    harmful: list[int] | None = None
    rewarded: list[int] | None = None
    attested: list[int] | None = None
    proposer_unit: Amount | None = Field(
        default=None, description="wei each weight of a paid proposer earned"
    )
    voter_unit: Amount | None = Field(default=None, description="wei each weight of a paid voter earned")
    pool_left: Amount | None = None
    finalised_block: int | None = None


class RoundWithSeats(RoundAnswer):
    """A round and who did what in it."""

    model_config = shown(examples.ROUND_WITH_SEATS)

    seats: list[SeatAnswer]


class MemberAnswer(_Answer):
    """A member of a task. ``stake`` is as joined, ``allocated`` what is there now (gm)."""

    model_config = shown(examples.MEMBER)

    number: int = Field(description="in the order of first joining; what `after` counts by")
    id: int = Field(description="on the chain; 0 once it has left")
    account: Account
    state: MemberStatus
    stake: Amount
    allocated: Amount
    weight: int
    strikes: int = Field(description="bad seats among the last ones that count")
    drawn: int
    earned: Amount = Field(description="wei earned in rounds")
    keeper_fees: Amount = Field(description="wei earned by pushing rounds on")
    withdrawn: Amount
    withdrawable: Amount
    slashed: Amount = Field(description="gm")
    slashed_flock: Amount = Field(description="wei")


class Publication(BaseModel):
    """Where a proposer's bytes are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.PUBLICATION]})

    seat: Annotated[int, Field(ge=0, le=31, description="Proposer seat")]
    cid: Annotated[str, Field(max_length=100, description="CID of the proposed bytes")]


class HistoryAnswer(_Answer):
    """A seat that a member had: what the round made of it, and why."""

    model_config = shown(examples.HISTORY)

    round: int
    outcome: OutcomeName
    seat: int
    role: Literal["proposer", "voter"]
    weight: int
    verdict: SeatVerdict | None = None
    reason: str | None = Field(default=None, description="a word for programs; null while the round is open")
    because: str | None = Field(default=None, description="the reason in a sentence")
    strikes: int | None = Field(
        default=None, description="how many the member had after this round, before a slash cleared them"
    )
    earned: Amount
    slashed: Amount = Field(description="gm")
    transactions: dict[str, str] = Field(
        description="hashes, by what was done: drawn, proposed, attested, sealed, revealed, finalised"
    )


class CreationAnswer(_Answer):
    """A task as it was asked for: to be made with ``transactions``, in their order, or made as ``task``."""

    model_config = shown(examples.CREATION)

    task: int | None = Field(default=None, description="its number, if the service has made it")
    bounty: Amount
    metadata: str = Field(description="CID, stored here as a draft")
    metadata_digest: Digest = Field(description="SHA-256, as the chain will have it")
    parameters: dict[str, int | str]
    transactions: list[ToSign]
