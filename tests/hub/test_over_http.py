"""What a hub answers to clients that are not the stock one, and to those that mean harm."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save

from flock.hub.access import Repository, WalletAccess
from flock.hub.hub import Hub
from flock.hub.names import RepositoryName
from flock.hub.trees import EMPTY
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.database import Database
from flock.web.errors import Forbidden
from tests.hub.conftest import LIMITS, Serve, Site

LARGE = bytes(range(256)) * 40
WEIGHTS = save({"w": np.arange(2000, dtype=np.float32)})


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Pusher:
    """Writes to one repository of a wallet, request by request."""

    def __init__(self, site: Site, wallet: LocalAccount, client: httpx.Client, name: str = "mnist") -> None:
        self.site = site
        self.wallet = wallet
        self.client = client
        self.repo = f"{wallet.address.lower()}/{name}"
        self.api = f"/api/models/{self.repo}"
        assert client.post("/api/repos/create", json={"name": name}).status_code == 200

    def batch(self, *objects: tuple[str, int], **changes: Any) -> httpx.Response:
        wanted = [{"oid": oid, "size": size} for oid, size in objects]
        body = {"operation": "upload", "transfers": ["basic", "multipart"], "objects": wanted, **changes}
        return self.client.post(f"/{self.repo}.git/info/lfs/objects/batch", json=body)

    def ticket(self, data: bytes) -> str:
        answer = self.batch((sha256(data).hexdigest(), len(data))).raise_for_status().json()
        href: str = answer["objects"][0]["actions"]["upload"]["href"]
        return href

    def upload(self, data: bytes) -> None:
        httpx.put(self.ticket(data), content=data).raise_for_status()  # noqa: TID251 - local, and short

    def commit(self, *lines: object, head: object | None = None) -> httpx.Response:
        header = {"key": "header", "value": {"summary": "test", "description": ""} if head is None else head}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in (header, *lines))
        return self.client.post(f"{self.api}/commit/main", content=body)

    def large(self, path: str, data: bytes) -> dict[str, Any]:
        oid = sha256(data).hexdigest()
        return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": oid, "size": len(data)}}

    def files(self) -> list[str]:
        siblings = self.client.get(self.api).raise_for_status().json()["siblings"]
        return [sibling["rfilename"] for sibling in siblings]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(f"/{self.repo}/resolve/main/{path}", headers=headers)


def small(path: str, data: bytes = b"x") -> dict[str, Any]:
    return {"key": "file", "value": {"path": path, "content": coded(data), "encoding": "base64"}}


@pytest.fixture
def pusher(site: Site, wallet: LocalAccount) -> Iterator[Pusher]:
    with site.client(site.key_of(wallet)) as client:
        yield Pusher(site, wallet, client)


@pytest.fixture
def other(site: Site, stranger: LocalAccount) -> Iterator[Pusher]:
    with site.client(site.key_of(stranger)) as client:
        yield Pusher(site, stranger, client)


class TestErrors:
    """As huggingface's: the sentence in the body and in a header, and the code that clients branch on."""

    def said(self, answer: httpx.Response) -> tuple[int, str | None]:
        assert answer.json()["error"]
        assert answer.headers["X-Error-Message"]
        assert answer.headers["content-type"] == "application/json"
        return answer.status_code, answer.headers.get("X-Error-Code")

    def test_name_the_revision_and_the_file(self, pusher: Pusher) -> None:
        pusher.commit(small("a.txt"))
        head = pusher.client.get(pusher.api).json()["sha"]
        missing = pusher.get("b.txt")
        assert self.said(missing) == (404, "EntryNotFound")
        assert "'b.txt'" in missing.json()["error"]
        assert missing.headers["X-Repo-Commit"] == head
        for revision in ("dev", "f" * 40, head[:39], head.upper(), "refs"):
            missing = pusher.client.get(f"/{pusher.repo}/resolve/{revision}/a.txt")
            assert self.said(missing) == (404, "RevisionNotFound")
        assert self.said(pusher.client.get(f"{pusher.api}/tree/main/folder")) == (404, "EntryNotFound")

    def test_tell_nobody_whether_a_private_repository_is_there(self, pusher: Pusher, other: Pusher) -> None:
        pusher.commit(small("a.txt"))
        nowhere = f"{pusher.wallet.address.lower()}/nothing"
        with pusher.site.client() as nobody:
            for client, status in ((nobody, 401), (other.client, 404)):
                for path in (
                    "/{}/resolve/main/a.txt",
                    "/{}/resolve/main/b.txt",
                    "/{}/resolve/dev/a.txt",
                    "/api/models/{}",
                    "/api/models/{}/revision/main",
                    "/api/models/{}/tree/main",
                ):
                    there = client.get(path.format(pusher.repo))
                    none = client.get(path.format(nowhere))
                    assert self.said(there) == self.said(none) == (status, "RepoNotFound")
                    assert there.json() == none.json()
                    assert there.headers.keys() == none.headers.keys()

    def test_of_writing_tell_it_neither(self, pusher: Pusher, other: Pusher) -> None:
        nowhere = f"{pusher.wallet.address.lower()}/nothing"
        for repo in (pusher.repo, nowhere):
            other.repo, other.api = repo, f"/api/models/{repo}"
            answers = [
                other.commit(small("a")),
                other.batch(("0" * 64, 1)),
                other.client.post(f"{other.api}/preupload/main", json={"files": []}),
                other.client.put(f"{other.api}/settings", json={"private": False}),
                other.client.request(
                    "DELETE",
                    "/api/repos/delete",
                    json={"name": repo.split("/")[1], "organization": repo.split("/")[0]},
                ),
            ]
            assert [self.said(answer) for answer in answers] == [(404, "RepoNotFound")] * 5
        assert pusher.files() == []

    def test_of_keys_are_told_from_errors_of_names(self, pusher: Pusher) -> None:
        values = ("Bearer flk_nonsense", "Bearer hf_abc", "Basic YTpi", "Bearer", "", "flk_x", "Bearer flk_é")
        for value in values:
            answer = pusher.client.get(pusher.api, headers={"Authorization": value.encode()})
            assert self.said(answer) == (401, None)
            assert answer.headers["X-Error-Message"] == "Invalid credentials in Authorization header"

    def test_repeat_no_input_that_could_end_a_header(self, pusher: Pusher) -> None:
        answer = pusher.client.get(f"/{pusher.repo}/resolve/main/a%0dSet-Cookie:%20x%e2%80%aety%22")
        assert self.said(answer) == (404, "EntryNotFound")
        assert "Set-Cookie" not in answer.headers
        broken = pusher.client.get(f"/{pusher.repo}/resolve/main/a%0d%0aSet-Cookie:%20x")
        assert broken.status_code == 404
        assert "Set-Cookie" not in broken.headers

    def test_a_session_is_no_key(self, site: Site, wallet: LocalAccount) -> None:
        with site.session(wallet) as session:
            assert session.post("/api/repos/create", json={"name": "a"}).status_code == 401

    def test_a_key_is_no_session(self, site: Site, pusher: Pusher) -> None:
        assert pusher.client.post("/api-keys", json={"label": "another"}).status_code == 401
        assert pusher.client.get("/api-keys").status_code == 401


