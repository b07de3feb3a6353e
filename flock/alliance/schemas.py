"""What the Alliance service answers. Amounts are decimal text, digests 0x hex, bitmaps lists of seats."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.alliance.models import MemberState, TaskState
from flock.web.fields import Account, Amount, Digest

SeatVerdict = Literal["good", "bad", "unjudged"]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HealthAnswer(_Answer):
    """``projected`` is the newest block the rows know, ``head`` the chain's; their difference is the lag."""

    status: Literal["ok"] = "ok"
    chain_id: int
    contract: Account
    head: int
    projected: int
    lag: int


class TaskAnswer(_Answer):
    """A task and how far it is. ``members`` counts those who can be drawn."""

    id: int
    creator: Account
    state: TaskState
    bounty: Amount
    pool: Amount
    opened: int
    decided: int
    members: int
    seed_block: int | None
    metadata: str = Field(description="CID of the task's metadata")
    model: str = Field(description="CID of the current model")
    refund: Amount | None
    to_treasury: Amount | None
    parameters: dict[str, int | str]


class VoteAnswer(_Answer):
    """A revealed vote."""

    candidate: str = Field(description="CID of the candidate model")
    harmful: list[int]
    rewarded: list[int]
    supports: bool
    salt: Digest


class SeatAnswer(_Answer):
    """A seat of a round: a proposer has a commitment, a voter an attestation and a vote."""

    seat: int
    role: Literal["proposer", "voter"]
    account: Account
    member: int
    weight: int
    commitment: Digest | None
    cid: str | None = Field(description="Where the proposed bytes are, once published")
    attested: list[int] | None
    sealed_vote: Digest | None
    vote: VoteAnswer | None
    verdict: SeatVerdict | None
    earned: Amount
    slashed: Amount = Field(description="gm taken from the member in this round")


class RoundAnswer(_Answer):
    """A round; everything from ``candidate`` on is null while it is open."""

    number: int
    outcome: Literal["open", "void", "accepted", "rejected"]
    seed: Digest
    drawn_block: int
    propose_ends_at: int
    keeper: Account
    candidate: str | None = Field(description="CID of the candidate the votes agreed on")
    harmful: list[int] | None
    rewarded: list[int] | None
    attested: list[int] | None
    proposer_unit: Amount | None = Field(description="wei each weight of a paid proposer earned")
    voter_unit: Amount | None = Field(description="wei each weight of a paid voter earned")
    pool_left: Amount | None
    finalised_block: int | None


class RoundWithSeats(RoundAnswer):
    """A round and who did what in it."""

    seats: list[SeatAnswer]


class MemberAnswer(_Answer):
    """A member of a task. ``stake`` is as joined, ``allocated`` what is there now (gm)."""

    id: int
    account: Account
    state: MemberState
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

    model_config = ConfigDict(extra="forbid")

    seat: Annotated[int, Field(ge=0, le=31, description="Proposer seat")]
    cid: Annotated[str, Field(max_length=100, description="CID of the proposed bytes")]
