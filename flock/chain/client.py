"""One chain, read: which chain it is, its blocks, its logs, calls without effect."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.middleware import Web3Middleware
from web3.types import RPCEndpoint, RPCResponse

from flock.chain.abi_codec import checksummed
from flock.chain.answers import DISPENSABLE, Meaning
from flock.chain.errors import refusal, revert_data
from flock.chain.learned_width import LearnedWidth
from flock.chain.rpc import AnswerTooLarge, Rpc, RpcRefused
from flock.errors import FlockError, RpcUnavailable, WrongChain

LOCAL_CHAIN_ID = 31337

# Where a chain has no finality gadget, this many blocks on top count as final.
CONFIRMATIONS = 32


# Providers limit how many blocks or logs one answer may span.
WIDEST_RANGE = 10_000

NOT_FOR_ITS_WIDTH = frozenset({Meaning.BUSY, Meaning.TRANSIENT, Meaning.UNKNOWN_METHOD})

Topic = bytes | Sequence[bytes] | None
"""What a log's topic must be: this, one of these, or anything."""


@dataclass(frozen=True)
class BlockHeader:
    """A block's header as flock needs it; ``timestamp`` in Unix seconds, ``base_fee`` in wei per gas.

    ``is_legacy``: its chain has no base fee (EIP-1559).
    """

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    base_fee: int
    is_legacy: bool = False


@dataclass(frozen=True)
class Log:
    """One raw log; ``time`` is its block's timestamp, if the endpoint says so with its logs."""

    address: ChecksumAddress
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: str
    transaction: str
    index: int
    time: int | None = None


Parsed = TypeVar("Parsed")


def understood(parse: Callable[[Any], Parsed]) -> Callable[[Any], Parsed]:
    """``parse`` for what an endpoint answered: RpcUnavailable instead of whatever else it stumbles over."""

    @wraps(parse)
    def parsed(answer: Any) -> Parsed:
        try:
            return parse(answer)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
            raise RpcUnavailable(
                f"The RPC answered {str(answer)[:40]!r}, which no chain says here: use another endpoint."
            ) from problem

    return parsed


class Refusals(Web3Middleware):
    """Whoever asks through web3 is told of errors and reverts in the same sentences."""

    def response_processor(self, method: RPCEndpoint, response: RPCResponse) -> RPCResponse:
        error = response.get("error")
        if error is not None:
            provider: Any = self._w3.provider
            raise as_refusal(provider.refused(method, error))
        return response


class Client:
    """A connection to one chain; thread-safe.

    ``w3`` is the same connection as web3.py has it: what it asks raises ContractRefused, RpcRefused and
    RpcUnavailable too.

    Raises at construction RpcUnavailable if nothing answers, and WrongChain if ``expected_chain_id`` is given
    and another chain answers.
    """

    def __init__(
        self, rpc_url: str, expected_chain_id: int | None = None, timeout: float | None = None
    ) -> None:
        self.rpc = Rpc(rpc_url, timeout)
        self.log_range = LearnedWidth(WIDEST_RANGE)
        try:
            self.chain_id = parse_number(self.rpc.request("eth_chainId"))
            if expected_chain_id not in (None, self.chain_id):
                raise WrongChain(
                    f"{self.rpc.place} serves chain {self.chain_id}, not chain {expected_chain_id}. "
                    "Point FLOCK_RPC at the right chain, or set FLOCK_CHAIN_ID."
                )
        except FlockError:
            self.rpc.close()
            raise

    @cached_property
    def w3(self) -> Web3:
        made = Web3(self.rpc, ens=None)  # accounts are addresses, never names
        made.middleware_onion.inject(Refusals, "refusals", layer=0)
        return made

    @cached_property
    def identity(self) -> str:
        """Chain id and genesis: tells a restarted local chain from the one before it."""
        return f"{self.chain_id}-{self.block(0).hash[2:18]}"

    @cached_property
    def is_local(self) -> bool:
        """Whether this is a development chain: Anvil, or the id that local chains share."""
        return self.chain_id == LOCAL_CHAIN_ID or "anvil" in self.version.lower()

    @cached_property
    def version(self) -> str:
        """What the node calls itself; "unknown" where the endpoint does not say."""
        try:
            return str(self.rpc.request("web3_clientVersion"))
        except RpcRefused as problem:
            if problem.meaning not in DISPENSABLE:
                raise
            return "unknown"

    def now(self) -> int:
        """The chain's time in Unix seconds: the newest block's timestamp."""
        return self.block("latest").timestamp

    def block_number(self) -> int:
        """The newest block's number."""
        return parse_number(self.rpc.request("eth_blockNumber"))

    def head(self) -> BlockHeader:
        """The newest block."""
        return self.block("latest")

    def finalised_head(self) -> BlockHeader:
        """The newest block that no reorganisation can remove, or the best guess where finality is unknown."""
        try:
            return self.block("finalized")
        except RpcUnavailable:
            return self.block(max(0, self.head().number - CONFIRMATIONS))

    def block(self, number: int | str) -> BlockHeader:
        """The block of a number or tag. Raises RpcUnavailable if the node does not have it."""
        answer = self.rpc.request("eth_getBlockByNumber", _tag(number), False)
        if answer is None:
            raise RpcUnavailable(f"The RPC at {self.rpc.place} has no block {number} (yet).")
        return parse_block(answer)

    def call(
        self,
        to: str | None,
        data: bytes,
        *,
        sender: str | None = None,
        value: int = 0,
        block: int | str = "latest",
        gas: int | None = None,
    ) -> bytes:
        """What calling ``to`` returns, without effect, with ``gas`` at most. Raises ContractRefused if it reverts.

        Without ``to``, ``data`` is the program that is run.
        """
        request = call_object(to, data, sender, value)
        if gas is not None:
            request["gas"] = hex(gas)
        try:
            return parse_bytes(self.rpc.request("eth_call", request, _tag(block)))
        except RpcRefused as problem:
            raise as_refusal(problem) from None

    def code(self, address: str) -> bytes:
        """The runtime bytecode at ``address``; empty if there is none."""
        return parse_bytes(self.rpc.request("eth_getCode", address, "latest"))

    def balance(self, address: str) -> int:
        """ETH of ``address`` in wei."""
        return parse_number(self.rpc.request("eth_getBalance", address, "latest"))

    def logs(
        self,
        addresses: Sequence[str],
        first: int,
        last: int | str,
        topics: Sequence[Topic] = (),
    ) -> list[Log]:
        """Logs of ``addresses`` in blocks ``first`` to ``last``, both included, in chain order."""
        query = log_query(addresses, first, last, topics)
        return parse_logs(self.rpc.request("eth_getLogs", query))

    def close(self) -> None:
        self.rpc.close()


