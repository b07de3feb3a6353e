"""Making a task over HTTP: everything is checked before anybody signs or pays anything."""

import json
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass

import anyio.from_thread

from flock.alliance.metadata import canonical_metadata
from flock.alliance.projection import plain
from flock.alliance.requests import TaskRequest, parameters_of
from flock.alliance.sponsor import Sponsor
from flock.chain.contracts.deployed import Contracts
from flock.errors import BadArrays, BadBlob
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import digest_from, digest_of
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import WAD, Wei
from flock.tasks.unsigned import Unsigned, creation
from flock.training.arrays import decode_model
from flock.web.errors import BadFields
from flock.web.uploads import Uploads

LARGEST_MODEL = 1 << 32


@dataclass(frozen=True)
class TaskOffer:
    """A task that can be made: its terms, and the digest of its metadata, which is stored."""

    parameters: AllianceParameters
    metadata: bytes
    bounty: Wei

    @property
    def terms(self) -> dict[str, int | str]:
        """The parameters as ``TaskAnswer`` has them."""
        return {name: plain(name, value) for name, value in asdict(self.parameters).items()}


class TaskCreation:
    """Checks what creators ask for, keeps their metadata, and says what is to be sent."""

    def __init__(self, contracts: Contracts, uploads: Uploads, sponsor: Sponsor | None) -> None:
        self._contracts = contracts
        self._uploads = uploads
        self._sponsor = sponsor
        # A model fills memory while it is checked: one at a time.
        self._checking = threading.Lock()

    def offer(self, account: str, request: TaskRequest) -> TaskOffer:
        """The task that ``account`` asks for, its metadata stored as a draft.

        Raises BadFields naming each field that does not hold, Forbidden above the quota.
        """
        metadata = canonical_metadata(request.metadata, sorted(set(request.allow_list)))
        parameters = parameters_of(
            request,
            self._contracts.client.now(),
            initial_model=_digest(request.initial_model),
            allow_list_root=allow_list_root(request.allow_list),
        )
        self._require_model(request.initial_model)
        self._keep(metadata, account)
        return TaskOffer(parameters, digest_of(metadata), Wei(int(request.bounty)))

    def unsigned(self, account: str, offer: TaskOffer) -> Sequence[Unsigned]:
        """What ``account`` has to sign and send. Raises BadFields if it holds too little FLOCK."""
        fee = self._contracts.task_manager.creation_fee()
        held = self._contracts.token.balance_of(account)
        if held < offer.bounty + fee:
            raise BadFields(
                {
                    "bounty": f"{account} holds {held / WAD:g} FLOCK of the {(offer.bounty + fee) / WAD:g} that "
                    f"bounty and creation fee take; send it FLOCK, or choose a smaller bounty."
                }
            )
        return creation(self._contracts, account, offer.parameters, offer.metadata, offer.bounty)

    def sponsored(self, account: str, request: TaskRequest, key: str | None) -> tuple[TaskOffer, int]:
        """The task, made with the service's own key, once for each ``key``.

        Raises BadFields without a key or without a sponsor, Forbidden for who is not sponsored.
        """
        if self._sponsor is None:
            raise BadFields({"send": "this service pays for no tasks; leave it out and send them yourself."})
        if key is None:
            raise BadFields(
                {"Idempotency-Key": "send this header with a text of your own, new for each task."}
            )
        self._sponsor.require_sponsored(account, Wei(int(request.bounty)))
        asked = digest_of(json.dumps(request.model_dump(), sort_keys=True).encode())
        task = self._sponsor.made_before(account, key, asked)
        if task is None:
            offer = self.offer(account, request)
            task = self._sponsor.make(account, key, asked, offer.parameters, offer.metadata, offer.bounty)
        return self._as_made(task, Wei(int(request.bounty))), task

    def _as_made(self, task: int, bounty: Wei) -> TaskOffer:
        """The task as the chain has it: when it is asked for again, what was left out has other defaults."""
        manager = self._contracts.task_manager
        return TaskOffer(manager.parameters_of(task), manager.task_of(task).metadata, bounty)

    def _keep(self, metadata: bytes, account: str) -> None:
        """Called from a worker thread, as the endpoints that do not wait themselves are."""
        digest, size = digest_of(metadata), len(metadata)
        anyio.from_thread.run(self._uploads.receive_draft, digest, account, size, _in_one_piece(metadata))

    def _require_model(self, cid: str) -> None:
        """Raises BadFields unless the blob is here and is a model in canonical bytes."""
        blobs = self._uploads.blobs
        if not blobs.has(cid):
            raise BadFields({"initial_model": f"{cid} is not stored here; PUT it to /drafts/{cid} first."})
        try:
            with self._checking:
                decode_model(b"".join(blobs.pieces(cid, LARGEST_MODEL)), max_bytes=LARGEST_MODEL)
        except BadArrays as problem:
            raise BadFields({"initial_model": f"{cid} is no model: {problem}"}) from None


async def _in_one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _digest(cid: str) -> bytes:
    try:
        return digest_from(cid)
    except BadBlob as problem:
        raise BadFields({"initial_model": str(problem)}) from None
