"""The data the chain-coordinated strategy needs: who was drawn, their commitments, their updates."""

import time
from collections.abc import Mapping, Sequence

from flock.chain.contracts.alliance_rounds import RoundView
from flock.coordinator.context import CoordinatorContext
from flock.errors import BlobUnavailable
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import cid_of
from flock.protocol.core.commitments import proposal_commitment
from flock.training.arrays import Arrays, decode_model

POLL_SECONDS = 0.1


class ChainRoundSource:
    """Implements ``flock.training.strategy.Floor`` for one round at a time."""

    def __init__(self, context: CoordinatorContext) -> None:
        self._context = context
        self._view: RoundView | None = None
        self._node_of: Mapping[str, int] = {}
        self._model: tuple[bytes, Arrays] | None = None

    @property
    def task(self) -> int:
        return self._context.task

    def enter(self, view: RoundView, node_of: Mapping[str, int]) -> None:
        """Begin with the round in ``view``; ``node_of`` maps accounts to Flower nodes."""
        self._view = view
        self._node_of = node_of

    def proposers(self, round: int) -> Sequence[int]:
        view = self._current(round)
        return self._nodes(view.accounts[: view.proposers])

    def voters(self, round: int) -> Sequence[int]:
        view = self._current(round)
        return self._nodes(view.accounts[view.proposers :])

    def model(self, round: int) -> Arrays:
        digest = self._current(round).model
        if self._model is None or self._model[0] != digest:
            data = self._context.blobs.get(cid_of(digest), self._context.max_model_bytes)
            self._model = digest, decode_model(data, max_bytes=self._context.max_model_bytes)
        return self._model[1]

    def proposal(self, round: int, node_id: int) -> bytes:
        seat = self._seat(round, node_id)
        cid = self._published(round, seat)
        return self._context.blobs.get(cid, self._context.max_model_bytes)

    def committed(self, round: int, node_id: int, digest: bytes) -> bool:
        view, contracts = self._current(round), self._context.contracts
        seat = self._seat(round, node_id)
        promised = contracts.alliance_rounds.proposals(self.task, round, view.drawn_block)
        return promised.get(seat) == proposal_commitment(
            contracts.alliance_rounds.domain, self.task, round, view.accounts[seat], digest
        )

    def _published(self, round: int, seat: int) -> str:
        """The cid published for ``seat``; waits for it while voters can still attest."""
        while True:
            cid = self._context.service.published(self.task, round).get(seat)
            if cid is not None:
                return cid
            now = self._context.view()
            over = now.number != round or now.phase not in (Phase.PROPOSE, Phase.ATTEST)
            if over or self._context.stopping():
                raise BlobUnavailable(f"The proposer in seat {seat} of round {round} published no bytes.")
            time.sleep(POLL_SECONDS)

    def _current(self, number: int) -> RoundView:
        if self._view is None or self._view.number != number:
            raise BlobUnavailable(f"Round {number} of task {self.task} is not the one being coordinated.")
        return self._view

    def _seat(self, number: int, node_id: int) -> int:
        """Raises BlobUnavailable for a node without a seat, or whose member is no longer known."""
        accounts = self._current(number).accounts
        seats = {node: accounts.index(each) for each, node in self._node_of.items() if each in accounts}
        if node_id not in seats:
            raise BlobUnavailable(f"Node {node_id} has left, or has no seat in round {number}.")
        return seats[node_id]

    def _nodes(self, accounts: Sequence[str]) -> list[int]:
        return [self._node_of[account] for account in accounts if account in self._node_of]
