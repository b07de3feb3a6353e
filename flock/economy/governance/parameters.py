"""Every number and address that governance may change: where it is, how it is set, within which bounds."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flock.chain.abi_codec import snake
from flock.chain.contracts.binding import Binding
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.governor import ProposalCall
from flock.chain.simulation import View, read_all
from flock.errors import BadConfig
from flock.protocol.core.units import BPS, DAY, WAD

Value = int | str


class ParameterUnit(StrEnum):
    """What a parameter counts."""

    BPS = "Bps"
    SECONDS = "seconds"
    FLOCK = "wei"
    GM = "gmFLOCK wei"
    PERCENT = "percent"
    PLAIN = "–"
    ADDRESS = "address"


@dataclass(frozen=True)
class Parameter:
    """One of them. ``least`` and ``most`` are numbers, or the contract's views that say them.

    ``place`` is the attribute of Contracts, ``getter`` and ``setter`` the functions; ``field`` is that of the struct
    that they take, ``key`` the first argument of both.
    """

    name: str
    unit: ParameterUnit
    meaning: str
    default: Value | None
    place: str
    getter: str
    setter: str
    least: int | str = 0
    most: int | str = 0
    field: str = ""
    key: int | None = None

    @property
    def is_address(self) -> bool:
        return self.unit is ParameterUnit.ADDRESS

    def view(self, contracts: Contracts) -> View:
        """What reads it."""
        return View(self.binding(contracts), self.getter, () if self.key is None else (self.key,))

    def value_in(self, answer: object) -> Value:
        """The parameter in what its view answers."""
        found = answer[self.field] if isinstance(answer, Mapping) else answer
        return found if isinstance(found, str) else int(str(found))

    def binding(self, contracts: Contracts) -> Binding:
        found: Binding = getattr(contracts, self.place)
        return found


@dataclass(frozen=True)
class CurrentValue:
    """A parameter as it stands on a chain."""

    parameter: Parameter
    value: Value
    least: int
    most: int


@dataclass(frozen=True)
class Change:
    """A parameter as it stands, and what it is to be."""

    standing: CurrentValue
    value: Value

    @property
    def parameter(self) -> Parameter:
        return self.standing.parameter

    @property
    def is_within_bounds(self) -> bool:
        return isinstance(self.value, str) or self.standing.least <= self.value <= self.standing.most


HOUR = DAY // 24

# Name, unit, default, least, most. `staking.cooldown` is `cooldown` of `contracts.staking`.
NUMBERS: Sequence[tuple[str, ParameterUnit, int, int | str, int | str]] = (
    ("staking.entryFeeBps", ParameterUnit.BPS, 0, 0, "MAX_ENTRY_FEE_BPS"),
    ("staking.operatorDelay", ParameterUnit.SECONDS, HOUR, 0, "MAX_OPERATOR_DELAY"),
    ("staking.cooldown", ParameterUnit.SECONDS, 14 * DAY, "MIN_COOLDOWN", "MAX_COOLDOWN"),
    ("staking.sigmaFreeze", ParameterUnit.SECONDS, 2 * DAY, 0, "MAX_SIGMA_FREEZE"),
    ("staking.delegationRatio", ParameterUnit.PLAIN, 10, 1, "MAX_DELEGATION_RATIO"),
    ("tasks.creationFee", ParameterUnit.FLOCK, 0, 0, "MAX_CREATION_FEE"),
    ("emissions.dailyBudget", ParameterUnit.FLOCK, 50_000 * WAD, 0, "MAX_DAILY_BUDGET"),
    ("emissions.decayBps", ParameterUnit.BPS, 100, 0, "MAX_DECAY_BPS"),
    ("vesting.vestingSeconds", ParameterUnit.SECONDS, 30 * DAY, 0, "MAX_VESTING_SECONDS"),
    ("settlement.epsilonBps", ParameterUnit.BPS, 5_000, 0, BPS),
    ("settlement.operatorFeeBps", ParameterUnit.BPS, 800, 0, 2_000),
    ("settlement.delegatorFeeBps", ParameterUnit.BPS, 1_450, 0, 3_000),
    ("settlement.dailyBps", ParameterUnit.BPS, 1_000, 0, BPS),
    ("settlement.bond", ParameterUnit.FLOCK, 10_000 * WAD, "MIN_BOND", "MAX_BOND"),
    ("settlement.window", ParameterUnit.SECONDS, DAY, "MIN_WINDOW", "MAX_WINDOW"),
    ("market.feeBps", ParameterUnit.BPS, 250, "MIN_FEE_BPS", "MAX_FEE_BPS"),
    ("market.maxResultHostBps", ParameterUnit.BPS, 3_000, 0, "MAX_RESULT_HOST_BPS"),
    ("market.quoteSeconds", ParameterUnit.SECONDS, 300, "MIN_QUOTE_SECONDS", "MAX_QUOTE_SECONDS"),
    ("hosts.minimumBond", ParameterUnit.GM, 10_000 * WAD, "MIN_BOND", "MAX_BOND"),
    ("hosts.slashBps", ParameterUnit.BPS, 5_000, "MIN_SLASH_BPS", BPS),
    ("governor.votingDelay", ParameterUnit.SECONDS, DAY, "MIN_VOTING_DELAY", "MAX_VOTING_DELAY"),
    ("governor.votingPeriod", ParameterUnit.SECONDS, 5 * DAY, "MIN_VOTING_PERIOD", "MAX_VOTING_PERIOD"),
    (
        "governor.proposalThreshold",
        ParameterUnit.GM,
        100_000 * WAD,
        "MIN_PROPOSAL_THRESHOLD",
        "MAX_PROPOSAL_THRESHOLD",
    ),
    ("governor.quorumPercent", ParameterUnit.PERCENT, 4, "MIN_QUORUM_PERCENT", "MAX_QUORUM_PERCENT"),
    ("timelock.delay", ParameterUnit.SECONDS, 2 * DAY, "MIN_DELAY", "MAX_DELAY"),
)

ADDRESSES = ("staking.treasury", "tasks.treasury", "market.treasury")

MEANINGS: Mapping[str, str] = {
    "staking.entryFeeBps": "of the FLOCK that is locked, to the treasury",
    "staking.operatorDelay": "until an operator key that replaces another may act",
    "staking.cooldown": "until stake taken out of a pool may be collected",
    "staking.sigmaFreeze": "before and after a task's end, in which operators cannot change their share σ",
    "staking.delegationRatio": "times an operator's own stake on a task may be delegated to it there, and counts",
    "tasks.creationFee": "for making a task, to the treasury",
    "emissions.dailyBudget": "of FLOCK a day for all tasks that have a weight",
    "emissions.decayBps": "by which the daily budget falls every 30 days",
    "vesting.vestingSeconds": "over which a newly claimed end-of-task reward vests",
    "settlement.epsilonBps": "of its amount, what delegated stake counts for (ε)",
    "settlement.operatorFeeBps": "of operators' rewards, to the treasury",
    "settlement.delegatorFeeBps": "of delegators' rewards, to the treasury",
    "settlement.dailyBps": "of proposers' rewards, paid at once (δ); the rest vests when the task has ended",
    "settlement.bond": "behind a posted root, and behind a dispute of one",
    "settlement.window": "in which a posted root may be disputed before it is served",
    "market.feeBps": "of a payment for a model, to the treasury; of versions published from then on",
    "market.maxResultHostBps": "of what the fee leaves, the most that hosts of a task's result get",
    "market.quoteSeconds": "in which quotes of a former price are honoured (x402's maxTimeoutSeconds)",
    "hosts.minimumBond": "that a host must have on the bonds' task when it comes in",
    "hosts.slashBps": "of its bond, what a host that was proved false loses",
    "governor.votingDelay": "from a proposal to the snapshot of votes, when voting opens",
    "governor.votingPeriod": "for which voting is open",
    "governor.proposalThreshold": "of votes that a proposer needs; 1% of all votes where that is less",
    "governor.quorumPercent": "of all votes, how many must be for or abstain",
    "timelock.delay": "from queueing an accepted proposal to its execution",
    "staking.treasury": "gets slashes and entry fees",
    "market.treasury": "gets the fees of payments, and what hosts attribute to no version",
    "tasks.treasury": "gets creation fees, and what closed tasks leave",
}

PLACES = {"tasks": "task_manager", "market": "model_market", "hosts": "host_bonds"}
# Where getter and setter are not called after the parameter.
FUNCTIONS = {
    "governor.proposalThreshold": ("proposalThresholdSetting", "setProposalThreshold"),
    "governor.quorumPercent": ("quorumNumerator()", "updateQuorumNumerator"),
    "timelock.delay": ("getMinDelay", "updateDelay"),
}
# Fields of the struct of reward terms.
TERMS = ("epsilonBps", "operatorFeeBps", "delegatorFeeBps", "dailyBps")


def _parameter(
    name: str, unit: ParameterUnit, default: int | None = None, least: int | str = 0, most: int | str = 0
) -> Parameter:
    place, _, short = name.partition(".")
    getter, setter = FUNCTIONS.get(name, (short, f"set{short[0].upper()}{short[1:]}"))
    field = ""
    if short in TERMS:
        getter, setter, field = "terms", "setTerms", snake(short)
    place = PLACES.get(place, place)
    return Parameter(name, unit, MEANINGS[name], default, place, getter, setter, least, most, field)


PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        *(_parameter(*row) for row in NUMBERS),
        *(_parameter(name, ParameterUnit.ADDRESS) for name in ADDRESSES),
    )
}

WEIGHT = re.compile(r"emissions\.weight\.([1-9][0-9]*)")


def weight_of(task: int) -> Parameter:
    """The weight by which a task shares the daily budget."""
    return Parameter(
        f"emissions.weight.{task}",
        ParameterUnit.PLAIN,
        f"by which task {task} shares the daily budget",
        0,
        *("emissions", "weightOf", "setWeight"),
        most="MAX_WEIGHT",
        key=task,
    )


def parameter_named(name: str) -> Parameter:
    """Raises BadConfig, with the names nearest to it, for a name that is none."""
    if found := WEIGHT.fullmatch(name):
        return weight_of(int(found[1]))
    if name in PARAMETERS:
        return PARAMETERS[name]
    near = difflib.get_close_matches(name, [*PARAMETERS, "emissions.weight.1"], n=2, cutoff=0.6)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    raise BadConfig(f"There is no parameter {name!r}. {meant}`flock gov params` lists them all.")


def weighted(contracts: Contracts) -> list[Parameter]:
    """The weights that are not zero."""
    return [weight_of(task) for task in contracts.emissions.weights()]


def standings(contracts: Contracts, parameters: Sequence[Parameter]) -> list[CurrentValue]:
    """How they stand now, in two round trips. Raises RpcUnavailable."""
    values = read_all(contracts.client, [parameter.view(contracts) for parameter in parameters])
    names = [
        (each, bound) for each in parameters for bound in (each.least, each.most) if isinstance(bound, str)
    ]
    read = read_all(contracts.client, [View(each.binding(contracts), bound) for each, bound in names])
    known = {(each.place, bound): number for (each, bound), number in zip(names, read, strict=True)}

    def bound_of(each: Parameter, bound: int | str) -> int:
        return known[each.place, bound] if isinstance(bound, str) else bound

    return [
        CurrentValue(each, each.value_in(answer), bound_of(each, each.least), bound_of(each, each.most))
        for each, answer in zip(parameters, values, strict=True)
    ]


def calls_of(contracts: Contracts, changes: Sequence[Change]) -> list[ProposalCall]:
    """What a proposal must call to make them; fields of one struct are set together."""
    structs = {change.parameter.setter: change.parameter for change in changes if change.parameter.field}
    plain = [_setting(contracts, change) for change in changes if not change.parameter.field]
    return plain + [_struct(contracts, parameter, changes) for parameter in structs.values()]


def _setting(contracts: Contracts, change: Change) -> ProposalCall:
    parameter = change.parameter
    binding = parameter.binding(contracts)
    arguments = (change.value,) if parameter.key is None else (parameter.key, change.value)
    return ProposalCall(binding.address, binding.abi.functions[parameter.setter].encode(*arguments))


def _struct(contracts: Contracts, parameter: Parameter, changes: Sequence[Change]) -> ProposalCall:
    binding = parameter.binding(contracts)
    changed = {
        each.parameter.field: each.value for each in changes if each.parameter.setter == parameter.setter
    }
    whole = binding.read(parameter.getter) | changed
    return ProposalCall(
        binding.address, binding.abi.functions[parameter.setter].encode(tuple(whole.values()))
    )
