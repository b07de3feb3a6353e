"""The programs in the documents, run as they stand there against a real chain and a real service."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eth_account.signers.local import LocalAccount

from flock.alliance.product import AllianceProduct
from flock.chain.address_book import AddressBook
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import Anvil
from flock.chain.sending.sender import Sender
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import cid_of
from flock.protocol.core.hashing import ZERO
from flock.service.app import Operation, build
from flock.store.database import Database
from flock.store.http_blobs import HttpBlobs
from flock.training.arrays import decode_model
from flock.web.serve import listen, server_of
from flock.web.uploads import Limits

DOCS = Path(__file__).parents[2] / "docs"
MODEL = {"w": np.ones((2, 3), np.float32)}


def programs(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "docs", "exec"), names)  # noqa: S102 - they are our own pages
    return names


@pytest.fixture
def service(contracts: Contracts, database: Database, tmp_path: Path) -> Iterator[str]:
    """An Alliance service on a socket of its own."""
    listener = listen("127.0.0.1", 0)
    product, operation = AllianceProduct(contracts, database), Operation(Limits(spare=0))
    app = build([product], contracts, database, tmp_path / "blobs", operation).app
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def addresses(deployed: AddressBook, tmp_path: Path) -> Path:
    deployed.save(tmp_path / "addresses.json")
    return tmp_path / "addresses.json"


@pytest.fixture
def task(
    anvil: Anvil, addresses: Path, rich: Callable[[], LocalAccount], service: str, tmp_path: Path
) -> int:
    """The task that docs/operating.md makes."""
    [make_task] = [run(text)["make_task"] for text in programs("operating.md")]
    made: int = make_task(anvil.url, addresses, rich(), service, MODEL, tmp_path / "creator.db")
    return made


def test_the_program_that_makes_a_task_makes_one(task: int, contracts: Contracts, service: str) -> None:
    terms = contracts.task_manager.parameters_of(task)

    with HttpBlobs(service) as blobs:
        served = blobs.get(cid_of(terms.initial_model), 1 << 20)

    assert contracts.task_manager.task_of(task).is_open
    assert decode_model(served)["w"].tolist() == MODEL["w"].tolist()


def test_the_program_that_verifies_a_task_reads_it_from_a_chain(
    task: int,
    anvil: Anvil,
    addresses: Path,
    contracts: Contracts,
    rich: Callable[[], LocalAccount],
    sender_of: Callable[[LocalAccount], Sender],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A round in which nobody does anything, and a keeper who is paid for pushing it on."""
    keeper = sender_of(rich())
    play_an_empty_round(task, contracts, [sender_of(rich()) for _ in range(9)], keeper)
    replay, from_chain, _ = programs("verifying.md")
    monkeypatch.setattr("sys.argv", ["verify.py", anvil.url, str(addresses), str(task)])

    run(replay + from_chain)

    fee = contracts.task_manager.parameters_of(task).keeper_fee
    assert "round 1: void" in capsys.readouterr().out
    assert contracts.alliance_rounds.member_of(task, keeper.address).owed == 0
    assert contracts.token.balance_of(keeper.address) % (10_000 * 10**18) == fee


def play_an_empty_round(task: int, contracts: Contracts, members: list[Sender], keeper: Sender) -> None:
    rounds, client = contracts.alliance_rounds, contracts.client
    terms = contracts.task_manager.parameters_of(task)
    for member in members:
        stake(contracts, member, task, terms)
        rounds.join(member, task, member.address)
    rounds.start(keeper, task)
    client.rpc.request("anvil_mine", "0x3")
    rounds.draw(keeper, task, 1)
    client.rpc.request("evm_increaseTime", terms.propose_seconds)
    client.rpc.request("anvil_mine", "0x1")
    rounds.finalise(keeper, task, 1, ZERO, 0, 0)
    rounds.withdraw(keeper, task, keeper.address)


def stake(contracts: Contracts, member: Sender, task: int, terms: AllianceParameters) -> None:
    contracts.staking.lock(member, contracts.token, terms.minimum_stake, 30)
    contracts.staking.allocate(member, task, terms.minimum_stake)
