"""What a hub answers to who reads: files, lists of files, descriptions of models."""

import itertools
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from flock.hub.callers import Caller, KeyOwner
from flock.hub.errors import EntryNotFound
from flock.hub.hub import Hub
from flock.hub.names import MAIN
from flock.hub.ranges import range_of
from flock.hub.trees import File, listing, sibling

MEDIA_TYPE = "application/octet-stream"


class Reading:
    """The endpoints of ``hub`` that change nothing."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def resolve(
        self, request: Request, caller: Caller, namespace: str, name: str, revision: str, path: str
    ) -> Response:
        """A file, or what its headers say (HEAD), or one range of it."""
        commit, file = self._hub.file(caller, namespace, name, revision, path)
        part = _part(request, file)
        start, stop = part or (0, file.size)
        headers = {**_headers(file, commit), "Content-Length": str(stop - start)}
        status = HTTPStatus.OK
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
            status = HTTPStatus.PARTIAL_CONTENT
        if request.method == "HEAD":
            return Response(status_code=status, media_type=MEDIA_TYPE, headers=headers)
        pieces = self._hub.bytes_of(file, start, stop)
        first = next(pieces, b"")  # what the store has lost is known before the answer begins
        whole = itertools.chain([first], pieces)
        return StreamingResponse(whole, status, headers, MEDIA_TYPE)

    def model(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        revision: str = MAIN,
        blobs: Annotated[bool, Query()] = False,
    ) -> dict[str, Any]:
        """What a model is, and its files; with ``blobs`` also their sizes and ids."""
        snapshot = self._hub.snapshot(caller, namespace, name, revision)
        repository = snapshot.repository
        return {
            "_id": repository.name.key,
            "id": str(repository.name),
            "modelId": str(repository.name),
            "author": repository.name.namespace,
            "sha": snapshot.revision,
            "createdAt": _written(repository.created_at),
            "lastModified": _written(repository.updated_at),
            "private": not repository.is_released,
            "gated": False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": [sibling(file, is_full=blobs) for file in snapshot.tree.values()],
        }

    def tree(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        revision: str,
        path: str = "",
        recursive: Annotated[bool, Query()] = False,
    ) -> list[dict[str, Any]]:
        """Files and folders of a revision, below ``path``."""
        snapshot = self._hub.snapshot(caller, namespace, name, revision)
        found = listing(snapshot.tree, path, is_deep=recursive)
        if path and not found:
            raise EntryNotFound(
                f"{snapshot.repository.name} has no folder {path[:200]!r} at {snapshot.revision}.",
                snapshot.revision,
            )
        return found

    def who(self, account: KeyOwner) -> dict[str, Any]:
        """Whose key the request carries; ``name`` is the namespace of that account."""
        name = self._hub.access.namespace_of(account)
        token = {"displayName": "flock API key", "role": "write"}
        return {
            "type": "user",
            "id": account,
            "name": name,
            "fullname": account,
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        }


def _part(request: Request, file: File) -> tuple[int, int] | None:
    """The range that is asked for, unless it is of another version of the file (If-Range)."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition != f'"{file.etag}"':
        return None
    return range_of(request.headers.get("Range"), file.size)


def _headers(file: File, commit: str) -> dict[str, str]:
    """File names are ASCII without quotes and controls (``names.file_path``), so they cannot end a header."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{file.path.rpartition("/")[2]}";',
        "ETag": f'"{file.etag}"',
        "X-Content-Type-Options": "nosniff",
        "X-Repo-Commit": commit,
    }
    if file.is_large:
        headers |= {"X-Linked-Etag": f'"{file.etag}"', "X-Linked-Size": str(file.size)}
    return headers


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
