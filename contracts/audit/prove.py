"""Proves what proofs/*.t.sol claims of the contracts, with halmos, and lets it refute what is false.

Each function `check_…` is a claim about all its arguments. Those of FalseClaims are wrong on purpose: if one of them
were taken for proved, so might anything be.

A proof is one for good: `proved` records the SHA-256 of all that the last ones depended on. While that is the same,
they are not made again, except by `--again`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CONTRACTS = HERE.parent
TOOLCHAIN = CONTRACTS.parent / "anvil"
BUILD = HERE / "build" / "proofs"
BINARIES = Path(sys.executable).parent
RECORD = HERE / "proved"
AGAIN = "--again"
FALSE_CLAIMS = "FalseClaims"
PROVED, REFUTED = 0, 1
VERDICTS = ("proved", "refuted", "not decided in time", "stuck", "every path reverts", "failed")
ENVIRONMENT = {**os.environ, "PATH": f"{TOOLCHAIN}{os.pathsep}{BINARIES}{os.pathsep}{os.environ['PATH']}"}


class Claim(NamedTuple):
    contract: str
    name: str
    verdict: int
    paths: int
    seconds: float
    unexplored: int

    @property
    def is_as_it_should(self) -> bool:
        if self.contract == FALSE_CLAIMS:
            return self.verdict == REFUTED
        return self.verdict == PROVED and self.unexplored == 0


def main() -> int:
    options = [option for option in sys.argv[1:] if option != AGAIN]
    if not sys.argv[1:] and RECORD.exists() and RECORD.read_text().strip() == dependencies():
        say(
            f"The proofs stand: nothing they depend on has changed since they were made. `{AGAIN}` makes them anew."
        )
        return 0
    lay_out()
    run(["forge", "build", "--ast", "--extra-output", "storageLayout", "metadata"])
    claims = list(decided(halmos(options)))
    found = {(claim.contract, claim.name) for claim in claims}
    missing = [] if options else sorted(written() - found)
    for claim in claims:
        say(describe(claim))
    for contract, name in missing:
        say(f"  not run: {contract}.{name}")
    proved = sum(claim.is_as_it_should and claim.verdict == PROVED for claim in claims)
    refuted = sum(claim.is_as_it_should and claim.verdict == REFUTED for claim in claims)
    wrong = len(claims) - proved - refuted + len(missing)
    say(f"halmos: {proved} claims proved, {refuted} false ones refuted, {wrong} not as they should be.")
    if wrong:
        say(f"Counterexamples, and all else that halmos said, are in {BUILD / 'halmos.log'}.")
    elif claims and not options:
        RECORD.write_text(dependencies() + "\n")
    return 1 if wrong or not claims else 0


def dependencies() -> str:
    """SHA-256 over contracts, claims, compiler, library and provers, each file by its name."""
    found = [*(CONTRACTS / "src").rglob("*.sol"), *(HERE / "proofs").glob("*.sol"), *HERE.glob("*.py")]
    found += [
        HERE / "foundry.toml",
        HERE / "requirements.txt",
        TOOLCHAIN / "package-lock.json",
        TOOLCHAIN / "solc",
    ]
    total = hashlib.sha256()
    for path in sorted(found):
        name = path.relative_to(CONTRACTS.parent).as_posix()
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def lay_out() -> None:
    """One Foundry root with everything below it, as only there a remapping can be for the contracts alone."""
    for name in ("src", "proofs", "openzeppelin"):
        shutil.rmtree(BUILD / name, ignore_errors=True)
    shutil.copytree(CONTRACTS / "src", BUILD / "src")
    shutil.copytree(HERE / "proofs", BUILD / "proofs")
    library = TOOLCHAIN / "node_modules/@openzeppelin/contracts"
    shutil.copytree(library, BUILD / "openzeppelin", ignore=shutil.ignore_patterns("*.json"))
    shutil.copy(HERE / "foundry.toml", BUILD)


def halmos(options: list[str]) -> dict[str, object]:
    """Every panic counts as a refutation, so that what overflows is not passed over as a revert."""
    results = BUILD / "results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, str(HERE / "uncollected.py"), "--panic-error-codes", "*"]
    command += ["--solver-timeout-assertion", "120s"]
    command += ["--solver-command", f"{sys.executable} {HERE / 'integers.py'}", "--solver-threads", "2"]
    command += ["--json-output", str(results), "--no-status", *options]
    with (BUILD / "halmos.log").open("w") as log:
        subprocess.run(command, cwd=BUILD, env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT, check=False)
    if not results.exists():
        sys.exit((BUILD / "halmos.log").read_text())
    found: dict[str, object] = json.loads(results.read_text())["test_results"]
    return found


def decided(results: dict[str, object]) -> Iterator[Claim]:
    for place, tests in results.items():
        for test in tests:
            yield Claim(
                place.rpartition(":")[2],
                test["name"].partition("(")[0],
                test["exitcode"],
                test["num_paths"][0],
                test["time"][0],
                test["num_bounded_loops"] or 0,
            )


def written() -> set[tuple[str, str]]:
    """Nobody would notice if halmos did not find a claim."""
    found = set()
    for path in (HERE / "proofs").glob("*.t.sol"):
        text = path.read_text()
        contracts = re.findall(r"^contract (\w+)", text, re.MULTILINE)
        if len(contracts) != 1:
            sys.exit(f"{path} has {len(contracts)} contracts instead of one")
        found |= {(contracts[0], name) for name in re.findall(r"function (check_\w+)", text)}
    return found


def describe(claim: Claim) -> str:
    mark = " " if claim.is_as_it_should else "!"
    loops = f", {claim.unexplored} loops cut short" if claim.unexplored else ""
    said = f"{VERDICTS[claim.verdict]}, {claim.paths} paths, {claim.seconds:.1f} s{loops}"
    return f"{mark} {claim.contract}.{claim.name}: {said}"


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=BUILD, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
