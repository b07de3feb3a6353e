"""Gas fees (EIP-1559): what to offer, how to raise a stuck offer, and what a transaction will cost."""

from dataclasses import dataclass

import rlp
from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from flock.amounts import GWEI_DECIMALS, tokens
from flock.chain.answers import DISPENSABLE
from flock.chain.client import Client, as_refusal, call_object, parse_block, parse_number
from flock.chain.rpc import Call, RpcRefused
from flock.errors import Transient

GWEI = 10**GWEI_DECIMALS

# Nodes replace a waiting transaction only for a tenth more on both fees; an eighth is safely above.
BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8

# Offered where eth_maxPriorityFeePerGas is missing.
USUAL_TIP: int = GWEI

MARKET: tuple[Call, ...] = (("eth_getBlockByNumber", ["latest", False]), ("eth_maxPriorityFeePerGas", []))

# Where every rollup of the OP stack says what the bytes of a transaction cost on layer 1.
GAS_PRICE_ORACLE = to_checksum_address("0x420000000000000000000000000000000000000F")
GET_L1_FEE = keccak(b"getL1Fee(bytes)")[:4]
DYNAMIC_FEE_TYPE = b"\x02"


@dataclass(frozen=True)
class Fees:
    """Wei per gas: the most that is paid in all, and the tip to the block's builder in it.

    On a chain without EIP-1559 (``is_legacy``) there is one price, which is both.
    """

    max_fee: int
    tip: int
    is_legacy: bool = False


@dataclass(frozen=True)
class FeePolicy:
    """``cap`` is the most flock ever pays, in wei per gas."""

    cap: int = 500 * GWEI

    def offer(self, base_fee: int, tip: int) -> Fees:
        """Twice the base fee plus the tip: five full blocks cannot outbid it. Transient above the cap."""
        self._require_below_cap(base_fee)
        max_fee = min(self.cap, 2 * base_fee + tip)
        return Fees(max_fee, min(tip, max_fee))

    def single(self, gas_price: int) -> Fees:
        """The offer where there is one price, without EIP-1559. Transient above the cap."""
        self._require_below_cap(gas_price)
        return Fees(gas_price, gas_price, is_legacy=True)

    def replacement(self, last: Fees, wanted: Fees) -> Fees | None:
        """What replaces an offer of ``last``; None if that would exceed the cap."""
        raised = max(wanted.max_fee, _raised(last.max_fee)), max(wanted.tip, _raised(last.tip))
        fees = Fees(*raised, wanted.is_legacy)
        return fees if fees.max_fee <= self.cap else None

    def _require_below_cap(self, price: int) -> None:
        if price > self.cap:
            now, cap = tokens(price, GWEI_DECIMALS), tokens(self.cap, GWEI_DECIMALS)
            raise Transient(
                f"Gas costs {now} gwei now, above the cap of {cap}. "
                "Wait for a quieter hour, or raise the cap."
            )


@dataclass(frozen=True)
class Cost:
    """The cost of transactions at current prices: ``gas``, and the fees for execution and data in wei.

    ``data`` is zero on a chain that is not a rollup.
    """

    gas: int
    execution: int
    data: int

    @property
    def total(self) -> int:
        """In wei."""
        return self.execution + self.data

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.gas + other.gas, self.execution + other.execution, self.data + other.data)


FREE = Cost(0, 0, 0)


def estimate(
    client: Client, sender: str, to: str, data: bytes, value: int = 0, gas: int | None = None
) -> Cost:
    """What ``sender`` would pay for this transaction now; nothing is signed. With ``gas`` it is not simulated.

    Raises ContractRefused if the transaction would be refused, and RpcUnavailable.
    """
    simulation: Call = ("eth_estimateGas", [call_object(to, data, sender, value)])
    count: Call = ("eth_getTransactionCount", [sender, "latest"])
    calls = [count, *MARKET] if gas is not None else [count, *MARKET, simulation]
    count_answer, block, tip, *simulated = client.rpc.batch(calls)
    nonce = _taken(count_answer)
    needed = parse_number(_taken(simulated[0])) if gas is None else gas
    base_fee, priority, _ = prices(client, block, tip)
    offer = (priority, 2 * base_fee + priority, needed)
    bare = unsigned_transaction(client.chain_id, parse_number(nonce), *offer, to, value, data)
    return Cost(needed, needed * (base_fee + priority), data_fee(client, bare))


def prices(client: Client, block: object, tip: object) -> tuple[int, int, bool]:
    """What MARKET was answered: the base fee and a tip, in wei per gas, and whether the chain has but one gas price.

    That is the tip then, and the base fee is zero.
    """
    head = parse_block(_taken(block))
    if head.is_legacy:
        return 0, parse_number(client.rpc.request("eth_gasPrice")), True
    return head.base_fee, tip_of(tip), False


def tip_of(answer: object) -> int:
    """Wei per gas for the block's builder: what the endpoint recommends, or a usual tip if it has no such method."""
    if isinstance(answer, RpcRefused) and answer.meaning in DISPENSABLE:
        return USUAL_TIP
    return parse_number(_taken(answer))


def data_fee(client: Client, transaction: bytes) -> int:
    """Wei that a rollup charges for the bytes of ``transaction``, signed or not; zero on any other chain."""
    answer = client.call(GAS_PRICE_ORACLE, GET_L1_FEE + encode(["bytes"], [transaction]))
    return int.from_bytes(answer[:32], "big")


def unsigned_transaction(
    chain_id: int, nonce: int, tip: int, max_fee: int, gas: int, to: str, value: int, data: bytes
) -> bytes:
    """A transaction of EIP-1559 without its signature, as it is hashed to be signed."""
    no_access_list: list[bytes] = []
    fields = [chain_id, nonce, tip, max_fee, gas, bytes.fromhex(to[2:]), value, data, no_access_list]
    return DYNAMIC_FEE_TYPE + bytes(rlp.encode(fields))


def _taken(answer: object) -> object:
    if isinstance(answer, RpcRefused):
        raise as_refusal(answer)
    return answer


def _raised(fee: int) -> int:
    return -(-fee * BUMP_NUMERATOR // BUMP_DENOMINATOR)
