"""What the operator key spends for each wallet, and how much of that there may be on a day."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flock.amounts import tokens
from flock.arena.flock_api.models import OperatorSpendingRow
from flock.chain.contracts.deployed import Contracts
from flock.protocol.core.units import DAY, WAD
from flock.store.database import Database
from flock.web.errors import Forbidden


@dataclass(frozen=True)
class SpendingLimit:
    """For one wallet on one day (UTC, by the chain's time), in wei: gas, and FLOCK for evaluation fees."""

    gas: int = WAD // 100
    flock: int = 100 * WAD


class Spending:
    """Counts by the balances of the key at ``address``, which sends for one wallet at a time."""

    def __init__(
        self,
        database: Database,
        contracts: Contracts,
        address: str,
        limit: SpendingLimit,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._contracts = contracts
        self._address = address
        self._limit = limit
        self._now = now
        self._alone = threading.Lock()

    @contextmanager
    def of(self, account: str, fee: int = 0, *, is_owed: bool = False) -> Iterator[None]:
        """What is sent in the block is for ``account``, and may cost ``fee`` wei of FLOCK beside gas.

        What ``is_owed`` opens a commitment that was sent before: it counts, but no limit stops it, or the wallet
        would be punished.

        Raises Forbidden once the day's limit is reached, or would be passed by the fee.
        """
        with self._alone:
            day = self._now() // DAY * DAY
            if not is_owed:
                self._require_left(account, day, fee)
            gas, flock = self._held()
            try:
                yield
            finally:
                gas_left, flock_left = self._held()
                self._add(account, day, max(0, gas - gas_left), max(0, flock - flock_left))

    def _require_left(self, account: str, day: int, fee: int) -> None:
        with self._database.reading() as session:
            row = session.get(OperatorSpendingRow, (account, day))
        gas, flock = (0, 0) if row is None else (row.gas, row.flock)
        if gas >= self._limit.gas or flock + fee > self._limit.flock:
            raise Forbidden(
                f"This service has spent {tokens(gas)} ETH and {tokens(flock)} FLOCK for {account} today; its limits "
                f"are {tokens(self._limit.gas)} ETH and {tokens(self._limit.flock)} FLOCK a day: go on tomorrow, or "
                f"use a node of your own."
            )

    def _held(self) -> tuple[int, int]:
        return self._contracts.client.balance(self._address), self._contracts.token.balance_of(self._address)

    def _add(self, account: str, day: int, gas: int, flock: int) -> None:
        with self._database.writing() as session:
            row = session.get(OperatorSpendingRow, (account, day))
            if row is None:
                row = OperatorSpendingRow(account=account, day=day, gas=0, flock=0)
                session.add(row)
            row.gas += gas
            row.flock += flock
