"""A service that is signed in to by a key, and that wants nothing else signed than that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from flock.errors import Refused, ServiceUnavailable
from flock.protocol.core.commitments import Domain
from flock.store.http_service import HttpService

LONGEST_MESSAGE = 1_000


@dataclass(frozen=True)
class Identity:
    """Who asks: ``key`` signs for ``account``, which it is or is the operator of, on ``deployment``."""

    account: str
    key: LocalAccount
    deployment: Domain


class SignedService(HttpService):
    """``base_url`` of a service. With an ``identity`` it signs in where it has to.

    Every call raises ServiceUnavailable if the service does not answer, and Refused with its words if it refuses.
    """

    def __init__(self, base_url: str, identity: Identity | None = None, **options: Any) -> None:
        super().__init__(base_url, **options)
        self._identity = identity
        self._token: str | None = None

    @property
    def who(self) -> Identity:
        """Raises Refused for a connection without an identity."""
        if self._identity is None:
            raise Refused("Only a member can ask for this: sign in with a key.")
        return self._identity

    def signed_in(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        """What it answers, asked with a session: a new one if the old one has ended. ``options`` are httpx's."""
        try:
            answer = self._exchange(method, path, headers=self.session(), **options)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                answer = self._exchange(method, path, headers=self.session(renew=True), **options)
            if answer.is_success:
                return answer.json() if answer.content else {}
        except (httpx.RequestError, RecursionError, ValueError) as problem:
            raise self.silent(problem) from problem
        raise self.error_of(answer)

    def session(self, *, renew: bool = False) -> dict[str, str]:
        """The headers of a session."""
        if self._token is None or renew:
            self._token = self._sign_in()
        return {"Authorization": f"Bearer {self._token}"}

    def _sign_in(self) -> str:
        key = self.who.key
        message = self.ask_object("GET", "/nonce", params={"account": key.address}).get("message")
        if not isinstance(message, str) or not self._is_ours(message):
            raise ServiceUnavailable(
                f"The {self.title} service at {self.place} wants a message signed that would not sign in there, on "
                "this deployment: use its public address, as its operator has set it."
            )
        signature = key.sign_message(encode_defunct(text=message)).signature
        given = {"message": message, "signature": "0x" + bytes(signature).hex()}
        token = self.ask_object("POST", "/sign-in", json=given).get("token")
        if not isinstance(token, str):
            raise self.silent("it gave no session")
        return token

    def _is_ours(self, message: str) -> bool:
        """Whether it signs this key in here and nowhere else: a service could ask for another's message."""
        deployment, lines = self.who.deployment, message.split("\n")
        beginning = [
            f"{urlsplit(self.base_url).netloc} wants you to sign in with your Ethereum account:",
            self.who.key.address,
        ]
        resources = [line for line in lines if line.startswith("- ")]
        ours = f"- eip155:{deployment.chain_id}:{deployment.contract}"
        return len(message) <= LONGEST_MESSAGE and lines[:2] == beginning and resources == [ours]
