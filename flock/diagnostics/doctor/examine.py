"""Running the checks: each by itself, none able to stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from flock.diagnostics.doctor import chain, data, keys, machine, money, services
from flock.diagnostics.doctor.node_under_test import NodeUnderTest, NotExamined
from flock.diagnostics.doctor.report import Examined, Finding, Mark, of_error, passed, skipped
from flock.errors import EXIT_MISCONFIGURED, BadConfig, FlockError

Check = Callable[[NodeUnderTest], Finding]

CHECKS: dict[str, Check] = {
    "versions": machine.versions,
    "program": machine.program,
    "key": keys.signing_key,
    "salt key": keys.salt_key,
    "password": keys.password_file,
    "rpc": chain.rpc,
    "clock": chain.clock,
    "contracts": chain.contracts,
    "task": chain.task,
    "operator": keys.operator,
    "admission": money.admission,
    "gas money": money.gas_money,
    "stake": money.stake,
    "lock": money.lock,
    "strikes": money.strikes,
    "alliance": services.alliance,
    "coordinator": services.coordinator,
    "home": machine.home,
    "disk": machine.disk,
    "arithmetic": machine.arithmetic,
    "data set": data.data_set,
}
SLOW = frozenset({"data set"})


def examine(config: Path, *, quick: bool) -> Iterator[tuple[str, Callable[[], Examined]]]:
    """The checks by name, each to be run when its turn comes."""
    from flock.programs.settings import NodeSettings, load

    try:
        node = NodeUnderTest(config, load(NodeSettings, config))
    except BadConfig as problem:
        finding = of_error(problem)
        yield "configuration", lambda: Examined("configuration", finding)
        return
    yield "configuration", lambda: Examined("configuration", passed(str(config)))
    for name, check in CHECKS.items():
        yield name, _bound(name, check, node, left_out=quick and name in SLOW)


def _bound(name: str, check: Check, node: NodeUnderTest, *, left_out: bool) -> Callable[[], Examined]:
    def run() -> Examined:
        if left_out:
            return Examined(name, skipped("Left out by --quick."))
        return Examined(name, _finding(check, node))

    return run


def _finding(check: Check, node: NodeUnderTest) -> Finding:
    """What the check found; whatever goes wrong in it is its finding."""
    try:
        return check(node)
    except NotExamined as reason:
        return skipped(str(reason))
    except FlockError as problem:
        return of_error(problem, node.at_risk())
    except Exception as fault:  # the checks look at broken things, and must not break with them
        return Finding(
            Mark.FAILED,
            f"This could not be examined ({type(fault).__name__}: {fault}).",
            "Please report it; `flock --debug` shows where.",
            exit_code=EXIT_MISCONFIGURED,
        )
