"""What flock encodes and decodes on ways of its own, web3's contracts encode and decode the same (docs/adr/0030)."""

from typing import Any

import pytest
from web3 import Web3

from flock.chain.abi_codec import Item, all_artifacts, artifact
from flock.chain.contracts.deployed import Contracts
from flock.chain.events import decode_event

ACCOUNT = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"
NAMES = [entry.abi.name for entry in all_artifacts()]


def sample(type_: str) -> Any:
    """A value of an elementary ABI type that leaves no byte of it at zero."""
    if type_.endswith("[]"):
        return [sample(type_[:-2])] * 3
    if type_ == "address":
        return ACCOUNT
    if type_ == "bool":
        return True
    if type_ == "string":
        return "flock"
    if type_.startswith("bytes"):
        return b"\xab" * (int(type_[5:]) if type_[5:] else 40)
    return 2 ** int(type_.removeprefix("uint") or 256) - 1


def sample_of(entry: dict[str, Any]) -> Any:
    """A value of a parameter as the compiler describes it; structs as tuples."""
    kind = entry["type"]
    if not kind.startswith("tuple"):
        return sample(kind)
    one = tuple(sample_of(field) for field in entry["components"])
    return [one, one] if kind.endswith("[]") else one


def functions() -> list[tuple[str, str]]:
    return [(name, item.signature) for name in NAMES for item in artifact(name).abi.functions.values()]


def item_of(name: str, signature: str) -> Item:
    return next(item for item in artifact(name).abi.functions.values() if item.signature == signature)


@pytest.mark.parametrize(("name", "signature"), functions())
def test_every_call_is_encoded_as_web3_encodes_it(name: str, signature: str) -> None:
    contract = Web3().eth.contract(abi=artifact(name).abi.entries)
    function = contract.get_function_by_signature(signature)
    arguments = [sample_of(entry) for entry in function.abi["inputs"]]
    assert item_of(name, signature).encode(*arguments) == bytes.fromhex(
        function(*arguments)._encode_transaction_data()[2:]
    )


def test_a_view_with_a_struct_reads_the_same(contracts: Contracts) -> None:
    fields = contracts.contract("AllianceRounds").functions.roundView(1).call()
    view = contracts.alliance_rounds.round_view(1)
    assert (view.number, view.phase, view.pool, view.model, list(view.seats)) == (
        fields[0],
        fields[1],
        fields[9],
        fields[10],
        fields[17],
    )


def test_events_of_a_deployment_decode_the_same(contracts: Contracts) -> None:
    token = contracts.contract("FlockToken")
    theirs = [dict(entry["args"]) for entry in token.events.Transfer().get_logs(from_block=0)]
    ours = [decode_event(log) for log in contracts.client.logs([contracts.token.address], 0, "latest")]
    transfers = [event.arguments for event in ours if event is not None and event.name == "Transfer"]
    assert transfers == [{"from": each["from"], "to": each["to"], "value": each["value"]} for each in theirs]
    assert transfers
