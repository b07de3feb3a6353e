"""Blocks are taken back in every phase of a round: nodes and service end with the chain that is, and nobody pays."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flock.alliance.keeper import due_push, push
from flock.chain.deploy import anvil
from flock.chain.deploy.anvil import Anvil, AnvilOptions
from flock.chain.sending.reorg_watcher import ReorgWatcher
from flock.errors import Refused, Transient
from flock.node.steps.attest import Attest
from flock.node.steps.commit_vote import CommitVote
from flock.node.steps.publish import Publish
from flock.node.steps.reveal_vote import RevealVote, ServeCandidate
from flock.node.steps.train import Train
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Outcome
from tests import patience
from tests.faults.conftest import OpenTask
from tests.node.arena import Arena, fill

PHASES = (Phase.SEEDED, Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL, Phase.TALLY)
MOST_TICKS = 60


@dataclass
class Fleet:
    """All members' loops and the keeper's, a tick at a time."""

    arena: Arena
    steps: list[Callable[[], bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steps.append(ReorgWatcher(self.arena.keeper))
        for member in self.arena.members.values():
            context = member.context
            self.steps += [
                ReorgWatcher(context.sender),
                Train(context, member.duties),
                Publish(context),
                Attest(context),
                CommitVote(context, member.duties),
                RevealVote(context),
                ServeCandidate(context),
            ]

    def tick(self, disturb: Callable[[], None]) -> None:
        """Every member's turn, errors treated as a daemon does; then what anybody may do. Disturbed each time."""
        for step in [*self.steps, self._push_on]:
            with suppress(Refused, Transient):
                if step():
                    disturb()

    def _push_on(self) -> bool:
        arena = self.arena
        parameters = arena.contracts.task_manager.parameters_of(arena.task)
        due = due_push(arena.contracts, arena.task, parameters, arena.view, arena.keeper.address)
        if due is not None:
            push(arena.contracts, arena.keeper, arena.task, arena.view, due)
        elif arena.view.phase in (
            Phase.SEEDED,
            Phase.REVEAL,
        ):  # both wait for a block whose hash is drawn from
            arena.mine(1)
        return due is not None


@pytest.fixture(scope="module")
def fleet(open_task: OpenTask) -> Iterator[Fleet]:
    with open_task() as (arena, rich):
        fill(arena, rich)
        yield Fleet(arena)


@pytest.mark.parametrize("depth", range(1, 6))
def test_a_round_outlives_a_reorganisation_in_each_of_its_phases(fleet: Fleet, depth: int) -> None:
    arena = fleet.arena
    rpc, token = arena.contracts.client.rpc, arena.contracts.token
    before = {account: token.balance_of(account) for account in arena.members}
    decided = len(arena.rounds)
    left = list(PHASES)

    def disturb() -> None:
        if left and arena.view.phase is left[0]:
            left.pop(0)
            rpc.request("anvil_reorg", depth, [])

    for _ in range(MOST_TICKS):
        disturb()
        fleet.tick(disturb)
        if not left and len(arena.rounds) > decided and arena.view.phase is Phase.SEEDED:
            break
    assert not left
    assert {each.outcome for each in arena.rounds[decided:]} == {Outcome.ACCEPTED}
    assert all(each.struck == 0 for each in arena.rounds)
    assert [each.number for each in arena.rounds] == list(range(1, len(arena.rounds) + 1))
    assert {account: token.balance_of(account) for account in arena.members} == before
    assert rows(arena) == [(each.number, "accepted", each.pool_left) for each in arena.rounds]


def test_a_round_outlives_the_death_of_its_chain_in_each_of_its_phases(
    open_task: OpenTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anvil is killed and goes on from what was kept last: by turns all there was, and not the last acts."""
    monkeypatch.setattr(anvil, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(anvil, "KEEP_SHARE", 0.0)
    chain = Anvil(AnvilOptions(port=0, state=tmp_path / "state.json"))
    with open_task(chain) as (arena, rich):
        fill(arena, rich)
        fleet, left, acts = Fleet(arena), list(PHASES), itertools.count()

        def disturb() -> None:
            if next(acts) % 2 == 0:
                chain.keep()
            if left and arena.view.phase is left[0]:
                left.pop(0)
                chain.kill()
                chain.start()

        for _ in range(MOST_TICKS):
            disturb()
            fleet.tick(disturb)
            if not left and arena.rounds:
                break
        assert not left
        assert {each.outcome for each in arena.rounds} == {Outcome.ACCEPTED}
        assert all(each.struck == 0 for each in arena.rounds)
        assert rows(arena) == [(each.number, "accepted", each.pool_left) for each in arena.rounds]


def rows(arena: Arena) -> list[tuple[int, str, int]]:
    """The finalised rounds as the service tells them, once it has read the chain to its end."""
    with patience.client(base_url=arena.service) as service:
        patience.until(lambda: service.get("/health").json()["lag"] == 0)
        answers = service.get(f"/tasks/{arena.task}/rounds").json()
    return [
        (each["number"], each["outcome"], int(each["pool_left"]))
        for each in answers
        if each["outcome"] != "open"
    ]