def all_logs(
    client: Client, addresses: Sequence[str], first: int, last: int, topics: Sequence[Topic] = ()
) -> Iterator[Log]:
    """Logs of any range of blocks, in chain order, asked for in as many pieces as the endpoint wants."""
    while first <= last:
        until = min(last, first + client.log_range.now - 1)
        try:
            found = client.logs(addresses, first, until, topics)
        except (RpcRefused, AnswerTooLarge) as problem:
            if until == first or not is_too_wide(problem):
                raise
            client.log_range.refuse(until - first + 1)
            continue
        client.log_range.fits(until - first + 1)
        yield from found
        first = until + 1


def is_too_wide(problem: RpcUnavailable) -> bool:
    """Whether fewer blocks may be answered; words that nobody knows are given the benefit of the doubt."""
    if isinstance(problem, RpcRefused):
        return problem.meaning not in NOT_FOR_ITS_WIDTH
    return isinstance(problem, AnswerTooLarge)


def log_query(
    addresses: Sequence[str], first: int, last: int | str, topics: Sequence[Topic] = ()
) -> dict[str, Any]:
    """A filter as eth_getLogs takes it; web3 writes bytes in hex."""
    return {
        "address": list(addresses),
        "fromBlock": _tag(first),
        "toBlock": _tag(last),
        "topics": list(topics),
    }


def as_refusal(problem: RpcRefused) -> Exception:
    """The typed error of a reverted call, or ``problem`` itself if nothing was reverted."""
    data = revert_data(problem)
    return problem if data is None else refusal(data)


def call_object(to: str | None, data: bytes, sender: str | None, value: int) -> dict[str, str]:
    """A transaction as eth_call and eth_estimateGas take it."""
    given = {"to": to, "from": sender}
    request = {"data": "0x" + data.hex(), "value": hex(value)}
    return {**request, **{name: account for name, account in given.items() if account is not None}}


@understood
def parse_number(answer: Any) -> int:
    """A quantity, as 0x hex."""
    return int(answer, 16)


@understood
def parse_bytes(answer: Any) -> bytes:
    """Data, as 0x hex."""
    return bytes.fromhex(answer[2:])


@understood
def parse_block(answer: Any) -> BlockHeader:
    return BlockHeader(
        int(answer["number"], 16),
        answer["hash"],
        answer["parentHash"],
        int(answer["timestamp"], 16),
        int(answer.get("baseFeePerGas") or "0x0", 16),
        answer.get("baseFeePerGas") is None,
    )


@understood
def parse_logs(answer: Any) -> list[Log]:
    return [parse_log(entry) for entry in answer]


@understood
def parse_log(entry: Any) -> Log:
    return Log(
        checksummed(entry["address"]),
        tuple(bytes.fromhex(topic[2:]) for topic in entry["topics"]),
        bytes.fromhex(entry["data"][2:]),
        int(entry["blockNumber"], 16),
        entry["blockHash"],
        entry["transactionHash"],
        int(entry["logIndex"], 16),
        int(entry.get("blockTimestamp") or "0x0", 16) or None,
    )


def _tag(number: int | str) -> str:
    return hex(number) if isinstance(number, int) else number
