"""The client of a service that is trusted with nothing."""

import json
from collections.abc import Callable

import httpx
import pytest
from eth_account import Account

from flock.arena.client import ArenaClient, Opening
from flock.errors import BadBlob, BlobUnavailable, ServiceUnavailable
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain
from flock.store.signed_service import Identity

KEY = Account.create()
DEPLOYMENT = Domain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
HOST = "http://arena:8700"

Answering = Callable[[httpx.Request], httpx.Response]


def message(domain: str = "arena:8700", chain: int = 31_337, more: str = "") -> str:
    return (
        f"{domain} wants you to sign in with your Ethereum account:\n{KEY.address}\n\nSign in.\n\nURI: {HOST}\n"
        f"Version: 1\nResources:\n- eip155:{chain}:{DEPLOYMENT.contract}{more}"
    )


def client(answer: Answering, said: str | None = None) -> ArenaClient:
    """One whose service asks for ``said`` to be signed, and answers all else by ``answer``."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/nonce":
            return httpx.Response(200, json={"message": said or message()})
        if request.url.path == "/sign-in":
            return httpx.Response(200, json={"token": "a token"})
        return streamed(answer(request))

    identity = Identity(KEY.address, KEY, DEPLOYMENT)
    return ArenaClient(HOST, identity, transport=httpx.MockTransport(respond))


def streamed(answer: httpx.Response) -> httpx.Response:
    """As a socket has it: not read yet."""
    return httpx.Response(answer.status_code, content=iter([answer.content]))


def serving(data: bytes) -> Answering:
    return lambda _: httpx.Response(200, content=data)


class TestSigningIn:
    @pytest.mark.parametrize(
        "other",
        [
            message(domain="elsewhere:8700"),
            message(chain=1),
            message(more="\n- https://elsewhere"),
            "send all your money",
        ],
        ids=["another service", "another chain", "another resource", "anything"],
    )
    def test_nothing_is_signed_that_would_count_elsewhere(self, other: str) -> None:
        with pytest.raises(ServiceUnavailable, match="public address"):
            client(serving(b""), other).opening(1, 1)

    def test_a_session_that_has_ended_is_renewed(self) -> None:
        asked: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.headers["Authorization"])
            ended = len(asked) == 1
            return httpx.Response(401 if ended else 200, json=Opening(bytes(32), bytes(32)).as_json())

        assert client(answer).opening(1, 1) == Opening(bytes(32), bytes(32))
        assert len(asked) == 2


class TestWhatItServes:
    def test_other_bytes_are_refused(self) -> None:
        with pytest.raises(BadBlob, match="other bytes"):
            client(serving(b"other")).artifact(1, 1, digest_of(b"these"), 100)

    def test_more_bytes_than_allowed_are_not_read(self) -> None:
        with pytest.raises(BadBlob, match="more than 10 bytes"):
            client(serving(b"x" * 100)).artifact(1, 1, digest_of(b"x" * 100), 10)

    @pytest.mark.parametrize("status", [403, 404, 409])
    def test_what_is_not_to_be_had_may_be_later(self, status: int) -> None:
        refusing = client(lambda _: httpx.Response(status, json={"detail": "Not yet."}))
        with pytest.raises(BlobUnavailable, match="Not yet"):
            refusing.artifact(1, 1, bytes(32), 10)
        with pytest.raises(BlobUnavailable, match="Not yet"):
            refusing.opening(1, 1)

    @pytest.mark.parametrize("body", [{}, {"digest": "zz", "salt": "00"}, {"digest": "00", "salt": "00"}])
    def test_an_opening_is_two_words_of_32_bytes(self, body: dict[str, str]) -> None:
        with pytest.raises(BadBlob, match="opening"):
            client(serving(json.dumps(body).encode())).opening(1, 1)

    @pytest.mark.parametrize("body", [b"{", b"[1]", b'{"a": 1}'])
    def test_a_list_is_a_list_of_objects(self, body: bytes) -> None:
        with pytest.raises(ServiceUnavailable):
            client(serving(body)).tasks()
