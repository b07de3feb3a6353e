"""Revert messages: one registry of the custom errors of all contracts.

A revert surfaces from whatever contract failed deepest, so the registry does not ask which was called.
"""

import re
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from flock.amounts import short
from flock.chain.abi_codec import Item, all_artifacts
from flock.chain.answers import Meaning
from flock.chain.rpc import RpcRefused
from flock.chain.sentences import PANICS, SENTENCES
from flock.errors import ContractRefused
from flock.protocol.core.units import BPS

ERROR_STRING = bytes.fromhex("08c379a0")  # Error(string)
PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)


def refusal(data: bytes) -> ContractRefused:
    """The typed error for what a revert returned."""
    selector, arguments = data[:4], data[4:]
    try:
        if selector == ERROR_STRING:
            return _plain(decode(["string"], arguments)[0])
        if selector == PANIC:
            return _panic(decode(["uint256"], arguments)[0])
        known = registry().get(selector)
        if known is not None:
            values = known.decode_inputs(arguments)
            return ContractRefused(sentence(known.name, values), known.name, values)
    except DecodingError:
        pass
    return ContractRefused(_unknown(data))


def revert_data(problem: RpcRefused) -> bytes | None:
    """The bytes a revert returned, from however the node reports them; None if the call did not revert."""
    data = problem.data.get("data") if isinstance(problem.data, dict) else problem.data
    if isinstance(data, str):
        found = re.search(r"0x([0-9a-fA-F]*)$", data)
        if found and len(found[1]) % 2 == 0:
            return bytes.fromhex(found[1])
    return b"" if problem.meaning is Meaning.REVERTED else None


@cache
def registry() -> Mapping[bytes, Item]:
    """Selector → custom error, over the ABIs of all contracts."""
    return {selector: error for known in all_artifacts() for selector, error in known.abi.errors.items()}


def sentence(name: str, arguments: Mapping[str, Any]) -> str:
    """The sentence for a custom error; KeyError for one without (a test proves that there is none)."""
    return _Speaker().format(SENTENCES[key_of(name, arguments)], **arguments)


def key_of(name: str, arguments: Iterable[str]) -> str:
    """Under what a custom error's sentence is kept, by its name and those of its arguments."""
    variant = f"{name}({', '.join(arguments)})"
    return variant if variant in SENTENCES else name


def _plain(reason: str) -> ContractRefused:
    return ContractRefused(f"The contract refused: {reason.rstrip('.')}.", "Error", {"reason": reason})


def _panic(code: int) -> ContractRefused:
    cause = PANICS.get(code, "an internal fault")
    return ContractRefused(
        f"The contract stopped on {cause} (panic {code:#04x}). This is a fault of the contract or of its "
        "arguments: check them, then report it.",
        "Panic",
        {"code": code},
    )


def _unknown(data: bytes) -> str:
    if not data:
        return (
            "The contract refused without a reason. Most often there is no such contract at the address: "
            "check the address book with `flock chain status`."
        )
    return (
        f"The contract refused with the unknown error 0x{data[:4].hex()}. "
        "The contracts on this chain may be newer than this version of flock: compare them with "
        "`flock chain deploy --verify`."
    )


class _Speaker(string.Formatter):
    """Formats ``{amount:flock}``, ``{stake:gm}``, ``{unlock_at:time}`` and such as people read them."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        match format_spec:
            case "flock":
                return f"{short(value)} FLOCK"
            case "gm":
                return f"{short(value)} gmFLOCK"
            case "share":
                return f"{value / BPS * 100:g}%"
            case "time":
                return f"{datetime.fromtimestamp(min(value, 253402300799), UTC):%Y-%m-%d %H:%M:%S} UTC"
            case "day":
                return f"{datetime.fromtimestamp(min(value, LAST_DAY) * 86_400, UTC):%Y-%m-%d}"
        if format_spec in STATES:
            return STATES[format_spec][value]
        return super().format_field(value, format_spec)


PHASES = ("nothing", "waiting", "seeded", "propose", "attest", "commit", "reveal", "tally", "ended")
TASK_STATES = ("nonexistent", "open", "running", "closed", "cancelled")
VERSION_STATES = ("nonexistent", "listed", "retired", "contested")
LAST_DAY = 2_932_896  # of the year 9999
ROOT_STATES = ("nonexistent", "pending", "parked", "served", "rejected")
PROPOSAL_STATES = (
    "pending",
    "active",
    "cancelled",
    "defeated",
    "accepted",
    "queued",
    "expired",
    "executed",
)
STATES: Mapping[str, tuple[str, ...]] = {
    "root": ROOT_STATES,
    "phase": PHASES,
    "state": TASK_STATES,
    "version": VERSION_STATES,
    "proposal": PROPOSAL_STATES,
}
