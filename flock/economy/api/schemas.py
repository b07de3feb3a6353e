"""What the economy's endpoints answer. Amounts are decimal text in wei, shares basis points, times Unix seconds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.economy.api import examples as examples
from flock.web.fields import Account, Amount, Digest, Page

RootStateName = Literal["none", "pending", "parked", "served", "rejected"]


def _shown(example: examples.Example) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class PoolFilter(Page):
    """Which pools; ``after`` counts those passed over."""

    open: bool | None = Field(default=None, description="Only those that take more delegation, or do not")


class AccountAnswer(BaseModel):
    """What an account holds and has locked."""

    model_config = _shown(examples.ACCOUNT)

    account: Account
    held: Amount = Field(description="FLOCK that is not locked; decimal text")
    flock: Amount = Field(description="FLOCK locked that is on no task and in no pool; decimal text")
    gm: Amount = Field(description="gmFLOCK of it, free to be put somewhere; decimal text")
    allocated: Amount = Field(description="gmFLOCK on tasks; decimal text")
    delegated: Amount = Field(description="gmFLOCK in pools of others; decimal text")
    unlock_at: int | None = Field(
        default=None, description="when the lock ends; once it has been ended, when FLOCK may be redeemed"
    )
    lock_days: int = Field(description="what the lock was given for; 0 once it has been ended")
    votes: Amount = Field(description="gmFLOCK that it may vote with; decimal text")
    votes_delegate: Account = Field(description="who votes with its gmFLOCK, mostly itself")
    operator: Account | None = Field(default=None, description="the one key that acts on tasks for it")
    operator_since: int | None = None


class StakeAnswer(BaseModel):
    """gmFLOCK of an account on a task."""

    model_config = _shown(examples.STAKE)

    task: int
    account: Account
    gm: Amount
    flock: Amount = Field(description="what is behind it, wei")
    held: bool = Field(description="whether a duty holds it")


class PoolAnswer(BaseModel):
    """What is delegated to one operator on one task, and what it has yielded."""

    model_config = _shown(examples.POOL)

    operator: Account
    task: int
    state: str = Field(description="of the task: open, running, closed or cancelled")
    open: bool = Field(description="whether it takes more")
    commission_bps: int = Field(description="the operator's share of what delegation adds to its reward")
    gm: Amount
    flock: Amount
    own: Amount = Field(description="the operator's own gmFLOCK on the task; decimal text")
    delegators: int
    eapy_14: float = Field(description="as a fraction: the pace of the last 14 days, kept up and compounded")
    eapy_30: float = Field(description="as a fraction: the pace of the last 30 days, kept up and compounded")


class DelegationAnswer(BaseModel):
    """What an account has in a pool; ``leaving`` of it may be collected from ``leaves_at`` on."""

    model_config = _shown(examples.DELEGATION)

    gm: Amount
    flock: Amount
    leaving: Amount
    leaves_at: int | None = None
    pool: PoolAnswer


class StreamAnswer(BaseModel):
    """A reward that vests linearly."""

    amount: Amount
    released: Amount
    start: int
    end: int


class RewardsAnswer(BaseModel):
    """All an account has earned, and what ``claim`` takes. ``proof`` is null where there is nothing to prove.

    ``liquid`` and ``vesting`` are cumulative, as in the leaf under the served root.
    """

    model_config = _shown(examples.REWARDS)

    account: Account
    liquid: Amount
    vesting: Amount
    claimed_liquid: Amount
    claimed_vesting: Amount
    waiting: Amount = Field(description="of days that are emitted and not served yet; decimal text")
    releasable: Amount = Field(description="vested and not yet released; decimal text")
    streams: list[StreamAnswer]
    served_day: int = Field(description="all days before this one are served")
    served_root: Digest
    agrees: bool = Field(description="whether the served root is the one that the chain's events give")
    proof: list[Digest] | None = None


class WeightAnswer(BaseModel):
    """A task's part of every day's budget is its weight over the sum of all."""

    task: int
    weight: int


class EmissionsAnswer(BaseModel):
    """The next day's budget, and who shares it."""

    model_config = _shown(examples.EMISSIONS)

    next_day: int = Field(description="the first day, counted from the Unix epoch, that is not emitted")
    daily_budget: Amount
    decay_bps: int = Field(description="what the budget loses every 30 days")
    mints: bool = Field(description="whether FLOCK is minted; else a reserve is paid out")
    paused: bool
    weights: list[WeightAnswer]


class EmittedAnswer(BaseModel):
    """How one day's emission to one task was shared, before fees."""

    model_config = _shown(examples.EMITTED)

    day: int
    task: int
    emitted: Amount
    operators: Amount
    pools: Amount
    to_treasury: Amount
    kept: Amount = Field(
        description="what is shared later, less what was kept before and is shared now, in wei"
    )


class TermsAnswer(BaseModel):
    """What settlements are computed with, in basis points."""

    epsilon_bps: int
    operator_fee_bps: int
    delegator_fee_bps: int
    daily_bps: int


class RootAnswer(BaseModel):
    """A root that was posted."""

    id: int
    state: RootStateName
    root: Digest
    total: Amount
    day: int
    active_at: int
    settler: Account
    bond: Amount
    challenger: Account | None = Field(default=None, description="who disputed it, if anybody")


class SettlementAnswer(BaseModel):
    """What is served, what waits, and whether it is what the chain's events give."""

    model_config = _shown(examples.SETTLEMENT)

    served_day: int
    served_root: Digest
    served_total: Amount
    emitted: Amount = Field(description="all that was ever emitted, wei")
    released: Amount = Field(description="what of it served roots have given out, wei")
    agrees: bool = Field(description="whether the served root is the one that the chain's events give")
    pending: RootAnswer | None = None
    terms: TermsAnswer
    bond: Amount
    window: int = Field(description="seconds in which a posted root may be disputed")


class ProposalAnswer(BaseModel):
    """A proposal to the Governor, and the votes on it."""

    model_config = _shown(examples.PROPOSAL)

    id: str
    state: str
    title: str
    description: str
    proposer: Account
    vote_start: int
    vote_end: int
    against: Amount
    in_favour: Amount
    abstain: Amount
    block: int
