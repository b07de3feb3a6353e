"""The contracts of this checkout on an Anvil of our own, where time is ours to set."""

from collections.abc import Iterator

import pytest
from eth_account import Account

from flock.chain.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions
from flock.chain.client import Client
from flock.chain.deployment import Plan, deploy
from flock.chain.sender import Sender
from flock.store.database import migrate, open_database
from flock.store.journal import IntentJournal
from tests.parity.harness import Harness, build
from tests.parity.harness import deploy as deploy_harness
from tests.parity.onchain import Call, OnChain

ALLOWANCE = 10**26


@pytest.fixture(scope="session")
def onchain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnChain]:
    """Every one of Anvil's accounts has FLOCK and lets the contracts take it."""
    with Anvil(AnvilOptions(port=0)) as anvil:
        client = Client(anvil.url)
        database = open_database(str(tmp_path_factory.mktemp("parity") / "journal.db"))
        migrate(database)
        admin = Account.from_key(DEVELOPMENT_KEY)
        sender = Sender(client, admin, IntentJournal(database, client.identity, admin.address))
        holder, treasury = admin.address, "0x" + "7e" * 20
        chain = OnChain(client, deploy(sender, Plan(admin.address, treasury, holder, 10**27)))
        _share_out(chain, holder)
        yield chain
        client.close()
        database.close()


def _share_out(chain: OnChain, holder: str) -> None:
    time = chain.head().time
    for account in chain.accounts:
        calls = [Call("FlockToken", "approve", (place, ALLOWANCE)) for place in _takers(chain)]
        given = Call("FlockToken", "transfer", (account, 10**25))
        for caller, call in [(holder, given), *((account, call) for call in calls)]:
            time += 1
            assert chain.send(caller, call, time) == ""


def _takers(chain: OnChain) -> list[str]:
    return [chain.book.staking, chain.book.task_manager]


@pytest.fixture(scope="session")
def harness(onchain: OnChain, pytestconfig: pytest.Config) -> Harness:
    """The libraries of contracts/src behind one contract."""
    cache = pytestconfig.cache
    assert cache is not None, "the harness is compiled into pytest's cache: leave the cacheprovider on"
    return deploy_harness(onchain.client, build(cache.mkdir("harness")))
