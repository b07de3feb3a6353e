"""FlockGovernor: proposals, their calls, votes and states."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.client import Log, all_logs
from flock.chain.contracts.binding import Binding
from flock.chain.events import decode_event, topic_of
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import RpcUnavailable


class ProposalState(IntEnum):
    """As OpenZeppelin's Governor counts them."""

    PENDING = 0
    ACTIVE = 1
    CANCELLED = 2
    DEFEATED = 3
    ACCEPTED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(IntEnum):
    """A vote."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True)
class ProposalCall:
    """One call that a proposal makes: ``data`` sent to ``target`` with ``value`` wei of ETH."""

    target: ChecksumAddress
    data: bytes
    value: int = 0


@dataclass(frozen=True)
class Tally:
    """Votes so far, in gmFLOCK."""

    against: int
    in_favour: int
    abstain: int

    @property
    def towards_quorum(self) -> int:
        """What counts towards the quorum."""
        return self.in_favour + self.abstain


@dataclass(frozen=True)
class Proposal:
    """As it was made, in ``block``. Voting runs from after ``vote_start`` (the snapshot of votes) to ``vote_end``."""

    id: int
    proposer: ChecksumAddress
    calls: tuple[ProposalCall, ...]
    description: str
    vote_start: int
    vote_end: int
    block: int

    @property
    def title(self) -> str:
        """The first line, without the marks of a heading."""
        first = self.description.strip().partition("\n")[0].lstrip("# ")
        return first or "untitled"


@dataclass(frozen=True)
class Ballot:
    """How an account voted, with how much gmFLOCK."""

    voter: ChecksumAddress
    support: Support
    weight: int
    reason: str


class Governor(Binding):
    contract: ClassVar[str] = "FlockGovernor"

    # ---- what is there

    def proposals(self, first: int, last: int) -> list[Proposal]:
        """All proposals made in these blocks, oldest first."""
        return [_proposal(log) for log in self._logs("ProposalCreated", first, last)]

    def ballots(self, proposal: Proposal, last: int) -> list[Ballot]:
        """The votes on a proposal, in order."""
        return [
            Ballot(
                to_checksum_address(arguments["voter"]),
                Support(arguments["support"]),
                arguments["weight"],
                arguments["reason"],
            )
            for log in self._logs("VoteCast", proposal.block, last)
            if (arguments := _arguments(log))["proposal_id"] == proposal.id
        ]

    def state_of(self, proposal: int) -> ProposalState:
        """Raises ContractRefused (GovernorNonexistentProposal) if no proposal has that number."""
        return ProposalState(self.read("state", proposal))

    def tally_of(self, proposal: int) -> Tally:
        votes = self.read("proposalVotes", proposal)
        return Tally(votes["against_votes"], votes["for_votes"], votes["abstain_votes"])

    def due_at(self, proposal: int) -> int:
        """When a queued proposal becomes executable, in Unix seconds; 0 before it is queued."""
        return int(self.read("proposalEta", proposal))

    def quorum_at(self, moment: int) -> int:
        """gmFLOCK that must vote for or abstain, by the votes of a past moment."""
        return int(self.read("quorum", moment))

    def votes_at(self, account: str, moment: int) -> int:
        """The weight of an account, in gmFLOCK, at a past moment."""
        return int(self.read("getVotes", account, moment))

    def has_voted(self, proposal: int, account: str) -> bool:
        return bool(self.read("hasVoted", proposal, account))

    def threshold(self) -> int:
        """gmFLOCK of votes that a proposer needs."""
        return int(self.read("proposalThreshold"))

    def voting_delay(self) -> int:
        """Seconds from a proposal to the snapshot of votes."""
        return int(self.read("votingDelay"))

    def voting_period(self) -> int:
        """Seconds for which voting is open."""
        return int(self.read("votingPeriod"))

    def guardian(self) -> ChecksumAddress:
        """The account that can cancel any proposal."""
        return to_checksum_address(self.read("proposalGuardian"))

    def is_known(self, proposal: int) -> bool:
        """Whether there is a proposal of this number."""
        return bool(self.read("proposalSnapshot", proposal))

    def id_of(self, calls: Sequence[ProposalCall], description: str) -> int:
        """The number that a proposal has or would have."""
        return int(self.read("hashProposal", *batch(calls), description_hash(description)))

    # ---- what may be done

    def propose(
        self, sender: Sender, calls: Sequence[ProposalCall], description: str, key: str | None = None
    ) -> Receipt | None:
        """Propose calls; nothing is sent if the same proposal exists."""
        number = self.id_of(calls, description)
        return self.write(
            sender,
            key or self.key("propose", number),
            "propose",
            *batch(calls),
            description,
            holds=lambda: self.is_known(number),
        )

    def vote(
        self, sender: Sender, proposal: int, support: Support, reason: str = "", key: str | None = None
    ) -> Receipt | None:
        """Cast all of the sender's votes; they cannot be changed."""
        return self.write(
            sender,
            key or self.key("vote", proposal),
            "castVoteWithReason",
            proposal,
            support,
            reason,
            holds=lambda: self.has_voted(proposal, sender.address),
        )

    def queue(self, sender: Sender, proposal: Proposal, key: str | None = None) -> Receipt | None:
        """Start the Timelock's delay of an accepted proposal; anyone may."""
        return self._act(sender, "queue", proposal, ProposalState.QUEUED, key)

    def execute(self, sender: Sender, proposal: Proposal, key: str | None = None) -> Receipt | None:
        """Make the calls of a proposal whose delay is over; anyone may."""
        return self._act(sender, "execute", proposal, ProposalState.EXECUTED, key)

    def cancel(self, sender: Sender, proposal: Proposal, key: str | None = None) -> Receipt | None:
        """Cancel a proposal: its proposer can before voting begins, the guardian until it is executed."""
        return self._act(sender, "cancel", proposal, ProposalState.CANCELLED, key)

    def _act(
        self, sender: Sender, function: str, proposal: Proposal, goal: ProposalState, key: str | None
    ) -> Receipt | None:
        return self.write(
            sender,
            key or self.key(function, proposal.id),
            function,
            *arguments_of(proposal),
            holds=lambda: self.state_of(proposal.id) is goal,
        )

    def _logs(self, event: str, first: int, last: int) -> Iterator[Log]:
        return all_logs(self.client, [self.address], first, last, [topic_of(self.abi, event)])


def batch(calls: Sequence[ProposalCall]) -> tuple[list[str], list[int], list[bytes]]:
    """Calls as the Governor takes them."""
    return [call.target for call in calls], [call.value for call in calls], [call.data for call in calls]


def arguments_of(proposal: Proposal) -> tuple[list[str], list[int], list[bytes], bytes]:
    """A proposal as queue, execute and cancel take it."""
    return *batch(proposal.calls), description_hash(proposal.description)


def description_hash(description: str) -> bytes:
    return bytes(keccak(description.encode()))


def _proposal(log: Log) -> Proposal:
    made = _arguments(log)
    calls = zip(made["targets"], made["values"], made["calldatas"], strict=True)
    return Proposal(
        id=made["proposal_id"],
        proposer=made["proposer"],
        calls=tuple(ProposalCall(target, data, value) for target, value, data in calls),
        description=made["description"],
        vote_start=made["vote_start"],
        vote_end=made["vote_end"],
        block=log.block,
    )


def _arguments(log: Log) -> dict[str, Any]:
    event = decode_event(log)
    if event is None:
        raise RpcUnavailable(f"The RPC serves a log of {log.transaction} that is none of the Governor's.")
    return dict(event.arguments)
