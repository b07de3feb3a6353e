"""Runs Slither over the contracts and compares what it finds with what has been looked at (accepted.toml).

Slither is given the compiler's syntax trees alone, which takes seconds. They also say what there is to see: a
contract or function that Slither does not see, or cannot translate, is an error, as silence about it would mean
nothing.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from slither import Slither
from slither.core.declarations import Contract
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

HERE = Path(__file__).parent
CONTRACTS = HERE.parent
TOOLCHAIN = CONTRACTS.parent / "anvil"
LIBRARY = "../anvil/node_modules/@openzeppelin/"
BUILD = HERE / "build" / "slither"
COMPILER = "0.8.37"
# Slightly below the actual numbers: if the sources were not found, none of them would be reported as missing.
LEAST_CONTRACTS = 40
LEAST_FUNCTIONS = 400
FAILING = ("High", "Medium")

Json = dict[str, Any]


def main() -> int:
    os.environ["PATH"] = f"{TOOLCHAIN}{os.pathsep}{os.environ['PATH']}"
    os.chdir(CONTRACTS)
    output = compile_sources()
    untranslated = Untranslated()
    logging.getLogger("ContractSolcParsing").addHandler(untranslated)
    logging.getLogger("ContractSolcParsing").propagate = False
    slither = Slither(".", foundry_ignore_compile=True, foundry_build_info_directory=str(BUILD))
    accepted = tomllib.loads((HERE / "accepted.toml").read_text())
    findings = [finding for finding in run(slither) if is_ours(finding)]
    problems = list(sight(slither, output))
    problems += differences(
        "cannot be translated", untranslated.functions, reasons_of(accepted["untranslated"])
    )
    problems += triage(findings, accepted)
    report(slither, findings, problems)
    return 1 if problems else 0


# --- Slither's input ---


def compile_sources() -> Json:
    """Syntax trees of the contracts and of what they import, in the form of Foundry's build information."""
    sources = {str(path): {"content": path.read_text()} for path in sorted(Path("src").rglob("*.sol"))}
    settings = {
        "remappings": [f"@openzeppelin/={LIBRARY}"],
        "viaIR": True,
        "optimizer": {"enabled": True},
        "evmVersion": "cancun",
        "outputSelection": {"*": {"": ["ast"], "*": ["abi"]}},
    }
    request = {"language": "Solidity", "sources": sources, "settings": settings}
    answer = subprocess.run(
        [str(TOOLCHAIN / "solc"), "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    output: Json = json.loads(answer.stdout)
    errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if errors:
        sys.exit("\n".join(errors))
    nothing = {"object": "", "sourceMap": ""}
    for contracts in output["contracts"].values():
        for contract in contracts.values():
            contract["evm"] = {"bytecode": nothing, "deployedBytecode": nothing}
    BUILD.mkdir(parents=True, exist_ok=True)
    information = {"solcVersion": COMPILER, "input": request, "output": output}
    (BUILD / "sources.json").write_text(json.dumps(information))
    return output


# --- What Slither sees ---


class Untranslated(logging.Handler):
    """Collects the functions that Slither parses but cannot translate, which its detectors then skip."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"Impossible to generate IR for \w+\.(\w+) \((.+?)#", record.getMessage())
        if found and found[2].startswith("src/"):
            self.functions.add(f"{Path(found[2]).stem}.{found[1]}")


def sight(slither: Slither, output: Json) -> Iterator[str]:
    """Compares the contracts and functions in the compiler's trees with those that Slither has analysed."""
    written = set(functions_written(output))
    contracts = {name for name, _ in written}
    if len(contracts) < LEAST_CONTRACTS or len(written) < LEAST_FUNCTIONS:
        yield f"only {len(contracts)} contracts with {len(written)} functions were compiled"
    seen = {(contract.name, name) for contract in ours(slither) for name in names_of(contract)}
    for contract, function in sorted(written - seen):
        yield f"not seen: {contract}.{function}"


def functions_written(output: Json) -> Iterator[tuple[str, str]]:
    for path, source in output["sources"].items():
        if not path.startswith("src/"):
            continue
        for contract in nodes(source["ast"], "ContractDefinition"):
            for function in nodes(contract, "FunctionDefinition"):
                yield contract["name"], function["name"] or function["kind"]


def nodes(parent: Json, kind: str) -> Iterator[Json]:
    return (node for node in parent["nodes"] if node["nodeType"] == kind)


def ours(slither: Slither) -> list[Contract]:
    return [c for c in slither.contracts if is_in_src(c.source_mapping.filename.relative)]


def names_of(contract: Contract) -> Iterator[str]:
    return (function.name for function in contract.functions_declared)


def is_in_src(path: str) -> bool:
    return path.startswith("src/")


# --- What Slither finds ---


def run(slither: Slither) -> Iterator[Json]:
    for _, detector in inspect.getmembers(all_detectors, inspect.isclass):
        if issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
            slither.register_detector(detector)
    for results in slither.run_detectors():
        yield from results or []


def is_ours(finding: Json) -> bool:
    return any(is_in_src(element["source_mapping"]["filename_relative"]) for element in finding["elements"])


def triage(findings: Iterable[Json], accepted: Json) -> Iterator[str]:
    found = {key_of(finding) for finding in findings if finding["impact"] in FAILING}
    yield from differences("found", found, reasons_of(accepted["finding"]))


def reasons_of(entries: Iterable[Json]) -> dict[str, str]:
    return {place: entry["reason"] for entry in entries for place in entry["places"]}


def differences(word: str, found: set[str], reasons: dict[str, str]) -> Iterator[str]:
    yield from (f"{word}, and not in accepted.toml: {key}" for key in sorted(found - reasons.keys()))
    yield from (f"in accepted.toml, and no longer {word}: {key}" for key in sorted(reasons.keys() - found))
    yield from (
        f"in accepted.toml without a reason: {key}" for key, why in reasons.items() if not why.strip()
    )


def key_of(finding: Json) -> str:
    """Detector, contract.function, and the code it is about: stable as long as that code is."""
    place, *rest = finding["elements"]
    what = sorted({about(element) for element in rest})
    return " | ".join([finding["check"], place_of(place), *([", ".join(what)] if what else [])])


def place_of(element: Json) -> str:
    parent = element.get("type_specific_fields", {}).get("parent")
    outer = place_of(parent) + "." if parent and parent["type"] != "file" else ""
    return f"{outer}{element['name']}"


def about(element: Json) -> str:
    fields = element.get("additional_fields", {})
    match fields.get("underlying_type"):
        case "variables_written":
            return f"writes {fields['variable_name']}"
        case "external_calls" | "external_calls_sending_eth":
            return f"calls {called(element['name'])}"
        case _:
            return str(element["name"])


def called(expression: str) -> str:
    """The first function called in a statement."""
    found = re.search(r"([\w.\[\]]+)\(", expression)
    return found[1] if found else expression


# --- The report ---


def report(slither: Slither, findings: list[Json], problems: list[str]) -> None:
    seen = ours(slither)
    counts = Counter(finding["impact"] for finding in findings)
    functions = sum(len(contract.functions_declared) for contract in seen)
    say(f"Slither: {len(seen)} contracts, {functions} functions, {len(slither.detectors)} detectors.")
    say(
        "Findings in src: "
        + ", ".join(f"{counts[impact]} {impact.lower()}" for impact in sorted(counts))
        + "."
    )
    for problem in problems:
        say(f"  {problem}")
    say(f"{len(problems)} to look at." if problems else "Each of high or medium impact has its reason.")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
