"""The committed interfaces and bytecode are what the sources give."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flock.chain.deploy.compile import (
    ARTIFACTS,
    CONTRACTS,
    Checkout,
    compile_contract,
    is_current,
    source_digest,
    standard_input,
    write_artifact,
)
from flock.errors import BadConfig


@pytest.fixture(scope="module")
def checkout() -> Checkout:
    return Checkout.here()


@pytest.fixture(scope="module")
def built(checkout: Checkout) -> Path:
    """What forge makes of the sources: nothing anew where the contracts' tests have just run."""
    contracts, forge = checkout.root / "contracts", checkout.root / "anvil/forge"
    subprocess.run([forge, "build"], cwd=contracts, check=True, capture_output=True)
    return contracts / "out"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_committed_artifact_is_what_the_sources_give(
    checkout: Checkout, built: Path, contract: str
) -> None:
    committed = json.loads((ARTIFACTS / f"{contract}.json").read_text())
    made = json.loads((built / Path(CONTRACTS[contract]).name / f"{contract}.json").read_text())
    assert is_current(checkout, contract), "run `flock chain compile` and commit"
    assert committed["bytecode"] == made["bytecode"]["object"]
    assert in_order(committed["abi"]) == in_order(made["abi"])


def in_order(abi: list[dict[str, Any]]) -> list[str]:
    """The compiler leaves the order of entries to whoever drives it."""
    return sorted(json.dumps(entry, sort_keys=True) for entry in abi)


def test_a_contract_compiled_by_itself_is_the_one_committed(checkout: Checkout) -> None:
    assert compile_contract(checkout, "Vesting") == json.loads((ARTIFACTS / "Vesting.json").read_text())


def test_no_artifact_lies_about_that_has_no_source() -> None:
    assert {path.stem for path in ARTIFACTS.glob("*.json")} == set(CONTRACTS)


def test_the_settings_are_those_of_foundry(checkout: Checkout) -> None:
    settings = checkout.settings()
    text = (checkout.root / "contracts" / "foundry.toml").read_text().replace("_", "")
    assert f'evmversion = "{settings["evmVersion"]}"' in text
    assert f"optimizerruns = {settings['optimizer']['runs']}" in text
    assert f"viair = {str(settings['viaIR']).lower()}" in text


def test_the_digest_follows_every_source_and_setting(checkout: Checkout) -> None:
    request = standard_input(checkout, "Staking")
    digests = {source_digest(request)}
    for name in request["sources"]:
        sources = {**request["sources"], name: {"content": "// changed"}}
        digests.add(source_digest({**request, "sources": sources}))
    digests.add(source_digest({**request, "settings": {**request["settings"], "viaIR": False}}))
    assert len(digests) == len(request["sources"]) + 2


def test_a_contract_is_compiled_with_nothing_it_does_not_import(checkout: Checkout) -> None:
    sources = standard_input(checkout, "Staking")["sources"]
    assert "src/libraries/LockMath.sol" in sources
    assert "src/AllianceRounds.sol" not in sources


def test_stale_artifacts_are_known(checkout: Checkout, tmp_path: Path) -> None:
    assert not is_current(checkout, "Staking", tmp_path)
    digest = source_digest(standard_input(checkout, "Staking"))
    write_artifact({"contractName": "Staking", "source_sha256": digest}, tmp_path)
    assert is_current(checkout, "Staking", tmp_path)
    write_artifact({"contractName": "Staking", "source_sha256": "0" * 64}, tmp_path)
    assert not is_current(checkout, "Staking", tmp_path)


def test_sources_that_do_not_compile_are_named(tmp_path: Path, checkout: Checkout) -> None:
    folder = tmp_path / "contracts"
    (folder / "src").mkdir(parents=True)
    (folder / "foundry.toml").write_text((checkout.root / "contracts" / "foundry.toml").read_text())
    (folder / "src" / "Staking.sol").write_text("contract Staking { uint256 x = ; }")
    (tmp_path / "anvil").symlink_to(checkout.root / "anvil")
    with pytest.raises(BadConfig, match="Staking does not compile"):
        compile_contract(Checkout(tmp_path), "Staking")


def test_a_missing_source_is_named(tmp_path: Path, checkout: Checkout) -> None:
    with pytest.raises(BadConfig, match=r"The source src/Staking.sol is not there"):
        Checkout(tmp_path).read("src/Staking.sol")