class TestCreating:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": 7},
            {"name": "../x"},
            {"name": "a/b"},
            {"name": "а"},
            {"name": "x", "organization": "..", "type": "model"},
            {"name": "x", "type": "space"},
            [],
            "x",
        ],
    )
    def test_what_is_no_repository_is_refused(self, pusher: Pusher, body: object) -> None:
        assert pusher.client.post("/api/repos/create", json=body).status_code in (400, 403)

    def test_nobody_makes_repositories_of_others(self, pusher: Pusher, other: Pusher) -> None:
        namespace, _, name = pusher.repo.partition("/")
        answer = other.client.post(
            "/api/repos/create", json={"name": name, "organization": namespace.upper().replace("0X", "0x")}
        )
        assert answer.status_code == 403
        assert f"name the repository {other.wallet.address.lower()}/{name}" in answer.json()["error"]

    def test_again_in_other_letters_is_a_conflict_that_says_where(self, pusher: Pusher) -> None:
        answer = pusher.client.post("/api/repos/create", json={"name": "MNIST"})
        assert answer.status_code == 409
        assert answer.json()["url"] == f"{pusher.site.url}/{pusher.repo}"

    def test_a_public_repository_is_everybodys_at_once(self, pusher: Pusher) -> None:
        for name, body in (("old", {"private": False}), ("new", {"visibility": "public"})):
            pusher.client.post("/api/repos/create", json={"name": name, **body}).raise_for_status()
            with pusher.site.client() as nobody:
                found = nobody.get(f"/api/models/{pusher.wallet.address.lower()}/{name}").json()
            assert (found["private"], found["sha"]) == (False, EMPTY)

    def test_an_account_has_only_so_many(
        self, database: Database, serve: Serve, wallet: LocalAccount
    ) -> None:
        site = serve(database, repositories=1)
        with site.client(site.key_of(wallet)) as client:
            pusher = Pusher(site, wallet, client)
            answer = client.post("/api/repos/create", json={"name": "second"})
            assert answer.status_code == 403
            assert "may have no more" in answer.json()["error"]
            client.request("DELETE", "/api/repos/delete", json={"name": "mnist"}).raise_for_status()
            assert client.get(pusher.api).status_code == 404
            client.post("/api/repos/create", json={"name": "second"}).raise_for_status()

    def test_a_product_says_who_may(self, database: Database, serve: Serve, wallet: LocalAccount) -> None:
        class Enrolled(WalletAccess):
            def require_may_create(self, account: str, name: RepositoryName) -> None:
                raise Forbidden(f"{account} is not enrolled in task 7: enrol first.")

        site = serve(database, access=Enrolled())
        with site.client(site.key_of(wallet)) as client:
            answer = client.post("/api/repos/create", json={"name": "a"})
        assert answer.status_code == 403
        assert "enrol first" in answer.json()["error"]

    def test_a_product_lets_others_read_what_is_private(
        self, database: Database, serve: Serve, wallet: LocalAccount, stranger: LocalAccount
    ) -> None:
        class WithValidator(WalletAccess):
            def may_read(self, account: str | None, repository: Repository) -> bool:
                return account == stranger.address or super().may_read(account, repository)

        site = serve(database, access=WithValidator())
        with site.client(site.key_of(wallet)) as client, site.client(site.key_of(stranger)) as validator:
            pusher = Pusher(site, wallet, client)
            pusher.commit(small("a.txt"))
            assert validator.get(f"/{pusher.repo}/resolve/main/a.txt").content == b"x"
            refused = validator.post(f"{pusher.api}/commit/main", content=b"")
            assert refused.status_code == 403

    def test_a_product_releases(self, pusher: Pusher) -> None:
        pusher.commit(small("a.txt"))
        pusher.site.hub.release(*pusher.repo.split("/"))
        with pusher.site.client() as nobody:
            assert nobody.get(f"/{pusher.repo}/resolve/main/a.txt").content == b"x"


