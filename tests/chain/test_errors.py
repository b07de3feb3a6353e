"""Every revert of every contract has a sentence that names the input and the way out."""

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from flock.chain.abi_codec import Item
from flock.chain.errors import ERROR_STRING, PANIC, key_of, refusal, registry, revert_data, sentence
from flock.chain.rpc import RpcRefused
from flock.chain.sentences import PANICS, SENTENCES

SAMPLES = {"address": "0x" + "ab" * 20, "string": "norm", "bool": True}


def sample(kind: str) -> object:
    if kind.startswith("bytes"):
        return b"\x01" * int(kind.removeprefix("bytes") or 1)
    return SAMPLES.get(kind, 3)


def reverted_with(error: Item) -> bytes:
    kinds = error.inputs.types
    return keccak(error.signature.encode())[:4] + encode(kinds, [sample(kind) for kind in kinds])


@pytest.mark.parametrize("error", registry().values(), ids=lambda error: error.name)
def test_every_custom_error_has_a_whole_sentence(error: Item) -> None:
    refused = refusal(reverted_with(error))
    assert refused.error == error.name
    assert str(refused).endswith(".")
    assert not any(raw in str(refused) for raw in ("{", "}", "b'", "\\x"))


def test_every_sentence_belongs_to_an_error() -> None:
    named = {
        key_of(error.name, error.decode_inputs(reverted_with(error)[4:])) for error in registry().values()
    }
    assert set(SENTENCES) == named


def test_amounts_times_and_phases_are_written_for_people() -> None:
    assert "4.5 gmFLOCK is below the task's minimum of 10 gmFLOCK" in sentence(
        "StakeBelowMinimum", {"stake": 45 * 10**17, "minimum": 10 * 10**18}
    )
    assert "until 2026-01-01 00:00:00 UTC" in sentence("StillLocked", {"unlock_at": 1767225600})
    assert "2026-01-01 is not over" in sentence("NothingIsDue", {"next_day": 20_454})
    assert "Root 7 is parked" in sentence("RootIsNotPending", {"id": 7, "state": 2})
    assert "is 12.5% and can only be lowered" in sentence("SigmaMayNotRise", {"from": 1_250, "to": 5_000})
    assert "'reveal'" in sentence("WrongPhase", {"expected": 3, "actual": 6})
    assert "phase 'reveal'" in sentence("TheDrawIsPending", {"phase": 6})
    assert "seat 4 has already" in sentence("AlreadyDone", {"seat": 4}).lower()
    assert "0xab has done this" in sentence("AlreadyDone", {"account": "0xab"})


@pytest.mark.parametrize("code", PANICS)
def test_a_panic_says_what_it_means(code: int) -> None:
    refused = refusal(PANIC + encode(["uint256"], [code]))
    assert (refused.error, refused.arguments) == ("Panic", {"code": code})
    assert PANICS[code] in str(refused)


def test_a_plain_reason_is_passed_on() -> None:
    refused = refusal(ERROR_STRING + encode(["string"], ["not today"]))
    assert str(refused) == "The contract refused: not today."


@pytest.mark.parametrize("data", [bytes.fromhex("deadbeef"), bytes.fromhex("deadbeef") + b"\x01" * 32])
def test_an_unknown_error_is_shown_with_its_selector(data: bytes) -> None:
    assert "0xdeadbeef" in str(refusal(data))


def test_a_truncated_error_is_not_misread() -> None:
    error = next(error for error in registry().values() if error.name == "StakeBelowMinimum")
    assert "unknown error" in str(refusal(error.selector + b"\x01"))


@pytest.mark.parametrize(
    ("code", "text", "data", "expected"),
    [
        (3, "execution reverted", "0x0102", b"\x01\x02"),  # geth, Anvil
        (-32015, "VM execution error.", "Reverted 0x0102", b"\x01\x02"),  # Nethermind, Parity
        (-32000, "execution reverted", {"data": "0x0102"}, b"\x01\x02"),  # providers that wrap
        (-32000, "execution reverted", None, b""),
        (-32000, "header not found", None, None),
    ],
)
def test_revert_data_is_found_however_the_node_reports_it(
    code: int, text: str, data: object, expected: bytes | None
) -> None:
    assert revert_data(RpcRefused("sentence", code, text, data)) == expected
