"""The tree of 100,000 accounts, and verifying a settlement of as many, against what one writes with stock libraries.

Verifying begins with the text that an endpoint answers to eth_getLogs: a thousand operators with a hundred
delegators each, three days of rounds. The rivals are a Merkle tree as OpenZeppelin's specification reads, on
eth_abi and eth_utils, and a loop that decodes each log with the contract's event as web3.py has it; what a day
pays is computed by the same rules in both.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.datastructures import AttributeDict

from bench.result import Result
from flock.chain.abi_codec import Item, artifact
from flock.chain.client import Log, parse_logs
from flock.economy.history import history_of
from flock.protocol.alliance import sortition
from flock.protocol.alliance.params import AllianceParameters, alliance_terms
from flock.protocol.alliance.pay_rule import AlliancePay
from flock.protocol.core.merkle import Entry, RewardTree
from flock.protocol.core.units import DAY, WAD, Gm, Wei
from flock.protocol.economy.history import History
from flock.protocol.economy.ledger import settle

TASKS, MEMBERS, DELEGATORS = 20, 50, 100
PROPOSERS, VOTERS = 10, 21
ACCOUNTS = TASKS * MEMBERS * DELEGATORS
FIRST_DAY, DAYS = 20_000, 3
CHAIN_ID = 8453
TREASURY, DISTRIBUTOR = to_checksum_address("0x" + "7e" * 20), to_checksum_address("0x" + "d1" * 20)
PLACES = {
    name: to_checksum_address(f"0x{0xF10C0 + i:040x}")
    for i, name in enumerate(("Staking", "TaskManager", "AllianceRounds", "Emissions"))
}
TERMS = AllianceParameters(
    planned_rounds=100,
    proposer_seats=PROPOSERS,
    voter_seats=VOTERS,
    minimum_members=62,
    max_members=100,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    starts_at=0,
    start_by=1,
    ends_at=2,
    minimum_stake=Gm(100 * WAD),
    keeper_fee=Wei(0),
    initial_model=bytes(32),
)

RawLog = dict[str, Any]


def measure() -> Sequence[Result]:
    """Seconds of one core for each: nothing here waits for anything."""
    entries = _entries()
    text = json.dumps(list(_Logs().all()))
    tree, plain_tree = (
        _timed(lambda: RewardTree(entries, CHAIN_ID, DISTRIBUTOR).root),
        _timed(lambda: _plain_root(entries)),
    )
    ours, plain = _timed(lambda: _verify(text)), _timed(lambda: _plain_verify(text))
    assert (tree[1], ours[1]) == (plain_tree[1], plain[1])
    unit = f"s ({ACCOUNTS:,} accounts)"
    return [
        Result("settlement_tree", tree[0], plain_tree[0], "eth_abi + eth_utils", unit),
        Result("settlement_verify", ours[0], plain[0], "web3.py loop", unit),
    ]


def _timed(work: Any) -> tuple[float, bytes]:
    begun = time.process_time()
    root: bytes = work()
    return time.process_time() - begun, root


def _entries() -> dict[str, Entry]:
    seeded = random.Random(1)
    return {
        to_checksum_address(seeded.randbytes(20)): Entry(
            Wei(seeded.randrange(1, 10**22)), Wei(seeded.randrange(10**22))
        )
        for _ in range(ACCOUNTS)
    }


# --- Ours and theirs ---


def _verify(text: str) -> bytes:
    return _root_of(parse_logs(json.loads(text)))


def _root_of(logs: Sequence[Log]) -> bytes:
    settlement = settle(_history(logs), FIRST_DAY + DAYS)
    assert len(settlement.entries) > ACCOUNTS
    return RewardTree(settlement.entries, CHAIN_ID, DISTRIBUTOR).root


def _history(logs: Sequence[Log]) -> History:
    return history_of(logs, {PLACES["AllianceRounds"]: AlliancePay()}, TREASURY, FIRST_DAY)


def _plain_verify(text: str) -> bytes:
    """Every log is decoded by web3.py too; the settlement itself is not what is compared."""
    logs, web3 = json.loads(text), Web3()
    events: dict[bytes, Any] = {}
    for name, place in PLACES.items():
        contract: Any = web3.eth.contract(place, abi=artifact(name).abi.entries)
        events |= {event_abi_to_log_topic(event.abi): event for event in contract.events}
    for raw in logs:
        event = events[bytes.fromhex(raw["topics"][0][2:])]
        event().process_log(_as_web3_has_it(raw))
    settlement = settle(_history(parse_logs(logs)), FIRST_DAY + DAYS)
    return _plain_root(settlement.entries)


def _plain_root(entries: Mapping[str, Entry]) -> bytes:
    types = ["uint256", "address", "address", "uint128", "uint128"]
    level = sorted(
        keccak(keccak(encode(types, [CHAIN_ID, DISTRIBUTOR, account, *entry])))
        for account, entry in entries.items()
    )
    nodes = [b""] * (len(level) - 1) + level[::-1]
    for i in reversed(range(len(level) - 1)):
        nodes[i] = keccak(b"".join(sorted(nodes[2 * i + 1 : 2 * i + 3])))
    return nodes[0]


def _as_web3_has_it(raw: RawLog) -> Any:
    return AttributeDict(
        {
            **raw,
            "topics": [HexBytes(topic) for topic in raw["topics"]],
            "data": HexBytes(raw["data"]),
            "blockNumber": int(raw["blockNumber"], 16),
            "logIndex": int(raw["logIndex"], 16),
            "transactionIndex": 0,
        }
    )


# --- The logs of such a deployment ---


class _Logs:
    """As an endpoint would answer them, in chain order."""

    def __init__(self) -> None:
        self._time = FIRST_DAY * DAY - DAY // 2
        self._index = 0

    def all(self) -> Iterator[RawLog]:
        for task in range(1, TASKS + 1):
            yield from self._begin(task)
        for day in range(FIRST_DAY, FIRST_DAY + DAYS):
            self._time = day * DAY + 60
            for task in range(1, TASKS + 1):
                for round_ in (0, 1):
                    yield from self._play(task, 2 * (day - FIRST_DAY) + round_ + 1, first=19 * round_)
        for day in range(FIRST_DAY, FIRST_DAY + DAYS):
            self._time = (FIRST_DAY + DAYS) * DAY + 60
            for task in range(1, TASKS + 1):
                yield self._log("Emissions", "Emitted", task, day, 1_000 * WAD + task)
            yield self._log("Emissions", "DayEmitted", day, 10**6 * WAD, 10**5 * WAD)

    def _begin(self, task: int) -> Iterator[RawLog]:
        terms = alliance_terms(replace(TERMS, planned_rounds=100 + task))
        yield self._log("AllianceRounds", "AllianceOpened", task, terms)
        for member in range(1, MEMBERS + 1):
            operator = _account(task, member)
            own = (100 + member) * WAD
            yield self._log("Staking", "Allocated", operator, task, own, own)
            yield self._log("AllianceRounds", "Joined", task, member, operator, 100 * WAD, 1)
            yield self._log("Staking", "PoolSet", operator, task, 5_000, True)
            for each in range(1, DELEGATORS + 1):
                gm = (each + member) * WAD
                yield self._log(
                    "Staking", "StakeDelegated", _account(task, member, each), operator, task, gm, gm
                )

    def _play(self, task: int, number: int, first: int) -> Iterator[RawLog]:
        seats = list(range(first + 1, first + 1 + PROPOSERS + VOTERS))
        weights = sortition.weights_word([1] * len(seats))
        candidate = number.to_bytes(32, "big")
        everyone = (1 << PROPOSERS) - 1
        drawn = (bytes(32), MEMBERS, seats, weights, self._time, TREASURY)
        yield self._log("AllianceRounds", "Drawn", task, number, *drawn)
        for voter in range(VOTERS):
            ballot = (PROPOSERS + voter, candidate, 0, everyone, True, bytes(32))
            yield self._log("AllianceRounds", "VoteRevealed", task, number, *ballot)
        paid = (1, candidate, 0, everyone, everyone, 0, 0, 7 * WAD, 3 * WAD, WAD)
        yield self._log("AllianceRounds", "RoundFinalised", task, number, *paid)

    def _log(self, contract: str, name: str, *values: Any) -> RawLog:
        topic, item = _events()[contract, name]
        self._index += 1
        arguments = list(zip(item.inputs.entries, item.inputs.types, values, strict=True))
        indexed = [encode([kind], [value]) for each, kind, value in arguments if each["indexed"]]
        plain = [(kind, value) for each, kind, value in arguments if not each["indexed"]]
        return {
            "address": PLACES[contract],
            "topics": ["0x" + each.hex() for each in (topic, *indexed)],
            "data": "0x" + encode([kind for kind, _ in plain], [value for _, value in plain]).hex(),
            "blockNumber": hex(self._index),
            "blockHash": "0x" + "00" * 32,
            "blockTimestamp": hex(self._time),
            "transactionHash": "0x" + "00" * 32,
            "logIndex": "0x0",
        }


@cache
def _events() -> Mapping[tuple[str, str], tuple[bytes, Item]]:
    return {
        (contract, event.name): (topic, event)
        for contract in PLACES
        for topic, event in artifact(contract).abi.events.items()
    }


def _account(*place: int) -> str:
    return str(to_checksum_address(keccak(repr(place).encode())[:20]))
