"""A round of a hundred members in one process, against Flower's FedAvg over an in-process Grid in the same run.

Both sides: the built-in nmes1988 app at a hundred members, 32 of which train and 63 of which evaluate in a
round, one process, no network. Ours runs the whole protocol over it: the draw, canonical bytes, commitments,
attestations, the candidate and who harmed it, sealed and opened votes, settlement with pay and strikes.
Voters evaluate two models, the current one and the candidate. What all voters compute to the same bits is
computed once. (Flower's own simulation needs Ray, and starts with seconds before its first round.)
"""

import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from bench.result import Result
from bench.robustness.play import Play
from flock.node.voting import supports
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import WAD, Gm, Wei, bitmap_of
from flock.training.aggregation import aggregate, apply_update, judge
from flock.training.app import AppRunner, record_of
from flock.training.apps import PROBLEMS
from flock.training.arrays import (
    Arrays,
    Update,
    clip_to_norm,
    decode_update,
    difference,
    encode_model,
    encode_update,
    require_norm,
    spec_of,
)
from flock.training.loading import load_app

APP = "nmes1988"
MEMBERS, PROPOSERS, VOTERS = 100, 32, 63
WARM_UP, COUNTED = 2, 8
START, PHASE_SECONDS = 1_800_000_000, 600
STAKE = Gm(100 * WAD)
CONFIG = {"local-epochs": 1}


def measure() -> Sequence[Result]:
    """Seconds a round, the median of those after the first two."""
    with _one_thread():
        ours, flower = _median(_ours()), _median(_flower())
    return [Result("members", ours, flower, "Flower in process", f"s ({MEMBERS} members)")]


def _median(seconds: Iterator[float]) -> float:
    return statistics.median(itertools.islice(seconds, WARM_UP, WARM_UP + COUNTED))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Tables this small are slower on several threads, on either side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _ours() -> Iterator[float]:
    """Seconds of each round, without end."""
    members = [
        AppRunner(load_app(f"flock.training.apps:{APP}"), _node_config(i), CONFIG) for i in range(MEMBERS)
    ]
    model = PROBLEMS[APP].initial_arrays()
    play = Play(MEMBERS, STAKE, _terms(model), Wei(50_000 * WAD), START, seed=0)
    best: dict[int, float] = {}
    while True:
        begun = time.perf_counter()
        model = _round(play, members, model, best)
        yield time.perf_counter() - begun


def _round(play: Play, members: Sequence[AppRunner], model: Arrays, best: dict[int, float]) -> Arrays:
    """The model after one round, accepted or not."""
    play.draw()
    config, parameters = {**CONFIG, "server-round": play.number}, play.state.parameters
    base = digest_of(encode_model(model))
    shown = {}
    for seat, member in enumerate(play.proposers):
        result = members[member].train(model, config)
        clipped = clip_to_norm(difference(result.arrays, model), parameters.norm_clip)
        shown[seat] = encode_update(Update(clipped, base, result.examples))
        play.propose(seat, digest_of(shown[seat]))
    updates = _sound(shown, model, base, parameters.norm_clip)
    for voter in range(VOTERS):
        play.attest(voter, bitmap_of(updates))
    change = aggregate(parameters.rule, updates, parameters.byzantine_bps)
    judged, candidate = judge(updates, change), apply_update(model, change)
    digest = digest_of(encode_model(candidate))
    votes = {}
    for voter, member in enumerate(play.voters):
        current, loss = (members[member].evaluate(each, config).loss for each in (model, candidate))
        best[member] = min(current, best.get(member, current))
        verdict = supports(loss, current, best[member], parameters.vote_tolerance_bps)
        votes[voter] = Vote(digest, judged.harmful, judged.rewarded, verdict)
    for voter, vote in votes.items():
        play.commit(voter, play.seal(voter, vote))
    play.reveal(votes)
    play.close_phase(Phase.REVEAL)
    play.finalise()
    return candidate if play.state.model == digest else model


def _sound(shown: Mapping[int, bytes], model: Arrays, base: bytes, norm_clip: int) -> dict[int, Update]:
    updates = {seat: decode_update(data, like=spec_of(model), base=base) for seat, data in shown.items()}
    for update in updates.values():
        require_norm(update.arrays, norm_clip)
    return updates


def _terms(model: Arrays) -> AllianceParameters:
    return AllianceParameters(
        planned_rounds=WARM_UP + COUNTED,
        proposer_seats=PROPOSERS,
        voter_seats=VOTERS,
        minimum_members=PROPOSERS + VOTERS,
        max_members=MEMBERS,
        propose_seconds=PHASE_SECONDS,
        attest_seconds=PHASE_SECONDS,
        commit_seconds=PHASE_SECONDS,
        reveal_seconds=PHASE_SECONDS,
        starts_at=START,
        start_by=START + 86_400,
        ends_at=START + 30 * 86_400,
        minimum_stake=STAKE,
        keeper_fee=Wei(WAD),
        norm_clip=10 * WAD,
        initial_model=digest_of(encode_model(model)),
    )


def _flower() -> Iterator[float]:
    """Seconds of a train and an evaluate exchange, without end."""
    TaskIdentity.task_id = TaskIdentity.run_id = TaskIdentity.node_id = 1
    strategy = FedAvg(
        fraction_train=PROPOSERS / MEMBERS,
        fraction_evaluate=VOTERS / MEMBERS,
        min_train_nodes=PROPOSERS,
        min_evaluate_nodes=VOTERS,
        min_available_nodes=MEMBERS,
    )
    grid, arrays = _InProcess(), record_of(PROBLEMS[APP].initial_arrays())
    for number in itertools.count(1):
        begun = time.perf_counter()
        config = ConfigRecord({**CONFIG})
        trained = grid.send_and_receive(strategy.configure_train(number, arrays, config, grid))
        arrays = strategy.aggregate_train(number, trained)[0] or arrays
        evaluated = grid.send_and_receive(strategy.configure_evaluate(number, arrays, config, grid))
        strategy.aggregate_evaluate(number, evaluated)
        yield time.perf_counter() - begun


class _InProcess(Grid):
    """Nodes 1 … 100 whose apps are called on the spot."""

    def __init__(self) -> None:
        self._app = load_app(f"flock.training.apps:{APP}")
        self._contexts = {
            node: Context(1, node, _node_config(node - 1), RecordDict(), {}) for node in self.get_node_ids()
        }

    def get_node_ids(self) -> Iterable[int]:
        return range(1, MEMBERS + 1)

    def send_and_receive(
        self,
        messages: Iterable[Message],
        *,
        timeout: float | None = None,  # noqa: ARG002 - the interface is Flower's
    ) -> Iterable[Message]:
        return [self._app(message, self._contexts[message.metadata.dst_node_id]) for message in messages]

    def set_run(self, run: object) -> None:
        raise NotImplementedError

    @property
    def run(self) -> Run:
        raise NotImplementedError

    def create_message(self, *_: object, **__: object) -> Message:
        raise NotImplementedError

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise NotImplementedError


def _node_config(member: int) -> dict[str, bool | int | float | str]:
    return {"partition-id": member, "num-partitions": MEMBERS}
