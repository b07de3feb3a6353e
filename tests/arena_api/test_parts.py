"""The door's parts by themselves: who waits, what links open, what a key may spend."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.flock_api.links import LINK_SECONDS, Links
from flock.arena.flock_api.repositories import ArenaAccess
from flock.arena.flock_api.spending import Spending, SpendingLimit
from flock.arena.flock_api.waiting import Waiters, WakeAtBlocks
from flock.chain.contracts.deployed import Contracts
from flock.hub.access import Repository
from flock.hub.names import RepositoryName
from flock.protocol.core.units import DAY, WAD
from flock.store.database import Database
from flock.web.errors import Forbidden
from tests.conftest import SenderOf

ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_who_waits_is_woken_by_a_new_block_and_by_no_other() -> None:
    blocks = [7, 7, 8]
    waiters = Waiters()
    step = WakeAtBlocks(waiters, lambda: blocks.pop(0))
    assert step()  # the first that it sees

    async def wait() -> None:
        async with waiters.waiter() as woken:
            assert woken is not None
            assert not step()
            await asyncio.sleep(0)
            assert not woken.is_set()
            assert step()
            await woken.wait()

    asyncio.run(wait())


def test_only_so_many_wait_at_once() -> None:
    async def crowd() -> None:
        waiters = Waiters(most=1)
        async with waiters.waiter() as first:
            assert first is not None
            async with waiters.waiter() as second:
                assert second is None
        async with waiters.waiter() as third:
            assert third is not None

    asyncio.run(crowd())


def test_a_link_opens_one_set_for_an_hour() -> None:
    times = [1_000.0]
    links = Links("http://service", lambda: times[0])
    given = parse_qs(urlsplit(links.of(3, "a")).query)
    until, signature = int(given["until"][0]), given["signature"][0]
    links.require(3, "a", until, signature)
    forged = ((3, "b", until, signature), (4, "a", until, signature), (3, "a", until + 1, signature))
    for task, name, moment, sign in (*forged, (3, "a", until, ""), (3, "a", until, "é")):
        with pytest.raises(Forbidden, match="not given out"):
            links.require(task, name, moment, sign)
    times[0] += LINK_SECONDS + 1
    with pytest.raises(Forbidden, match="is over"):
        links.require(3, "a", until, signature)


def test_nobody_takes_the_repository_of_a_submission_or_writes_into_it(database: Database) -> None:
    """Whoever made it first, or wrote into it, would choose what a panel scores."""
    access, name = ArenaAccess(database), RepositoryName("arena-1", "submission-1")
    for taken in (name, RepositoryName("ARENA-1", "Submission-1"), RepositoryName("arena-1", "other")):
        with pytest.raises(Forbidden):
            access.require_may_create(ACCOUNT, taken)
    access.require_may_create(str(name), name)
    repository = Repository(name, str(name), "0" * 40, 0, 0, is_released=False)
    for account in (ACCOUNT, None):
        assert not access.may_read(account, repository)
    assert not access.may_write(ACCOUNT, repository)
    assert not access.may_delete(ACCOUNT, repository)
    assert not access.may_release(ACCOUNT, repository)


def test_what_is_sent_for_a_wallet_counts_for_it_alone_and_for_its_day(
    contracts: Contracts, database: Database, admin: LocalAccount, sender_of: SenderOf
) -> None:
    """Fees are refused before they pass the limit; gas is known only afterwards, and ends the day once it has."""
    other = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    days = [10 * DAY]
    sender = sender_of(admin)
    limit = SpendingLimit(gas=10**30, flock=10 * WAD)
    spending = Spending(database, contracts, admin.address, limit, lambda: days[0])
    with spending.of(ACCOUNT, fee=6 * WAD):
        contracts.token.transfer(sender, other, 6 * WAD)
    with pytest.raises(Forbidden, match="6 FLOCK"), spending.of(ACCOUNT, fee=5 * WAD):
        pytest.fail("It was sent all the same.")
    with spending.of(other, fee=5 * WAD):
        pass
    frugal = Spending(database, contracts, admin.address, SpendingLimit(gas=1), lambda: days[0])
    with pytest.raises(Forbidden, match="limits"), frugal.of(ACCOUNT):
        pytest.fail("It was sent all the same.")
    with frugal.of(ACCOUNT, is_owed=True):  # what was committed to is opened all the same
        pass
    days[0] += DAY
    with frugal.of(ACCOUNT):
        pass
