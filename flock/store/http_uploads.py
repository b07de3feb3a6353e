"""Sending a blob to a service: signed, piece by piece, and continued where it broke off."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import httpx

from flock.log import logger
from flock.store import responses
from flock.store.blobs import PIECE_BYTES, Bytes
from flock.store.uploads import OFFSET_HEADER, Uploader

LARGEST_ANSWER = 64 << 10
LONGEST_ANSWER_SECONDS = 600.0
FIRST_PAUSE_SECONDS, PAUSES = 0.1, 6
FRUITLESS = 2
"""How often nothing more may get there before it is given up."""


@dataclass
class HttpUpload:
    """One blob, whose SHA-256 is ``digest``, on its way to ``path``."""

    http: httpx.Client
    path: str
    params: Mapping[str, str | int]
    signer: Uploader
    digest: bytes
    data: Bytes
    sleep: Callable[[float], object] = time.sleep

    def send(self) -> httpx.Response:
        """What the service said in the end. While more of the blob gets there, it is continued.

        Raises httpx.TransportError.
        """
        offset, most, fruitless = 0, -1, 0
        while True:
            try:
                answer = self._put(offset)
                here = _offset_in(answer)
                if here is None or fruitless == FRUITLESS:
                    return answer
            except httpx.ConnectError:
                raise
            except httpx.TransportError:
                if fruitless == FRUITLESS:
                    raise
                here = self._held()
            fruitless = 0 if here > most else fruitless + 1
            offset, most = min(here, len(self.data)), max(here, most)
            logger().info("upload_continued", path=self.path, offset=offset)

    def _held(self) -> int:
        """How many bytes the service has. It may be starting again, or still hold on to the line that broke."""
        for pause in range(PAUSES):
            try:
                answer = self._put(len(self.data))
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    here = _offset_in(answer)
                    return (
                        len(self.data) if here is None else here
                    )  # to send nothing more brings that answer again
            except httpx.TransportError:
                if pause == PAUSES - 1:
                    raise
            self.sleep(FIRST_PAUSE_SECONDS * 2**pause)
        return 0

    def _put(self, offset: int) -> httpx.Response:
        """Send what follows the first ``offset`` bytes; the answer is read only up to the limit of an error."""
        size = len(self.data)
        headers = self.signer.headers(self.digest, size) | {
            "Content-Length": str(size - offset),
            **({OFFSET_HEADER: str(offset)} if offset else {}),
        }
        request = self.http.build_request(
            "PUT", self.path, params=dict(self.params), headers=headers, content=cut(self.data, offset)
        )
        with closing(self.http.send(request, stream=True)) as answer:
            give_up = time.monotonic() + LONGEST_ANSWER_SECONDS
            said, _ = responses.read_limited(answer.iter_raw(), LARGEST_ANSWER, give_up)
        return httpx.Response(answer.status_code, headers=_told(answer), content=said)


def _told(answer: httpx.Response) -> dict[str, str]:
    offset = answer.headers.get(OFFSET_HEADER)
    return {} if offset is None else {OFFSET_HEADER: offset}


def _offset_in(answer: httpx.Response) -> int | None:
    """Where to continue, if that is what it says."""
    said = answer.headers.get(OFFSET_HEADER, "")
    return int(said) if answer.status_code == httpx.codes.CONFLICT and said.isdecimal() else None


def cut(data: Bytes, start: int = 0) -> Iterator[bytes]:
    """``data`` from ``start`` on, in pieces of at most 1 MiB."""
    view = memoryview(data)
    for begin in range(start, len(view), PIECE_BYTES):
        yield bytes(view[begin : begin + PIECE_BYTES])
