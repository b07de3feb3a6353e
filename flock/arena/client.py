"""The Arena's service as validators, trainers and commands see it.

It is trusted with nothing: what it serves is checked by digest, and what it wants signed is checked line by line.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from flock.errors import BadBlob, BlobUnavailable, Refused
from flock.protocol.core.cid import cid_of, digest_of
from flock.store import responses
from flock.store.http_blobs import detail_of
from flock.store.http_uploads import HttpUpload
from flock.store.signed_service import SignedService
from flock.store.uploads import Uploader

LONGEST_PAGE = 1_000
LARGEST_REFUSAL = 64 << 10
DOWNLOAD_SECONDS = 600.0
UPLOAD_SECONDS = 600.0
CATCH_UP_SECONDS, CATCH_UP_POLL_SECONDS = 60.0, 0.2


@dataclass(frozen=True)
class Opening:
    """What a submission's commitment hides: the SHA-256 of its artifact, and its 32-byte salt."""

    digest: bytes
    salt: bytes

    def as_json(self) -> dict[str, str]:
        """In hex."""
        return {"digest": self.digest.hex(), "salt": self.salt.hex()}

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> "Opening":
        """Raises BadBlob for anything else than ``as_json`` gives."""
        try:
            digest, salt = (
                bytes.fromhex(str(fields[name]).removeprefix("0x")) for name in ("digest", "salt")
            )
        except (KeyError, ValueError):
            raise BadBlob("The service served an opening that is none: a digest and a salt in hex.") from None
        if len(digest) != 32 or len(salt) != 32:
            raise BadBlob("The service served an opening whose digest or salt is not 32 bytes long.")
        return cls(digest, salt)


