"""The service's projector against the plain loop that one writes with web3.py, on the same events of a real chain.

The rival asks for logs in ranges of 2,000 blocks, decodes each with the contract's event as web3.py has it, and
inserts each as a row of one table by a statement of its own, committing after every range. Ours keeps the
log, changes the rows that it means, and moves its checkpoint in the same transaction, safe against reorganisations.
"""

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from bench.result import Result
from flock.alliance.product import AllianceProduct
from flock.chain.abi_codec import artifact
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.sending.sender import open_sender
from flock.protocol.core.units import WAD
from flock.store.database import migrate, open_database
from flock.tasks.product import projector_of

EVENTS = 4000
A_BLOCK = 100
RANGE = 2000
REPEATS = 3
TASK = 1
GM = 10**15


def measure() -> Sequence[Result]:
    """Seconds from an empty database to all rows, the best of several turns."""
    key: LocalAccount = Account.from_key(DEVELOPMENT_KEY)
    with tempfile.TemporaryDirectory() as folder, Anvil(AnvilOptions(port=0)) as anvil:
        contracts = _story(Client(anvil.url), key, Path(folder))
        turns = [
            (
                _ours(contracts, Path(folder) / f"ours-{turn}.db"),
                _rival(contracts, Path(folder) / f"rival-{turn}.db"),
            )
            for turn in range(REPEATS)
        ]
        contracts.client.close()
    ours, rival = (min(seconds) for seconds in zip(*turns, strict=True))
    return [Result("projector", ours, rival, "web3.py loop", f"s ({EVENTS:,} events)")]


def _story(client: Client, key: LocalAccount, folder: Path) -> Contracts:
    """A chain on which stake was allocated ``EVENTS`` times, by transactions sent in batches."""
    database = open_database(str(folder / "sender.db"))
    migrate(database)
    sender = open_sender(client, key, database)
    contracts = Contracts(client, deploy(sender, DeploymentPlan(key.address, key.address, key.address)))
    contracts.staking.lock(sender, contracts.token, EVENTS * WAD, 30)
    database.close()
    first = int(client.rpc.request("eth_getTransactionCount", key.address, "latest"), 16)
    data = artifact("Staking").abi.functions["allocate"].encode(TASK, GM)
    client.rpc.request("evm_setAutomine", False)
    for start in range(first, first + EVENTS, A_BLOCK):
        signed = [
            _signed(client, contracts.book.staking, key, nonce, data)
            for nonce in range(start, start + A_BLOCK)
        ]
        client.rpc.batch([("eth_sendRawTransaction", [raw]) for raw in signed])
        client.rpc.request("anvil_mine", "0x1")
    client.rpc.request("evm_setAutomine", True)
    return contracts


def _signed(client: Client, to: str, key: LocalAccount, nonce: int, data: bytes) -> str:
    fields: dict[str, Any] = {
        "to": to,
        "nonce": nonce,
        "data": data,
        "value": 0,
        "gas": 200_000,
        "chainId": client.chain_id,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 1,
    }
    return "0x" + key.sign_transaction(fields).raw_transaction.hex()


def _ours(contracts: Contracts, path: Path) -> float:
    database = open_database(str(path))
    migrate(database)
    projector = projector_of(AllianceProduct(contracts, database), contracts, database)
    begun = time.perf_counter()
    while projector.advance():
        pass
    seconds = time.perf_counter() - begun
    database.close()
    return seconds


def _rival(contracts: Contracts, path: Path) -> float:
    web3 = Web3(HTTPProvider(contracts.client.rpc.url))
    book = contracts.book
    names = {
        book.staking: "Staking",
        book.alliance_rounds: "AllianceRounds",
        book.task_manager: "TaskManager",
    }
    events: dict[bytes, Any] = {}
    for address, name in names.items():
        contract: Any = web3.eth.contract(to_checksum_address(address), abi=artifact(name).abi.entries)
        events |= {event_abi_to_log_topic(event.abi): event for event in contract.events}
    rows = sqlite3.connect(path)
    rows.execute("PRAGMA journal_mode=WAL")
    rows.execute(
        "CREATE TABLE events (block INT, log INT, name TEXT, arguments TEXT, PRIMARY KEY (block, log))"
    )
    begun = time.perf_counter()
    _follow(web3, rows, list(names), events, book.deployed_block)
    seconds = time.perf_counter() - begun
    rows.close()
    return seconds


def _follow(
    web3: Web3, rows: sqlite3.Connection, addresses: list[str], events: dict[bytes, Any], start: int
) -> None:
    head = web3.eth.block_number
    for first in range(start, head + 1, RANGE):
        last = min(head, first + RANGE - 1)
        for log in web3.eth.get_logs({"address": addresses, "fromBlock": first, "toBlock": last}):  # type: ignore[typeddict-item]
            event = events.get(bytes(log["topics"][0]))
            if event is not None:
                decoded = event().process_log(log)
                row = (decoded.blockNumber, decoded.logIndex, decoded.event, Web3.to_json(decoded.args))
                rows.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)
        rows.commit()
