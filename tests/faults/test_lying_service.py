"""A service that lies, stalls or withholds costs at most time; nothing it says ends a node or moves a vote."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from eth_account import Account

from flock.alliance.client import AllianceClient
from flock.errors import BadBlob, BlobUnavailable, FlockError, Refused, ServiceUnavailable
from flock.node.context import NodeContext
from flock.node.duties import MemberDuties
from flock.node.steps.attest import Attest
from flock.protocol.alliance.rounds import Voter
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain
from flock.store import http_service as web_client
from flock.store import http_uploads
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import Uploader
from tests.node.arena import PROPOSERS, VOTERS, Arena

SOMEBODY = Account.from_key(bytes([1]) * 32)
UPLOADER = Uploader(Domain(31337, SOMEBODY.address), 1, SOMEBODY.address, SOMEBODY)
ELSE = cid_of(digest_of(b"something else"))


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65536


def says(body: object) -> Callable[[httpx.Request], httpx.Response]:
    """A service that answers everything with ``body``."""

    def answer(_: httpx.Request) -> httpx.Response:
        if callable(body):
            return httpx.Response(200, content=body())
        data = body.encode() if isinstance(body, str) else bytes(body)  # type: ignore[call-overload]
        return httpx.Response(200, content=iter([data]))

    return answer


NONSENSE = {
    "a list": "[1]",
    "a word": '"seats"',
    "a number": "7",
    "nothing": "null",
    "no JSON": "<html>Bad gateway</html>",
    "half of it": '{"0": "bafkrei',
    "no text": b"\xff\xfe\x00",
    "a cave": "[" * 100_000,
    "no end": endless,
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_told_as_a_service_that_does_not_answer(
    body: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_client, "LARGEST_ANSWER", 1 << 20)
    with AllianceClient("http://service", transport=httpx.MockTransport(says(body))) as service:
        for question in (lambda: service.published(1, 1), service.health):
            with pytest.raises(ServiceUnavailable, match="http://service"):
                question()


def test_seats_that_are_none_are_passed_over() -> None:
    body = json.dumps({"0": ELSE, "-1": ELSE, "x": ELSE, "٣": ELSE})
    with AllianceClient("http://service", transport=httpx.MockTransport(says(body))) as service:
        assert service.published(1, 1) == {0: ELSE}


@pytest.mark.parametrize("body", [b"other bytes", b"", endless], ids=["wrong", "empty", "endless"])
def test_a_blob_that_is_not_what_was_asked_for_is_refused(body: object) -> None:
    with (
        HttpBlobs("http://service", transport=httpx.MockTransport(says(body))) as blobs,
        pytest.raises((BadBlob, BlobUnavailable)),
    ):
        blobs.get(ELSE, 1 << 20)


@pytest.mark.parametrize("body", [lambda: iter([b"[" * 50_000]), endless], ids=["a cave", "endless"])
def test_a_refusal_of_an_upload_is_no_longer_than_a_sentence(body: Callable[[], Iterator[bytes]]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.method == "HEAD" else httpx.Response(403, content=body())

    with (
        HttpBlobs("http://service", UPLOADER, transport=httpx.MockTransport(refuse)) as blobs,
        pytest.raises(Refused, match="status 403"),
    ):
        blobs.put(b"weights")


def test_a_refusal_that_trickles_in_is_read_no_longer_than_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_uploads, "LONGEST_ANSWER_SECONDS", 0.0)
    handed_on = 0

    def trickle() -> Iterator[bytes]:
        nonlocal handed_on
        while True:
            handed_on += 1
            yield b" "

    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.method == "HEAD" else httpx.Response(403, content=trickle())

    with (
        HttpBlobs("http://service", UPLOADER, transport=httpx.MockTransport(refuse)) as blobs,
        pytest.raises(Refused, match="status 403"),
    ):
        blobs.put(b"weights")
    assert handed_on == 1


@dataclass
class Liar:
    """Says of some seats what it likes, of the others the truth."""

    truth: AllianceClient
    lies: dict[int, str]

    def published(self, task: int, number: int) -> dict[int, str]:
        return {**self.truth.published(task, number), **self.lies}


@dataclass
class Withholding:
    """Blobs without some of them."""

    truth: HttpBlobs
    withheld: set[str]

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        if cid in self.withheld:
            raise BlobUnavailable("The blob is not here.")
        return self.truth.pieces(cid, max_bytes)


def lied_to(context: NodeContext, lies: dict[int, str]) -> NodeContext:
    return replace(context, service=Liar(context.service, lies))  # type: ignore[arg-type]


def cut_off(arena: Arena) -> NodeContext:
    """The first voter, from whom the service keeps all proposals."""
    context = arena.voters[0].context
    withheld = set(context.service.published(arena.task, arena.view.number).values())
    shared = Withholding(context.shared, withheld)  # type: ignore[arg-type]
    return replace(context, shared=shared)  # type: ignore[arg-type]


def attested_by(arena: Arena, seat: int) -> int:
    view = arena.view
    return arena.contracts.alliance_rounds.attestations(arena.task, view.number, view.drawn_block)[seat]


LIES = ("nonsense", ELSE, "../../etc/passwd")


def test_a_lie_about_one_seat_is_that_seat_s_alone(arena: Arena) -> None:
    """A voter attests the others: it would be struck as absent if it attested nothing."""
    arena.open_round()
    arena.propose(range(PROPOSERS))
    arena.publish(range(PROPOSERS))
    arena.pass_time(400)
    voters = arena.voters
    for index, (voter, lie) in enumerate(zip(voters, LIES, strict=True)):
        assert Attest(lied_to(voter.context, {1: lie}))()
        assert attested_by(arena, PROPOSERS + index) == 0b101


class TestWithheldFromSome:
    """Bytes that reach a minority late, or never: the attested majority decides, nobody honest is struck."""

    @pytest.fixture
    def split(self, arena: Arena) -> Arena:
        """All updates are attested, by two voters of three; the third has seen none of them."""
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.pass_time(400)
        assert Attest(cut_off(arena))()
        for voter in arena.voters[1:]:
            assert Attest(voter.context)()
        assert attested_by(arena, PROPOSERS) == 0
        return arena

    def test_who_gets_them_later_votes_as_the_others_do(self, split: Arena) -> None:
        split.vote()
        finished = split.finish()
        assert finished.outcome is Outcome.ACCEPTED
        assert finished.attested == 0b111
        assert finished.struck == 0
        assert finished.judged.bit_count() == PROPOSERS + VOTERS

    def test_who_never_gets_them_waits_and_votes_for_nothing_it_has_not_seen(self, split: Arena) -> None:
        with pytest.raises(FlockError, match="are attested but not here"):
            MemberDuties(cut_off(split)).vote_unprompted(split.view.number)
        assert split.view.voter(PROPOSERS) is Voter.ATTESTED


def test_shown_between_two_attestations_the_majority_decides(arena: Arena) -> None:
    """A proposer that shows its bytes to the last voters only harms neither them nor the first."""
    arena.open_round()
    arena.propose(range(PROPOSERS))
    arena.publish([1, 2])
    arena.pass_time(400)
    first, *others = arena.voters
    assert Attest(first.context)()
    arena.publish([0])
    for voter in others:
        assert Attest(voter.context)()
    assert attested_by(arena, PROPOSERS) == 0b110
    arena.vote()
    finished = arena.finish()
    assert (finished.outcome, finished.attested, finished.struck) == (Outcome.ACCEPTED, 0b111, 0)
