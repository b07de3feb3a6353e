"""Blobs over HTTP: members write within limits, everyone reads, strangers fill no disk."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI

from flock.errors import BadBlob, BlobUnavailable, Refused, ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain
from flock.store.blobs import DiskBlobs
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import DEADLINE_HEADER, SIGNATURE_HEADER, BlobUpload, Uploader
from flock.web import blobs as blob_endpoints
from flock.web.app import build_app
from flock.web.background import Background
from flock.web.errors import Forbidden
from flock.web.uploads import Limits, Uploads
from tests import patience
from tests.conftest import fresh_database

MEMBER, OPERATOR, STRANGER = (Account.from_key(bytes([number]) * 32) for number in (1, 2, 3))
DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
TASK = 7
DATA = b"weights" * 1000
CID = cid_of(digest_of(DATA))


class OneMember:
    """Task 7 has one member, who has one operator."""

    domain = DOMAIN

    def require_belongs(self, task: int, account: str) -> None:
        if (task, account) != (TASK, MEMBER.address):
            raise Forbidden(f"{account} is neither a member nor the creator of task {task}: join it first.")

    def acts_for(self, account: str, signer: str) -> bool:
        return signer == account or (account, signer) == (MEMBER.address, OPERATOR.address)


class Service:
    """A running blob service, and the folder it keeps its blobs in."""

    def __init__(self, url: str, folder: Path, clients: ExitStack) -> None:
        self.url = url
        self.folder = folder
        self._clients = clients

    def reader(self) -> HttpBlobs:
        return self._clients.enter_context(HttpBlobs(self.url))

    def uploader(self, key: LocalAccount, account: str = MEMBER.address) -> HttpBlobs:
        return self._clients.enter_context(HttpBlobs(self.url, Uploader(DOMAIN, TASK, account, key)))

    def put(self, data: bytes = DATA, cid: str = CID, **changes: object) -> httpx.Response:
        """An upload by the member, with some of its headers or parameters changed."""
        headers = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER).headers(digest_of(data), len(data))
        params: dict[str, object] = {"task": TASK, "account": MEMBER.address}
        for name, value in changes.items():
            if name in params:
                params[name] = value
            else:
                headers[f"Flock-{name.capitalize()}"] = str(value)
        return patience.put(f"{self.url}/blobs/{cid}", params=params, headers=headers, content=data)  # type: ignore[arg-type]

    def files(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*") if path.is_file()]


Running = Callable[[FastAPI], AbstractContextManager[str]]


@contextmanager
def blob_service(running: Running, tmp_path: Path, limits: Limits) -> Iterator[Service]:
    database = fresh_database(tmp_path / "service.db")
    background = Background([], 60)
    app = build_app("blobs", database, [blob_endpoints.router], background)
    folder = tmp_path / "blobs"
    app.state.uploads = Uploads(database, DiskBlobs(folder), OneMember(), limits)
    with running(app) as url, ExitStack() as clients:
        yield Service(url, folder, clients)
    database.close()


@pytest.fixture
def service(running: Running, tmp_path: Path) -> Iterator[Service]:
    with blob_service(running, tmp_path, Limits(blob=1 << 20, quota=2 << 20, spare=0)) as running_service:
        yield running_service


class TestReading:
    def test_anyone_reads_what_a_member_stored(self, service: Service) -> None:
        assert service.uploader(MEMBER).put(DATA) == CID
        assert service.reader().get(CID, len(DATA)) == DATA

    def test_a_blob_may_be_cached_for_ever(self, service: Service) -> None:
        service.put()
        assert "immutable" in patience.get(f"{service.url}/blobs/{CID}").headers["Cache-Control"]

    def test_a_missing_blob_may_come_later(self, service: Service) -> None:
        assert not service.reader().has(CID)
        with pytest.raises(BlobUnavailable, match=CID):
            service.reader().get(CID, 10)
        assert patience.get(f"{service.url}/blobs/{CID}").status_code == 404

    def test_a_malformed_address_is_named(self, service: Service) -> None:
        answer = patience.get(f"{service.url}/blobs/passwd")
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("'passwd' is not a content address")

    def test_a_reader_stops_at_its_own_limit(self, service: Service) -> None:
        service.put()
        with pytest.raises(BadBlob, match="larger than the 10 bytes"):
            service.reader().get(CID, 10)

    def test_a_reader_refuses_bytes_that_are_not_what_the_address_says(self, service: Service) -> None:
        service.put()
        (service.folder / CID[-2:] / CID).write_bytes(b"a lie")
        with pytest.raises(BadBlob, match="other bytes"):
            service.reader().get(CID, 100)


class TestWriting:
    def test_a_new_blob_is_created_and_the_same_one_again_changes_nothing(self, service: Service) -> None:
        assert [service.put().status_code for _ in range(3)] == [201, 200, 200]
        assert service.files() == [CID]

    def test_an_operator_uploads_for_its_owner(self, service: Service) -> None:
        assert service.uploader(OPERATOR).put(DATA) == CID

    def test_a_stranger_is_refused(self, service: Service) -> None:
        with pytest.raises(Refused, match="neither a member nor the creator of task 7"):
            service.uploader(STRANGER, account=STRANGER.address).put(DATA)
        assert service.files() == []

    def test_a_strangers_large_upload_is_refused_with_the_same_sentence(self, service: Service) -> None:
        with pytest.raises(Refused, match="neither a member nor the creator of task 7"):
            service.uploader(STRANGER, account=STRANGER.address).put(bytes(1 << 20))
        assert service.files() == []

    def test_a_stranger_cannot_sign_for_a_member(self, service: Service) -> None:
        with pytest.raises(Refused, match="nor its operator"):
            service.uploader(STRANGER).put(DATA)

    def test_a_member_of_another_task_is_a_stranger(self, service: Service) -> None:
        headers = Uploader(DOMAIN, 8, MEMBER.address, MEMBER).headers(digest_of(DATA), len(DATA))
        url = f"{service.url}/blobs/{CID}"
        params = {"task": "8", "account": MEMBER.address}
        assert patience.put(url, params=params, headers=headers, content=DATA).status_code == 403

    @pytest.mark.parametrize("change", [{"signature": "0x1234"}, {"signature": "0x" + "11" * 65}])
    def test_a_bad_signature_is_unauthenticated(self, service: Service, change: dict[str, object]) -> None:
        answer = service.put(**change)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers

    def test_an_expired_signature_is_unauthenticated(self, service: Service) -> None:
        upload = BlobUpload(digest_of(DATA), TASK, MEMBER.address, len(DATA), int(time.time()) - 1)
        signature = MEMBER.sign_message(upload.typed_data(DOMAIN)).signature
        answer = service.put(signature="0x" + signature.hex(), deadline=upload.deadline)
        assert answer.status_code == 401
        assert "ended at" in answer.json()["detail"]

    def test_a_later_deadline_than_the_signed_one_is_unauthenticated(self, service: Service) -> None:
        assert service.put(deadline=int(time.time()) + 100_000).status_code == 401

    def test_bytes_that_do_not_match_the_address_are_refused_and_leave_no_trace(
        self, service: Service
    ) -> None:
        uploader = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER)
        answer = patience.put(
            f"{service.url}/blobs/{CID}",
            params={"task": TASK, "account": MEMBER.address},
            headers=uploader.headers(digest_of(DATA), 5),
            content=b"other",
        )
        assert answer.status_code == 422
        assert CID in answer.json()["detail"]
        assert service.files() == []

    def test_a_blob_above_the_limit_is_too_large(self, service: Service) -> None:
        with pytest.raises(BadBlob, match="this service takes 1048576"):
            service.uploader(MEMBER).put(bytes((1 << 20) + 1))

    def test_an_upload_without_a_length_is_refused_before_it_is_read(self, service: Service) -> None:
        headers = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER).headers(digest_of(DATA), len(DATA))
        answer = patience.put(
            f"{service.url}/blobs/{CID}",
            params={"task": TASK, "account": MEMBER.address},
            headers=headers,
            content=iter([DATA]),
        )
        assert answer.status_code == 411

    def test_a_member_cannot_pass_its_quota(self, service: Service) -> None:
        for number in range(2):
            service.uploader(MEMBER).put(bytes([number]) * (1 << 20))
        with pytest.raises(Refused, match="would pass its quota of 2097152"):
            service.uploader(MEMBER).put(DATA)

    def test_a_disk_without_room_takes_nothing(self, running: Running, tmp_path: Path) -> None:
        with blob_service(running, tmp_path, Limits(spare=1 << 62)) as service:
            with pytest.raises(ServiceUnavailable, match="status 507"):
                service.uploader(MEMBER).put(DATA)
            assert service.files() == []

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"task": 0}, "task"), ({"account": "0x12"}, "account"), ({"deadline": "soon"}, DEADLINE_HEADER)],
    )
    def test_a_malformed_field_is_named(
        self, service: Service, change: dict[str, object], field: str
    ) -> None:
        answer = service.put(**change)
        assert answer.status_code == 422
        assert [error["field"].lower() for error in answer.json()["errors"]] == [field.lower()]

    def test_a_missing_signature_is_named(self, service: Service) -> None:
        answer = patience.put(f"{service.url}/blobs/{CID}?task=7&account={MEMBER.address}", content=DATA)
        assert {error["field"].lower() for error in answer.json()["errors"]} == {
            DEADLINE_HEADER.lower(),
            SIGNATURE_HEADER.lower(),
        }


class TestAway:
    def test_a_service_that_is_down_may_come_back(self) -> None:
        uploader = Uploader(DOMAIN, TASK, MEMBER.address, MEMBER)
        with HttpBlobs("http://127.0.0.1:9", uploader) as away:
            with pytest.raises(ServiceUnavailable, match="does not answer"):
                away.put(DATA)
            with pytest.raises(BlobUnavailable, match="does not answer"):
                away.get(CID, 10)

    def test_without_a_key_nothing_is_stored(self, service: Service) -> None:
        with pytest.raises(Refused, match="no key to sign"):
            service.reader().put(DATA)
