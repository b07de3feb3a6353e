"""What a hub answers to who writes: new repositories, uploads, commits."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from flock.errors import Refused
from flock.hub.callers import KeyOwner, body_of, shaped
from flock.hub.commits import Sha256, read_commit
from flock.hub.errors import RevisionNotFound, in_header
from flock.hub.hub import Hub, Snapshot
from flock.hub.names import MAIN, file_path, is_left_out, must_be_safetensors
from flock.hub.objects import Announcement
from flock.hub.safetensors_header import refuse_sample
from flock.web.errors import TooLarge
from flock.web.fields import LARGEST_INTEGER

MOST_OBJECTS = 1000
"""Of one question about files or objects; clients ask about 256."""
TRANSFER = "basic"
NO_XET = "/api/this-hub-has-no-xet-store-set-HF_HUB_DISABLE_XET=1-and-push-again"

Size = Annotated[int, Field(strict=True, ge=0, le=LARGEST_INTEGER)]
Text = Annotated[str, Field(max_length=1000)]


class _Visibility(BaseModel):
    """Clients before 2.0 say ``private``, later ones ``visibility``."""

    private: bool | None = None
    visibility: Literal["private", "public"] | None = None

    @property
    def is_public(self) -> bool:
        return self.private is False or self.visibility == "public"


class _Named(BaseModel):
    name: Text
    organization: Text | None = None
    type: Text | None = None


class _Creation(_Named, _Visibility):
    pass


class _Planned(BaseModel):
    path: Text
    size: Size
    sample: Text = ""


class _Preupload(BaseModel):
    files: Annotated[list[_Planned], Field(max_length=MOST_OBJECTS)]


class _Object(BaseModel):
    oid: Sha256
    size: Size


class _Batch(BaseModel):
    operation: Text
    objects: Annotated[list[_Object], Field(max_length=MOST_OBJECTS)]
    transfers: list[Text] = [TRANSFER]
    hash_algo: Text = "sha256"


class Writing:
    """The endpoints of ``hub`` that change something, and those that clients ask before."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._limits = hub.limits

    async def create(self, request: Request, account: KeyOwner) -> dict[str, str]:
        """Make a repository."""
        asked = shaped(_Creation, await body_of(request, self._limits.request))
        _require_model(asked.type)
        made = await run_in_threadpool(
            self._hub.create, account, asked.organization, asked.name, is_public=asked.is_public
        )
        return {"url": f"{self._hub.url}/{made.name}", "name": str(made.name)}

    async def delete(self, request: Request, account: KeyOwner) -> dict[str, bool]:
        """Remove a repository."""
        asked = shaped(_Named, await body_of(request, self._limits.request))
        _require_model(asked.type)
        namespace = asked.organization or self._hub.access.namespace_of(account)
        await run_in_threadpool(self._hub.delete, account, namespace, asked.name)
        return {"success": True}

    async def settings(
        self, request: Request, account: KeyOwner, namespace: str, name: str
    ) -> dict[str, bool]:
        """Release a repository."""
        if not shaped(_Visibility, await body_of(request, self._limits.request)).is_public:
            raise Refused(
                "A repository can be released (private=False), and nothing else of it be set: what others have "
                "read cannot be taken back."
            )
        await run_in_threadpool(self._hub.release_as, account, namespace, name)
        return {"private": False}

    async def validate_yaml(self, request: Request) -> dict[str, list[str]]:
        """Clients ask before they send a README.md. Its metadata means nothing here, so nothing is wrong with it."""
        await body_of(request, self._limits.request)
        return {"errors": [], "warnings": []}

    async def preupload(
        self, request: Request, account: KeyOwner, namespace: str, name: str, revision: str
    ) -> JSONResponse:
        """How each file is to be sent: within the commit, by git-LFS, or not at all."""
        await run_in_threadpool(self._hub.writable, account, namespace, name)
        asked = shaped(_Preupload, await body_of(request, self._limits.request))
        snapshot = await run_in_threadpool(self._hub.snapshot, account, namespace, name, revision)
        room, plans = self._limits.regular_together, []
        for file in asked.files:
            is_small = file.size <= min(self._limits.regular, room)
            room -= file.size if is_small else 0
            plans.append(self._plan(file, snapshot, "regular" if is_small else "lfs"))
        left_out = [plan["path"] for plan in plans if plan["shouldIgnore"]]
        return JSONResponse({"files": plans}, headers=_warning(left_out))

    async def batch(self, request: Request, account: KeyOwner, namespace: str, name: str) -> JSONResponse:
        """Where the bytes of large files go (git-LFS, ``basic`` transfer)."""
        await run_in_threadpool(self._hub.writable, account, namespace, name)
        asked = shaped(_Batch, await body_of(request, self._limits.request))
        if asked.operation != "upload" or asked.hash_algo != "sha256" or TRANSFER not in asked.transfers:
            raise Refused("This hub takes git-LFS uploads by SHA-256 with the basic transfer: ask for that.")
        wanted = [(bytes.fromhex(found.oid), found.size) for found in asked.objects]
        announced = await run_in_threadpool(self._hub.announce, account, wanted)
        verify = f"{self._hub.url}/{namespace}/{name}.git/info/lfs/verify"
        objects = [self._action(found, verify) for found in announced]
        return JSONResponse(
            {"transfer": TRANSFER, "objects": objects, "hash_algo": "sha256"},
            media_type="application/vnd.git-lfs+json",
        )

    async def upload(self, request: Request, ticket: str) -> dict[str, bool]:
        """The bytes of a large file. Clients send no key here: the URL is good for these bytes of this account."""
        await self._hub.receive(ticket, request.stream())
        return {"success": True}

    async def verify(self, request: Request, account: KeyOwner, namespace: str, name: str) -> dict[str, bool]:
        """Whether the bytes of a large file have come."""
        await run_in_threadpool(self._hub.writable, account, namespace, name)
        asked = shaped(_Object, await body_of(request, self._limits.request))
        await run_in_threadpool(self._hub.require_stored, account, bytes.fromhex(asked.oid), asked.size)
        return {"success": True}

    async def commit(
        self,
        request: Request,
        account: KeyOwner,
        namespace: str,
        name: str,
        revision: str,
        create_pr: Annotated[str | None, Query(max_length=10)] = None,
    ) -> JSONResponse:
        """Make a new revision of ``main``; ``leftOut`` in the answer are the files that were not taken."""
        repository = await run_in_threadpool(self._hub.writable, account, namespace, name)
        if revision != MAIN or create_pr is not None:
            raise RevisionNotFound(
                f"{repository.name} has one branch, main, and no pull requests: commit to it."
            )
        commit = await read_commit(request.stream(), self._limits)
        made = await self._hub.commit(account, repository, commit)
        answer = {
            "success": True,
            "commitOid": made,
            "commitUrl": f"{self._hub.url}/{repository.name}/commit/{made}",
            "hookOutput": _said(commit.left_out),
            "leftOut": list(commit.left_out),
        }
        return JSONResponse(answer, headers=_warning(commit.left_out))

    def redirect_xet(self, namespace: str, name: str, revision: str) -> RedirectResponse:  # noqa: ARG002
        """Clients from 2.0 on ask for Xet's store first, unless they are told not to. Of a refusal they show the URL
        alone: so it is that which says what to do."""
        return RedirectResponse(f"{self._hub.url}{NO_XET}")

    def refuse_xet(self) -> None:
        """What is at the end of ``redirect_xet``."""
        raise Refused("This hub keeps no Xet store: set HF_HUB_DISABLE_XET=1, and large files go by git-LFS.")

    def _plan(self, file: _Planned, snapshot: Snapshot, mode: str) -> dict[str, Any]:
        path = file_path(file.path)
        is_ignored = is_left_out(path)
        if not is_ignored:
            self._refuse_early(file)
        known = snapshot.tree.get(path)
        return {
            "path": path,
            "uploadMode": mode,
            "shouldIgnore": is_ignored,
            "oid": None if known is None else known.etag,
        }

    def _refuse_early(self, file: _Planned) -> None:
        if file.size > self._limits.file:
            raise TooLarge(
                f"{file.path!r} has {file.size} bytes, this hub takes {self._limits.file}: send a smaller one."
            )
        if must_be_safetensors(file.path):
            refuse_sample(file.path, _decoded(file.sample), file.size)

    def _action(self, found: Announcement, verify: str) -> dict[str, Any]:
        entry: dict[str, Any] = {"oid": found.digest.hex(), "size": found.size, "authenticated": True}
        if found.ticket is not None:
            upload = {
                "href": f"{self._hub.url}/lfs/{found.ticket}",
                "expires_in": self._limits.ticket_seconds,
            }
            entry["actions"] = {"upload": upload, "verify": {"href": verify}}
        return entry


def _require_model(kind: str | None) -> None:
    if kind not in (None, "model"):
        raise Refused(f"This hub keeps models, and no {kind[:20]!r}: leave the type out.")


def _decoded(sample: str) -> bytes:
    try:
        return base64.b64decode(sample, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("A file's sample is not base64: send its first bytes so.") from None


def _said(left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    return (
        f"Left out, because such files run code when they are loaded: {', '.join(left_out)}. Keep weights as "
        f"safetensors."
    )


def _warning(left_out: Sequence[str]) -> dict[str, str]:
    """What clients from 1.0 on show to their user."""
    return {"X-HF-Warning": in_header(f"left-out; {_said(left_out)}")} if left_out else {}
