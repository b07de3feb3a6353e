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

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

WORD = 32
ONE_WORD = re.compile(r"address|bool|bytes32|uint(\d+)")


@dataclass(frozen=True)
class Parameter:
    """One argument or result: ``type`` is canonical (structs spelt out), ``fields`` are those of a struct."""

    name: str
    type: str
    indexed: bool
    fields: tuple["Parameter", ...]

    def tidy(self, value: Any) -> Any:
        """Structs as dicts in snake case, arrays as tuples, addresses with their checksum."""
        if self.type.endswith("]"):
            element = Parameter(self.name, self.type.rpartition("[")[0], False, self.fields)
            return tuple(element.tidy(item) for item in value)
        if self.fields:
            return named(self.fields, value)
        if self.type == "address":
            return checksummed(value)
        return value


@dataclass(frozen=True)
class Item:
    """A function, an event or a custom error."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(parameter.type for parameter in self.inputs)})"

    @cached_property
    def selector(self) -> bytes:
        return bytes(keccak(self.signature.encode())[:4])

    def encode(self, *arguments: object) -> bytes:
        """Call data: selector and arguments."""
        return self.selector + encode_arguments(self.inputs, arguments)

    def decode_outputs(self, data: bytes) -> Any:
        """One result as its value, several as a dict."""
        values = decode([parameter.type for parameter in self.outputs], data)
        if len(self.outputs) == 1:
            return self.outputs[0].tidy(values[0])
        return named(self.outputs, values)

    def decode_inputs(self, data: bytes) -> dict[str, Any]:
        """Arguments (without selector) by name; raises eth_abi's DecodingError if they are malformed."""
        return named(self.inputs, decode([parameter.type for parameter in self.inputs], data))

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """An event's arguments; flock indexes only value types, so no topic is a hash."""
        plain, indexed = self._sides
        arguments = named(plain, decode_arguments(plain, data))
        for parameter, topic in zip(indexed, topics[1:], strict=True):
            arguments |= named([parameter], decode_arguments([parameter], topic))
        return arguments

    @cached_property
    def _sides(self) -> tuple[Sequence[Parameter], Sequence[Parameter]]:
        """An event's parameters: those in the data, those in topics."""
        plain = [parameter for parameter in self.inputs if not parameter.indexed]
        return plain, [parameter for parameter in self.inputs if parameter.indexed]


@dataclass(frozen=True)
class Abi:
    """One contract's interface. An overloaded function is found under its full signature."""

    name: str
    functions: Mapping[str, Item]
    events: Mapping[bytes, Item]
    errors: Mapping[bytes, Item]
    constructor: tuple[Parameter, ...]


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


def parse(name: str, entries: Sequence[Mapping[str, Any]]) -> Abi:
    """An ABI from the compiler's JSON."""
    functions: dict[str, Item] = {}
    events: dict[bytes, Item] = {}
    errors: dict[bytes, Item] = {}
    constructor: tuple[Parameter, ...] = ()
    for entry in entries:
        item = Item(entry.get("name", ""), _parameters(entry, "inputs"), _parameters(entry, "outputs"))
        topic = keccak(item.signature.encode())
        match entry["type"]:
            case "function":
                functions.setdefault(item.name, item)
                functions[item.signature] = item
            case "event":
                events[topic] = item
            case "error":
                errors[topic[:4]] = item
            case "constructor":
                constructor = item.inputs
    return Abi(name, functions, events, errors, constructor)


def encode_arguments(parameters: Sequence[Parameter], arguments: Sequence[object]) -> bytes:
    return encode([parameter.type for parameter in parameters], arguments)


def decode_arguments(parameters: Sequence[Parameter], data: bytes) -> Sequence[Any]:
    """The values in ``data``. Raises eth_abi's DecodingError.

    Words are read here, several times as fast as by eth_abi: events are mostly of them, and come by the thousands.
    """
    if len(data) != WORD * len(parameters) or not all(_is_word(parameter.type) for parameter in parameters):
        return decode([parameter.type for parameter in parameters], data)
    return [_word(parameter.type, data[WORD * i : WORD * (i + 1)]) for i, parameter in enumerate(parameters)]


@lru_cache(maxsize=1 << 17)
def checksummed(address: str) -> ChecksumAddress:
    """``address`` as EIP-55 spells it; each costs a hash, and the same come again and again."""
    return to_checksum_address(address)


def named(parameters: Sequence[Parameter], values: Sequence[Any]) -> dict[str, Any]:
    return {
        snake(parameter.name): parameter.tidy(value)
        for parameter, value in zip(parameters, values, strict=True)
    }


@cache
def snake(name: str) -> str:
    """``acceptSixteenths`` → ``accept_sixteenths``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def _is_word(kind: str) -> bool:
    return ONE_WORD.fullmatch(kind) is not None


@cache
def _bits(kind: str) -> int:
    """Bits of a word that a value of ``kind`` takes."""
    return {"address": 160, "bool": 1, "bytes32": 256}.get(kind) or int(kind.removeprefix("uint"))


def _word(kind: str, word: bytes) -> Any:
    number = int.from_bytes(word, "big")
    if number >> _bits(kind):
        raise DecodingError(f"0x{word.hex()} is no {kind}")
    match kind:
        case "address":
            return "0x" + word[-20:].hex()
        case "bool":
            return bool(number)
        case "bytes32":
            return word
    return number


def _parameters(entry: Mapping[str, Any], side: str) -> tuple[Parameter, ...]:
    return tuple(_parameter(parameter) for parameter in entry.get(side, ()))


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    fields = tuple(_parameter(field) for field in entry.get("components", ()))
    kind = entry["type"]
    if kind.startswith("tuple"):
        kind = f"({','.join(field.type for field in fields)})" + kind.removeprefix("tuple")
    return Parameter(entry["name"], kind, bool(entry.get("indexed")), fields)
