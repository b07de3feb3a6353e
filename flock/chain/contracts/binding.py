"""The base of all bindings: reading, writing and querying logs."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from eth_abi.exceptions import DecodingError
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.abi_codec import artifact
from flock.chain.client import Client, as_refusal, call_object, parse_bytes
from flock.chain.events import Event, decode_event, topic_of
from flock.chain.rpc import Call, RpcRefused
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import ContractRefused, NotDeployed, RpcUnavailable


class Binding:
    """One deployed contract.

    A write whose goal already holds on chain returns None instead of raising: nothing was sent, and
    nothing is left to do.
    """

    contract: ClassVar[str]

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self.address: ChecksumAddress = to_checksum_address(address)
        self.abi = artifact(self.contract).abi

    def read(self, function: str, *arguments: object) -> Any:
        """What a view returns: one value, or a dict of several. Raises NotDeployed, ContractRefused."""
        item = self.abi.functions[function]
        return self._decoded(function, self.client.call(self.address, item.encode(*arguments)))

    def read_each(self, function: str, asked: Sequence[Sequence[object]]) -> list[Any]:
        """What a view returns for each of these arguments, in as few round trips as can be. Raises as ``read``."""
        item = self.abi.functions[function]
        calls: list[Call] = [
            ("eth_call", [call_object(self.address, item.encode(*arguments), None, 0), "latest"])
            for arguments in asked
        ]
        answers = self.client.rpc.batch(calls)
        for answer in answers:
            if isinstance(answer, RpcRefused):
                raise as_refusal(answer)
        return [self._decoded(function, parse_bytes(answer)) for answer in answers]

    def _decoded(self, function: str, answer: bytes) -> Any:
        if not answer:
            raise NotDeployed(
                f"There is no {self.contract} at {self.address} on chain {self.client.chain_id}. "
                "Deploy with `flock chain deploy`, or name the right address book."
            )
        try:
            return self.abi.functions[function].decode_outputs(answer)
        except DecodingError as problem:
            raise RpcUnavailable(
                f"The RPC at {self.client.rpc.place} answered {function} of {self.contract} with what that "
                "contract cannot say: use another endpoint."
            ) from problem

    def write(
        self,
        sender: Sender,
        key: str,
        function: str,
        *arguments: object,
        holds: Callable[[], bool] | None = None,
    ) -> Receipt | None:
        """Send a call under ``key``; ``holds`` says whether its goal holds, should the contract refuse."""
        try:
            return sender.send(key, self.address, self.abi.functions[function].encode(*arguments))
        except ContractRefused:
            if holds is not None and holds():
                return None
            raise

    def key(self, kind: str, *parts: object) -> str:
        """The key of an act that happens at most once in the life of the contract."""
        return ":".join([kind, self.address, *map(str, parts)])

    def fresh_key(self, kind: str) -> str:
        """The key of an act that may be repeated; if it was cut off, ``Sender.resume`` finishes it."""
        return self.key(kind, uuid.uuid4().hex)

    def events(
        self, name: str, first: int, last: int | str = "latest", *indexed: int | str | None
    ) -> list[Event]:
        """This contract's events ``name`` in a range of blocks, filtered by their first indexed arguments."""
        topics = [topic_of(self.abi, name), *map(_topic, indexed)]
        found = [decode_event(log) for log in self.client.logs([self.address], first, last, topics)]
        return [event for event in found if event is not None]


def _topic(value: int | str | None) -> bytes | None:
    if value is None:
        return None
    return (value if isinstance(value, int) else int(value, 16)).to_bytes(32, "big")


class TreasuryDebtor(Binding):
    """A contract that holds the treasury's funds until ``payTreasury`` is called."""

    def owed_to_treasury(self) -> int:
        """Wei that ``pay_treasury`` would pay."""
        return int(self.read("owedToTreasury"))

    def pay_treasury(self, sender: Sender) -> Receipt | None:
        """Pay the treasury its funds; does nothing if there are none."""
        return self.write(
            sender,
            self.fresh_key("pay_treasury"),
            "payTreasury",
            holds=lambda: self.owed_to_treasury() == 0,
        )
