"""From contracts/src to the committed artifacts, through py-solc-x.

Each contract is compiled with exactly the sources it imports, so that its bytecode (and with it its CREATE2
address) depends on nothing else. The settings are those of contracts/foundry.toml.
"""

import hashlib
import json
import posixpath
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flock.errors import BadConfig

SOLC_VERSION = "0.8.37"

# Contract or library → the source that defines it, as an import inside contracts/ would name it.
CONTRACTS: Mapping[str, str] = {
    "AccessManager": "@openzeppelin/contracts/access/manager/AccessManager.sol",
    "FlockToken": "src/FlockToken.sol",
    "Staking": "src/Staking.sol",
    "TaskManager": "src/TaskManager.sol",
    "AllianceOpening": "src/alliance/AllianceOpening.sol",
    "AllianceRounds": "src/AllianceRounds.sol",
    "Ranking": "src/libraries/Ranking.sol",
    "ArenaOpening": "src/arena/ArenaOpening.sol",
    "ArenaViews": "src/arena/ArenaViews.sol",
    "ArenaClosing": "src/arena/ArenaClosing.sol",
    "ArenaPanels": "src/ArenaPanels.sol",
    "ArenaBoard": "src/ArenaBoard.sol",
    "Vesting": "src/Vesting.sol",
    "RewardDistributor": "src/RewardDistributor.sol",
    "Settlement": "src/Settlement.sol",
    "Emissions": "src/Emissions.sol",
    "HostBonds": "src/HostBonds.sol",
    "Splitter": "src/market/Splitter.sol",
    "Makers": "src/market/Makers.sol",
    "ModelMarket": "src/ModelMarket.sol",
    "Till": "src/market/Till.sol",
    "HostTills": "src/HostTills.sol",
    "Subscriptions": "src/Subscriptions.sol",
    "FeedbackRoots": "src/FeedbackRoots.sol",
    "LocalBatchSettlement": "src/local/LocalBatchSettlement.sol",
    "LocalDepositCollector": "src/local/LocalDepositCollector.sol",
    "LocalMulticall3": "src/local/LocalMulticall3.sol",
    "FlockTimelock": "src/FlockTimelock.sol",
    "FlockGovernor": "src/FlockGovernor.sol",
}

ARTIFACTS = Path(__file__).parents[1] / "abi"
IMPORT = re.compile(r"""^\s*import\s[^;]*?["']([^"']+)["']\s*;""", re.MULTILINE)


@dataclass(frozen=True)
class Checkout:
    """The checkout of flock with its sources and toolchain. Raises BadConfig outside a checkout."""

    root: Path

    @classmethod
    def here(cls) -> "Checkout":
        root = Path(__file__).parents[3]
        if not (root / "contracts" / "foundry.toml").exists():
            raise BadConfig(
                "There are no contract sources here: compiling needs a checkout of flock. "
                "An installed flock carries the compiled contracts."
            )
        return cls(root)

    def read(self, name: str) -> str:
        """The text of a source by its name in the compiler's eyes."""
        folder = self.root / "anvil" / "node_modules" if name.startswith("@") else self.root / "contracts"
        try:
            return (folder / name).read_text()
        except FileNotFoundError:
            raise BadConfig(
                f"The source {name} is not there. Run `npm ci` in anvil/ if it is OpenZeppelin's."
            ) from None

    def settings(self) -> dict[str, Any]:
        """The compiler's settings, translated from foundry.toml."""
        profile = tomllib.loads((self.root / "contracts" / "foundry.toml").read_text())["profile"]["default"]
        return {
            "evmVersion": profile["evm_version"],
            "viaIR": profile["via_ir"],
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
        }


def standard_input(checkout: Checkout, contract: str) -> dict[str, Any]:
    """The compiler's standard JSON for one contract: its sources, all they import, and the settings."""
    source = CONTRACTS[contract]
    outputs = {source: {contract: ["abi", "evm.bytecode.object"]}}
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(_closure(checkout, source).items())},
        "settings": {**checkout.settings(), "outputSelection": outputs},
    }


def source_digest(request: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of all that decides the bytecode: compiler version, sources, settings."""
    return hashlib.sha256(json.dumps([SOLC_VERSION, request], sort_keys=True).encode()).hexdigest()


def compile_contract(checkout: Checkout, contract: str) -> dict[str, Any]:
    """The artifact of one contract, as it is committed. Raises BadConfig if its sources do not compile."""
    import solcx
    from solcx.exceptions import SolcError

    request = standard_input(checkout, contract)
    try:
        with solc(checkout) as binary:
            answer = solcx.compile_standard(request, solc_binary=binary)
    except SolcError as problem:
        raise BadConfig(f"{contract} does not compile: {problem.message}") from None
    output = answer["contracts"][CONTRACTS[contract]][contract]
    return {
        "contractName": contract,
        "source_sha256": source_digest(request),
        "bytecode": "0x" + output["evm"]["bytecode"]["object"],
        "abi": output["abi"],
    }


def write_artifact(artifact: Mapping[str, Any], folder: Path = ARTIFACTS) -> Path:
    """Write an artifact where it is packaged from; returns the path."""
    path = folder / f"{artifact['contractName']}.json"
    path.write_text(json.dumps(artifact, indent=1) + "\n")
    return path


def is_current(checkout: Checkout, contract: str, folder: Path = ARTIFACTS) -> bool:
    """Whether the committed artifact matches the current sources and settings."""
    path = folder / f"{contract}.json"
    if not path.exists():
        return False
    committed = json.loads(path.read_text())["source_sha256"]
    return bool(committed == source_digest(standard_input(checkout, contract)))


@contextmanager
def solc(checkout: Checkout) -> Iterator[Path]:
    """The compiler: the native one py-solc-x has, else npm's driven the same way, else a native download.

    They give the same bytecode, the native one faster. It is fetched only where npm's is missing, so that
    compiling in a complete checkout never touches the network.
    """
    native = _installed_solc()
    if native is not None:
        yield native
    elif (checkout.root / "anvil" / "node_modules" / "solc").exists():
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / f"solc-v{SOLC_VERSION}"
            binary.symlink_to(checkout.root / "anvil" / "solc")
            yield binary
    else:
        yield _downloaded_solc()


def _installed_solc() -> Path | None:
    import solcx
    from solcx.exceptions import SolcNotInstalled

    try:
        return Path(solcx.install.get_executable(SOLC_VERSION))
    except SolcNotInstalled:
        return None


def _downloaded_solc() -> Path:
    import solcx
    from solcx.exceptions import SolcInstallationError

    try:
        solcx.install_solc(SOLC_VERSION)
    except (OSError, SolcInstallationError) as problem:
        raise BadConfig(
            f"There is no Solidity compiler {SOLC_VERSION}, and it cannot be downloaded "
            f"({type(problem).__name__}). Run `npm ci` in anvil/ for npm's."
        ) from None
    return Path(solcx.install.get_executable(SOLC_VERSION))


def _closure(checkout: Checkout, source: str) -> dict[str, str]:
    sources: dict[str, str] = {}
    waiting = [source]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = checkout.read(name)
            waiting += [_resolve(name, target) for target in IMPORT.findall(sources[name])]
    return sources


def _resolve(importer: str, target: str) -> str:
    return (
        posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))
        if target[0] == "."
        else target
    )
