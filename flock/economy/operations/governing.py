"""Governance: propose, vote, queue, execute, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.address_book import NOBODY
from flock.chain.contracts.governor import ProposalState, Support, arguments_of, batch
from flock.chain.simulation import PlannedCall, View
from flock.economy.governance.effect_text import effect_for_programs
from flock.economy.governance.effects import effects_of
from flock.economy.governance.polls import Poll, what_next
from flock.economy.governance.texts import span
from flock.economy.operations import fields
from flock.economy.operations.plans import Plan, command
from flock.errors import BadConfig, ContractRefused, NoStake, Refused
from flock.terminal import moment

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.governor import ProposalCall
    from flock.economy.operations.fields import Fields

# The Governor tells a proposal in its own name by this end, so that nobody can make it first and then cancel it.
PROPOSER = "#proposer="
TO_GET_VOTES = (
    "Lock FLOCK with `flock stake lock`, which gives votes at once, or let others delegate their votes to it"
)


@dataclass(frozen=True)
class Draft:
    """A proposal that is to be made: its calls, a title of one line, and its reasons as Markdown."""

    calls: Sequence[ProposalCall]
    title: str
    text: str = ""

    def description(self, proposer: str) -> str:
        """Markdown, with the title as its heading. Raises BadConfig for a title of several lines, or none."""
        title = self.title.strip()
        if not title or "\n" in title:
            raise BadConfig("--title is one line that says what the proposal is for.")
        parts = [f"# {title}", self.text.strip(), f"{PROPOSER}{proposer.lower()}"]
        return "\n\n".join(part for part in parts if part)


def propose(contracts: Contracts, account: str, draft: Draft) -> Plan:
    """Put a change to the vote.

    Raises BadConfig for a title that is none, ContractRefused for calls that would fail if they were executed now,
    NoStake for too few votes, and Refused for what was proposed already.
    """
    description, calls = draft.description(account), draft.calls
    _require_executable(contracts, calls)
    _require_threshold(contracts, account)
    number = contracts.governor.id_of(calls, description)
    _require_new(contracts, number)
    effects = effects_of(contracts, calls)
    return Plan(
        contracts,
        account,
        f"Propose: {draft.title.strip()}",
        [PlannedCall(contracts.governor, "propose", (*batch(calls), description))],
        [_view(contracts, "proposalSnapshot", number), _view(contracts, "proposalDeadline", number)],
        _voting_fields,
        command("gov", "show", str(number)[:12]),
        [_timeline(contracts)],
        {"proposal": str(number), "changes": [effect_for_programs(effect) for effect in effects]},
        effects,
    )


def vote(contracts: Contracts, account: str, found: Poll, support: str, reason: str = "") -> Plan:
    """Cast all votes of the account ``for`` or ``against`` a proposal, or to ``abstain``.

    Raises BadConfig for another word, Refused if it is not open or the account has voted, and NoStake if it had no
    votes when voting opened.
    """
    names = {each.name.lower(): each for each in Support}
    if support not in names:
        raise BadConfig(f"A vote is for, against or abstain, not {support!r}.")
    weight = _require_vote(contracts, found, account)
    number = found.proposal.id
    return Plan(
        contracts,
        account,
        f"Vote {support} on proposal {found.number}: {found.proposal.title}",
        [PlannedCall(contracts.governor, "castVoteWithReason", (number, names[support], reason))],
        [_view(contracts, "proposalVotes", number)],
        _tally_fields,
        command("gov", "show", found.number),
        [f"All {short(weight)} gmFLOCK of votes are cast at once, and cannot be changed. {what_next(found)}"],
        {"proposal": str(number), "support": support, "weight": str(weight)},
    )


def queue(contracts: Contracts, account: str, found: Poll) -> Plan:
    """Start the Timelock's delay of an accepted proposal. Raises Refused if it is not accepted."""
    _require_state(found, "ACCEPTED", "be queued")
    delay = span(contracts.timelock.delay())
    return _step(contracts, account, found, "queue", f"It may be executed {delay} after that.")


def execute(contracts: Contracts, account: str, found: Poll) -> Plan:
    """Make the change of a queued proposal. Raises Refused while its delay is not over."""
    _require_state(found, "QUEUED", "be executed")
    if found.due_at > found.now:
        raise Refused(f"Proposal {found.number} cannot be executed yet. {what_next(found)}")
    plan = _step(contracts, account, found, "execute", "The change takes effect at once.")
    return replace(plan, effects=effects_of(contracts, found.proposal.calls))


