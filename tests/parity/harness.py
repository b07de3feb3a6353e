"""The Solidity libraries behind one contract, called many times in one request."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from flock.chain import abi_codec
from flock.chain.abi_codec import Abi
from flock.chain.client import Client
from flock.chain.deploy import compile as compiler

NAME, SOURCE = "Harness", "test/Harness.sol"


class Harness:
    """contracts/test/Harness.sol on a chain."""

    def __init__(self, client: Client, address: str, abi: Abi) -> None:
        self._client, self._address, self._abi = client, address, abi

    def ask(self, function: str, cases: Sequence[Sequence[object]]) -> list[Any]:
        """What one library function returns for each of many argument lists."""
        item = self._abi.functions[function]
        requests = [
            ("eth_call", [{"to": self._address, "data": "0x" + item.encode(*case).hex()}, "latest"])
            for case in cases
        ]
        answers = self._client.rpc.batch(requests)
        return [item.decode_outputs(bytes.fromhex(answer[2:])) for answer in answers]


def build(cache: Path) -> dict[str, Any]:
    """The harness's artifact; compiled anew only when a source it imports has changed."""
    checkout = compiler.Checkout.here()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "CONTRACTS", {**compiler.CONTRACTS, NAME: SOURCE})
        if not compiler.is_current(checkout, NAME, cache):
            compiler.write_artifact(compiler.compile_contract(checkout, NAME), cache)
    built: dict[str, Any] = json.loads((cache / f"{NAME}.json").read_text())
    return built


def deploy(client: Client, built: dict[str, Any]) -> Harness:
    """Put the harness on a local chain, from the node's own first account."""
    sender = client.rpc.request("eth_accounts")[0]
    request = {"from": sender, "data": built["bytecode"], "gas": hex(10_000_000)}
    receipt = client.rpc.request("eth_sendTransactionSync", request)
    return Harness(client, receipt["contractAddress"], abi_codec.parse(NAME, built["abi"]))
