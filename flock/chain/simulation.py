"""What transactions would do, asked of the chain before anything is signed: what views say before and after.

It takes an endpoint with eth_simulateV1, as Anvil, Geth, Reth and their kin on Base serve it. Where there is none,
the state after stays unknown, and the sender's own simulation is the only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from flock.chain.answers import DISPENSABLE
from flock.chain.client import (
    Client,
    as_refusal,
    call_object,
    parse_bytes,
    parse_logs,
    parse_number,
    understood,
)
from flock.chain.contracts.binding import Binding
from flock.chain.errors import refusal
from flock.chain.events import Event, decode_event
from flock.chain.rpc import Call, RpcRefused
from flock.errors import RpcUnavailable

A_BATCH = 200


@dataclass(frozen=True)
class FunctionCall:
    """A function of a contract, with its arguments."""

    binding: Binding
    function: str
    arguments: tuple[object, ...] = ()

    @property
    def data(self) -> bytes:
        return self.binding.abi.functions[self.function].encode(*self.arguments)


class PlannedCall(FunctionCall):
    """What is to be sent."""


class View(FunctionCall):
    """What only reads."""

    def decode(self, answer: bytes) -> Any:
        """Raises RpcUnavailable for what the contract cannot have said."""
        binding = self.binding
        try:
            return binding.abi.functions[self.function].decode_outputs(answer)
        except DecodingError as problem:
            raise RpcUnavailable(
                f"The RPC at {binding.client.rpc.place} answered {self.function} of {binding.contract} with "
                "what that contract cannot say: use another endpoint, or the right address book."
            ) from problem


@dataclass(frozen=True)
class Simulation:
    """What the views say ``before`` and ``after`` the acts, and the gas that each act burns.

    ``after`` and ``gas`` are None if the endpoint cannot simulate.
    """

    before: tuple[Any, ...]
    after: tuple[Any, ...] | None
    gas: tuple[int, ...] | None


def simulate(client: Client, account: str, acts: Sequence[PlannedCall], views: Sequence[View]) -> Simulation:
    """Let ``account`` do ``acts`` in a block of their own that never is.

    Raises ContractRefused if one of them would be refused, and RpcUnavailable.
    """
    asked = [*views, *acts, *views]
    answers = _simulated(client, account, asked)
    if answers is None:
        return Simulation(read_all(client, views), None, None)
    first, last = len(views), len(views) + len(acts)
    _require_done(answers[first:last])
    return Simulation(
        _decoded(views, answers[:first]),
        _decoded(views, answers[last:]),
        tuple(parse_number(answer["gasUsed"]) for answer in answers[first:last]),
    )


def events_of(client: Client, account: str, acts: Sequence[PlannedCall]) -> list[Event] | None:
    """What ``acts`` would emit, known events only; None if the endpoint cannot simulate.

    Raises ContractRefused if one of them would be refused, and RpcUnavailable.
    """
    answers = _simulated(client, account, acts)
    if answers is None:
        return None
    _require_done(answers)
    logs = [log for answer in answers for log in parse_logs(answer["logs"])]
    return [event for event in map(decode_event, logs) if event is not None]


def read_all(client: Client, views: Sequence[View]) -> tuple[Any, ...]:
    """What views say now, in few round trips. Raises ContractRefused, RpcUnavailable."""
    calls: list[Call] = [
        ("eth_call", [call_object(view.binding.address, view.data, None, 0), "latest"]) for view in views
    ]
    pieces = [calls[start : start + A_BATCH] for start in range(0, len(calls), A_BATCH)]
    answers = [answer for piece in pieces for answer in client.rpc.batch(piece)]
    for answer in answers:
        if isinstance(answer, RpcRefused):
            raise as_refusal(answer)
    return tuple(view.decode(parse_bytes(answer)) for view, answer in zip(views, answers, strict=True))


def _blocks(client: Client, account: str, asked: Sequence[FunctionCall]) -> dict[str, Any]:
    """One block like the next; whether the account could pay for gas is left aside.

    It is a second later, so that what a new moment costs, such as a checkpoint of votes, is counted.
    """
    upcoming = client.block("pending")
    calls = [call_object(each.binding.address, each.data, account, 0) for each in asked]
    overrides = {"number": hex(upcoming.number), "time": hex(upcoming.timestamp + 1)}
    return {"blockStateCalls": [{"blockOverrides": overrides, "calls": calls}], "validation": False}


def _simulated(client: Client, account: str, asked: Sequence[FunctionCall]) -> list[dict[str, Any]] | None:
    """The answer to each of ``asked``, one after the other; None if the endpoint cannot simulate."""
    try:
        return _calls(client.rpc.request("eth_simulateV1", _blocks(client, account, asked), "latest"))
    except RpcRefused as problem:
        refused = as_refusal(problem)
        if refused is not problem or problem.meaning not in DISPENSABLE:
            raise refused from None
        return None


@understood
def _calls(answer: Any) -> list[dict[str, Any]]:
    return list(answer[0]["calls"])


def _require_done(answers: Sequence[dict[str, Any]]) -> None:
    for answer in answers:
        if answer.get("status") != "0x1":
            error = answer.get("error") or {}
            raise refusal(parse_bytes(answer.get("returnData") or error.get("data") or "0x"))


def _decoded(views: Sequence[View], answers: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    return tuple(
        view.decode(parse_bytes(answer["returnData"])) for view, answer in zip(views, answers, strict=True)
    )
