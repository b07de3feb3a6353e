"""The terms of a demo's competition: those of a month, shrunk to days and minutes that the demo lets run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.protocol.arena.params import ArenaParameters
from flock.protocol.core.units import DAY, WAD, Gm, Wei

if TYPE_CHECKING:
    from flock.devnet.arena.tasks import DemoArena

VALIDATORS = 7
PANEL_SEATS = 7
"""All validators sit on all panels, so that four honest ones of seven are always the majority of a panel."""
DAYS = 4
FINALISTS = 10
PHASE_SECONDS = 600
REPLACE_SECONDS = 20
"""Nobody can stand in where all sit already; programs look at a task as often as its shortest phase makes them."""
MINIMUM_STAKE = 100 * WAD
STAKE = 200 * WAD
BOUNTY = 2_400 * WAD
EVALUATION_FEE = 10 * WAD
KEEPER_FEE = WAD // 10
CREATOR_BOND = 1_000 * WAD


def terms_of(arena: DemoArena, now: int, baseline: int, cipher_b: bytes, key_b: bytes) -> ArenaParameters:
    """The terms at time ``now``; ``baseline`` is a score in millionths, ``cipher_b`` set B encrypted by ``key_b``."""
    from flock.protocol.arena.commitments import key_hash
    from flock.protocol.core.cid import digest_of

    return ArenaParameters(
        starts_at=now,
        start_by=now + DAY,
        ends_at=now + DAYS * DAY,
        minimum_stake=Gm(MINIMUM_STAKE),
        set_a=digest_of(arena.sets.hidden_a.encoded()),
        set_b=digest_of(arena.sets.hidden_b.encoded()),
        cipher_b=digest_of(cipher_b),
        key_hash_b=key_hash(key_b),
        baseline=baseline,
        tolerance=arena.tolerance,
        panel_seats=PANEL_SEATS,
        finalists=FINALISTS,
        minimum_validators=VALIDATORS,
        max_validators=VALIDATORS,
        window_seconds=PHASE_SECONDS,
        commit_seconds=PHASE_SECONDS,
        replace_seconds=REPLACE_SECONDS,
        reveal_seconds=PHASE_SECONDS,
        rest_seconds=PHASE_SECONDS,
        evaluation_fee=Wei(EVALUATION_FEE),
        keeper_fee=Wei(KEEPER_FEE),
        creator_bond=Wei(CREATOR_BOND),
    )
