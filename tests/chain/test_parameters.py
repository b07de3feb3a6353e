"""No number of any contract is out of governance's reach, and every call of a proposal is told by name."""

import pytest

from flock.chain.abi_codec import artifact
from flock.chain.address_book import CONTRACT_FIELDS
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.governor import ProposalCall
from flock.economy.governance.effects import OtherCall, effects_of
from flock.economy.governance.parameters import (
    PARAMETERS,
    Change,
    calls_of,
    parameter_named,
    standings,
    weight_of,
)
from flock.errors import BadConfig
from tests.conftest import Decree

# What accounts set for themselves, and what moves a contract to another governor: neither is a parameter.
NOT_PARAMETERS = {
    ("Staking", "setOperator"),
    ("Staking", "setPool"),
    ("ModelMarket", "setPrice"),
    ("ModelMarket", "setApprovalForAll"),
    ("ModelMarket", "setToken"),  # by the action `call`
    ("TaskManager", "setBoard"),  # the action `board`
    ("FlockGovernor", "setProposalGuardian"),  # the action `guardian`, which changes it in both places
    ("FlockGovernor", "updateTimelock"),
}


def setters() -> set[tuple[str, str]]:
    """All of all contracts, the AccessManager's own left out: it says who, not how much."""
    return {
        (contract, name)
        for contract in CONTRACT_FIELDS
        if contract != "AccessManager"
        for name, item in artifact(contract).abi.functions.items()
        if name.startswith(("set", "update")) and name[3:4] != "t" and "(" not in name and item.inputs.types
        if name != "setAuthority"
    }


def test_every_setter_is_in_reach_of_a_proposal(contracts: Contracts) -> None:
    registered = [*PARAMETERS.values(), weight_of(1)]
    reached = {(each.binding(contracts).contract, each.setter) for each in registered}
    assert reached | NOT_PARAMETERS == setters()


def test_what_changes_are_made_of_is_read_back_as_the_same_changes(contracts: Contracts) -> None:
    found = standings(contracts, [each for each in PARAMETERS.values() if not each.is_address])
    changes = [Change(each, each.least if each.value != each.least else each.most) for each in found]
    read = effects_of(contracts, calls_of(contracts, changes))
    assert {change.parameter.name: change.value for change in read if isinstance(change, Change)} == {
        change.parameter.name: change.value for change in changes
    }
    assert len(read) == len(changes)


def test_what_is_decreed_is_what_stands(contracts: Contracts, decree: Decree) -> None:
    decree(contracts.staking, "setCooldown", 7_200)
    [standing] = standings(contracts, [PARAMETERS["staking.cooldown"]])
    assert (standing.value, standing.least, standing.most) == (7_200, 3_600, 14 * 86_400)


def test_a_call_that_sets_nothing_is_told_with_its_arguments(contracts: Contracts) -> None:
    place = contracts.book.guardian
    data = contracts.token.abi.functions["transfer"].encode(place, 5)
    [told] = effects_of(contracts, [ProposalCall(contracts.token.address, data)])
    assert isinstance(told, OtherCall)
    assert (told.contract, told.function, told.arguments) == (
        "FlockToken",
        "transfer",
        {"to": place, "value": 5},
    )


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", bytes.fromhex("a9059cbb") + b"\x01"])
def test_a_call_that_nobody_can_read_is_told_as_it_is(contracts: Contracts, data: bytes) -> None:
    [told] = effects_of(contracts, [ProposalCall(contracts.token.address, data)])
    [stranger] = effects_of(contracts, [ProposalCall(contracts.book.guardian, data)])
    assert isinstance(told, OtherCall)
    assert isinstance(stranger, OtherCall)
    assert (told.contract, told.function, told.call.data) == ("FlockToken", "", data)
    assert (stranger.contract, stranger.function) == ("", "")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("staking.delegationRATIO", "staking.delegationRatio"),
        ("votingPeriod", "governor.votingPeriod"),
        ("emissions.weight.0", "emissions.weight.1"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(BadConfig, match=rf"no parameter '{name}'\. Did you mean {near}"):
        parameter_named(name)


def test_a_name_like_none_is_refused_without(contracts: Contracts) -> None:
    with pytest.raises(BadConfig, match=r"no parameter 'xyz'\. `flock gov params` lists them all"):
        parameter_named("xyz")