class TestReading:
    def test_headers_are_those_that_clients_go_by(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.commit(pusher.large("d/large.dat", LARGE), small("a.txt", b"hello\n"))
        head = pusher.client.get(pusher.api).json()["sha"]
        for path, etag, size in (
            ("d/large.dat", sha256(LARGE).hexdigest(), len(LARGE)),
            ("a.txt", "ce013625030ba8dba906f756967f9e9ca394464a", 6),
        ):
            url = f"/{pusher.repo}/resolve/{head}/{path}"
            for answer in (pusher.client.head(url), pusher.client.get(url)):
                assert answer.status_code == 200
                assert answer.headers["X-Repo-Commit"] == head
                assert answer.headers["ETag"] == f'"{etag}"'
                assert answer.headers["Content-Length"] == str(size)
                assert answer.headers["Accept-Ranges"] == "bytes"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
                assert answer.headers.get("X-Linked-Size") == (str(size) if "d/" in path else None)

    def test_ranges(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.commit(pusher.large("l.dat", LARGE))
        size = len(LARGE)
        part = pusher.get("l.dat", Range="bytes=100-199")
        assert (part.status_code, part.content) == (206, LARGE[100:200])
        assert part.headers["Content-Range"] == f"bytes 100-199/{size}"
        assert pusher.get("l.dat", Range="bytes=-5").content == LARGE[-5:]
        behind = pusher.get("l.dat", Range=f"bytes={size}-")
        assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{size}")
        many = pusher.get("l.dat", Range="bytes=" + ",".join(["0-"] * 500))
        assert (many.status_code, many.content) == (200, LARGE)
        etag = part.headers["ETag"]
        assert pusher.get("l.dat", **{"Range": "bytes=1-1", "If-Range": etag}).status_code == 206
        assert pusher.get("l.dat", **{"Range": "bytes=1-1", "If-Range": '"older"'}).content == LARGE

    def test_no_path_leaves_the_repository(self, pusher: Pusher, tmp_path: Path) -> None:
        pusher.commit(small("a.txt"))
        (tmp_path / "hub-blobs" / "secret").write_text("secret")
        for path in (
            b"..%2f..%2fsecret",
            b"%2e%2e/a.txt",
            b"../../../../etc/passwd",
            b"/etc/passwd",
            b"a.txt%00",
        ):
            url = httpx.URL(f"{pusher.site.url}/x").copy_with(
                raw_path=f"/{pusher.repo}/resolve/main/".encode() + path
            )
            answer = pusher.client.send(pusher.client.build_request("GET", url))
            assert answer.status_code == 404

    def test_bytes_that_the_store_has_lost_are_said_to_be(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.commit(pusher.large("l.dat", LARGE))
        for path in pusher.site.hub.blobs.inventory():  # type: ignore[attr-defined]
            pusher.site.hub.blobs.remove(path)
        assert pusher.get("l.dat").status_code == 404

    def test_a_link_among_the_blobs_is_followed_by_no_upload(self, pusher: Pusher, tmp_path: Path) -> None:
        """A file that takes another's place replaces the link, and never what it points to."""
        victim = tmp_path / "victim"
        victim.write_text("untouched")
        place = pusher.site.hub.blobs.path_of(cid_of(digest_of(LARGE)))  # type: ignore[attr-defined]
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(victim)
        pusher.upload(LARGE)
        pusher.commit(pusher.large("l.dat", LARGE))
        assert victim.read_text() == "untouched"
        assert pusher.get("l.dat").content == LARGE


class TestUploading:
    def test_it_is_asked_for_by_mode(self, pusher: Pusher) -> None:
        pusher.commit(small("config.json", b"hello\n"))
        files = [
            {"path": "config.json", "size": 6, "sample": coded(b"hello\n")},
            {"path": "large.dat", "size": LIMITS.regular + 1, "sample": ""},
            {"path": "b.txt", "size": LIMITS.regular},
            {"path": "c.txt", "size": LIMITS.regular},
            {"path": "training_args.bin", "size": 5000, "sample": coded(b"PK\x03\x04")},
            {"path": "m.safetensors", "size": len(WEIGHTS), "sample": coded(WEIGHTS[:512])},
        ]
        answer = pusher.client.post(f"{pusher.api}/preupload/main", json={"files": files})
        plans = {plan["path"]: plan for plan in answer.json()["files"]}
        assert {path: plan["uploadMode"] for path, plan in plans.items()} == {
            "config.json": "regular",
            "large.dat": "lfs",
            "b.txt": "regular",
            "c.txt": "lfs",  # what comes within one commit has a limit together
            "training_args.bin": "lfs",
            "m.safetensors": "lfs",
        }
        assert [path for path, plan in plans.items() if plan["shouldIgnore"]] == ["training_args.bin"]
        assert plans["config.json"]["oid"] == "ce013625030ba8dba906f756967f9e9ca394464a"
        assert "training_args.bin" in answer.headers["X-HF-Warning"]

    @pytest.mark.parametrize(
        ("file", "what"),
        [
            ({"path": "../a", "size": 1}, "cannot be a file's name"),
            ({"path": "m.safetensors", "size": 90, "sample": coded(b"\x80\x02}.")}, "not a safetensors file"),
            ({"path": "a", "size": LIMITS.file + 1}, "this hub takes"),
            ({"path": "a", "size": -1}, "size"),
            ({"path": "a", "size": 1.5}, "size"),
            ({"path": "a", "size": True}, "size"),
            ({"path": "a", "size": 2**63}, "size"),
            ({"path": "a" * 5000, "size": 1}, "path"),
            ({"path": "a.safetensors", "size": 99, "sample": "%%%"}, "base64"),
        ],
    )
    def test_what_cannot_be_taken_is_refused_before_it_is_sent(
        self, pusher: Pusher, file: object, what: str
    ) -> None:
        answer = pusher.client.post(f"{pusher.api}/preupload/main", json={"files": [file]})
        assert answer.status_code in (400, 413)
        assert what in answer.json()["error"]

    def test_bytes_come_once_and_are_verified(self, pusher: Pusher) -> None:
        url = pusher.ticket(LARGE)
        for _ in range(2):  # again, as when the first answer was lost
            assert pusher.client.put(url, content=LARGE).status_code == 200
        oid = sha256(LARGE).hexdigest()
        verify = f"/{pusher.repo}.git/info/lfs/verify"
        assert pusher.client.post(verify, json={"oid": oid, "size": len(LARGE)}).status_code == 200
        assert pusher.client.post(verify, json={"oid": oid, "size": 1}).status_code == 404
        (again,) = pusher.batch((oid, len(LARGE))).json()["objects"]
        assert "actions" not in again
        assert pusher.batch((oid, 1)).status_code == 400

    @pytest.mark.parametrize("sent", [b"", LARGE[:-1], LARGE + b"x", LARGE[:-1] + b"x"])
    def test_other_bytes_leave_nothing(self, pusher: Pusher, sent: bytes, tmp_path: Path) -> None:
        url = pusher.ticket(LARGE)
        assert pusher.client.put(url, content=sent).status_code == 400
        assert [path for path in (tmp_path / "hub-blobs").rglob("*") if path.is_file()] == []
        assert pusher.commit(pusher.large("l.dat", LARGE)).status_code == 400
        assert pusher.client.put(url, content=LARGE).status_code == 200

    def test_a_line_that_breaks_leaves_nothing(self, pusher: Pusher, tmp_path: Path) -> None:
        url = httpx.URL(pusher.ticket(LARGE))
        with socket.create_connection((url.host, url.port or 80)) as line:
            head = f"PUT {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(LARGE)}\r\n\r\n"
            line.sendall(head.encode() + LARGE[:5000])
        # The hub takes the ticket again once it has seen the line end.
        while (answer := pusher.client.put(str(url), content=LARGE)).status_code == 503:
            pass
        assert answer.status_code == 200
        assert list((tmp_path / "hub-blobs" / "incoming").iterdir()) == []

    def test_a_body_of_unknown_length_is_taken_up_to_what_was_announced(self, pusher: Pusher) -> None:
        def pieces(count: int) -> Iterator[bytes]:
            yield from (LARGE[:256] for _ in range(count))

        url = pusher.ticket(LARGE)
        assert pusher.client.put(url, content=pieces(400)).status_code == 400
        assert pusher.client.put(url, content=pieces(40)).status_code == 200

    def test_a_broken_safetensors_header_ends_the_upload_at_the_header(self, pusher: Pusher) -> None:
        length = int.from_bytes(WEIGHTS[:8], "little")
        broken = WEIGHTS[:8] + WEIGHTS[8 : 8 + length].replace(b"F32", b"F64") + WEIGHTS[8 + length :]
        answer = pusher.client.put(pusher.ticket(broken), content=broken)
        assert answer.status_code == 400
        assert "another number of bytes than its shape" in answer.json()["error"]

    def test_what_is_asked_for_twice_has_one_ticket(self, pusher: Pusher, tmp_path: Path) -> None:
        """Clients send each of two files of the same bytes, side by side."""
        oid, size = sha256(LARGE).hexdigest(), len(LARGE)
        (first,) = pusher.batch((oid, size), (oid, size)).json()["objects"]
        (second,) = pusher.batch((oid, size)).json()["objects"]
        assert first["actions"] == second["actions"]
        url = httpx.URL(first["actions"]["upload"]["href"])
        with socket.create_connection((url.host, url.port or 80)) as line:
            head = f"PUT {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
            line.sendall(head.encode() + LARGE[:-1])
            while not list((tmp_path / "hub-blobs" / "incoming").iterdir()):
                time.sleep(0.01)
            busy = pusher.client.put(str(url), content=LARGE)
            assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
            line.sendall(LARGE[-1:])
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        assert pusher.client.put(str(url), content=LARGE).status_code == 200

    def test_a_ticket_ends(self, pusher: Pusher) -> None:
        url = pusher.ticket(LARGE)
        pusher.site.clock.now += LIMITS.ticket_seconds + 1
        assert pusher.client.put(url, content=LARGE).status_code == 404
        for ticket in ("nonsense", "a%00", "%ff", "x" * 43, "x" * 5000):
            assert pusher.client.put(f"{pusher.site.url}/lfs/{ticket}", content=LARGE).status_code == 404

    def test_to_know_a_digest_is_not_to_have_the_bytes(self, pusher: Pusher, other: Pusher) -> None:
        """Else whoever sees the digest of a sealed model could commit, and so read, its bytes."""
        pusher.upload(WEIGHTS)
        pusher.commit(pusher.large("model.safetensors", WEIGHTS))
        (answer,) = other.batch((sha256(WEIGHTS).hexdigest(), len(WEIGHTS))).json()["objects"]
        assert "upload" in answer["actions"]
        assert other.commit(other.large("model.safetensors", WEIGHTS)).status_code == 400
        assert other.files() == []
        other.upload(WEIGHTS)
        assert other.commit(other.large("model.safetensors", WEIGHTS)).status_code == 200

    def test_an_account_has_only_so_much_room(self, pusher: Pusher, other: Pusher) -> None:
        oids = [sha256(bytes([number])).hexdigest() for number in range(5)]
        assert pusher.batch(*((oid, LIMITS.file) for oid in oids[:4])).status_code == 200
        full = pusher.batch((oids[4], 1))
        assert full.status_code == 403
        assert "would pass its quota" in full.json()["error"]
        assert other.batch((oids[4], 1)).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"operation": "download"},
            {"hash_algo": "md5"},
            {"transfers": ["xet"]},
            {"objects": [{"oid": "0" * 63, "size": 1}]},
            {"objects": [{"oid": "../" + "0" * 61, "size": 1}]},
            {"objects": [{"oid": "0" * 64, "size": "1"}]},
            {"objects": [{"oid": "0" * 64, "size": LIMITS.file + 1}]},
            {"objects": [{"oid": "0" * 64, "size": 1}] * 1001},
            {"objects": None},
        ],
    )
    def test_other_questions_of_git_lfs_are_refused(self, pusher: Pusher, changes: dict[str, Any]) -> None:
        assert pusher.batch(**changes).status_code in (400, 413)


