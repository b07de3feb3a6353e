"""Calls, reverts and logs in the contract ABI, with names as Python writes them.

https://docs.soliditylang.org/en/v0.8.37/abi-spec.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from eth_utils.abi import abi_to_signature, collapse_if_tuple
from eth_utils.address import to_checksum_address
from web3 import Web3

Entry = dict[str, Any]
"""One entry of an ABI, or one parameter in it, as the compiler writes and web3 takes them."""

WORD = 32
CODEC = Web3(ens=None).codec


@dataclass(frozen=True, eq=False)
class Parameters:
    """Arguments or results, in order; ``types`` are canonical (structs spelt out)."""

    entries: Sequence[Entry]

    @cached_property
    def types(self) -> Sequence[str]:
        return [collapse_if_tuple(entry) for entry in self.entries]

    def encode(self, values: Sequence[object]) -> bytes:
        return CODEC.encode(self.types, values)

    def decode(self, data: bytes) -> dict[str, Any]:
        """Values by name. Raises eth_abi's DecodingError if they are malformed."""
        return named(self.entries, CODEC.decode(self.types, data))


class Item:
    """A function, an event or a custom error.

    web3's contracts look for the function that fits at every call, and for the types at every log. Here both are
    known beforehand, which makes each several times as fast (docs/adr/0030).
    """

    def __init__(self, entry: Entry) -> None:
        self.name: str = entry["name"]
        self.signature = abi_to_signature(entry)  # type: ignore[arg-type]
        self.topic = bytes(keccak(self.signature.encode()))
        self.selector = self.topic[:4]
        self.inputs = Parameters(entry["inputs"])
        self.outputs = Parameters(entry.get("outputs", ()))
        self.indexed = Parameters([each for each in self.inputs.entries if each.get("indexed")])
        self._plain = Parameters([each for each in self.inputs.entries if not each.get("indexed")])

    def encode(self, *arguments: object) -> bytes:
        """Call data: selector and arguments."""
        return self.selector + self.inputs.encode(arguments)

    def decode_outputs(self, data: bytes) -> Any:
        """One result as its value, several as a dict. Raises DecodingError."""
        values = self.outputs.decode(data)
        return values.popitem()[1] if len(self.outputs.entries) == 1 else values

    def decode_inputs(self, data: bytes) -> dict[str, Any]:
        """Arguments (without selector) by name. Raises DecodingError."""
        return self.inputs.decode(data)

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """An event's arguments; flock indexes only value types, so no topic is a hash. Raises DecodingError."""
        if any(len(topic) != WORD for topic in topics):
            raise DecodingError(f"{topics} are not topics")
        return self._plain.decode(data) | self.indexed.decode(b"".join(topics[1:]))


@dataclass(frozen=True)
class Abi:
    """One contract's interface: ``entries`` as web3 takes them, and what is in them.

    An overloaded function is found under its full signature.
    """

    name: str
    entries: Sequence[Entry]
    functions: Mapping[str, Item]
    events: Mapping[bytes, Item]
    errors: Mapping[bytes, Item]
    constructor: Parameters


@dataclass(frozen=True)
class Artifact:
    """A compiled contract: its interface, its creation bytecode, the digest of its sources and settings.

    ``code`` is in hex, with the compiler's placeholders for the addresses of libraries.
    """

    abi: Abi
    code: str
    source_sha256: str

    @property
    def bytecode(self) -> bytes:
        """That of a contract that calls no library."""
        return self.linked({})

    def linked(self, libraries: Mapping[str, str]) -> bytes:
        """The bytecode with the addresses of libraries, by ``source:name``."""
        code = self.code
        for name, address in libraries.items():
            code = code.replace(f"__${keccak(name.encode()).hex()[:34]}$__", address[2:])
        return bytes.fromhex(code)


@cache
def artifact(name: str) -> Artifact:
    """The committed artifact of contract ``name``."""
    content = json.loads(files("flock.chain.abi").joinpath(f"{name}.json").read_text())
    return Artifact(parse(name, content["abi"]), content["bytecode"][2:], content["source_sha256"])


def all_artifacts() -> list[Artifact]:
    """Every committed artifact, by name."""
    names = sorted(entry.name for entry in files("flock.chain.abi").iterdir() if entry.name.endswith(".json"))
    return [artifact(name.removesuffix(".json")) for name in names]


def parse(name: str, entries: Sequence[Entry]) -> Abi:
    """An ABI from the compiler's JSON."""
    functions: dict[str, Item] = {}
    for item in _items(entries, "function"):
        functions.setdefault(item.name, item)
        functions[item.signature] = item
    events = {item.topic: item for item in _items(entries, "event")}
    errors = {item.selector: item for item in _items(entries, "error")}
    constructors = [entry["inputs"] for entry in entries if entry["type"] == "constructor"]
    return Abi(name, entries, functions, events, errors, Parameters(constructors[0] if constructors else ()))


def _items(entries: Sequence[Entry], kind: str) -> Sequence[Item]:
    return [Item(entry) for entry in entries if entry["type"] == kind]


def tidy(parameter: Entry, value: Any) -> Any:
    """Structs as dicts in snake case, arrays as tuples, addresses with their checksum."""
    kind = parameter["type"]
    if kind == "address":
        return checksummed(value)
    if kind.endswith("]"):
        element = {**parameter, "type": kind.rpartition("[")[0]}
        return tuple(tidy(element, item) for item in value)
    return named(parameter["components"], value) if kind == "tuple" else value


@lru_cache(maxsize=1 << 17)
def checksummed(address: str) -> ChecksumAddress:
    """``address`` as EIP-55 spells it; each costs a hash, and the same come again and again."""
    return to_checksum_address(address)


def named(parameters: Sequence[Entry], values: Sequence[Any]) -> dict[str, Any]:
    return {
        snake(parameter["name"]): tidy(parameter, value)
        for parameter, value in zip(parameters, values, strict=True)
    }


@cache
def snake(name: str) -> str:
    """``acceptSixteenths`` → ``accept_sixteenths``, ``quotaADay`` → ``quota_a_day``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
