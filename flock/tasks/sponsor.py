"""Tasks that the service makes with its own key, for accounts that its operator has named."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from flock.amounts import tokens
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import NoFunds, ServiceUnavailable
from flock.protocol.core.units import Wei
from flock.store.database import Database
from flock.store.journal import IntentState
from flock.tasks.rows import SponsoredTaskRow
from flock.web.errors import BadFields, Forbidden

Create = Callable[[Sender, str], int]
"""Makes a task of some product by a sender, as an intent of this key; its number."""


@dataclass(frozen=True)
class SponsorTerms:
    """Whose key pays, for whom, and the highest bounty it puts into one task."""

    key: LocalAccount
    accounts: Collection[str]
    most: Wei


class Sponsor:
    """Makes a task at most once for each Idempotency-Key of an account."""

    def __init__(self, contracts: Contracts, database: Database, terms: SponsorTerms) -> None:
        self._contracts = contracts
        self._database = database
        self._terms = terms
        self._sender: Sender = open_sender(contracts.client, terms.key, database)
        # The allowance of one task must not be another's.
        self._one_at_a_time = threading.Lock()

    def require_sponsored(self, account: str, bounty: Wei) -> None:
        """Raises Forbidden for an account that is not named, BadFields for a bounty above the highest."""
        if account not in self._terms.accounts:
            raise Forbidden(
                f"This service pays for no tasks of {account}: leave out `send`, and send the transactions yourself."
            )
        if bounty > self._terms.most:
            raise BadFields(
                {"bounty": f"this service pays at most {tokens(self._terms.most)} FLOCK for a task."}
            )

    def made_before(self, account: str, key: str, request: bytes) -> int | None:
        """The task that was made under ``key``, or is on its way, if any.

        Raises BadFields if that was another ``request``, ContractRefused if it failed on its way.
        """
        with self._database.reading() as session:
            row = session.get(SponsoredTaskRow, (account, key))
        if row is None:
            return None
        _require_same(row, request)
        return row.task or self._on_its_way(account, key)

    def make(
        self,
        account: str,
        key: str,
        request: bytes,
        bounty: Wei,
        create: Create,
    ) -> int:
        """Make the task with the service's own key; its number. Repeating the call makes no second one.

        Raises BadFields if ``key`` was used for another ``request``, ServiceUnavailable without funds.
        """
        self._write_down(account, key, request)
        with self._one_at_a_time:
            task = self._on_its_way(account, key)
            if task is not None:
                return task
            self._require_funds(bounty)
            try:
                task = create(self._sender, self._intent(account, key))
            except NoFunds as problem:
                raise _poor(str(problem)) from problem
        self._note(account, key, task)
        return task

    def _on_its_way(self, account: str, key: str) -> int | None:
        """The task of a request that was cut off, or is not answered yet, once it is mined."""
        manager = self._contracts.task_manager
        intent = self._sender.journal.find(self._intent(account, key))
        if intent is None or intent.state == IntentState.FAILED:
            return None
        task = manager.created(self._sender.send(intent.key, intent.to, intent.data))
        self._note(account, key, task)
        return task

    def _intent(self, account: str, key: str) -> str:
        return self._contracts.task_manager.key("create", account, key)

    def _write_down(self, account: str, key: str, request: bytes) -> None:
        with self._database.writing() as session:
            row = session.get(SponsoredTaskRow, (account, key))
            if row is None:
                session.add(SponsoredTaskRow(account=account, key=key, request=request))
            else:
                _require_same(row, request)

    def _note(self, account: str, key: str, task: int) -> None:
        with self._database.writing() as session:
            session.get_one(SponsoredTaskRow, (account, key)).task = task

    def _require_funds(self, bounty: Wei) -> None:
        needed = bounty + self._contracts.task_manager.creation_fee()
        held = self._contracts.token.balance_of(self._sender.address)
        if held < needed:
            raise _poor(f"It holds {tokens(held)} of {tokens(needed)} FLOCK.")


def _require_same(row: SponsoredTaskRow, request: bytes) -> None:
    if row.request != request:
        raise BadFields({"Idempotency-Key": "it was used for another task; choose a new one."})


def _poor(reason: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"This service's own account has run dry, so it can pay for no task now: ask its operator, or leave "
        f"out `send`. ({reason})"
    )
