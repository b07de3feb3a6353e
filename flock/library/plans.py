"""Plans by subject, as a connection offers them. Making one reads the chain and checks what it can; it sends nothing.

Accounts are addresses, amounts wei. What cannot be planned is ``Refused`` or ``Misconfigured`` (flock.errors) with a
sentence; what the contracts would refuse, its ``preview`` raises as ``ContractRefused``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.economy.governance.polls import Poll, poll_named
from flock.economy.governance.proposal_parser import address_of, calls_for
from flock.economy.operations import claiming, collecting, delegating, disputing, governing, staking
from flock.economy.operations.governing import Draft
from flock.library.readings import rewards_of

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.plans import Plan
    from flock.library.answers import Rewards


@dataclass(frozen=True)
class StakePlans:
    """Lock FLOCK for gmFLOCK, put that on tasks, take both back. ``gm`` of None is all there is."""

    _contracts: Contracts

    def lock(self, account: str, wei: int, days: int) -> Plan:
        """Lock ``wei`` of FLOCK, or add it to a lock, for ``days`` from now on."""
        return staking.lock(self._contracts, _account(account), wei, days)

    def extend(self, account: str, days: int) -> Plan:
        """Make a lock last ``days`` from now on."""
        return staking.extend(self._contracts, _account(account), days)

    def add(self, account: str, gm: int | None, task: int) -> Plan:
        """Put free gmFLOCK on a task."""
        return staking.add(self._contracts, _account(account), gm, task)

    def remove(self, account: str, gm: int | None, task: int) -> Plan:
        """Take gmFLOCK off a task that no duty holds."""
        return staking.remove(self._contracts, _account(account), gm, task)

    def redeem(self, account: str, gm: int | None = None) -> Plan:
        """Turn free gmFLOCK back into FLOCK."""
        return staking.redeem(self._contracts, _account(account), gm)

    def poke(self, account: str, poked: str) -> Plan:
        """Count the end of the lock of ``poked``; anybody may."""
        return staking.poke(self._contracts, _account(account), _account(poked))

    def operator(self, account: str, operator: str | None) -> Plan:
        """Name the one key that acts on tasks for the account; None for nobody else."""
        named = None if operator is None else _account(operator)
        return staking.operator(self._contracts, _account(account), named)


@dataclass(frozen=True)
class DelegatePlans:
    """Back an operator on a task with gmFLOCK, or take such backing. ``gm`` of None is all there is."""

    _contracts: Contracts

    def accept(
        self, account: str, task: int, commission_bps: int | None = None, *, is_open: bool = True
    ) -> Plan:
        """Take delegation on a task and keep ``commission_bps`` of its reward (None: as before); or take no more."""
        return delegating.accept(self._contracts, _account(account), task, commission_bps, is_open=is_open)

    def to(self, account: str, operator: str, gm: int | None, task: int) -> Plan:
        """Put free gmFLOCK into the pool of ``operator`` on a task."""
        return delegating.delegate(self._contracts, _account(account), _account(operator), gm, task)

    def undo(self, account: str, operator: str, gm: int | None, task: int) -> Plan:
        """Begin to take gmFLOCK back from a pool."""
        return delegating.undo(self._contracts, _account(account), _account(operator), gm, task)

    def move(self, account: str, gm: int | None, source: tuple[str, int], target: tuple[str, int]) -> Plan:
        """Move gmFLOCK from a pool, (operator, task), of a task that has ended into another."""
        old, new = ((_account(operator), task) for operator, task in (source, target))
        return delegating.move(self._contracts, _account(account), gm, old, new)

    def collect(
        self,
        account: str,
        operator: str | None = None,
        task: int | None = None,
        delegator: str | None = None,
    ) -> Plan:
        """Bring back what has left pools: of ``operator`` or everybody's, for ``delegator`` or the account itself."""
        named, owner = (None if each is None else _account(each) for each in (operator, delegator))
        return collecting.collect(self._contracts, _account(account), named, task, owner)


@dataclass(frozen=True)
class RewardPlans:
    """What an account has earned, and how it gets it; whoever signs, it goes to the accounts that earned it."""

    _contracts: Contracts

    def __call__(self, account: str) -> Rewards:
        """What ``account`` has earned from emissions, computed from the chain's events, all of them."""
        return rewards_of(self._contracts, _account(account))

    def claim(self, account: str, for_accounts: Sequence[str] = ()) -> Plan:
        """Claim what the served root owes, with a proof computed from the chain itself."""
        return claiming.claim(self._contracts, _account(account), list(map(_account, for_accounts)))

    def release(self, account: str, for_accounts: Sequence[str] = ()) -> Plan:
        """Pay out what has vested."""
        return claiming.release(self._contracts, _account(account), list(map(_account, for_accounts)))


@dataclass(frozen=True)
class GovernancePlans:
    """Propose, vote, carry out. A proposal is named by its number, or by the beginning of its id."""

    _contracts: Contracts

    def propose(self, account: str, action: str, words: Sequence[str], *, title: str, text: str = "") -> Plan:
        """Put a change to the vote, in the words of ``flock gov propose``: ``"set", ["staking.cooldown", "7d"]``."""
        calls = calls_for(self._contracts, action, words)
        return governing.propose(self._contracts, _account(account), Draft(calls, title, text))

    def vote(self, account: str, proposal: int | str, support: str, reason: str = "") -> Plan:
        """Cast all votes ``for`` or ``against``, or to ``abstain``."""
        return governing.vote(self._contracts, _account(account), self._poll(proposal), support, reason)

    def queue(self, account: str, proposal: int | str) -> Plan:
        """Start the Timelock's delay of an accepted proposal."""
        return governing.queue(self._contracts, _account(account), self._poll(proposal))

    def execute(self, account: str, proposal: int | str) -> Plan:
        """Make the change of a queued proposal."""
        return governing.execute(self._contracts, _account(account), self._poll(proposal))

    def cancel(self, account: str, proposal: int | str) -> Plan:
        """End a proposal."""
        return governing.cancel(self._contracts, _account(account), self._poll(proposal))

    def dispute(self, account: str, root_id: int, *, force: bool = False) -> Plan:
        """Dispute a posted root with a bond; ``force`` it although the chain's events say that it is right."""
        return disputing.dispute(self._contracts, _account(account), root_id, force=force)

    def _poll(self, proposal: int | str) -> Poll:
        return poll_named(self._contracts, str(proposal))


def _account(account: str) -> str:
    return address_of(account, "The account")
