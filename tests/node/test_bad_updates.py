"""What a proposer may offer instead of an update: it is not attested, it is struck, and nobody else is harmed."""

import numpy as np
import pytest
from structlog.testing import capture_logs

from flock.alliance.models import PublicationRow
from flock.errors import Refused
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import proposal_commitment
from flock.training.arrays import Update, encode_update
from tests.node.arena import MAX_BYTES, PHASE_SECONDS, PROPOSERS, VOTERS, Arena

BAD = 1
HONEST = (0, 2)
HONEST_BITMAP = 0b101


def update(arena: Arena, array: np.ndarray, base: bytes | None = None) -> bytes:
    return encode_update(Update({"w": array}, base or arena.view.model, 10))


def with_nan(arena: Arena) -> bytes:
    good = update(arena, np.ones((2, 3), np.float32))
    return good[:-4] + np.float32(np.nan).tobytes()


def with_another_shape(arena: Arena) -> bytes:
    return update(arena, np.ones((3, 2), np.float32))


def with_ten_times_the_arrays(arena: Arena) -> bytes:
    return update(arena, np.ones((20, 3), np.float32))


def with_ten_times_the_bytes(arena: Arena) -> bytes:
    return update(arena, np.ones((2, 3), np.float32)) * 10


def of_another_model(arena: Arena) -> bytes:
    return update(arena, np.ones((2, 3), np.float32), base=digest_of(b"another model"))


def that_is_a_program(arena: Arena) -> bytes:
    return b"cos\nsystem\n(S'true'\ntR."  # a pickle, to those who load pickles


OFFERS = [
    with_nan,
    with_another_shape,
    with_ten_times_the_arrays,
    with_ten_times_the_bytes,
    of_another_model,
    that_is_a_program,
]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.__name__)
def test_an_update_that_is_none_is_not_attested_and_strikes_its_proposer_alone(arena: Arena, offer) -> None:
    arena.open_round()
    data = offer(arena)
    arena.propose(HONEST)
    arena.promise(BAD, data)
    arena.publish(HONEST)
    arena.show(BAD, data)

    attested = arena.attest()

    assert set(attested.values()) == {HONEST_BITMAP}
    arena.vote()
    finished = arena.finish()
    assert finished.outcome is Outcome.ACCEPTED
    assert finished.struck == 1 << BAD


def test_why_an_update_is_refused_is_in_the_voters_log(arena: Arena) -> None:
    arena.open_round()
    data = with_nan(arena)
    arena.propose(HONEST)
    arena.promise(BAD, data)
    arena.publish(HONEST)
    arena.show(BAD, data)

    with capture_logs() as lines:
        arena.attest()

    reasons = [line["reason"] for line in lines if line["event"] == "proposal_refused"]
    assert len(reasons) == VOTERS
    assert all("holds NaN or infinity" in reason for reason in reasons)


def test_bytes_beyond_what_a_node_takes_are_not_even_served(arena: Arena) -> None:
    """The service refuses them by their announced size, so voters have nothing to fetch."""
    arena.open_round()
    data = bytes(MAX_BYTES + 1)
    arena.propose(HONEST)
    arena.promise(BAD, data)

    with pytest.raises(Refused, match="this service takes"):
        arena.show(BAD, data)


def test_other_bytes_than_promised_cannot_be_published(arena: Arena) -> None:
    arena.open_round()
    arena.promise(BAD, update(arena, np.ones((2, 3), np.float32)))

    with pytest.raises(Refused, match="did not commit to"):
        arena.show(BAD, update(arena, np.zeros((2, 3), np.float32)))


def test_a_service_that_shows_other_bytes_than_promised_is_not_believed(arena: Arena) -> None:
    """Voters compare with the commitment on chain, wait for the right bytes, then attest without them."""
    arena.open_round()
    arena.propose(HONEST)
    arena.promise(BAD, update(arena, np.ones((2, 3), np.float32)))
    arena.publish(HONEST)
    lie_in_the_service(arena, update(arena, np.full((2, 3), 9, np.float32)))

    assert arena.attest() == {}
    arena.pass_time(PHASE_SECONDS * 7 // 10)
    assert set(arena.attest().values()) == {HONEST_BITMAP}
    arena.vote()
    assert arena.finish().struck == 1 << BAD


def lie_in_the_service(arena: Arena, data: bytes) -> None:
    """Write a publication that the service would have refused into its database."""
    member, view = arena.at(BAD), arena.view
    member.context.shared.put(data)
    forged = proposal_commitment(arena.domain, arena.task, view.number, member.account, digest_of(data))
    with arena.rows.writing() as session:
        cid = cid_of(digest_of(data))
        session.add(PublicationRow(commitment=forged, task=arena.task, round=view.number, seat=BAD, cid=cid))


def test_a_proposer_that_shows_nothing_is_waited_for_and_then_struck(arena: Arena) -> None:
    arena.open_round()
    arena.propose(range(PROPOSERS))
    arena.publish(HONEST)

    assert arena.attest() == {}
    arena.pass_time(PHASE_SECONDS * 7 // 10)
    assert set(arena.attest().values()) == {HONEST_BITMAP}
    arena.vote()
    assert arena.finish().struck == 1 << BAD


def test_without_any_update_in_order_voters_still_agree_and_nobody_honest_is_struck(arena: Arena) -> None:
    arena.open_round()
    for seat in range(PROPOSERS):
        data = encode_update(Update({"w": np.full((2, 9), seat, np.float32)}, arena.view.model, 10))
        arena.promise(seat, data)
        arena.show(seat, data)

    assert set(arena.attest().values()) == {0}
    arena.vote()
    finished = arena.finish()
    assert finished.outcome is not Outcome.ACCEPTED
    assert finished.struck >> PROPOSERS == 0


def test_a_round_of_honest_members_is_accepted_and_strikes_nobody(arena: Arena) -> None:
    before = arena.open_round().model
    arena.propose(range(PROPOSERS))
    arena.publish(range(PROPOSERS))
    assert set(arena.attest().values()) == {0b111}
    assert arena.view.phase is Phase.COMMIT
    assert [arena.view.voter(PROPOSERS + index) for index in range(VOTERS)] == [Voter.ATTESTED] * VOTERS
    arena.vote()
    finished = arena.finish()
    assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0)
    assert finished.candidate != before
