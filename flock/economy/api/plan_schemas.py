"""What the endpoints of plans take and answer. Amounts in wei: a number or decimal text in, decimal text out."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.amounts import MOST
from flock.economy.api import plan_examples as examples
from flock.protocol.core.units import BPS, DAY
from flock.protocol.economy.locks import LONGEST_SECONDS
from flock.web.fields import Account, Amount, TaskId

Wei = Annotated[int, Field(ge=0, le=MOST, description="wei: a number, or decimal text")]
Part = Annotated[int | None, Field(ge=0, le=MOST, description="gmFLOCK in wei; null for all there is")]
Days = Annotated[int, Field(ge=1, le=LONGEST_SECONDS // DAY, description="from now on")]
Proposal = Annotated[
    str, Field(pattern="^[0-9]{1,78}$", description="its number, or the beginning of its id")
]


def _shown(example: examples.Example) -> ConfigDict:
    return ConfigDict(extra="forbid", populate_by_name=True, json_schema_extra={"examples": [example]})


class PlanRequest(BaseModel):
    """``account`` is who will sign."""

    model_config = _shown(examples.REQUEST)

    account: Account


class LockRequest(PlanRequest):
    model_config = _shown(examples.LOCK)

    wei: Wei
    days: Days


class ExtendRequest(PlanRequest):
    model_config = _shown(examples.EXTEND)

    days: Days


class PartRequest(PlanRequest):
    model_config = _shown(examples.PART)

    gm: Part = None


class OnTaskRequest(PlanRequest):
    model_config = _shown(examples.TASK)

    task: TaskId


class StakeRequest(OnTaskRequest):
    model_config = _shown(examples.STAKE)

    gm: Part = None


class PokeRequest(PlanRequest):
    model_config = _shown(examples.POKE)

    poked: Account = Field(description="whose lock is over")


class OperatorRequest(PlanRequest):
    model_config = _shown(examples.OPERATOR)

    operator: Account | None = Field(description="the key that acts from now on; null for none")


class AcceptRequest(OnTaskRequest):
    model_config = _shown(examples.ACCEPT)

    commission_bps: Annotated[int | None, Field(ge=0, le=BPS)] = Field(
        default=None, description="what the operator keeps; null for as much as before"
    )
    open: bool = Field(default=True, description="whether it takes more")


class DelegateRequest(StakeRequest):
    model_config = _shown(examples.DELEGATE)

    operator: Account


class MoveRequest(PlanRequest):
    model_config = _shown(examples.MOVE)

    gm: Part = None
    from_operator: Account
    from_task: TaskId
    to_operator: Account
    to_task: TaskId


class CollectRequest(PlanRequest):
    model_config = _shown(examples.COLLECT)

    operator: Account | None = Field(default=None, description="whose pools; null for everybody's")
    task: TaskId | None = None
    delegator: Account | None = Field(default=None, description="for whom; null for the account itself")


class ClaimRequest(PlanRequest):
    model_config = _shown(examples.CLAIM)

    for_accounts: list[Account] = Field(
        default=[], max_length=100, description="for whom; empty for the account itself"
    )


class ProposeRequest(PlanRequest):
    """In the words of ``flock gov propose``."""

    model_config = _shown(examples.PROPOSE)

    action: Literal["set", "spend", "grant", "revoke", "guardian", "board", "resolve", "call"]
    words: list[Annotated[str, Field(max_length=10_000)]] = Field(max_length=60)
    title: str = Field(max_length=200)
    text: str = Field(default="", max_length=20_000, description="the reasons, as Markdown")


class ProposalRequest(PlanRequest):
    model_config = _shown(examples.NUMBER)

    proposal: Proposal


class VoteRequest(ProposalRequest):
    model_config = _shown(examples.VOTE)

    support: Literal["for", "against", "abstain"]
    reason: str = Field(default="", max_length=2_000, description="kept on chain with the vote")


class CallRequest(BaseModel):
    """A transaction as a wallet is about to sign it; it carries no ETH."""

    model_config = _shown(examples.CALL)

    sender: Account = Field(alias="from")
    to: Account = Field(description="one of flock's contracts")
    data: str = Field(pattern="^0x([0-9a-fA-F]{2}){4,}$", max_length=100_000)


class FieldAnswer(BaseModel):
    """Something that is watched: ``value`` for programs, ``text`` for people under ``label``."""

    name: str
    label: str
    value: int | str | None
    text: str


class TransactionAnswer(BaseModel):
    """To sign and send as eth_sendTransaction takes it, quantities in hex; ``does`` says what for.

    ``gas`` is a limit with a margin, null where the chain's endpoint cannot simulate.
    """

    model_config = ConfigDict(populate_by_name=True)

    does: str
    sender: Account = Field(alias="from")
    to: Account
    data: str
    value: str
    gas: str | None
    chain_id: str = Field(alias="chainId")


class PreviewAnswer(BaseModel):
    """What would change, and what it would cost; ``after``, ``gas`` and the fees are null where nobody can say.

    ``idle`` is whether nothing would change.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PREVIEW]})

    does: str
    account: Account
    before: list[FieldAnswer]
    after: list[FieldAnswer] | None
    idle: bool
    gas: int | None
    fee: Amount | None = Field(description="wei of ETH, of which data_fee is for bytes on layer 1")
    data_fee: Amount | None


class PlanAnswer(PreviewAnswer):
    """A plan: its effect and its transactions, to be sent in this order."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLAN]})

    notes: list[str]
    next: str | None = Field(description="the command that may come then")
    transactions: list[TransactionAnswer]