class ArenaClient(SignedService):
    """``base_url`` of a service with Arenas. With an ``identity`` it signs in where it has to.

    Every call raises ServiceUnavailable if the service does not answer, and Refused with its words if it refuses.
    """

    title = "Arena"

    # ---- for everybody

    def tasks(self) -> Sequence[Mapping[str, Any]]:
        """The Arenas that the service knows."""
        return self._listed("/arena/tasks")

    def task(self, task: int) -> Mapping[str, Any]:
        """One Arena. Raises UnknownTask."""
        return self.ask_object("GET", f"/arena/tasks/{task}")

    def leaderboard(self, task: int) -> Any:
        """The ranking as it is."""
        return self.ask("GET", f"/arena/tasks/{task}/leaderboard")

    def members(self, task: int) -> Sequence[Mapping[str, Any]]:
        """Who takes part in a task, and what windows made of each: the first of them, in order of enrolment."""
        return self._listed(f"/arena/tasks/{task}/members")

    def submissions(self, task: int, **wanted: object) -> Sequence[Mapping[str, Any]]:
        """Submissions of a task; ``wanted`` are ``account``, ``after`` and ``limit``."""
        params = {name: value for name, value in wanted.items() if value is not None}
        return self._listed(f"/arena/tasks/{task}/submissions", params=params)

    def submission(self, task: int, submission: int) -> Mapping[str, Any]:
        """One submission, with all that happened to it."""
        return self.ask_object("GET", f"/arena/tasks/{task}/submissions/{submission}")

    def days(self, task: int | None) -> Sequence[Mapping[str, Any]]:
        """The days on which something happened, on ``task`` or on all, earliest first."""
        path = "/arena/statistics" if task is None else f"/arena/tasks/{task}/statistics"
        found: list[Mapping[str, Any]] = []
        while True:
            after = found[-1]["day"] if found else 0
            page = self._listed(path, params={"after": after, "limit": LONGEST_PAGE})
            found += page
            if len(page) < LONGEST_PAGE:
                return found

    def blob(self, digest: bytes, max_bytes: int) -> bytes:
        """Public bytes: metadata, training sets, bases. Raises BlobUnavailable, and BadBlob for other bytes."""
        return _checked(digest, self._bytes(f"/blobs/{cid_of(digest)}", max_bytes, signed=False))

    def set_b(self, task: int, digest: bytes, max_bytes: int) -> bytes:
        """The ciphertext of set B, which has this SHA-256."""
        return _checked(digest, self._bytes(f"/arena/tasks/{task}/sets/b", max_bytes, signed=False))

    def wait_for(self, block: int) -> None:
        """Return once its rows know ``block``. Raises ServiceUnavailable if that takes too long."""
        give_up = time.monotonic() + CATCH_UP_SECONDS
        while True:
            known = self.ask_object("GET", "/health").get("projected")
            if isinstance(known, int) and known >= block:
                return
            if time.monotonic() > give_up:
                raise self.silent(f"it knows the chain up to block {known}, not yet {block}")
            time.sleep(CATCH_UP_POLL_SECONDS)

    # ---- for validators

    def set_a(self, task: int, digest: bytes, max_bytes: int) -> bytes:
        """Set A, which has this SHA-256."""
        return _checked(digest, self._bytes(f"/arena/tasks/{task}/sets/a", max_bytes))

    def opening(self, task: int, submission: int) -> Opening:
        """What a submission's commitment hides. Raises BlobUnavailable while it is not to be had."""
        path = f"/arena/tasks/{task}/submissions/{submission}/opening"
        try:
            return Opening.from_json(self.signed_in("GET", path, params=self._account))
        except Refused as problem:
            if isinstance(problem, BadBlob):
                raise
            raise BlobUnavailable(str(problem)) from problem

    def artifact(self, task: int, submission: int, digest: bytes, max_bytes: int) -> bytes:
        """A submission's bytes, which have this SHA-256."""
        path = f"/arena/tasks/{task}/submissions/{submission}/artifact"
        return _checked(digest, self._bytes(path, max_bytes))

    # ---- for trainers and creators

    def put_opening(self, task: int, submission: int, opening: Opening) -> None:
        """Hand the opening to the validators who will be drawn."""
        path = f"/arena/tasks/{task}/submissions/{submission}/opening"
        self.signed_in("PUT", path, json=opening.as_json(), params=self._account)

    def put_artifact(self, task: int, data: bytes, clock: float) -> None:
        """Upload the bytes of a submission; ``clock`` is the chain's time, which the signature is dated by."""
        self._upload(task, f"/arena/tasks/{task}/artifacts/{cid_of(digest_of(data))}", data, clock)

    def put_set(self, task: int, name: str, data: bytes, clock: float) -> None:
        """Upload set ``a``, or the ciphertext of set ``b``, as the creator."""
        self._upload(task, f"/arena/tasks/{task}/sets/{name}", data, clock)

    # ---- API keys of who asks

    def make_api_key(self, label: str) -> Mapping[str, Any]:
        """A new one, with the ``key`` itself, which is shown this once."""
        return self.signed_in("POST", "/api-keys", json={"label": label})

    def api_keys(self) -> Sequence[Mapping[str, Any]]:
        """Oldest first, without the keys themselves."""
        found: Any = self.signed_in("GET", "/api-keys")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def revoke_api_key(self, number: str) -> None:
        """Raises Refused if there is none with this id."""
        self.signed_in("DELETE", f"/api-keys/{quote(number, safe='')}")

    # ---- pieces

    @property
    def _account(self) -> dict[str, str]:
        return {"account": self.who.account}

    def _listed(self, path: str, **options: Any) -> Sequence[Mapping[str, Any]]:
        answer = self.ask("GET", path, **options)
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            raise self.silent(f"its answer to GET {path} is no list")
        return answer

    def _bytes(self, path: str, max_bytes: int, *, signed: bool = True) -> bytes:
        """A body of ``max_bytes`` at most. Raises BlobUnavailable if it is not to be had now."""
        params = {"account": self.who.account} if signed else {}
        for attempt in range(2):
            headers = self.session(renew=attempt > 0) if signed else {}
            request = self._http.build_request(
                "GET", path, params=params, headers={"Accept-Encoding": "identity", **headers}
            )
            try:
                with closing(self._http.send(request, stream=True)) as answer:
                    if answer.status_code == httpx.codes.UNAUTHORIZED and signed and attempt == 0:
                        continue
                    return self._body(answer, path, max_bytes)
            except httpx.RequestError as problem:
                raise BlobUnavailable(str(self.silent(problem))) from problem
        raise BlobUnavailable(
            f"The {self.title} service at {self.place} takes no session of {self.who.key.address}."
        )

    def _body(self, answer: httpx.Response, path: str, max_bytes: int) -> bytes:
        if not answer.is_success:
            said, _ = responses.read_limited(
                answer.iter_raw(), LARGEST_REFUSAL, time.monotonic() + UPLOAD_SECONDS
            )
            detail = detail_of(httpx.Response(answer.status_code, content=said))
            raise BlobUnavailable(
                f"The {self.title} service at {self.place} does not serve {path} now: {detail}"
            )
        give_up = time.monotonic() + DOWNLOAD_SECONDS
        data, is_whole = responses.read_limited(answer.iter_raw(), max_bytes, give_up)
        if is_whole:
            return data
        if len(data) > max_bytes:
            raise BadBlob(f"{self.place} serves more than {max_bytes} bytes as {path}.")
        raise BlobUnavailable(f"{self.place} serves {path} too slowly: try again later.")

    def _upload(self, task: int, path: str, data: bytes, clock: float) -> None:
        who = self.who
        signer = Uploader(who.deployment, task, who.account, who.key, clock=lambda: clock)
        try:
            answer = HttpUpload(
                self._http, path, {"account": who.account}, signer, digest_of(data), data
            ).send()
        except httpx.RequestError as problem:
            raise self.silent(problem) from problem
        if not answer.is_success:
            raise self.error_of(answer)


def _checked(digest: bytes, data: bytes) -> bytes:
    if digest_of(data) != digest:
        raise BadBlob(f"The service served other bytes than those with the digest {digest.hex()}.")
    return data
