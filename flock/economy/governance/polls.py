"""Proposals: their numbers, votes and next steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.economy.governance.texts import span
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.governor import Proposal, ProposalState, Tally

LEAST_PREFIX = 4


@dataclass(frozen=True)
class Poll:
    """A proposal with its number here, and how it stands at ``now`` (chain time).

    ``quorum`` is None until the snapshot of votes has been taken; ``due_at`` is 0 until it is queued.
    """

    number: int
    proposal: Proposal
    state: ProposalState
    tally: Tally
    quorum: int | None
    due_at: int
    now: int

    @property
    def has_quorum(self) -> bool:
        return self.quorum is not None and self.tally.towards_quorum >= self.quorum


def polls(contracts: Contracts) -> list[Poll]:
    """All proposals, oldest first: their numbers count from 1."""
    head = contracts.client.head()
    proposals = contracts.governor.proposals(contracts.book.deployed_block, head.number)
    return [poll(contracts, number, each, head.timestamp) for number, each in enumerate(proposals, 1)]


def poll(contracts: Contracts, number: int, proposal: Proposal, now: int) -> Poll:
    governor = contracts.governor
    return Poll(
        number,
        proposal,
        governor.state_of(proposal.id),
        governor.tally_of(proposal.id),
        governor.quorum_at(proposal.vote_start) if proposal.vote_start < now else None,
        governor.due_at(proposal.id),
        now,
    )


def poll_named(contracts: Contracts, word: str, proposals: Sequence[Proposal] | None = None) -> Poll:
    """By its number, or by the beginning of its id, among ``proposals``, the oldest first; all there are otherwise.

    Raises BadConfig if that is none, or not one.
    """
    head = contracts.client.head()
    if proposals is None:
        proposals = contracts.governor.proposals(contracts.book.deployed_block, head.number)
    numbered = list(enumerate(proposals, 1))
    found = [(number, each) for number, each in numbered if word in (str(number), str(each.id))] or [
        (number, each)
        for number, each in numbered
        if len(word) >= LEAST_PREFIX and str(each.id).startswith(word)
    ]
    if len(found) != 1:
        problem = "several proposals begin with" if found else "there is no proposal"
        raise BadConfig(f"On this chain {problem} {word!r}. List them with `flock gov list`.")
    return poll(contracts, *found[0], head.timestamp)


def poll_for_programs(found: Poll) -> dict[str, object]:
    proposal, tally = found.proposal, found.tally
    return {
        "number": found.number,
        "id": str(proposal.id),
        "title": proposal.title,
        "description": proposal.description,
        "proposer": proposal.proposer,
        "state": found.state.name.lower(),
        "for": str(tally.in_favour),
        "against": str(tally.against),
        "abstain": str(tally.abstain),
        "quorum": None if found.quorum is None else str(found.quorum),
        "vote_start": proposal.vote_start,
        "vote_end": proposal.vote_end,
        "executable_at": found.due_at or None,
        "now": found.now,
    }


def what_next(found: Poll) -> str:
    """The proposal's next step, in a sentence, by chain time."""
    proposal, now = found.proposal, found.now
    match found.state.name:
        case "PENDING":
            return (
                f"Voting opens in {span(proposal.vote_start + 1 - now)}, with the votes held at that moment."
            )
        case "ACTIVE":
            left = span(proposal.vote_end - now)
            return f"Voting is open for {left}: flock gov vote {found.number} for --key …"
        case "ACCEPTED":
            return f"Accepted. Anyone can queue it: flock gov queue {found.number} --key …"
        case "QUEUED" if found.due_at > now:
            return f"Queued. Anyone can execute it in {span(found.due_at - now)}."
        case "QUEUED":
            return f"Anyone can execute it now: flock gov execute {found.number} --key …"
        case "DEFEATED":
            return f"Defeated: {'more votes against than for' if found.has_quorum else 'no quorum'}."
        case over:
            return f"It was {over.lower()}; there is nothing left to do."
