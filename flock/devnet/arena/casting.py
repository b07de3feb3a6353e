"""How members come into a competition: as programs of their own, or as the same steps in the demo's process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flock.amounts import plain
from flock.devnet.arena.members import HONEST, TrainerHere, TrainerProgram, Validator
from flock.devnet.arena.terms import EVALUATION_FEE, STAKE
from flock.protocol.arena.stages import Role

if TYPE_CHECKING:
    from pathlib import Path

    from flock.arena.actor import Actor
    from flock.arena.scoring.scorer import Scores
    from flock.arena.validator.moment import Watch
    from flock.devnet.arena.competition import Competition
    from flock.store.key_value import KeyValueStore

LOCK_DAYS = 30
CACHE_BYTES = 64 << 20
"""More than both hidden sets."""
LOCKED = 3 * STAKE
"""FLOCK enough for the stake in gmFLOCK, however long it is locked."""


def add_validator_program(game: Competition, name: str) -> None:
    """Start an honest validator as a process of its own; it enrols by itself."""
    full_name, actor = _keyed(game, name)
    _start(game, "validator", full_name, tasks=[game.task], device="cpu")
    game.validators.append(Validator(name, HONEST, actor, _watch(actor), is_present=True))


def add_validator(
    game: Competition, name: str, kind: str, scorer: Scores, *, is_present: bool = True
) -> None:
    """Enrol a validator that scores by ``scorer``, or does nothing at all."""
    from flock.arena.scoring.cache import BlobCache
    from flock.arena.validator.duties import Commit, Reveal, Score, Validating
    from flock.arena.validator.examiner import Examiner
    from flock.arena.validator.memory import ValidatorMemory
    from flock.store.blobs import DiskBlobs

    full_name, actor = _keyed(game, name)
    _enrol(actor, Role.VALIDATOR)
    memory, watch = ValidatorMemory(_store(game, actor), game.task), _watch(actor)
    home = _home(game, full_name)
    cache = BlobCache(home / "cache", CACHE_BYTES)
    examiner = Examiner(actor, game.document, scorer, DiskBlobs(home / "losses"), cache)
    duties = Validating(actor, watch, memory, examiner)
    steps = (Score(duties), Commit(duties), Reveal(duties)) if is_present else ()
    game.validators.append(Validator(name, kind, actor, watch, is_present, steps))


def add_trainer_program(game: Competition, name: str, artifacts: Mapping[int, bytes]) -> None:
    """Start an honest trainer as a process of its own; it enrols by itself."""
    full_name, actor = _keyed(game, name, len(artifacts))
    path = _home(game, full_name) / "model.safetensors"
    _start(game, "trainer", full_name, task=game.task, artifact=str(path))
    game.trainers.append(TrainerProgram(name, HONEST, actor, artifacts, path))


def add_trainer(
    game: Competition, name: str, kind: str, artifacts: Mapping[int, bytes], *, is_sealed: bool = False
) -> None:
    """Enrol a trainer."""
    from flock.arena.trainer.memory import TrainerMemory
    from flock.arena.trainer.submitting import DiscloseAll, Submitting
    from flock.store.blobs import DiskBlobs

    full_name, actor = _keyed(game, name, len(artifacts))
    _enrol(actor, Role.TRAINER)
    memory = TrainerMemory(_store(game, actor), game.task)
    submitting = Submitting(actor, memory, DiskBlobs(_home(game, full_name)))
    game.trainers.append(
        TrainerHere(name, kind, actor, artifacts, submitting, DiscloseAll(submitting), is_sealed)
    )


def _keyed(game: Competition, name: str, submissions: int = 0) -> tuple[str, Actor]:
    """A name of its own on the whole network, and the account with a key file, and money to stake and submit."""
    full_name = f"{game.arena.name}-{name}"
    network = game.network
    key = network.keys.new(full_name)
    network.devnet.fund(key.address, flock=LOCKED + submissions * EVALUATION_FEE)
    return full_name, network.actor(key, game.task, game.creator.parameters)


def _start(game: Competition, role: str, name: str, **settings: object) -> None:
    staking = {"stake": plain(STAKE), "lock_days": LOCK_DAYS}
    game.network.start_program(role, name, **staking, **settings)
    game.programs.append(name)


def _enrol(actor: Actor, role: Role) -> None:
    from flock.arena.actor import EnrolInArena

    EnrolInArena(actor, role, STAKE, LOCK_DAYS, [])()


def _watch(actor: Actor) -> Watch:
    from flock.arena.validator.moment import Watch

    return Watch(actor, 0)


def _store(game: Competition, actor: Actor) -> KeyValueStore:
    from flock.store.key_value import KeyValueStore

    return KeyValueStore(game.network.database, f"{game.task}-{actor.account}")


def _home(game: Competition, name: str) -> Path:
    return game.network.folder / name
