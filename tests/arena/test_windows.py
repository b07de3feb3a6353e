"""Windows of an Arena on a real chain: validators' own programs, whatever happens to them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import Scorer
from flock.chain.contracts.deployed import Contracts
from flock.protocol.arena.stages import SubmissionState, WindowPhase
from flock.store.database import Database
from tests.arena.field import SCORING, SEATS, Field, open_field, weights
from tests.conftest import SenderOf


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    """One process scores for all: how each computes is not what these tests are about."""
    with Scorer(SCORING, Run(device="cpu")) as shared:
        yield shared


@pytest.fixture
def arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    rich: Callable[[], LocalAccount],
    admin: LocalAccount,
    tmp_path: Path,
    scorer: Scorer,
) -> Field:
    return open_field(contracts, database, sender_of, rich, admin, tmp_path, scorer)


def test_an_honest_window_scores_what_was_submitted(arena: Field) -> None:
    arena.add_validators(SEATS)
    arena.keep()
    _, submission = arena.submit(weights(1))
    arena.keep()
    arena.push_to(WindowPhase.COMMIT)
    for validator in arena.validators:
        validator.work()
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        assert validator.reveal()
    arena.push_to(WindowPhase.REST)
    scored = arena.submission(submission)
    assert scored.state is SubmissionState.SCORED
    assert scored.median > 0
    assert scored.mad == 0
    [place] = arena.contracts.arena_board.places_of(arena.task, on_b=False)
    assert place.submission == submission
    for validator in arena.validators:
        [settled] = arena.settled(validator.account)
        assert (settled["judged"], settled["strikes"], settled["is_absent"]) == (1, 0, False)
