"""A service's blobs, over HTTP: reads are open, writes are signed."""

import hashlib
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from flock.closing import Closing
from flock.errors import BadBlob, BlobUnavailable, Refused, ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_from, digest_of
from flock.store import responses
from flock.store.blobs import Bytes, refuse_above
from flock.store.hosts import place_of
from flock.store.http_clients import http_client, through_proxy
from flock.store.http_uploads import HttpUpload, cut
from flock.store.uploads import Uploader

DOWNLOAD_SECONDS = 120.0


class HttpBlobs(Closing):
    """The blob store behind ``<base_url>/blobs``. Without an ``uploader`` it only reads."""

    def __init__(
        self,
        base_url: str,
        uploader: Uploader | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._uploader = uploader
        self._base_url, self._place = base_url, place_of(base_url)
        self._http = http_client(
            base_url,
            base_url=base_url,
            timeout=responses.ANSWER_SECONDS,
            transport=transport,
            headers={"Accept-Encoding": "identity"},
        )
        # Close connections that nobody closed.
        weakref.finalize(self, self._http.close)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def put(self, data: Bytes) -> str:
        """Upload ``data`` unless the service has it; no copy of it is made.

        Raises ServiceUnavailable if the service does not answer, BadBlob if the blob is too large for
        it, Refused with the service's own message if it refuses the upload.
        """
        digest = digest_of(data)
        cid = cid_of(digest)
        if not self.has(cid):
            self._upload(cid, digest, data)
        return cid

    def get(self, cid: str, max_bytes: int) -> bytes:
        """The bytes of ``cid``; the transfer stops as soon as it exceeds ``max_bytes``."""
        return b"".join(self.pieces(cid, max_bytes))

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        """The bytes of ``cid`` as they arrive, in pieces of at most 1 MiB."""
        digest, seen = digest_from(cid), hashlib.sha256()
        with self._reaching(BlobUnavailable), self._http.stream("GET", f"/blobs/{cid}") as answer:
            if not answer.is_success:
                raise BlobUnavailable(f"{self._place} does not have the blob {cid}: try again later.")
            for piece in self._read(answer, cid, max_bytes):
                seen.update(piece)
                yield piece
        if seen.digest() != digest:
            raise BadBlob(f"{self._place} served other bytes under {cid}: ask another store.")

    def has(self, cid: str) -> bool:
        """Whether the service has the blob now. Raises ServiceUnavailable if it does not answer."""
        digest_from(cid)
        with self._reaching(ServiceUnavailable):
            answer = self._http.head(f"/blobs/{cid}")
        self._refuse_server_error(answer)
        return answer.is_success

    def _read(self, answer: httpx.Response, cid: str, max_bytes: int) -> Iterator[bytes]:
        size, give_up = 0, time.monotonic() + DOWNLOAD_SECONDS
        refuse_above(int(answer.headers.get("Content-Length", 0)), max_bytes)
        for arrived in answer.iter_raw():
            size += len(arrived)
            refuse_above(size, max_bytes)
            yield from cut(arrived)
            if time.monotonic() > give_up:
                raise BlobUnavailable(f"{self._place} serves {cid} too slowly: try again later.")

    def _upload(self, cid: str, digest: bytes, data: Bytes) -> None:
        if self._uploader is None:
            raise Refused(f"{cid} cannot be stored at {self._place}: no key to sign uploads was given.")
        params: dict[str, str | int] = {"task": self._uploader.task, "account": self._uploader.account}
        with self._reaching(ServiceUnavailable):
            answer = HttpUpload(self._http, f"/blobs/{cid}", params, self._uploader, digest, data).send()
        self._refuse_server_error(answer)
        if answer.is_error:
            kind = BadBlob if answer.status_code in (413, 422) else Refused
            raise kind(f"{self._place} refused the blob {cid}: {detail_of(answer)}")

    def _refuse_server_error(self, answer: httpx.Response) -> None:
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise ServiceUnavailable(
                f"{self._place} failed with status {answer.status_code}: try again later."
            )

    @contextmanager
    def _reaching(self, kind: type[BlobUnavailable] | type[ServiceUnavailable]) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise kind(
                f"{self._place} does not answer{through_proxy(self._base_url)} ({error}): check its address "
                "and that it runs."
            ) from error


def detail_of(answer: httpx.Response) -> str:
    """The detail of a problem+json response (RFC 9457), else its status."""
    try:
        return str(answer.json()["detail"])
    except (RecursionError, ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
