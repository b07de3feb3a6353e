"""Making a task over HTTP: everything is checked before anybody signs or pays anything."""

import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

import anyio.from_thread

from flock.alliance.creating import create_offered
from flock.alliance.offers import Offer, offer_of
from flock.alliance.projection import plain
from flock.alliance.requests import TaskRequest, wishes_of
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.economy.operations.plans import UnsignedTransaction
from flock.errors import BadBlob, NoFunds
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import digest_from, digest_of
from flock.protocol.core.units import Wei
from flock.tasks.documents import LARGEST_MODEL, require_fitting, require_model
from flock.tasks.sponsor import Sponsor
from flock.web.errors import BadFields
from flock.web.uploads import Uploads


@dataclass(frozen=True)
class MadeTask:
    """A task as it can be made, or is made: ``metadata`` is the digest of the document, ``bounty`` in wei."""

    parameters: AllianceParameters
    metadata: bytes
    bounty: Wei

    @classmethod
    def on(cls, offer: Offer) -> Self:
        return cls(offer.parameters, offer.digest, offer.bounty)

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

    def offer(self, account: str, request: TaskRequest) -> Offer:
        """The task that ``account`` asks for, its metadata stored as a draft.

        Raises BadFields naming each field that does not hold, Forbidden above the quota.
        """
        offer = offer_of(wishes_of(request, _digest(request.initial_model)), self._contracts.client.now())
        self._require_model(request.initial_model, request.metadata)
        self._keep(offer, account)
        return offer

    def unsigned(self, account: str, offer: Offer) -> Sequence[UnsignedTransaction]:
        """What ``account`` has to sign and send. Raises BadFields if it holds too little FLOCK."""
        try:
            return create_offered(self._contracts, account, offer).unsigned()
        except NoFunds as problem:
            raise BadFields({"bounty": str(problem)}) from None

    def sponsored(self, account: str, request: TaskRequest, key: str | None) -> tuple[MadeTask, int]:
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
            task = self._sponsor.make(account, key, asked, offer.bounty, partial(self._create, offer))
        return self._as_made(task, Wei(int(request.bounty))), task

    def _create(self, offer: Offer, sender: Sender, intent: str) -> int:
        manager, token = self._contracts.task_manager, self._contracts.token
        return manager.create(sender, token, offer.parameters, offer.digest, offer.bounty, intent)

    def _as_made(self, task: int, bounty: Wei) -> MadeTask:
        """The task as the chain has it: when it is asked for again, what was left out has other defaults."""
        manager = self._contracts.task_manager
        return MadeTask(manager.parameters_of(task), manager.task_of(task).metadata, bounty)

    def _keep(self, offer: Offer, account: str) -> None:
        """Called from a worker thread, as the endpoints that do not wait themselves are."""
        data = offer.metadata
        anyio.from_thread.run(
            self._uploads.receive_draft, offer.digest, account, len(data), _in_one_piece(data)
        )

    def _require_model(self, cid: str, metadata: Mapping[str, Any]) -> None:
        """Raises BadFields unless the blob is here and is a model in canonical bytes that ``metadata`` fit."""
        blobs = self._uploads.blobs
        if not blobs.has(cid):
            raise BadFields({"initial_model": f"{cid} is not stored here; PUT it to /drafts/{cid} first."})
        with self._checking:
            model = b"".join(blobs.pieces(cid, LARGEST_MODEL))
            require_model(model, cid)
            require_fitting(metadata, model)


async def _in_one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _digest(cid: str) -> bytes:
    try:
        return digest_from(cid)
    except BadBlob as problem:
        raise BadFields({"initial_model": str(problem)}) from None
