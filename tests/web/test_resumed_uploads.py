"""An upload that breaks off is continued where it broke off, by who began it; nothing is stored in part."""

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from flock.errors import ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.store.http_blobs import HttpBlobs
from flock.store.parts import KEPT_SECONDS, Part, Parts
from flock.store.uploads import OFFSET_HEADER, Uploader
from flock.web.uploads import Limits
from tests import patience
from tests.web.hanging_up import Announced
from tests.web.test_blobs import CID, DATA, DOMAIN, MEMBER, TASK, Running, Service, blob_service

LIMITS = Limits(blob=8 << 20, quota=16 << 20, spare=0)
LARGE = os.urandom(3 << 20)
HALF = len(DATA) // 2


@pytest.fixture
def service(running: Running, tmp_path: Path) -> Iterator[Service]:
    with blob_service(running, tmp_path, LIMITS) as running_service:
        yield running_service


def headers_of(data: bytes, offset: int = 0) -> dict[str, str]:
    headers = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER).headers(digest_of(data), len(data))
    return headers | ({OFFSET_HEADER: str(offset)} if offset else {})


def announced(service: Service, data: bytes = DATA) -> Announced:
    url = f"{service.url}/blobs/{cid_of(digest_of(data))}"
    return Announced(url, {"task": TASK, "account": MEMBER.address}, headers_of(data), len(data))


def put(service: Service, sent: bytes, offset: int) -> httpx.Response:
    """Send ``sent`` as what follows the first ``offset`` bytes of ``DATA``."""
    return announced(service).put(sent, offset)


def break_off(service: Service, arrived: bytes = DATA[:HALF]) -> None:
    """Announce ``DATA``, send ``arrived``, and hang up."""
    parts, part = Parts(service.folder / "parts"), Part(f"{TASK} {MEMBER.address}", CID)
    announced(service).hang_up_after(arrived, lambda: parts.size_of(part) == len(arrived))


class TestTheService:
    def test_says_how_much_came_and_takes_the_rest(self, service: Service) -> None:
        break_off(service)
        assert not service.reader().has(CID)
        asked = put(service, b"", len(DATA))
        assert (asked.status_code, asked.headers[OFFSET_HEADER]) == (409, str(HALF))
        assert f"{HALF} bytes of the blob are here" in asked.json()["detail"]
        assert put(service, DATA[HALF:], HALF).status_code == 201
        assert service.reader().get(CID, 1 << 20) == DATA
        assert service.files() == [CID]

    def test_the_same_upload_three_times_is_one_blob(self, service: Service) -> None:
        assert [put(service, DATA, 0).status_code for _ in range(3)] == [201, 200, 200]
        assert put(service, b"", len(DATA)).status_code == 200
        assert service.files() == [CID]

    def test_who_begins_anew_needs_nothing_of_what_came(self, service: Service) -> None:
        break_off(service, b"other bytes altogether")
        assert put(service, DATA, 0).status_code == 201

    def test_a_rest_that_does_not_fit_is_refused_and_leaves_nothing(self, service: Service) -> None:
        break_off(service)
        assert put(service, bytes(len(DATA) - HALF), HALF).status_code == 422
        assert service.files() == []

    def test_a_rest_of_nothing_is_told_to_begin(self, service: Service) -> None:
        answer = put(service, DATA[HALF:], HALF)
        assert (answer.status_code, answer.headers[OFFSET_HEADER]) == (409, "0")

    @pytest.mark.parametrize("offset", ["-1", "x", "9" * 30])
    def test_what_is_no_offset_is_named(self, service: Service, offset: str) -> None:
        answer = patience.put(
            f"{service.url}/blobs/{CID}",
            params={"task": TASK, "account": MEMBER.address},
            headers={**headers_of(DATA), OFFSET_HEADER: offset},
            content=DATA,
        )
        assert answer.status_code == 422
        assert OFFSET_HEADER in answer.json()["detail"]

    def test_to_continue_the_whole_is_signed_for(self, service: Service) -> None:
        """Who signed for a few bytes cannot append them to many."""
        break_off(service)
        wrong = headers_of(DATA[HALF:]) | {OFFSET_HEADER: str(HALF)}
        answer = patience.put(
            f"{service.url}/blobs/{CID}",
            params={"task": TASK, "account": MEMBER.address},
            headers=wrong,
            content=DATA[HALF:],
        )
        assert answer.status_code == 401


class Cutting:
    """A line to ``port`` on which a connection ends once ``most`` bytes have gone up, until ``left`` of them have."""

    def __init__(self, port: int, most: int, left: int) -> None:
        self.left = left
        self._port, self._most = port, most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._counting = threading.Lock()
        self._lines: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in (self._accepting, *self._lines):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                for copy, source, target in ((self._up, near, far), (_copy, far, near)):
                    self._lines.append(threading.Thread(target=copy, args=(source, target)))
                    self._lines[-1].start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with _ending(near, far):
            if not _sent(near, far, self._most) or not self._is_cut():
                _sent(near, far)

    def _is_cut(self) -> bool:
        with self._counting:
            cut = self.left > 0
            self.left -= cut
            return cut


