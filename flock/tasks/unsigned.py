"""Transactions for somebody else to sign: what they do, and what gas they will take."""

from dataclasses import dataclass

from flock.amounts import tokens
from flock.chain.client import as_refusal, call_object
from flock.chain.contracts.deployed import Contracts
from flock.chain.rpc import RpcRefused
from flock.protocol.alliance.params import AllianceParameters

GAS_MARGIN_PERCENT = 20
CREATION_GAS = 700_000  # cannot be estimated while the allowance is still to be given


@dataclass(frozen=True)
class Unsigned:
    """``data`` to send to ``to`` with no value; ``does`` says in a sentence what for."""

    does: str
    sender: str
    to: str
    data: bytes
    gas: int
    chain_id: int


def creation(
    contracts: Contracts, account: str, parameters: AllianceParameters, metadata: bytes, bounty: int
) -> tuple[Unsigned, ...]:
    """What ``account`` has to send, in this order, to make an Alliance with a bounty of ``bounty`` wei.

    Raises ContractRefused if the contract would refuse it, and RpcUnavailable.
    """
    manager, token = contracts.task_manager, contracts.token
    price = bounty + manager.creation_fee()
    data = manager.creation_call(parameters, metadata, bounty)
    does = f"Make the task, and put {tokens(bounty)} FLOCK into it as its bounty."
    if token.allowance(account, manager.address) >= price:
        return (_estimated(contracts, account, manager.address, data, does),)
    allow = token.abi.functions["approve"].encode(manager.address, price)
    allows = f"Let the TaskManager take {tokens(price)} FLOCK, for bounty and creation fee."
    return (
        _estimated(contracts, account, token.address, allow, allows),
        Unsigned(does, account, manager.address, data, CREATION_GAS, contracts.chain_id),
    )


def _estimated(contracts: Contracts, account: str, to: str, data: bytes, does: str) -> Unsigned:
    return Unsigned(does, account, to, data, _gas(contracts, account, to, data), contracts.chain_id)


def _gas(contracts: Contracts, account: str, to: str, data: bytes) -> int:
    try:
        answer = contracts.client.rpc.request("eth_estimateGas", call_object(to, data, account, 0))
    except RpcRefused as problem:
        raise as_refusal(problem) from None
    gas = int(answer, 16)
    return gas + gas * GAS_MARGIN_PERCENT // 100
