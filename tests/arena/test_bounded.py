"""What keepers and validators ask of the chain does not grow with what is there: submissions, or validators."""

import threading

import pytest

from flock.arena.keeper.outlook import MOST_LOOKED_AT, Lookout
from flock.arena.validator.moment import Watch
from flock.chain.rpc import Rpc
from flock.protocol.arena.commitments import submission_commitment
from flock.protocol.arena.stages import WindowPhase
from tests.arena.field import SEATS, Field, bare_arena, scorer, weights

__all__ = ["bare_arena", "scorer"]

FEW, MANY = 2, 3 * MOST_LOOKED_AT


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every request of this thread to the chain: the service's follows it in another."""
    sent: list[object] = []
    post, asking = Rpc._post, threading.get_ident()

    def counted(rpc: Rpc, body: object) -> object:
        if threading.get_ident() == asking:
            sent.append(body)
        return post(rpc, body)

    monkeypatch.setattr(Rpc, "_post", counted)
    return sent


def flood(arena: Field, count: int) -> None:
    """One trainer's submissions, by the chain's leave."""
    board, task = arena.contracts.arena_board, arena.task
    trainer = arena.trainer().actor
    for number in range(count):
        made = submission_commitment(board.domain, task, trainer.account, bytes(32), bytes([number] * 32))
        board.submit(trainer.sender, arena.contracts.token, task, trainer.account, made)


def requests_of_a_look(arena: Field, asked: list[object]) -> int:
    lookout = Lookout(arena.contracts, arena.task, arena.parameters)
    asked.clear()
    lookout.look()
    return len(asked)


@pytest.mark.parametrize("bare_arena", [{"quota_a_day": MANY}], indirect=True)
def test_a_keeper_asks_as_much_of_many_submissions_as_of_few(bare_arena: Field, asked: list[object]) -> None:
    bare_arena.add_validators(SEATS)
    bare_arena.keep()
    flood(bare_arena, FEW)
    with_few = requests_of_a_look(bare_arena, asked)
    flood(bare_arena, MANY - FEW)
    assert requests_of_a_look(bare_arena, asked) == with_few
    looked = Lookout(bare_arena.contracts, bare_arena.task, bare_arena.parameters).look()
    assert looked.waits


def test_a_keeper_asks_as_much_of_many_validators_as_of_few(bare_arena: Field, asked: list[object]) -> None:
    """In each phase in which it looks at all of them."""
    counts: dict[WindowPhase, list[int]] = {WindowPhase.REPLACE: [], WindowPhase.REST: []}
    bare_arena.add_validators(SEATS)
    bare_arena.keep()
    for number in range(2):
        bare_arena.submit(weights(number))
        bare_arena.push_to(WindowPhase.COMMIT)
        for phase, found in counts.items():
            bare_arena.push_to(phase)
            found.append(requests_of_a_look(bare_arena, asked))
        bare_arena.push_to(WindowPhase.OVER)
        bare_arena.keep()
        bare_arena.add_validators(2 * SEATS)
    assert all(few == many for few, many in counts.values()), counts


def test_a_validator_asks_for_its_own_seats_alone(bare_arena: Field, asked: list[object]) -> None:
    counts = []
    bare_arena.add_validators(SEATS)
    bare_arena.keep()
    for number in range(2):
        bare_arena.submit(weights(number))
        bare_arena.push_to(WindowPhase.COMMIT)
        watch = Watch(bare_arena.validators[0].validating.actor, 0)
        watch.moment()
        asked.clear()
        watch.refresh()
        counts.append(len(asked))
        bare_arena.push_to(WindowPhase.OVER)
        bare_arena.keep()
        bare_arena.add_validators(SEATS)
    assert counts[0] == counts[1]
