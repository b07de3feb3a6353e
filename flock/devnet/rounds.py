"""Reads a task back from the chain: its rounds, the gas of each, who got what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flock.devnet.report import MemberReport, RoundReport, Totals
from flock.protocol.alliance.votes import Outcome

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import FinalisedRound
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.events import Event
    from flock.devnet.measure import Quality
    from flock.devnet.network import Participant

# The event that tells what a round's transaction was for.
KIND_OF_EVENT = {
    "Drawn": "draw",
    "Proposed": "propose",
    "Attested": "attest",
    "VoteCommitted": "commit",
    "VoteRevealed": "reveal",
    "RoundFinalised": "finalise",
}


class RoundLog:
    """One task as its events tell it."""

    def __init__(self, contracts: Contracts, task: int) -> None:
        self._contracts = contracts
        self._task = task

    def rounds(self) -> Sequence[FinalisedRound]:
        """Finalised rounds so far."""
        return self._contracts.alliance_rounds.finalised_rounds(self._task)

    def slashed(self) -> Mapping[str, int]:
        """Account → FLOCK (wei) slashed from its stake on the task so far."""
        lost: Counter[str] = Counter()
        for event in self._staking_events("Slashed"):
            lost[str(event.arguments["account"])] += int(event.arguments["flock"])
        return dict(lost)

    def drawn(self) -> Mapping[str, int]:
        """Account → how often it was drawn."""
        rounds = self._contracts.alliance_rounds
        seats = Counter(member for event in self._events("Drawn") for member in event.arguments["seats"])
        return {rounds.account_of(self._task, member): times for member, times in seats.items()}

    def report_round(self, finalised: FinalisedRound, quality: Quality | None, seconds: float) -> RoundReport:
        return RoundReport(
            number=finalised.number,
            proposers=self._proposers(finalised.number),
            model_digest=finalised.candidate.hex(),
            candidate_loss=quality.loss if quality else None,
            auc=quality.auc if quality else None,
            accuracy=quality.accuracy if quality else None,
            accepted=finalised.outcome is Outcome.ACCEPTED,
            outcome=finalised.outcome.name.lower(),
            seconds=round(seconds, 2),
            gas=self._gas(finalised.number),
        )

    def report_member(self, member: Participant, stake: int) -> MemberReport:
        """``stake`` is the FLOCK (wei) that the member locked before the task."""
        account = member.address
        standing = self._contracts.alliance_rounds.member_of(self._task, account)
        claimed = self._withdrawn().get(account, 0)
        return MemberReport(
            name=member.name,
            address=account,
            kind="honest" if member.attack is None else "attacker",
            attack=member.attack,
            drawn=self.drawn().get(account, 0),
            strikes=standing.strikes.bit_count(),
            stake_before=str(stake),
            stake_after=str(self._flock_of(account)),
            slashed=str(self.slashed().get(account, 0)),
            earned=str(claimed + standing.owed),
            claimed=str(claimed),
        )

    def _flock_of(self, account: str) -> int:
        """FLOCK (wei) that the account has locked, what is on the task included."""
        staking = self._contracts.staking
        return staking.position_of(account).flock + staking.allocation_of(account, self._task).flock

    def totals(self, bounty: int) -> Totals:
        """Where ``bounty`` went: what the task still holds once all is claimed is dust."""
        closed = [event.arguments for event in self._events("RoundsClosed")]
        left = sum(int(each["refund"]) + int(each["to_treasury"]) for each in closed)
        return Totals(
            pool_in=str(bounty),
            paid=str(sum(self._withdrawn().values())),
            slashed=str(sum(self.slashed().values())),
            left=str(left),
            dust=str(self._contracts.task_manager.task_of(self._task).balance),
        )

    def _proposers(self, number: int) -> list[str]:
        """Proposers have the first seats."""
        rounds = self._contracts.alliance_rounds
        [drawn] = rounds.events("Drawn", 0, "latest", self._task, number)
        proposer_seats = self._contracts.task_manager.parameters_of(self._task).proposer_seats
        return [rounds.account_of(self._task, each) for each in drawn.arguments["seats"][:proposer_seats]]

    def _withdrawn(self) -> Mapping[str, int]:
        paid: Counter[str] = Counter()
        for event in self._events("Withdrawn"):
            paid[str(event.arguments["account"])] += int(event.arguments["amount"])
        return dict(paid)

    def _gas(self, number: int) -> dict[str, int]:
        """Gas of a round's transactions by kind."""
        kinds = {
            event.log.transaction: kind
            for name, kind in KIND_OF_EVENT.items()
            for event in self._contracts.alliance_rounds.events(name, 0, "latest", self._task, number)
        }
        receipts = self._contracts.client.rpc.batch([("eth_getTransactionReceipt", [each]) for each in kinds])
        spent: defaultdict[str, int] = defaultdict(int)
        for kind, receipt in zip(kinds.values(), receipts, strict=True):
            spent[kind] += int(receipt["gasUsed"], 16)
        return dict(spent)

    def _events(self, name: str) -> list[Event]:
        return self._contracts.alliance_rounds.events(name, 0, "latest", self._task)

    def _staking_events(self, name: str) -> list[Event]:
        return self._contracts.staking.events(name, 0, "latest", None, self._task)
