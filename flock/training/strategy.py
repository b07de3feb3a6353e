"""A wrapper that makes any Flower Strategy chain-coordinated.

The chain decides who takes part, what was proposed and which model comes next; the app's config comes
from the task, so that it is the same whether a coordinator calls or the member acts on its own. The inner
strategy only aggregates results that the chain confirms, as ordinary ArrayRecords and MetricRecords. Its
aggregate is used for its own state and for reports: the next round trains from the model that the voters
accepted.

Flower's ``server_round`` is the number of the chain's round here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy
from flwr.supercore.run import Run

from flock.errors import BadArrays, FlockError, Refused
from flock.log import logger
from flock.protocol.core.cid import digest_of
from flock.training.app import record_of
from flock.training.arrays import Arrays, Update, decode_update, encode_model, spec_of, trained_part
from flock.training.dtypes import Array, rounded
from flock.training.flower.messages import EXAMPLES_KEY
from flock.training.mods import INSTRUCTION, RESULT, TRAINER, VOTER

log = logger(part="strategy")
Configure = Callable[[int, ArrayRecord, ConfigRecord, Grid], Iterable[Message]]


class Floor(Protocol):
    """What the strategy needs from the coordinator. A method may wait until the chain has the answer."""

    @property
    def task(self) -> int:
        """The task's id on chain."""

    def proposers(self, round: int) -> Sequence[int]:
        """Node ids of the members drawn to propose, as far as their nodes are known."""

    def voters(self, round: int) -> Sequence[int]:
        """Node ids of the members drawn to vote, as far as their nodes are known."""

    def model(self, round: int) -> Arrays:
        """The model that this round trains from."""

    def proposal(self, round: int, node_id: int) -> bytes:
        """The bytes that this node's member published, by their address. Raises BlobUnavailable."""

    def committed(self, round: int, node_id: int, digest: bytes) -> bool:
        """Whether this node's member committed to bytes of this digest on chain."""


class ChainCoordinated(Strategy):
    """``inner``, with clients, inputs and results as the chain has them (``floor``)."""

    def __init__(self, inner: Strategy, floor: Floor) -> None:
        self.inner = inner
        self.floor = floor

    def configure_train(
        self,
        server_round: int,
        arrays: ArrayRecord,
        config: ConfigRecord,
        grid: Grid,
    ) -> Iterable[Message]:
        """One message to each proposer drawn; ``arrays`` is disregarded in favour of the chain's model."""
        nodes = self.floor.proposers(server_round)
        return self._messages(TRAINER, self.inner.configure_train, server_round, config, nodes)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The inner strategy's aggregate of the trained models that match their commitments."""
        base = self.floor.model(server_round)
        base_digest = digest_of(encode_model(base))
        confirmed = []
        for reply in _answered(replies):
            try:
                update = self._committed_update(server_round, reply.metadata.src_node_id, base, base_digest)
            except FlockError as error:
                node = reply.metadata.src_node_id
                log.warning("proposal_refused", round=server_round, node=node, reason=str(error))
            else:
                trained = {
                    name: _sum(array, update.arrays[name]) for name, array in trained_part(base).items()
                }
                metrics = {**_numbers(reply), EXAMPLES_KEY: update.examples}
                confirmed.append((reply, RecordDict({"arrays": record_of(trained)}), metrics))
        if not confirmed:
            return None, None
        return self.inner.aggregate_train(server_round, _with_common_metrics(confirmed))

    def configure_evaluate(
        self,
        server_round: int,
        arrays: ArrayRecord,
        config: ConfigRecord,
        grid: Grid,
    ) -> Iterable[Message]:
        """One message to each voter drawn, who recomputes the candidate from the proposals."""
        nodes = self.floor.voters(server_round)
        return self._messages(VOTER, self.inner.configure_evaluate, server_round, config, nodes)

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """The inner strategy's aggregate of what voters chose to report."""
        told = [(reply, RecordDict(), {**_numbers(reply), EXAMPLES_KEY: 1}) for reply in _answered(replies)]
        told = [(reply, content, metrics) for reply, content, metrics in told if "loss" in metrics]
        return self.inner.aggregate_evaluate(server_round, _with_common_metrics(told)) if told else None

    def summary(self) -> None:
        """Say what the inner strategy says of itself."""
        self.inner.summary()

    def _committed_update(self, server_round: int, node_id: int, base: Arrays, base_digest: bytes) -> Update:
        data = self.floor.proposal(server_round, node_id)
        if not self.floor.committed(server_round, node_id, digest_of(data)):
            raise BadArrays(f"Node {node_id} published bytes of another digest than it committed to.")
        return decode_update(data, like=spec_of(base), base=base_digest)

    def _messages(
        self, kind: str, configure: Configure, server_round: int, config: ConfigRecord, nodes: Sequence[int]
    ) -> list[Message]:
        if not nodes:
            return []
        # For the inner strategy's own state only, such as the arrays that FedAdam remembers.
        known = record_of(trained_part(self.floor.model(server_round)))
        with suppress(_TooFewError):
            list(configure(server_round, known, config, _Drawn(nodes)))
        instruction = RecordDict(
            {INSTRUCTION: ConfigRecord({"task": self.floor.task, "round": server_round})}
        )
        group = str(server_round)
        return [Message(instruction, dst_node_id=n, message_type=kind, group_id=group) for n in nodes]


ONLY_NODES = (
    "While a strategy configures a round it may only ask which nodes were drawn, and send nothing itself."
)


class _TooFewError(Exception):
    """The inner strategy waits for more nodes than were drawn."""


class _Drawn(Grid):
    """A Grid that knows the drawn nodes only, for the inner strategy to choose among.

    Flower's strategies count the nodes, then ask again until there are enough. No nodes are added to the drawn
    ones, so a strategy that asks a third time would wait in vain.
    """

    PATIENCE = 2

    def __init__(self, nodes: Sequence[int]) -> None:
        self._nodes, self._asked = nodes, 0

    def get_node_ids(self) -> Iterable[int]:
        self._asked += 1
        if self._asked > self.PATIENCE:
            raise _TooFewError
        return list(self._nodes)

    def set_run(self, run: object) -> None:
        raise Refused(ONLY_NODES)

    @property
    def run(self) -> Run:
        raise Refused(ONLY_NODES)

    def create_message(self, *args: object, **kwargs: object) -> Message:
        raise Refused(ONLY_NODES)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise Refused(ONLY_NODES)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise Refused(ONLY_NODES)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        raise Refused(ONLY_NODES)


def _sum(base: Array, step: Array) -> Array:
    return rounded(np.add(base, step, dtype=np.float64), base.dtype)


def _answered(replies: Iterable[Message]) -> list[Message]:
    answered = []
    for reply in replies:
        if reply.has_error():
            node = reply.metadata.src_node_id
            log.warning("duty_not_done", node=node, reason=reply.error.reason)
        else:
            answered.append(reply)
    return answered


def _numbers(reply: Message) -> dict[str, float]:
    """The numbers among a duty's results."""
    result: Mapping[str, object] = reply.content.config_records.get(RESULT, {})
    return {
        key: value
        for key, value in result.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _with_common_metrics(replies: Sequence[tuple[Message, RecordDict, dict[str, float]]]) -> list[Message]:
    """The replies with these contents and the metrics that all of them have; Flower insists on that."""
    common = set.intersection(*(set(metrics) for _, _, metrics in replies))
    for reply, content, metrics in replies:
        content["metrics"] = MetricRecord({key: metrics[key] for key in sorted(common)})
        reply.content = content
    return [reply for reply, _, _ in replies]
