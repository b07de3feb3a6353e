"""What the calls of a proposal do, by name: parameters that they set, and functions that they call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eth_abi.exceptions import DecodingError

from flock.chain.abi_codec import Item, artifact
from flock.chain.address_book import CONTRACT_FIELDS
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.governor import ProposalCall
from flock.economy.governance.parameters import PARAMETERS, Change, Parameter, standings, weight_of


@dataclass(frozen=True)
class OtherCall:
    """A call that sets no parameter. ``contract`` is empty where it is none of flock's, or calls what it lacks."""

    contract: str
    function: str
    arguments: Mapping[str, object]
    call: ProposalCall


Effect = Change | OtherCall


def effects_of(contracts: Contracts, calls: Sequence[ProposalCall]) -> list[Effect]:
    """What they do, against how things stand now. Raises RpcUnavailable."""
    return [effect for call in calls for effect in _effects(contracts, call)]


def _effects(contracts: Contracts, call: ProposalCall) -> Iterator[Effect]:
    contract = _contract_at(contracts, call.target)
    item = _function(contract, call.data)
    try:
        arguments = item.decode_inputs(call.data[4:]) if item else {}
    except DecodingError:
        item, arguments = None, {}
    if item is None:
        yield OtherCall(contract, "", {}, call)
        return
    changes = list(_changes(contracts, call, item, arguments))
    others: list[Effect] = [OtherCall(contract, item.name, arguments, call)]
    yield from changes or others


def _changes(
    contracts: Contracts, call: ProposalCall, item: Item, arguments: Mapping[str, object]
) -> Iterator[Change]:
    given = list(arguments.values())
    found = [each for each in _parameters(item, given) if each.binding(contracts).address == call.target]
    for standing in standings(contracts, found):
        parameter = standing.parameter
        value = parameter.value_in(given[-1])
        if value != standing.value or not parameter.field:
            yield Change(standing, value)


def _parameters(item: Item, given: Sequence[object]) -> list[Parameter]:
    if item.name == "setWeight":
        return [weight_of(int(str(given[0])))]
    return [parameter for parameter in PARAMETERS.values() if parameter.setter == item.name]


def _contract_at(contracts: Contracts, target: str) -> str:
    return next((name for name in CONTRACT_FIELDS if contracts.book.place_of(name) == target), "")


def _function(contract: str, data: bytes) -> Item | None:
    if not contract:
        return None
    functions = artifact(contract).abi.functions.values()
    return next((item for item in functions if item.selector == data[:4]), None)
