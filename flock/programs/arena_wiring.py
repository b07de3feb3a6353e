"""From settings to the objects of an Arena's programs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from flock.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from flock.arena.actor import Actor, EnrolInArena
    from flock.arena.client import ArenaClient
    from flock.arena.scoring.cache import BlobCache
    from flock.arena.trainer.submitting import Submitting
    from flock.arena.validator.duties import Validating
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import ArenaSettings, SignerSettings, TrainerSettings, ValidatorSettings
    from flock.protocol.arena.params import ArenaParameters
    from flock.protocol.arena.stages import Role
    from flock.store.database import Database


def arena_client(
    settings: SignerSettings, contracts: Contracts, account: str, key: LocalAccount
) -> ArenaClient:
    """The service, signed in by ``key`` for ``account`` where it has to. To be closed."""
    from flock.arena.client import ArenaClient
    from flock.store.signed_service import Identity

    return ArenaClient(settings.alliance, Identity(account, key, contracts.deployment_domain))


def actor_of(
    settings: ArenaSettings,
    contracts: Contracts,
    sender: Sender,
    key: LocalAccount,
    task: int,
    opened: ExitStack,
) -> Actor:
    """A member of one Arena; its connection closes with ``opened``. Raises UnknownTask for another product's."""
    from flock.arena.actor import Actor
    from flock.arena.terms import parameters_of

    account = account_of(settings, key)
    service = opened.enter_context(arena_client(settings, contracts, account, key))
    return Actor(contracts, sender, account, task, parameters_of(contracts, task), service)


def account_of(settings: ArenaSettings, key: LocalAccount) -> ChecksumAddress:
    """Who holds the stake: the owner, if one is named, else the key itself. Raises BadConfig."""
    from flock.chain.addresses import parse_address

    try:
        return parse_address(settings.owner or key.address)
    except ValueError as error:
        raise BadConfig(f"owner = {settings.owner!r} in the configuration: {error}.") from None


def enrol_step(settings: ArenaSettings, actor: Actor, role: Role) -> EnrolInArena:
    """How it becomes a member."""
    from flock.arena.actor import EnrolInArena

    proof = _proof(settings, actor.parameters, actor.task, actor.account)
    return EnrolInArena(
        actor, role, settings.stake or 0, settings.lock_days, proof, name=f"enrol-{actor.task}"
    )


def cache_of(settings: ArenaSettings) -> BlobCache:
    """What is fetched for all of a program's tasks, within the bound of the settings."""
    from flock.arena.scoring.cache import BlobCache

    return BlobCache(settings.home / "cache", settings.cache_mib << 20)


def validating_of(
    settings: ValidatorSettings, actor: Actor, database: Database, cache: BlobCache, opened: ExitStack
) -> Validating:
    """What a validator works with on one task; the evaluation's process ends with ``opened``."""
    from flock.arena.scoring.run import Run
    from flock.arena.scoring.scorer import Scorer
    from flock.arena.task_document import document_of
    from flock.arena.validator.duties import Validating
    from flock.arena.validator.examiner import Examiner
    from flock.arena.validator.memory import ValidatorMemory
    from flock.arena.validator.moment import Watch
    from flock.store.blobs import DiskBlobs
    from flock.store.key_value import KeyValueStore

    document = document_of(actor.contracts, actor.service, actor.task)
    run = Run(device=settings.device, threads=settings.threads)
    scorer = opened.enter_context(Scorer(document.scoring, run))
    memory = KeyValueStore(database, f"validator-{actor.contracts.client.identity}-{actor.account}")
    return Validating(
        actor,
        Watch(actor, settings.poll_seconds),
        ValidatorMemory(memory, actor.task),
        Examiner(actor, document, scorer, DiskBlobs(settings.home / "losses" / str(actor.task)), cache),
    )


def submitting_of(settings: TrainerSettings, actor: Actor, database: Database) -> Submitting:
    """A trainer's submissions, and what is remembered of them."""
    from flock.arena.trainer.memory import TrainerMemory
    from flock.arena.trainer.submitting import Submitting
    from flock.store.blobs import DiskBlobs
    from flock.store.key_value import KeyValueStore

    memory = KeyValueStore(database, f"trainer-{actor.contracts.client.identity}-{actor.account}")
    return Submitting(actor, TrainerMemory(memory, actor.task), DiskBlobs(settings.home / "trainer-blobs"))


def _proof(settings: ArenaSettings, terms: ArenaParameters, task: int, account: str) -> Sequence[bytes]:
    """The proof that lets ``account`` enrol; empty if anyone can. Raises BadConfig if there is none."""
    from flock.programs.allow_list import allow_list_proof_in

    return allow_list_proof_in(settings.allow_list, terms.allow_list_root, task, account)
