"""The demo of the Arena from beginning to end: who takes part, what they do, what it brings them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flock.devnet.arena.accounts import arena_report, settlement_report
from flock.devnet.arena.casting import (
    add_trainer,
    add_trainer_program,
    add_validator,
    add_validator_program,
)
from flock.devnet.arena.creating import create
from flock.devnet.arena.members import HONEST
from flock.devnet.arena.picture import draw
from flock.devnet.arena.report import DemoReport
from flock.devnet.arena.terms import VALIDATORS
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.arena.scoring.scorer import Scorer, Scores
    from flock.devnet.arena.competition import Competition
    from flock.devnet.arena.network import ArenaNetwork
    from flock.devnet.arena.tasks import DemoArena

PROGRAMS = 2
"""Validators that are processes of their own; the other honest ones are the same steps in the demo's process."""
HONEST_VALIDATORS = VALIDATORS - 3
BASELINE_SHARE = 4
"""The baseline has a quarter of the training of the weakest trainer."""
TURNS = 2
STOLEN, PERTURBED = 4, 5
"""Places, from 0, of the trainers whose artifacts got out."""

SEALED = f"{HONEST}, sealed"
NOT_LOOKING, COPYING, GONE = "does not look", "copies medians", "disappears"
STEALING, PERTURBING, GARBAGE = "another's digest", "perturbed copy", "garbage"

Say = Callable[[str], None]


def play(network: ArenaNetwork, arenas: Sequence[DemoArena], say: Say) -> DemoReport:
    """Run the competitions one after the other, settle, and write report and picture into the network's folder."""
    say("Starting a chain and deploying the contracts")
    network.start_chain()
    say("Starting the service")
    network.start_service()
    games = [_compete(network, arena, say) for arena in arenas]
    say("Settling: post the root, verify it, let its window pass, claim")
    settlement, settled = settlement_report(network, games)
    report = DemoReport([arena_report(game, settled) for game in games], settlement)
    report.write(network.folder / "report.json")
    draw(report, network.folder / "arena.png")
    return report


def _compete(network: ArenaNetwork, arena: DemoArena, say: Say) -> Competition:
    from flock.arena.scoring.run import Run
    from flock.arena.scoring.scorer import Scorer

    with Scorer(arena.scoring, Run(device="cpu")) as scorer:
        say(f"{arena.title}: training a baseline, creating the task")
        baseline = arena.trained(arena.steps[0] // BASELINE_SHARE, seed=len(arena.steps))
        game = create(network, arena, baseline, _score(scorer, arena, baseline))
        say(f"{arena.title}: {VALIDATORS} validators and {len(arena.steps) + 4} trainers enrol")
        _add_validators(game, scorer)
        _add_trainers(game)
        game.begin()
        for turn in range(TURNS):
            say(f"{arena.title}: day {turn + 1}, submissions are scored on set A")
            game.play_day(turn)
        say(f"{arena.title}: the close, sealed submissions, and the finals on set B")
        game.close()
        game.pay_out()
    return game


def _add_validators(game: Competition, scorer: Scorer) -> None:
    for place in range(HONEST_VALIDATORS):
        name = f"validator-{place + 1}"
        if place < PROGRAMS:
            add_validator_program(game, name)
        else:
            add_validator(game, name, HONEST, scorer)
    for place, (kind, score) in enumerate(_cheating_validators(game, scorer), HONEST_VALIDATORS):
        add_validator(game, f"validator-{place + 1}", kind, score, is_present=kind != GONE)


def _cheating_validators(game: Competition, scorer: Scorer) -> Sequence[tuple[str, Scores]]:
    from flock.devnet.arena.cheats import Guess

    baseline, examples = game.creator.parameters.baseline, len(game.arena.sets.hidden_a)
    return (
        (NOT_LOOKING, Guess(lambda: baseline // 2, examples)),
        (COPYING, Guess(game.last_median, examples)),
        (GONE, scorer),
    )


def _add_trainers(game: Competition) -> None:
    """Six of growing skill, who submit what they have on either day, one who seals, and three who cheat."""
    from flock.devnet.arena.cheats import garbage, perturbed

    arena = game.arena
    early = [arena.trained(steps // 2, seed) for seed, steps in enumerate(arena.steps)]
    late = [arena.trained(steps, seed) for seed, steps in enumerate(arena.steps)]
    sealed = arena.trained(arena.steps[STOLEN], seed=len(arena.steps) + 1)
    add_trainer_program(game, "trainer-1", {0: early[0], 1: late[0]})
    for place in range(1, len(late)):
        add_trainer(game, f"trainer-{place + 1}", HONEST, {0: early[place], 1: late[place]})
    add_trainer(game, "trainer-7", SEALED, {1: sealed}, is_sealed=True)
    add_trainer(game, "trainer-8", STEALING, {1: late[STOLEN]})
    add_trainer(game, "trainer-9", PERTURBING, {1: perturbed(late[PERTURBED])})
    add_trainer(game, "trainer-10", GARBAGE, {0: garbage(late[0])})
    peers = {STEALING: STOLEN, PERTURBING: PERTURBED, GARBAGE: 0}
    game.peers = {kind: game.trainers[place].name for kind, place in peers.items()}


def _score(scorer: Scorer, arena: DemoArena, artifact: bytes) -> int:
    """On set A, in millionths."""
    from flock.arena.scoring.results import Scored
    from flock.arena.scoring.scorer import Job
    from flock.protocol.core.cid import digest_of

    examples = arena.sets.hidden_a.encoded()
    found = scorer.score(Job(artifact, examples, digest_of(examples)))
    if not isinstance(found, Scored):
        raise Refused(f"The baseline of {arena.title} cannot be scored: {found.reason}")
    return found.score
