"""Transactions in an answer, for whoever asked to sign and send."""

from pydantic import BaseModel, ConfigDict, Field

from flock.economy.operations.plans import UnsignedTransaction
from flock.web.fields import Account


class SendableTransaction(BaseModel):
    """As eth_sendTransaction takes it: quantities in hex."""

    model_config = ConfigDict(populate_by_name=True)

    sender: Account = Field(alias="from")
    to: Account
    data: str
    value: str
    gas: str | None = Field(
        description="a limit with a margin, null where the chain's endpoint cannot simulate"
    )
    chain_id: str = Field(alias="chainId")


class ToSign(BaseModel):
    """A transaction that is to be signed, and what it does."""

    does: str
    transaction: SendableTransaction


def to_sign(unsigned: UnsignedTransaction) -> ToSign:
    """``unsigned`` as answers hold it."""
    return ToSign(does=unsigned.does, transaction=SendableTransaction.model_validate(unsigned.sendable))
