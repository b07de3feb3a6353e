"""The tables of docs/protocol.md say what the code does."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from flock.chain.address_book import CONTRACT_FIELDS
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions
from flock.chain.deploy.deployment import DeploymentPlan, GovernanceTerms, creation_of, deploy
from flock.chain.errors import refusal, revert_data
from flock.chain.rpc import RpcRefused
from flock.chain.sending.sender import open_sender
from flock.economy.governance.parameters import (
    PARAMETERS,
    Change,
    CurrentValue,
    ParameterUnit,
    calls_of,
    standings,
)
from flock.errors import ContractRefused
from flock.protocol.alliance.params import MIXING, RULES, AllianceParameters
from flock.protocol.core.units import DAY, WAD, Gm, Wei
from tests.conftest import fresh_database

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
CHECKS = [
    (ROOT / "contracts/src" / name).read_text()
    for name in ("libraries/AllianceBounds.sol", "TaskManager.sol")
]
UNITS = {ParameterUnit.FLOCK: "FLOCK", ParameterUnit.GM: "gmFLOCK"}
WEIGHT_MEANING = "by which a task shares the daily budget; at most 64 tasks have one"

NOW = 1_800_000_000
BOUNTY = Wei(1_000 * WAD)
VALID = AllianceParameters(
    planned_rounds=10,
    proposer_seats=4,
    voter_seats=5,
    minimum_members=9,
    max_members=100,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    starts_at=NOW,
    start_by=NOW + DAY,
    ends_at=NOW + 30 * DAY,
    minimum_stake=Gm(WAD),
)
RELATIVE = {
    "P + V": VALID.seats,
    "maxMembers": VALID.max_members,
    "strikeWindow": VALID.strike_window,
    "now + 1": NOW + 1,
    "now + 730 days": NOW + 730 * DAY,
    "startBy": VALID.start_by,
    "startBy + 1": VALID.start_by + 1,
    "endsAt − 1": VALID.ends_at - 1,
    "bounty / 20 / plannedRounds": BOUNTY // 20 // VALID.planned_rounds,
    "2^128 − 1": 2**128 - 1,
}


@dataclass(frozen=True)
class Row:
    """One line of the parameter table; ``name`` as in Python."""

    name: str
    default: str
    least: str
    most: str


def rows_after(marker: str) -> list[list[str]]:
    """The cells of the table that follows ``marker``, without its two head lines."""
    table = PROTOCOL.split(marker, 1)[1].split("-->", 1)[1].split("\n\n", 1)[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def number(text: str) -> int:
    return RELATIVE[text] if text in RELATIVE else int(Decimal(text.replace(",", "")))


def blamed(**changed: Any) -> set[str]:
    """The fields that are out of bounds once ``changed``: each sentence begins with one."""
    return {problem.split()[0] for problem in problems(**changed)}


def problems(**changed: Any) -> tuple[str, ...]:
    return replace(VALID, **changed).problems(NOW, BOUNTY)


TABLE = [Row(snake_case(cells[0]), *cells[2:5]) for cells in rows_after("<!-- parameters:")]
BOUNDED = [row for row in TABLE if row.least and row.name != "rule"]


def test_every_parameter_is_in_the_table_in_the_order_of_the_struct() -> None:
    assert [row.name for row in TABLE] == [field.name for field in fields(AllianceParameters)]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_default_is_the_one_in_the_code(row: Row) -> None:
    default = next(field.default for field in fields(AllianceParameters) if field.name == row.name)

    if default is MISSING:
        assert row.default == "–"
    elif isinstance(default, bytes):
        assert int.from_bytes(default, "big") == number(row.default)
    else:
        assert default == number(row.default)


@pytest.mark.parametrize("row", BOUNDED, ids=lambda row: row.name)
def test_the_bounds_are_the_ones_in_the_code(row: Row) -> None:
    least, most = number(row.least), number(row.most)

    assert row.name not in blamed(**{row.name: least})
    assert row.name not in blamed(**{row.name: most})
    assert row.name in " ".join(problems(**{row.name: least - 1}))
    assert row.name in " ".join(problems(**{row.name: most + 1}))


def test_the_rules_are_the_ones_in_the_code() -> None:
    row = next(row for row in TABLE if row.name == "rule")

    assert (row.least, row.most) == ("0", f"{RULES - 1}, or {MIXING} to {MIXING + RULES - 1}")
    assert {rule for rule in range(257) if "rule" not in blamed(rule=rule)} == {
        *range(RULES),
        *range(MIXING, MIXING + RULES),
    }


@pytest.mark.parametrize("row", BOUNDED, ids=lambda row: row.name)
def test_the_contract_has_the_same_bounds(row: Row) -> None:
    """Where they are plain numbers; the others are compared by running both."""
    found = [bounds for source in CHECKS for name, bounds in plain_bounds(source) if name == row.name]

    assert all(bounds == (number(row.least), number(row.most)) for bounds in found)
    assert found or RELATIVE.keys() & {row.least, row.most}


def plain_bounds(source: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """What a contract checks terms against, where that is a number or a constant."""
    known = {text: solidity_number(text) for text in re.findall(r"\b\d[\d_]*(?:e\d+)?\b", source)}
    for name, text, unit in re.findall(r"constant (\w+) = (\w+)(?: (\w+))?;", source):
        known[name] = known[text] * {"days": DAY}.get(unit, 1)
    for least, most, name in checked(source):
        if {least, most} <= known.keys():
            yield snake_case(name), (known[least], known[most])


def checked(source: str) -> Iterator[tuple[str, str, str]]:
    """Least, most and name of every bound, as they are written."""
    for name, least, most in re.findall(r'_requireWithin\("(\w+)", [\w.]+, (\w+), (\w+)\)', source):
        yield least, most, name
    yield from re.findall(r'_within\([\w.]+, (\w+), (\w+), "(\w+)"\)', source)


def solidity_number(text: str) -> int:
    return number(text.replace("_", ","))


@pytest.fixture(scope="module")
def default_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contracts]:
    """The contracts as a deployment leaves them that names nothing."""
    database = fresh_database(tmp_path_factory.mktemp("defaults") / "flock.db")
    with Anvil(AnvilOptions(port=0)) as anvil:
        client, admin = Client(anvil.url), Account.from_key(DEVELOPMENT_KEY)
        plan = DeploymentPlan(admin.address, None, admin.address)
        yield Contracts(client, deploy(open_sender(client, admin, database), plan))
        client.close()
    database.close()


def governed_row(contracts: Contracts, standing: CurrentValue) -> list[str]:
    """A line of the table, from the chain."""
    parameter = standing.parameter
    numbers = [
        "–" if isinstance(number, str) or parameter.is_address else amount_text(parameter.unit, number)
        for number in (standing.value, standing.least, standing.most)
    ]
    if standing.value == contracts.book.timelock:
        numbers[0] = "the Timelock"
    contract = parameter.binding(contracts).contract
    return [
        parameter.name,
        UNITS.get(parameter.unit, str(parameter.unit)),
        *numbers,
        contract,
        parameter.meaning,
    ]


def amount_text(unit: ParameterUnit, number: int) -> str:
    return f"{number // WAD if unit in UNITS else number:,}"


def test_the_governed_parameters_are_those_of_the_contracts(default_chain: Contracts) -> None:
    found = standings(default_chain, [*PARAMETERS.values()])
    expected = [
        *(governed_row(default_chain, each) for each in found),
        ["emissions.weight.TASK", "–", "0", "0", "10,000", "Emissions", WEIGHT_MEANING],
    ]

    written = "\n".join(f"| `{cells[0]}` | {' | '.join(cells[1:])} |" for cells in expected)
    assert rows_after("<!-- governed:") == expected, f"write into docs/protocol.md:\n{written}"


def test_what_starts_differently_from_its_registered_default_is_named(default_chain: Contracts) -> None:
    for each in standings(default_chain, [*PARAMETERS.values()]):
        assert each.parameter.default in (each.value, None), each.parameter.name


@pytest.mark.parametrize("name", [each.name for each in PARAMETERS.values() if not each.is_address])
def test_the_contract_takes_what_is_within_the_bounds_and_nothing_beyond(
    default_chain: Contracts, name: str
) -> None:
    """Asked as the Timelock, without effect; of the Governor, which answers only its proposals, as one to be made."""
    [standing] = standings(default_chain, [PARAMETERS[name]])

    for value in {standing.least, standing.most}:
        assert refusal_of(default_chain, Change(standing, value)) == ""
    beyond = {standing.most + 1, standing.least - 1} - {-1}
    for value in beyond:
        assert refusal_of(default_chain, Change(standing, value)) == "OutOfBounds"


def refusal_of(contracts: Contracts, change: Change) -> str:
    """The name of the error with which the contract refuses a change; empty if it takes it."""
    place, _, name = change.parameter.name.partition(".")
    if place == "governor":
        return refusal_to_begin(contracts, {snake_case(name): int(change.value)})
    [call] = calls_of(contracts, [change])
    try:
        contracts.client.call(call.target, call.data, sender=contracts.book.timelock)
    except ContractRefused as refused:
        return refused.error
    return ""


def refusal_to_begin(contracts: Contracts, terms: dict[str, int]) -> str:
    """The same of a Governor that is made with other ``terms``."""
    book = contracts.book
    plan = DeploymentPlan(book.timelock, None, book.timelock, governance=GovernanceTerms(**terms))
    known = plan.values() | {contract: book.place_of(contract) for contract in CONTRACT_FIELDS}
    try:
        creation_of("FlockGovernor", plan.salt, known).runtime_at(contracts.client, book.governor, {})
    except RpcRefused as refused:
        return refusal(revert_data(refused) or b"").error
    return ""


@pytest.mark.parametrize("cells", rows_after("<!-- fixed numbers:"), ids=lambda cells: cells[2])
def test_a_fixed_number_is_the_one_in_the_code(cells: list[str]) -> None:
    module, name = cells[2].rsplit(".", 1)

    assert getattr(import_module(f"flock.protocol.{module}"), name) == number(cells[1])