def cancel(contracts: Contracts, account: str, found: Poll) -> Plan:
    """End a proposal. Raises Refused if the account may not."""
    _require_cancellable(contracts, found, account)
    note = "A cancelled proposal cannot be brought back; it may be made anew."
    return _step(contracts, account, found, "cancel", note)


# ---- what must hold before anything is signed


def _require_executable(contracts: Contracts, calls: Sequence[ProposalCall]) -> None:
    """Raises ContractRefused for what would fail if it were executed now.

    Calls to the Governor are left out: it answers them only while it executes.
    """
    for call in calls:
        if call.target == contracts.governor.address:
            continue
        try:
            contracts.client.call(call.target, call.data, sender=contracts.timelock.address, value=call.value)
        except ContractRefused as refused:
            raise ContractRefused(
                f"This would fail when it is executed: {refused}", refused.error, refused.arguments
            ) from None


def _require_threshold(contracts: Contracts, account: str) -> None:
    threshold = contracts.governor.threshold()
    weight = contracts.staking.read("getVotes", account)
    if weight < threshold:
        raise NoStake(
            f"{account} has {short(weight)} gmFLOCK of votes of the {short(threshold)} that a proposal needs. "
            f"{TO_GET_VOTES}."
        )


def _require_new(contracts: Contracts, number: int) -> None:
    if contracts.governor.is_known(number):
        raise Refused(
            f"This was proposed already, with the same title: see `flock gov show {str(number)[:12]}`. "
            "Give the proposal another title to make it again."
        )


def _require_vote(contracts: Contracts, found: Poll, account: str) -> int:
    """The weight of the account, which has not voted on this open proposal."""
    _require_state(found, "ACTIVE", "be voted on")
    if contracts.governor.has_voted(found.proposal.id, account):
        raise Refused(f"{account} has voted on proposal {found.number} already; a vote cannot be changed.")
    weight = contracts.governor.votes_at(account, found.proposal.vote_start)
    if weight == 0:
        raise NoStake(
            f"{account} has no votes on proposal {found.number}: they were counted at "
            f"{moment(found.proposal.vote_start)}, when it had none. {TO_GET_VOTES}, before voting on the next "
            "proposal opens."
        )
    return weight


def _require_state(found: Poll, needed: str, act: str) -> None:
    if found.state.name != needed:
        raise Refused(
            f"Proposal {found.number} is {found.state.name.lower()} and cannot {act} now. {what_next(found)}"
        )


def _require_cancellable(contracts: Contracts, found: Poll, account: str) -> None:
    if found.state.name in ("CANCELLED", "EXPIRED", "EXECUTED"):
        _require_state(found, "PENDING", "be cancelled")
    guardian = contracts.governor.guardian()
    is_proposer = account == found.proposal.proposer
    may = account == guardian or (is_proposer and (found.state.name == "PENDING" or guardian == NOBODY))
    if not may:
        raise Refused(
            f"{account} may not cancel proposal {found.number}: its proposer {found.proposal.proposer} may before "
            f"voting opens, the guardian {guardian} until it is executed."
        )


# ---- pieces


def _step(contracts: Contracts, account: str, found: Poll, function: str, note: str) -> Plan:
    number = found.proposal.id
    return Plan(
        contracts,
        account,
        f"{function.capitalize()} proposal {found.number}: {found.proposal.title}",
        [PlannedCall(contracts.governor, function, arguments_of(found.proposal))],
        [_view(contracts, "state", number)],
        _state_fields,
        command("gov", "show", found.number),
        [note],
        {"proposal": str(number)},
    )


def _view(contracts: Contracts, function: str, number: int) -> View:
    return View(contracts.governor, function, (number,))


def _state_fields(said: Sequence[Any]) -> Fields:
    return {"state": fields.text("state", ProposalState(said[0]).name.lower())}


def _voting_fields(said: Sequence[Any]) -> Fields:
    return {
        "vote_start": fields.time("voting opens", said[0]),
        "vote_end": fields.time("voting closes", said[1]),
    }


def _tally_fields(said: Sequence[Any]) -> Fields:
    return {
        "for": fields.gm("for", said[0]["for_votes"]),
        "against": fields.gm("against", said[0]["against_votes"]),
        "abstain": fields.gm("abstain", said[0]["abstain_votes"]),
    }


def _timeline(contracts: Contracts) -> str:
    governor = contracts.governor
    opens, lasts, waits = governor.voting_delay(), governor.voting_period(), contracts.timelock.delay()
    return (
        f"Voting opens {span(opens)} after the proposal, with the votes of that moment, and is open for "
        f"{span(lasts)}. If it is accepted, it may be executed {span(waits)} after it has been queued."
    )
