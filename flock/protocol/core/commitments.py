"""Commitments that members put on chain before they reveal anything (docs/protocol.md, Alliance 2 and 4).

A commitment names its chain, contract, task, round and author, so that it cannot be replayed
elsewhere, nor copied: the same bytes committed by another author hash differently.
"""

from dataclasses import dataclass
from functools import cached_property

from flock.protocol.core.hashing import keccak_words


@dataclass(frozen=True)
class Domain:
    """Where a commitment counts: the chain and the AllianceRounds contract (``0x`` address)."""

    chain_id: int
    contract: str

    def as_eip712(self) -> dict[str, str | int]:
        """The domain of what is signed off the chain (docs/protocol.md, Signatures)."""
        return {
            "name": "flock",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.contract,
        }


@dataclass(frozen=True)
class Vote:
    """What a voter seals and later reveals.

    ``candidate`` is the SHA-256 of the candidate model's canonical bytes, ``harmful`` and ``rewarded``
    are bitmaps by proposer seat that share no bit, ``supports`` is the voter's own verdict on it.
    """

    candidate: bytes
    harmful: int
    rewarded: int
    supports: bool

    @cached_property
    def key(self) -> bytes:
        """The part that voters must agree on: everything computed rather than judged."""
        return ballot_key(self.candidate, self.harmful, self.rewarded)


def proposal_commitment(domain: Domain, task: int, round_number: int, account: str, digest: bytes) -> bytes:
    """The commitment of proposer ``account`` to an update whose canonical bytes have this SHA-256."""
    return keccak_words(domain.chain_id, domain.contract, task, round_number, account, digest)


def sealed_vote(domain: Domain, task: int, round_number: int, account: str, vote: Vote, salt: bytes) -> bytes:
    """The commitment of voter ``account`` to ``vote``, hidden by a 32-byte ``salt``."""
    return keccak_words(
        domain.chain_id,
        domain.contract,
        task,
        round_number,
        account,
        vote.candidate,
        vote.harmful,
        vote.rewarded,
        vote.supports,
        salt,
    )


def ballot_key(candidate: bytes, harmful: int, rewarded: int) -> bytes:
    """The hash two voters share when they computed the same candidate and the same bitmaps."""
    return keccak_words(candidate, harmful, rewarded)


def allow_list_leaf(account: str) -> bytes:
    """The leaf of an account in a task's allow-list: the double hash of OpenZeppelin's Merkle trees."""
    return keccak_words(keccak_words(account))
