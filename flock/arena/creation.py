"""Making an Arena over HTTP: everything is checked before anybody signs or pays anything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

import anyio.from_thread

from flock.arena.creating import create_offered
from flock.arena.offers import ArenaOffer, offer_of
from flock.arena.projection import plain
from flock.arena.requests import ArenaRequest, wishes_of
from flock.chain.contracts.deployed import Contracts
from flock.economy.operations.plans import UnsignedTransaction
from flock.errors import NoFunds
from flock.web.errors import BadFields
from flock.web.uploads import Uploads


class ArenaCreation:
    """Checks what creators ask for, keeps their metadata, and says what is to be sent."""

    def __init__(self, contracts: Contracts, uploads: Uploads) -> None:
        self._contracts = contracts
        self._uploads = uploads

    def offer(self, account: str, request: ArenaRequest) -> ArenaOffer:
        """The Arena that ``account`` asks for, its metadata stored as a draft.

        Raises BadFields naming each field that does not hold, Forbidden above the quota. Called from a worker thread,
        as the endpoints that do not wait themselves are.
        """
        offer = offer_of(wishes_of(request), self._contracts.client.now())
        data = offer.metadata
        anyio.from_thread.run(
            self._uploads.receive_draft, offer.digest, account, len(data), _in_one_piece(data)
        )
        return offer

    def unsigned(self, account: str, offer: ArenaOffer) -> Sequence[UnsignedTransaction]:
        """What ``account`` has to sign and send. Raises BadFields if it holds too little FLOCK."""
        try:
            return create_offered(self._contracts, account, offer).unsigned()
        except NoFunds as problem:
            raise BadFields({"bounty": str(problem)}) from None


def terms_of(offer: ArenaOffer) -> dict[str, int | str | bool]:
    """The parameters as ``ArenaAnswer`` has them."""
    return {name: plain(name, value) for name, value in asdict(offer.parameters).items()}


async def _in_one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data
