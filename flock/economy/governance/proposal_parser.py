"""What a proposal is to do, from words to calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from flock.amounts import wei_of
from flock.chain.address_book import CONTRACT_FIELDS, NOBODY
from flock.chain.addresses import parse_address
from flock.chain.contracts.access import AccessManager, AccessRole
from flock.chain.contracts.governor import ProposalCall
from flock.economy.governance.parameters import (
    Change,
    Parameter,
    ParameterUnit,
    Value,
    calls_of,
    parameter_named,
    standings,
)
from flock.economy.governance.texts import value_text
from flock.economy.settling import owed, recompute
from flock.errors import BadConfig, Refused

if TYPE_CHECKING:
    from flock.chain.abi_codec import Item
    from flock.chain.contracts.binding import Binding
    from flock.chain.contracts.deployed import Contracts

SPANS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
SPAN = re.compile(r"([0-9][0-9_,]*)([smhd]?)")
WHOLE = re.compile(r"[0-9][0-9_,]*")
VERDICTS = {"right": True, "wrong": False}
CHANGES = {"add": True, "remove": False}


AccountOf = Callable[[str, str], str]
"""The address that a word means, which is called by the second argument in errors. Raises BadConfig for none."""


def address_of(word: str, what: str) -> str:
    """Of addresses alone. Raises BadConfig for anything else."""
    try:
        return parse_address(word)
    except ValueError as error:
        raise BadConfig(f"{what} is {word!r}: {error}.") from None


def calls_for(
    contracts: Contracts, action: str, words: Sequence[str], account_of: AccountOf = address_of
) -> list[ProposalCall]:
    """The calls of a proposal.

    Raises BadConfig for invalid words, Refused for values that the contracts would refuse.
    """
    if action not in ACTIONS:
        raise BadConfig(f"There is no action {action!r}. Choose one of {', '.join(ACTIONS)}.")
    return ACTIONS[action](contracts, account_of, words)


# ---- actions


def _set(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    if len(words) % 2:
        raise BadConfig("`set` takes names and values in turn, such as: set staking.delegationRatio 5.")
    names, texts = words[::2], words[1::2]
    if len(set(names)) < len(names):
        raise BadConfig("`set` names a parameter twice; give each one value.")
    found = standings(contracts, [parameter_named(name) for name in names])
    changes = [
        Change(standing, value_of(standing.parameter, text, account_of))
        for standing, text in zip(found, texts, strict=True)
    ]
    for change in changes:
        _require_sensible(change)
    return calls_of(contracts, changes)


def _require_sensible(change: Change) -> None:
    """Raises Refused for what the contract would refuse, and for what changes nothing."""
    name, standing = change.parameter.name, change.standing
    new, least, most = (
        value_text(change.parameter, value) for value in (change.value, standing.least, standing.most)
    )
    if not change.is_within_bounds:
        raise Refused(f"{name} cannot be {new}: its bounds are {least} to {most}.")
    if change.value == standing.value:
        raise Refused(f"{name} is {new} already; there is nothing to propose.")


def _spend(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    amount, account = _exactly(words, "spend AMOUNT ACCOUNT")
    return [_call(contracts.token, "transfer", account_of(account, "ACCOUNT"), wei_of(amount, "AMOUNT"))]


def _grant(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    role, account = _exactly(words, "grant ROLE ACCOUNT")
    return [_call(_manager(contracts), "grantRole", _role(role), account_of(account, "ACCOUNT"), 0)]


def _revoke(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    role, account = _exactly(words, "revoke ROLE ACCOUNT")
    return [_call(_manager(contracts), "revokeRole", _role(role), account_of(account, "ACCOUNT"))]


def _guardian(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    """Both places in which a guardian has rights; only the one that the guardian cannot defend if none is to be.

    It cannot cancel a proposal that does nothing else. Its right to pause can be revoked after that.
    """
    [word] = _exactly(words, "guardian ACCOUNT")
    if word == "none":
        return [_call(contracts.governor, "setProposalGuardian", NOBODY)]
    new, old, manager = account_of(word, "ACCOUNT"), contracts.governor.guardian(), _manager(contracts)
    calls = [_call(contracts.governor, "setProposalGuardian", new)]
    if old != NOBODY:
        calls.append(_call(manager, "revokeRole", AccessRole.GUARDIAN, old))
    return [*calls, _call(manager, "grantRole", AccessRole.GUARDIAN, new, 0)]


def _board(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    board, change = _exactly(words, "board ACCOUNT add|remove")
    if change not in CHANGES:
        raise BadConfig(f"A board is to add or to remove, not to {change!r}.")
    return [_call(contracts.task_manager, "setBoard", account_of(board, "ACCOUNT"), CHANGES[change])]


def _resolve(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:  # noqa: ARG001
    root, verdict = _exactly(words, "resolve ROOT right|wrong")
    if verdict not in VERDICTS:
        raise BadConfig(f"The verdict on a root is right or wrong, not {verdict!r}.")
    return [_call(contracts.settlement, "resolve", _whole(root, "ROOT"), VERDICTS[verdict])]


def _replace(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:  # noqa: ARG001
    """The root that the chain's events give, in place of the one served.

    The distributor is given whatever it owes by then, as what it has may all be claimed until that is executed.
    """
    [day] = _exactly(words, "replace DAY")
    right = recompute(contracts, _whole(day, "DAY"))
    refill = owed(contracts, right.settlement)
    document = right.document
    offer = right.root, document.digest, document.total, document.day
    return [_call(contracts.settlement, "replace", *offer, refill)]


def _anything(contracts: Contracts, account_of: AccountOf, words: Sequence[str]) -> list[ProposalCall]:
    if len(words) < 2:
        raise BadConfig("Write: call CONTRACT FUNCTION [ARGUMENT …], such as: call staking unpause.")
    binding = binding_named(contracts, words[0])
    item = binding.abi.functions.get(words[1])
    if item is None:
        raise BadConfig(f"{binding.contract} has no function {words[1]!r}. Look it up in docs/protocol.md.")
    if len(item.inputs.types) != len(words) - 2:
        raise BadConfig(f"{item.signature} takes {len(item.inputs.types)} arguments, not {len(words) - 2}.")
    return [_call(binding, words[1], *_arguments(item, words[2:], account_of))]


Action = Callable[["Contracts", AccountOf, Sequence[str]], list[ProposalCall]]
ACTIONS: Mapping[str, Action] = {
    "set": _set,
    "spend": _spend,
    "grant": _grant,
    "revoke": _revoke,
    "guardian": _guardian,
    "board": _board,
    "resolve": _resolve,
    "replace": _replace,
    "call": _anything,
}


# ---- words


def value_of(parameter: Parameter, text: str, account_of: AccountOf) -> Value:
    """What is meant for a parameter, in its unit: FLOCK in whole tokens, times also as 36h or 2d."""
    match parameter.unit:
        case ParameterUnit.ADDRESS:
            return account_of(text, parameter.name)
        case ParameterUnit.FLOCK | ParameterUnit.GM:
            return wei_of(text, parameter.name)
        case ParameterUnit.SECONDS:
            return _seconds(text, parameter.name)
        case _:
            return _whole(text, parameter.name)


def _seconds(text: str, what: str) -> int:
    found = SPAN.fullmatch(text)
    if found is None:
        raise BadConfig(f"{what} is {text!r}; write seconds, such as 86400, or a span, such as 36h or 2d.")
    return _digits(found[1]) * SPANS[found[2] or "s"]


def _whole(text: str, what: str) -> int:
    if not WHOLE.fullmatch(text):
        raise BadConfig(f"{what} is {text!r}; write a whole number.")
    return _digits(text)


def _digits(text: str) -> int:
    return int(text.replace(",", "").replace("_", ""))


def _exactly(words: Sequence[str], usage: str) -> Sequence[str]:
    if len(words) != len(usage.split()) - 1:
        raise BadConfig(f"That takes {len(usage.split()) - 1} words; write: {usage}.")
    return words


def _role(name: str) -> int:
    names = {role.name.lower(): role for role in AccessRole}
    if name not in names:
        raise BadConfig(f"There is no role {name!r}. Choose one of {', '.join(names)}.")
    return names[name]


def _manager(contracts: Contracts) -> Binding:
    return AccessManager(contracts.client, contracts.book.access_manager)


def binding_named(contracts: Contracts, name: str) -> Binding:
    """The contract that an address book calls ``name``. Raises BadConfig for none."""
    if name == "access_manager":
        return _manager(contracts)
    if name not in CONTRACT_FIELDS.values():
        raise BadConfig(
            f"There is no contract {name!r}. Choose one of {', '.join(CONTRACT_FIELDS.values())}."
        )
    found: Binding = getattr(contracts, name)
    return found


def _arguments(item: Item, texts: Sequence[str], account_of: AccountOf) -> list[object]:
    return [
        _argument(kind, text, entry["name"], account_of)
        for kind, entry, text in zip(item.inputs.types, item.inputs.entries, texts, strict=True)
    ]


def _argument(kind: str, text: str, name: str, account_of: AccountOf) -> object:
    """An argument of a call, exactly as the contract counts it."""
    if kind == "address":
        return account_of(text, name)
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind.startswith("uint") and "[" not in kind and (number := _whole(text, name)) < 1 << int(kind[4:]):
        return number
    if kind.startswith("bytes") and "[" not in kind and re.fullmatch(r"0x([0-9a-fA-F]{2})*", text):
        return bytes.fromhex(text[2:])
    raise BadConfig(f"{name} is {text!r}, which is no {kind} that can be written on a command line.")


def _call(binding: Binding, function: str, *arguments: object) -> ProposalCall:
    return ProposalCall(binding.address, binding.abi.functions[function].encode(*arguments))
