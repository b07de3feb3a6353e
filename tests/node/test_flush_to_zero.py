"""A member whose app rounds subnormal numbers to 0 votes as the others do: its node computes the aggregate."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from flock.node.duties import MemberDuties
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.training.app import AppRunner
from flock.training.app_process import AppProcess
from flock.training.arrays import Arrays, decode_model
from tests.node.arena import MAX_BYTES, Arena, Member
from tests.node.test_voting import voting

SMALLEST_NORMAL = np.float32(2.0**-126)
SUBNORMAL = SMALLEST_NORMAL / 4


@pytest.fixture
def first_model() -> Arrays:
    """One weight is subnormal and halves in each round, as that of a feature which nobody's data has."""
    start = np.zeros((2, 3), np.float32)
    start[0, 0] = SUBNORMAL
    return {"w": start}


@pytest.fixture
def flushing() -> Iterator[AppRunner]:
    """The members' app in a process that flushes subnormal numbers to zero."""
    with AppProcess("tests.node.flushing_app:app", 600.0) as process:
        yield AppRunner(process, name="the flushing app")


def test_it_is_not_outvoted(arena: Arena, flushing: AppRunner) -> None:
    voter = voting(arena)
    context = replace(voter.context, app=flushing)
    arena.members[voter.account] = Member(context, MemberDuties(context))
    arena.vote()
    finished = arena.finish()
    assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0)
    accepted = decode_model(context.shared.get(cid_of(finished.candidate), MAX_BYTES))
    assert accepted["w"][0, 0] == SUBNORMAL / 2
