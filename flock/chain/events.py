"""Logs as events: by name, with arguments, over the ABIs of all contracts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.exceptions import DecodingError

from flock.chain.abi_codec import Abi, Item, all_artifacts
from flock.chain.client import Log
from flock.errors import RpcUnavailable


@dataclass(frozen=True)
class Event:
    """One decoded log; arguments in snake case."""

    name: str
    arguments: Mapping[str, Any]
    log: Log


def decode_event(log: Log) -> Event | None:
    """The event of ``log``; None if no contract of flock emits such."""
    known = topics().get((log.topics[0], len(log.topics))) if log.topics else None
    if known is None:
        return None
    try:
        return Event(known.name, known.decode_log(log.topics, log.data), log)
    except DecodingError as problem:
        raise RpcUnavailable(
            f"The RPC serves a log of {log.transaction} that is no {known.name}: use another endpoint."
        ) from problem


@cache
def topics() -> Mapping[tuple[bytes, int], Item]:
    """(topic, topics in all) → event.

    Contracts that share an event declare it alike, but for what is indexed: the Transfer of a model names its token
    in a topic, that of FLOCK its amount in the data.
    """
    return {
        (topic, 1 + len(event.indexed.entries)): event
        for known in all_artifacts()
        for topic, event in known.abi.events.items()
    }


def topic_of(abi: Abi, name: str) -> bytes:
    """The topic of a contract's event."""
    return next(topic for topic, event in abi.events.items() if event.name == name)
