"""A proposer's promise: made once, in time, and kept."""

from collections.abc import Mapping

import numpy as np
import pytest

from flock.errors import Refused
from flock.node.proposing import matches
from flock.protocol.alliance.rounds import Phase
from flock.training.app import TrainResult
from flock.training.arrays import decode_update, spec_of
from tests.node.arena import PHASE_SECONDS, Arena
from tests.node.member_app import EXAMPLES, OPTIMUM, START


def must_not_train(*_: object) -> TrainResult:
    pytest.fail("The app was asked to train again.")


def test_an_update_is_what_training_added_to_the_model(arena: Arena) -> None:
    base = arena.open_round().model
    arena.propose([0])
    update = decode_update(arena.at(0).promised(), like=spec_of(START), base=base)
    assert update.examples == EXAMPLES
    assert update.arrays["w"].tolist() == (OPTIMUM / 2).tolist()


def test_the_promise_on_chain_is_of_exactly_these_bytes(arena: Arena) -> None:
    view = arena.open_round()
    arena.propose([0])
    member = arena.at(0)
    commitment = arena.contracts.alliance_rounds.proposals(arena.task, view.number, view.drawn_block)[0]
    cid = member.context.memory.proposed_update(view.number)
    assert cid is not None
    assert matches(member.context, view.number, member.account, cid, commitment)
    assert not matches(member.context, view.number + 1, member.account, cid, commitment)


def test_a_second_call_finds_the_duty_done(arena: Arena) -> None:
    number = arena.open_round().number
    arena.propose([0])
    assert arena.at(0).duties.propose(arena.task, number, must_not_train) == {}


def test_an_update_kept_before_a_crash_is_promised_without_training_again(arena: Arena) -> None:
    """The node was killed between training and promising."""
    number = arena.open_round().number
    arena.propose([0])
    first, second = arena.at(0), arena.at(1)
    cid = second.context.local.put(first.promised())
    second.context.memory.keep_update(number, cid)
    second.duties.propose(arena.task, number, must_not_train)
    assert arena.view.proposed == 0b11


def test_an_update_whose_bytes_were_lost_is_trained_anew(arena: Arena) -> None:
    number = arena.open_round().number
    member = arena.at(0)
    member.context.memory.keep_update(number, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
    member.duties.propose_unprompted(number)
    assert decode_update(member.promised(), like=spec_of(START), base=arena.view.model).examples == EXAMPLES


def test_a_late_proposal_is_told_that_proposing_has_closed(arena: Arena) -> None:
    number = arena.open_round().number
    arena.propose([0])
    arena.pass_time(PHASE_SECONDS + 1)
    late = arena.at(1)
    with pytest.raises(Refused, match=rf"Proposing in round {number} of task {arena.task} has closed"):
        late.duties.propose(arena.task, number, must_not_train)
    assert (arena.view.phase, arena.view.proposed) == (Phase.ATTEST, 0b1)


def test_a_proposal_for_another_round_is_refused(arena: Arena) -> None:
    number = arena.open_round().number
    with pytest.raises(Refused, match=rf"is not a proposer of round {number + 1}"):
        arena.at(0).duties.propose_unprompted(number + 1)


def test_a_voter_is_no_proposer(arena: Arena) -> None:
    number = arena.open_round().number
    with pytest.raises(Refused, match="is not a proposer of round"):
        arena.voters[0].duties.propose_unprompted(number)


def test_an_app_that_trains_to_nan_promises_nothing(arena: Arena) -> None:
    number = arena.open_round().number

    def diverge(arrays: Mapping[str, np.ndarray], _: object) -> TrainResult:
        return TrainResult({"w": arrays["w"] + np.float32(np.nan)}, EXAMPLES)

    with pytest.raises(Refused, match="NaN or infinity"):
        arena.at(0).duties.propose(arena.task, number, diverge)
    assert arena.view.proposed == 0
