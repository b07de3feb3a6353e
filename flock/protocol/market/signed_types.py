"""What hosts and consumers sign off the chain, as EIP-712 data (docs/protocol.md, Off-chain signatures).

The domain is that of the deployment, ``Domain.as_eip712``. A receipt is checked on chain as well (HostTills), so its
type must not change.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flock.protocol.core.commitments import Domain
from flock.protocol.core.hashing import keccak, keccak_words

RECEIPT = (
    "Receipt(uint256 version,bytes32 digest,address host,address payer,address token,uint256 amount,"
    "bytes32 payment,uint256 cumulative,bytes32 request,bytes32 response,bytes32 runtime,"
    "uint64 inputTokens,uint64 outputTokens,uint64 issuedAt)"
)
RATING = "Rating(bytes32 receipt,uint8 score,bytes32 tag,bytes32 comment,uint64 issuedAt)"
CORRECTION = (
    "Correction(bytes32 receipt,bytes32 request,bytes32 correction,bool isConsented,"
    "bytes32 licence,uint64 issuedAt)"
)
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
MAX_SCORE = 100


@dataclass(frozen=True)
class Receipt:
    """What a host signs for an answer that was paid for; IHostTills.Receipt says what each field is."""

    version: int
    digest: bytes
    host: str
    payer: str
    token: str
    amount: int
    payment: bytes
    cumulative: int
    request: bytes
    response: bytes
    runtime: bytes
    input_tokens: int
    output_tokens: int
    issued_at: int

    def digest_in(self, domain: Domain) -> bytes:
        """What is signed: HostTills.digestOf."""
        return typed_digest(domain, RECEIPT, *asdict(self).values())


@dataclass(frozen=True)
class Rating:
    """A payer's rating of an answer: ``receipt`` is the digest of its receipt, ``score`` 0 to 100.

    ``tag`` and ``comment`` are SHA-256 of texts kept off the chain; 32 zero bytes for none.
    """

    receipt: bytes
    score: int
    tag: bytes
    comment: bytes
    issued_at: int

    def digest_in(self, domain: Domain) -> bytes:
        """What the payer signs."""
        return typed_digest(domain, RATING, *asdict(self).values())


@dataclass(frozen=True)
class Correction:
    """A payer's better answer: SHA-256 of the request, of the correction and of the licence it is given under.

    Without ``is_consented`` it is never trained on.
    """

    receipt: bytes
    request: bytes
    correction: bytes
    is_consented: bool
    licence: bytes
    issued_at: int

    def digest_in(self, domain: Domain) -> bytes:
        """What the payer signs."""
        return typed_digest(domain, CORRECTION, *asdict(self).values())


def typed_digest(domain: Domain, kind: str, *values: int | bytes | str) -> bytes:
    """The EIP-712 digest of a struct of static fields."""
    named: Mapping[str, str | int] = domain.as_eip712()
    separator = keccak_words(
        keccak(_DOMAIN.encode()),
        keccak(str(named["name"]).encode()),
        keccak(str(named["version"]).encode()),
        domain.chain_id,
        domain.contract,
    )
    return keccak(b"\x19\x01" + separator + keccak_words(keccak(kind.encode()), *values))


def upload_commitment(domain: Domain, owner: str, digest: bytes, salt: bytes) -> bytes:
    """What ``ModelMarket.commit`` is given; the domain's contract is the ModelMarket."""
    return keccak_words(domain.chain_id, domain.contract, owner, digest, salt)
