"""A member whose app rounds subnormal numbers to 0 votes as the others do: its node computes the aggregate."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.node.duties import MemberDuties
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.store.database import Database
from flock.training.app import AppRunner
from flock.training.app_process import AppProcess
from flock.training.arrays import decode_model
from tests.conftest import SenderOf
from tests.node.arena import MAX_BYTES, PROPOSERS, Member, fill, open_arena

SMALLEST_NORMAL = np.float32(2.0**-126)


def test_it_is_not_outvoted(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    admin: LocalAccount,
    rich: Callable[[], LocalAccount],
    tmp_path: Path,
) -> None:
    """One weight is subnormal and halves in each round, as that of a feature which nobody's data has."""
    start = np.zeros((2, 3), np.float32)
    start[0, 0] = SMALLEST_NORMAL / 4
    with (
        open_arena(contracts, database, sender_of, admin, tmp_path, {"w": start}) as arena,
        AppProcess("tests.node.flushing_app:app", 600.0) as process,
    ):
        fill(arena, rich)
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        voter = arena.at(PROPOSERS)
        context = replace(voter.context, app=AppRunner(process, name="the flushing app"))
        arena.members[voter.account] = Member(context, MemberDuties(context))

        arena.vote()
        finished = arena.finish()
        assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0)
        accepted = decode_model(context.shared.get(cid_of(finished.candidate), MAX_BYTES))
        assert accepted["w"][0, 0] == start[0, 0] / 2
