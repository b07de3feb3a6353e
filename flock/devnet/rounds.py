"""Reads a task back from the chain: its rounds, the gas of each, who got what."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from flock.devnet.report import MemberReport, RoundReport, Totals
from flock.protocol.alliance.votes import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flock.chain.contracts.deployed import Contracts
    from flock.devnet.measure import Quality
    from flock.devnet.network import Participant
    from flock.protocol.alliance.round_history import RoundHistory
    from flock.protocol.alliance.task_history import TaskHistory

# What the act of a seat is called in the report.
KINDS = {"propose": "propose", "attest": "attest", "commit_vote": "commit", "reveal_votes": "reveal"}


class RoundLog:
    """One task as its events tell it, for the demo's report; it knows what ``catch_up`` has read."""

    def __init__(self, contracts: Contracts, task: int) -> None:
        from flock.alliance.history import read_history

        self._contracts = contracts
        head = contracts.client.block_number()
        self._next_block = head + 1
        self.history: TaskHistory = read_history(contracts, task, head)

    def catch_up(self) -> Sequence[RoundHistory]:
        """Read what is new on the chain; all finalised rounds so far."""
        from flock.alliance.history import task_events

        head = self._contracts.client.block_number()
        for event in task_events(self._contracts, self.history.task, self._next_block, head):
            self.history.read(event)
        self._next_block = head + 1
        return [each for each in self.history.rounds.values() if each.played]

    def slashed(self) -> set[str]:
        """The accounts that were slashed so far."""
        return {account for each in self.history.rounds.values() for account in each.slashes}

    def report_round(self, finalised: RoundHistory, quality: Quality | None, seconds: float) -> RoundReport:
        """The report of a round that was finalised ``seconds`` after the one before it."""
        outcome = finalised.outcome
        return RoundReport(
            number=finalised.number,
            proposers=list(finalised.accounts[: finalised.proposers]),
            model_digest=finalised.candidate.hex(),
            candidate_loss=quality.loss if quality else None,
            auc=quality.auc if quality else None,
            accuracy=quality.accuracy if quality else None,
            accepted=outcome is Outcome.ACCEPTED,
            outcome=outcome.name.lower() if outcome is not None else "open",
            seconds=round(seconds, 2),
            gas=self._gas(finalised),
            slashed=list(finalised.slashes),
        )

    def report_member(self, member: Participant, stake: int) -> MemberReport:
        """``stake`` is the FLOCK (wei) that the member locked before the task."""
        account, history = member.address, self.history
        seats = history.seats_of(account)
        return MemberReport(
            name=member.name,
            address=account,
            kind="honest" if member.attack is None else "attacker",
            attack=member.attack,
            drawn=len(seats),
            strikes=sum(seat.fate is not None and seat.fate.verdict is Verdict.BAD for seat in seats),
            stake_before=str(stake),
            stake_after=str(self._flock_of(account)),
            slashed=str(history.slashed_of(account)),
            earned=str(sum(seat.paid for seat in seats) + history.keeper_fees_of(account)),
            claimed=str(sum(each.wei for each in history.withdrawn_by(account))),
        )

    def totals(self, bounty: int) -> Totals:
        """Where ``bounty`` went: what the task still holds once all is claimed is dust."""
        history = self.history
        closed = history.closed or {"refund": 0, "to_treasury": 0}
        return Totals(
            pool_in=str(bounty),
            paid=str(sum(each.wei for each in history.withdrawals)),
            slashed=str(sum(sum(each.slashes.values()) for each in history.rounds.values())),
            to_creator=str(closed["refund"]),
            to_treasury=str(closed["to_treasury"]),
            dust=str(self._contracts.task_manager.task_of(history.task).balance),
        )

    def _flock_of(self, account: str) -> int:
        """FLOCK (wei) that the account has locked, what is on the task included."""
        staking = self._contracts.staking
        return staking.position_of(account).flock + staking.allocation_of(account, self.history.task).flock

    def _gas(self, finalised: RoundHistory) -> dict[str, int]:
        """Gas of a round's transactions by kind."""
        kinds = dict(_transactions(finalised))
        receipts = self._contracts.client.rpc.batch([("eth_getTransactionReceipt", [each]) for each in kinds])
        spent: defaultdict[str, int] = defaultdict(int)
        for kind, receipt in zip(kinds.values(), receipts, strict=True):
            spent[kind] += int(receipt["gasUsed"], 16)
        return dict(spent)


def _transactions(finalised: RoundHistory) -> Iterator[tuple[str, str]]:
    """The hash of every transaction of a round, and its kind."""
    yield finalised.drawn.transaction, "draw"
    for acts in finalised.acts.values():
        for act in acts:
            yield act.transaction, KINDS[act.what]
    if finalised.finalised:
        yield finalised.finalised.transaction, "finalise"