class TestCommitting:
    def test_again_changes_nothing(self, pusher: Pusher) -> None:
        first, again = (pusher.commit(small("a.txt")).json() for _ in range(2))
        assert first["commitOid"] == again["commitOid"]
        assert first["leftOut"] == []

    def test_pickles_are_left_out_and_named(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        answer = pusher.commit(
            small("config.json"), small("training_args.bin"), pusher.large("optimizer.pt", LARGE)
        )
        assert answer.json()["leftOut"] == ["training_args.bin", "optimizer.pt"]
        assert "training_args.bin, optimizer.pt" in answer.json()["hookOutput"]
        assert "training_args.bin" in answer.headers["X-HF-Warning"]
        assert pusher.files() == ["config.json"]

    @pytest.mark.parametrize("data", [b"\x80\x04K\x01.", b"PK\x03\x04" + bytes(100), b"", b"{}"])
    def test_a_pickle_by_another_name_is_no_safetensors_file(self, pusher: Pusher, data: bytes) -> None:
        answer = pusher.commit(small("a.txt"), small("model.safetensors", data))
        assert answer.status_code == 400
        assert "'model.safetensors' is not a safetensors file" in answer.json()["error"]
        assert pusher.files() == []

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (small("../a"), 400),
            (small("/etc/passwd"), 400),
            (small(".git/config"), 400),
            (small("a\r\nb"), 400),
            (small("a", b"x" * (LIMITS.regular + 1)), 413),
            ({"key": "file", "value": {"path": "a", "content": "====", "encoding": "base64"}}, 400),
            ({"key": "file", "value": {"path": "a", "content": "é", "encoding": "base64"}}, 400),
            ({"key": "file", "value": {"path": "a", "content": "x", "encoding": "gzip"}}, 400),
            ({"key": "file", "value": {"path": "a", "content": "\ud800"}}, 400),
            ({"key": "file", "value": {"path": 7, "content": ""}}, 400),
            ({"key": "file", "value": []}, 400),
            ({"key": "run", "value": {}}, 400),
            ({"key": "lfsFile", "value": {"path": "a", "oid": "0" * 64, "size": 1}}, 400),
            ({"key": "lfsFile", "value": {"path": "a", "oid": "0" * 64, "size": 1, "algo": "sha1"}}, 400),
            ({"key": "lfsFile", "value": {"path": "a", "oid": "zz", "size": 1}}, 400),
            ({"key": "deletedFile", "value": {"path": "nothing"}}, 404),
            ({"key": "deletedFolder", "value": {"path": "nothing/"}}, 404),
            ({"key": "header", "value": {}}, 400),
            ([], 400),
            (None, 400),
            (7, 400),
        ],
    )
    def test_one_line_that_does_not_hold_undoes_all(self, pusher: Pusher, line: object, status: int) -> None:
        answer = pusher.commit(small("good.txt"), line)
        assert answer.status_code == status
        assert answer.json()["error"]
        assert pusher.files() == []

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"\n\n\n", 400),
            (b"nonsense", 400),
            (b"\xff\xfe", 400),
            (b'{"key": "file", "value": {"path": "a", "content": ""}}', 400),
            (b"[" * 5000, 400),
            (b"{" * 6000, 400),
            (b'"' + b"x" * 40_000, 413),
            (b"\n" * 70_000, 413),
            (b'{"key": "header", "value": {"parentCommit": "main"}}', 400),
        ],
    )
    def test_what_is_no_commit_is_refused(self, pusher: Pusher, body: bytes, status: int) -> None:
        answer = pusher.client.post(f"{pusher.api}/commit/main", content=body)
        assert answer.status_code == status
        assert answer.json()["error"]

    def test_too_many_files_are_refused(self, database: Database, serve: Serve, wallet: LocalAccount) -> None:
        site = serve(database, files=3, revisions=3)
        with site.client(site.key_of(wallet)) as client:
            pusher = Pusher(site, wallet, client)
            assert pusher.commit(*(small(str(number)) for number in range(4))).status_code == 413
            assert pusher.commit(*(small(str(number)) for number in range(3))).status_code == 200
            many = pusher.commit(small("3"))
            assert (many.status_code, "would have 4 files" in many.json()["error"]) == (400, True)
            assert pusher.commit(small("0", b"y")).status_code == 200
            assert pusher.commit(small("0", b"z")).status_code == 403
            assert pusher.commit(small("0", b"x")).status_code == 200, "an old revision may come back"

    def test_it_stands_on_the_revision_that_it_names(self, pusher: Pusher) -> None:
        first = pusher.commit(small("a"), head={"parentCommit": EMPTY})
        assert first.status_code == 200
        late = pusher.commit(small("a", b"y"), head={"parentCommit": EMPTY})
        assert late.status_code == 412
        assert pusher.get("a").content == b"x"

    @pytest.mark.parametrize("where", ["commit/dev", "commit/main?create_pr=1", f"commit/{EMPTY}"])
    def test_it_goes_to_main(self, pusher: Pusher, where: str) -> None:
        assert pusher.client.post(f"{pusher.api}/{where}", content=b"").status_code == 404

    def test_bytes_are_copied_within_a_repository_without_being_sent(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.commit(pusher.large("a.dat", LARGE))
        line = pusher.large("b.dat", LARGE)
        del line["value"]["size"]
        assert pusher.commit(line, {"key": "deletedFile", "value": {"path": "a.dat"}}).status_code == 200
        assert pusher.files() == ["b.dat"]

    def test_a_wrong_size_is_refused(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        line = pusher.large("a.dat", LARGE)
        line["value"]["size"] = 1
        assert pusher.commit(line).status_code == 400

    def test_old_revisions_never_change(self, pusher: Pusher) -> None:
        first = pusher.commit(small("a", b"1")).json()["commitOid"]
        second = pusher.commit(small("a", b"2")).json()["commitOid"]
        for revision, data in ((first, b"1"), (second, b"2")):
            assert pusher.client.get(f"/{pusher.repo}/resolve/{revision}/a").content == data

    def test_other_requests_have_a_limit_too(self, pusher: Pusher) -> None:
        long = b'{"files": "' + b"x" * LIMITS.request + b'"}'
        for path in ("preupload/main", "settings"):
            method = "PUT" if path == "settings" else "POST"
            assert pusher.client.request(method, f"{pusher.api}/{path}", content=long).status_code == 413

    def test_a_readme_has_no_metadata_that_could_be_wrong(self, pusher: Pusher) -> None:
        answer = pusher.client.post(
            "/api/validate-yaml", json={"content": "---\nx: [\n---", "repoType": "model"}
        )
        assert answer.json() == {"errors": [], "warnings": []}


class TestCollecting:
    @pytest.fixture
    def site(self, either_database: Database, serve: Serve) -> Site:
        return serve(either_database)

    def collect(self, hub: Hub) -> bool:
        (step,) = hub.steps
        return step()

    def test_what_no_commit_names_goes_and_the_rest_stays(self, pusher: Pusher, other: Pusher) -> None:
        hub, clock = pusher.site.hub, pusher.site.clock
        pusher.upload(LARGE)
        pusher.upload(WEIGHTS)
        pusher.commit(pusher.large("m.safetensors", WEIGHTS))
        other.upload(WEIGHTS)
        clock.now += LIMITS.uncommitted_seconds - 1
        assert not self.collect(hub)
        clock.now += 2
        assert self.collect(hub)
        assert pusher.commit(pusher.large("l.dat", LARGE)).status_code == 400
        assert other.commit(other.large("m.safetensors", WEIGHTS)).status_code == 400
        assert pusher.get("m.safetensors").content == WEIGHTS
        assert len(hub.blobs.inventory()) == 1  # type: ignore[attr-defined]

    def test_the_bytes_of_a_deleted_repository_go(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.commit(pusher.large("l.dat", LARGE), small("a"))
        pusher.client.request("DELETE", "/api/repos/delete", json={"name": "mnist"}).raise_for_status()
        pusher.site.clock.now += LIMITS.uncommitted_seconds + 1
        assert self.collect(pusher.site.hub)
        assert pusher.site.hub.blobs.inventory() == frozenset()  # type: ignore[attr-defined]

    def test_what_is_announced_again_waits_anew(self, pusher: Pusher) -> None:
        pusher.upload(LARGE)
        pusher.site.clock.now += LIMITS.uncommitted_seconds + 1
        assert "actions" not in pusher.batch((sha256(LARGE).hexdigest(), len(LARGE))).json()["objects"][0]
        assert not self.collect(pusher.site.hub)
        assert pusher.commit(pusher.large("l.dat", LARGE)).status_code == 200