def _copy(source: socket.socket, target: socket.socket) -> None:
    with _ending(source, target):
        _sent(source, target)


def _sent(source: socket.socket, target: socket.socket, most: float = math.inf) -> bool:
    """Copy until the source ends, or ``most`` bytes have gone: whether so many have."""
    gone = 0
    while gone < most and (piece := source.recv(int(min(1 << 16, most - gone)))):
        target.sendall(piece)
        gone += len(piece)
    return gone == most


@contextmanager
def _ending(*ends: socket.socket) -> Iterator[None]:
    """With one direction ends the other, whichever is first."""
    with suppress(OSError):
        yield
    for each in ends:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.fixture
def line(service: Service) -> Iterator[Cutting]:
    cutting = Cutting(int(service.url.rpartition(":")[2]), 1 << 20, 2)
    yield cutting
    cutting.close()


class TestTheClient:
    SIGNER = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER)

    def test_continues_a_dropped_body_and_it_is_the_same_blob(self, service: Service, line: Cutting) -> None:
        with HttpBlobs(line.url, self.SIGNER) as blobs:
            assert blobs.put(LARGE) == cid_of(digest_of(LARGE))
        assert line.left == 0
        assert service.reader().get(cid_of(digest_of(LARGE)), len(LARGE)) == LARGE

    def test_gives_up_where_nothing_gets_through(self) -> None:
        sent = []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "HEAD":
                return httpx.Response(404)
            sent.append(request.headers["Content-Length"])
            if sent[-1] != "0":
                raise httpx.WriteError("the line broke")
            return httpx.Response(409, headers={OFFSET_HEADER: "0"}, stream=httpx.ByteStream(b""))

        with (
            HttpBlobs("http://service", self.SIGNER, transport=httpx.MockTransport(answer)) as blobs,
            pytest.raises(ServiceUnavailable, match="the line broke"),
        ):
            blobs.put(DATA)
        assert sent == [str(len(DATA)), "0"] * 3 + [str(len(DATA))]


class TestParts:
    MINE, NEXT, THEIRS = (
        Part(owner, cid_of(digest_of(name))) for owner, name in (("a", b"1"), ("a", b"2"), ("b", b"1"))
    )

    @pytest.fixture
    def parts(self, tmp_path: Path) -> Parts:
        return Parts(tmp_path / "parts")

    def leave(self, parts: Parts, part: Part, data: bytes) -> None:
        begun = parts.begin(part, 100)
        assert begun is not None
        with begun:
            begun.write(data)
            begun.leave()

    def test_another_connection_neither_writes_nor_removes_what_one_is_writing(self, parts: Parts) -> None:
        first = parts.begin(self.MINE, 100)
        assert first is not None
        with first:
            first.write(b"begun")
            assert parts.begin(self.MINE, 100) is None
            with pytest.raises(ServiceUnavailable, match="in a moment"):
                parts.resume(self.MINE, 5, 100)
            self.leave(parts, self.NEXT, b"next")
            first.leave()
        assert [parts.size_of(part) for part in (self.MINE, self.NEXT)] == [5, 4]

    def test_an_owner_has_one_part_and_no_say_in_those_of_others(self, parts: Parts) -> None:
        """Else a member could fill the disk with beginnings."""
        for part in (self.MINE, self.THEIRS, self.NEXT):
            self.leave(parts, part, b"begun")
        assert [parts.size_of(part) for part in (self.MINE, self.THEIRS, self.NEXT)] == [0, 5, 5]

    def test_what_nobody_continues_is_gone_after_an_hour(self, parts: Parts, tmp_path: Path) -> None:
        self.leave(parts, self.THEIRS, b"begun")
        [file] = (tmp_path / "parts").glob("*/*")
        old = time.time() - KEPT_SECONDS - 1
        os.utime(file, (old, old))
        self.leave(parts, self.MINE, b"begun")
        assert parts.size_of(self.THEIRS) == 0

    def test_what_a_killed_service_had_taken_is_continued_by_the_next(
        self, parts: Parts, tmp_path: Path
    ) -> None:
        child = os.fork()
        if child == 0:
            begun = parts.begin(self.MINE, 100)
            assert begun is not None
            begun.write(b"1")
            begun.file.flush()
            os._exit(0)
        os.waitpid(child, 0)
        blobs = DiskBlobs(tmp_path)
        with parts.resume(self.MINE, 1, 100) as rest:
            assert rest.digest == digest_of(b"1")
            blobs.keep(rest, self.MINE.cid)
        assert blobs.get(self.MINE.cid, 100) == b"1"
        assert parts.size_of(self.MINE) == 0
