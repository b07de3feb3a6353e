"""Sign-In with Ethereum (EIP-4361): a wallet signs a message that names this service, and gets a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address

from flock.errors import FlockError
from flock.protocol.core.commitments import Domain
from flock.protocol.core.hashing import keccak
from flock.protocol.core.signatures import long_form_of_hex
from flock.web.errors import BadFields, NotSignedIn
from flock.web.sessions import Session, Sessions

if TYPE_CHECKING:
    from siwe import SiweMessage

LONGEST_MESSAGE = 1_000  # the grammar's parser takes seconds for long ones
LONGEST_SIGNATURE = 8_192

Accepts = Callable[[str, bytes, bytes], bool]
"""Whether the contract wallet of an address holds a signature to be its own, of a digest."""


@dataclass(frozen=True)
class SignInSite:
    """Where wallets sign in: the URL that they know the service by, the deployment it serves, and its title."""

    url: str
    deployment: Domain
    title: str

    @property
    def domain(self) -> str:
        """What a wallet shows to its owner: host and port of the URL."""
        return urlsplit(self.url).netloc

    @property
    def resource(self) -> str:
        """The contract, as CAIP-10 writes it: a message must list it."""
        return f"eip155:{self.deployment.chain_id}:{self.deployment.contract}"


@dataclass(frozen=True)
class Invitation:
    """A nonce, and the message that signs in with it, if the account was named."""

    nonce: str
    expires_at: int
    message: str | None


class SignIn:
    """The door of a service: what a message must say, and whether it is signed."""

    def __init__(self, sessions: Sessions, place: SignInSite, accepts: Accepts) -> None:
        self.place = place
        self._sessions = sessions
        self._accepts = accepts

    def invite(self, account: str | None) -> Invitation:
        """A nonce; with it the whole message for ``account`` to sign."""
        nonce, expires_at = self._sessions.invite()
        message = None if account is None else self._message(account, nonce, expires_at)
        return Invitation(nonce, expires_at, message)

    def enter(self, message: str, signature: str) -> Session:
        """A session for who signed ``message``.

        Raises BadFields for any other message, NotSignedIn if it is another's, over, replayed or not
        signed by its account, and RpcUnavailable if a contract wallet cannot be asked.
        """
        parsed = _parsed(message)
        self._verify(parsed, signature)
        if parsed.resources != [self.place.resource]:
            raise NotSignedIn(
                f"The message does not list this service's contract as its one resource: sign one that lists "
                f"{self.place.resource}."
            )
        return self._sessions.begin(to_checksum_address(parsed.address), parsed.nonce)

    def _message(self, account: str, nonce: str, expires_at: int) -> str:
        from siwe import ISO8601Datetime, SiweMessage

        def written(seconds: float) -> ISO8601Datetime:
            return ISO8601Datetime.from_datetime(datetime.fromtimestamp(seconds, UTC), "seconds")

        message: str = SiweMessage(
            scheme=None,
            domain=self.place.domain,
            address=account,
            statement=statement_of(self.place.title),
            uri=self.place.url,
            version="1",
            chain_id=self.place.deployment.chain_id,
            nonce=nonce,
            issued_at=written(self._sessions.now()),
            expiration_time=written(expires_at),
            resources=[self.place.resource],
        ).prepare_message()
        return message

    def _verify(self, parsed: SiweMessage, signature: str) -> None:
        import siwe

        try:
            parsed.verify(
                long_form_of_hex(signature),
                domain=self.place.domain,
                uri=self.place.url,
                chain_id=self.place.deployment.chain_id,
                nonce=parsed.nonce,  # whether it is ours, the sessions know
                timestamp=datetime.fromtimestamp(self._sessions.now(), UTC),
                strict=True,
            )
        except siwe.InvalidSignature:
            self._ask_contract(parsed, signature)
        except siwe.VerificationError as problem:
            raise self._refusal(parsed, problem) from None

    def _ask_contract(self, parsed: SiweMessage, signature: str) -> None:
        signable = encode_defunct(text=parsed.prepare_message())
        digest = keccak(b"\x19" + signable.version + signable.header + signable.body)
        account = to_checksum_address(parsed.address)
        if not self._accepts(account, digest, _bytes_of(signature)):
            raise NotSignedIn(
                f"The signature is not {account}'s over this message: sign exactly the text you send, with "
                f"personal_sign (EIP-191)."
            )

    def _refusal(self, parsed: SiweMessage, problem: Exception) -> FlockError:
        place = self.place
        sentences = {
            "DomainMismatch": f"The message signs in to {parsed.domain}, but this is {place.domain}",
            "UriMismatch": f"The message is for {parsed.uri}, but this is {place.url}",
            "ChainIdMismatch": (
                f"The message is for chain {parsed.chain_id}, but this service is on {place.deployment.chain_id}"
            ),
            "ExpiredMessage": f"The message ended at {parsed.expiration_time}",
            "NotYetValidMessage": f"The message counts only from {parsed.not_before} on",
        }
        said = sentences.get(type(problem).__name__, "The message does not hold")
        return NotSignedIn(f"{said}: get a new one from /nonce?account=<yours> and sign that.")


def statement_of(title: str) -> str:
    """What a wallet is asked to sign, in words, by the service of this title."""
    return f"Sign in to this {title} service. This sends no transaction and moves nothing."


def _parsed(message: str) -> SiweMessage:
    from siwe import SiweMessage

    try:
        return SiweMessage.from_message(message)
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        raise BadFields(
            {"message": "it is not an EIP-4361 message; get one from /nonce?account=<yours>."}
        ) from None


def _bytes_of(signature: str) -> bytes:
    try:
        return bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        raise BadFields({"signature": "write it as 0x and hexadecimal digits."}) from None
