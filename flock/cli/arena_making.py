"""What ``flock arena create``, ``calibrate`` and ``open-key`` do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import tokens, wei_of
from flock.errors import BadConfig, FlockError, Refused
from flock.programs.signing import acting
from flock.protocol.core.units import Wei

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.arena.offers import ArenaOffer, ArenaWishes
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import CreatorSettings
    from flock.store.database import Database

MILLION = 1_000_000
OF_FILES = ("set_a", "set_b", "cipher_b", "key_hash_b", "allow_list_root", "higher_is_better")
"""Terms that follow from the files, not from what is written in the terms."""


@dataclass(frozen=True)
class ArenaFiles:
    """The files that a creator brings."""

    metadata: Path
    set_a: Path
    set_b: Path | None
    terms: Path


@dataclass(frozen=True)
class SecondSet:
    """Set B, its ciphertext, and the key between the two."""

    plain: bytes
    cipher: bytes
    key: bytes


@dataclass(frozen=True)
class Prepared:
    """All that makes an Arena; the same files and bounty have the same ``recipe``, whenever that is."""

    offer: ArenaOffer
    set_a: bytes
    second: SecondSet | None
    recipe: str


def create_arena(
    settings: CreatorSettings, files: ArenaFiles, bounty: str, *, dry_run: bool, as_json: bool
) -> None:
    """Make the Arena of these files and bounty once, and upload what the service lacks."""
    from flock.chain.keys import KeyStore
    from flock.economy.operations.requirements import require_flock
    from flock.programs.wiring import contracts_of
    from flock.terminal import tell

    contracts = contracts_of(settings)
    prepared = _prepared(settings, contracts, files, Wei(wei_of(bounty, "--bounty")))
    offer = prepared.offer
    creator = KeyStore(settings.keys).address_of(settings.key)
    costs = offer.bounty + offer.parameters.creator_bond + contracts.task_manager.creation_fee()
    if dry_run:
        require_flock(contracts, creator, costs)
        tell("Everything holds; nothing was sent.", as_json=as_json, task=None, costs=str(costs))
        return
    with acting(settings, contracts) as (key, sender, database):
        task = _made_on_chain(contracts, sender, database, prepared, costs)
        if offer.parameters.creator_bond and not contracts.arena_board.arena_view(task).bonded:
            contracts.arena_board.bond(sender, contracts.token, task, offer.parameters.creator_bond)
        _upload(settings, contracts, task, key, prepared)
    tell(
        f"Arena {task} is made with a bounty of {tokens(offer.bounty)} FLOCK; its sets are in the service. It begins "
        f"once {offer.parameters.minimum_validators} validators have enrolled. Keep {settings.home}: the key of set "
        "B is there.",
        as_json=as_json,
        task=task,
        bounty=str(offer.bounty),
    )


def open_set_b(settings: CreatorSettings, task: int, *, as_json: bool) -> None:
    from flock.arena.terms import parameters_of
    from flock.programs.wiring import contracts_of
    from flock.protocol.arena.stages import Stage
    from flock.terminal import tell

    contracts = contracts_of(settings)
    terms = parameters_of(contracts, task)
    if not terms.has_set_b:
        raise Refused(f"Task {task} has no set B: its ranking on set A is final.")
    key = _key_in(_key_file(settings, terms.set_b))
    stage = contracts.arena_board.arena_view(task).stage
    if stage is not Stage.FINALS:
        raise Refused(
            f"Task {task} is {stage.name.lower()}: its key is opened in the finals, and whoever shows it before "
            "that costs you the bond."
        )
    with acting(settings, contracts) as (_, sender, _):
        contracts.arena_board.open_key(sender, task, key)
    tell(f"Set B of task {task} is open; finalists are scored on it now.", as_json=as_json, task=task)


def calibrate_task(metadata: Path, artifact: Path, set_a: Path, repeats: int, *, as_json: bool) -> None:
    from flock.arena.scoring.artifact import read_file
    from flock.arena.scoring.calibration import VARIANTS, calibrate
    from flock.arena.scoring.scorer import Job
    from flock.arena.task_document import parse_document
    from flock.protocol.core.cid import digest_of
    from flock.tasks.documents import read_metadata
    from flock.terminal import print_fields, print_json

    scoring = parse_document(read_metadata(metadata.read_bytes())).scoring
    examples = set_a.read_bytes()
    job = Job(read_file(artifact, scoring.bounds), examples, digest_of(examples))
    with typer.progressbar(VARIANTS, label="Scoring", file=sys.stderr) as runs:
        found = calibrate(scoring, job, runs, repeats)
    if as_json:
        print_json(
            {
                "sigma": found.sigma,
                "tolerance": found.tolerance,
                "loss_sigma": found.loss_sigma,
                "loss_tolerance": found.loss_tolerance,
                "scores": [{**vars(run), "scores": list(scores)} for run, scores in found.scores.items()],
            }
        )
        return
    print_fields(
        "Honest scores of one submission",
        {
            "standard deviation": f"{found.sigma / MILLION:.6f}",
            "least tolerance": f"{found.tolerance / MILLION:.6f}; write tolerance = {found.tolerance} into the terms",
            "of an example's loss": f"{found.loss_sigma / MILLION:.6f}; its least tolerance {found.loss_tolerance}",
        },
    )


def read_wishes(files: ArenaFiles, now: int, of_files: Mapping[str, Any], bounty: Wei) -> ArenaWishes:
    """What the terms file asks for, beside the terms that follow from other files. Raises BadConfig."""
    from flock.arena.offers import ArenaWishes
    from flock.cli.task_terms import ALLOW_LIST, ROOT, listed_addresses, term_value, terms_in
    from flock.protocol.arena.params import AMOUNTS, ArenaParameters
    from flock.tasks.documents import read_metadata

    said, where = terms_in(files.terms), f" in {files.terms}"
    names = [field.name for field in fields(ArenaParameters) if field.name not in OF_FILES]
    if unknown := sorted(said.keys() - {*names, ALLOW_LIST}):
        raise BadConfig(f"There are no terms {', '.join(unknown)}{where}; choose from {', '.join(names)}.")
    given = {
        name: term_value(name, value, now, where, AMOUNTS)
        for name, value in said.items()
        if name not in (ALLOW_LIST, ROOT)
    }
    listed = listed_addresses(said[ALLOW_LIST], where, files.terms) if ALLOW_LIST in said else ()
    metadata = read_metadata(files.metadata.read_bytes())
    return ArenaWishes(bounty, metadata, {**given, **of_files}, listed)


def _prepared(settings: CreatorSettings, contracts: Contracts, files: ArenaFiles, bounty: Wei) -> Prepared:
    """Raises BadConfig, and BadFields naming everything that does not hold."""
    from flock.arena.offers import offer_of
    from flock.arena.scoring.evaluator import evaluator_of
    from flock.arena.task_document import parse_document
    from flock.protocol.arena.commitments import key_hash
    from flock.protocol.core.cid import digest_of
    from flock.protocol.core.hashing import keccak_words
    from flock.tasks.documents import read_metadata

    set_a = files.set_a.read_bytes()
    scoring = parse_document(read_metadata(files.metadata.read_bytes())).scoring
    second = _second_set(settings, files.set_b.read_bytes()) if files.set_b else None
    of_files: dict[str, Any] = {
        "set_a": digest_of(set_a),
        "higher_is_better": evaluator_of(scoring).metric.higher_is_better,
    }
    if second:
        of_files |= {
            "set_b": digest_of(second.plain),
            "cipher_b": digest_of(second.cipher),
            "key_hash_b": key_hash(second.key),
        }
    offer = offer_of(read_wishes(files, contracts.client.now(), of_files, bounty), contracts.client.now())
    terms, written = offer.parameters, digest_of(files.terms.read_bytes())
    recipe = keccak_words(
        offer.digest, terms.set_a, terms.set_b, written, terms.allow_list_root, bounty
    ).hex()
    return Prepared(offer, set_a, second, recipe)


def _second_set(settings: CreatorSettings, plain: bytes) -> SecondSet:
    """Set B under its key; both are on disk before anything is sent, so that a repetition finds the same."""
    from flock.arena.sealing import new_key, sealed, unsealed
    from flock.protocol.core.cid import digest_of

    file = _key_file(settings, digest_of(plain))
    cipher_file = file.with_suffix(".cipher")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(file, new_key().hex())
    key = _key_in(file)
    if not cipher_file.exists():
        draft = cipher_file.with_suffix(".partial")
        draft.write_bytes(sealed(plain, key))
        draft.replace(cipher_file)
    cipher = cipher_file.read_bytes()
    if unsealed(cipher, key) != plain:
        raise BadConfig(f"{cipher_file} is of another set; remove it, and repeat the command.")
    return SecondSet(plain, cipher, key)


def _write_private(file: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read."""
    draft = file.with_suffix(".partial")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def _key_file(settings: CreatorSettings, set_b: bytes) -> Path:
    return settings.home / "arena-keys" / f"{set_b.hex()}.key"


def _key_in(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text().strip())
    except FileNotFoundError:
        raise BadConfig(
            f"There is no key {file}: name the home folder (FLOCK_HOME) that the task was made from."
        ) from None
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadConfig(f"{file} is no key of a set: it has to be 64 hex digits.")
    return key


def _made_on_chain(
    contracts: Contracts, sender: Sender, database: Database, prepared: Prepared, costs: int
) -> int:
    """The task's number. A second call with the same files and bounty finds the first one's task."""
    from flock.economy.operations.requirements import require_flock
    from flock.store.key_value import KeyValueStore

    manager, offer = contracts.task_manager, prepared.offer
    key = manager.key("create_arena", prepared.recipe)
    memory = KeyValueStore(database, f"creator-{contracts.client.identity}-{sender.address}")
    known = memory.read(key)
    if isinstance(known, int):
        return known
    require_flock(contracts, sender.address, costs)
    arguments = contracts.arena_board.creation_arguments(offer.parameters, offer.digest, offer.bounty)
    task = manager.create_by(sender, contracts.token, arguments, offer.bounty, key)
    memory.write(key, task)
    return task


def _upload(
    settings: CreatorSettings, contracts: Contracts, task: int, key: LocalAccount, prepared: Prepared
) -> None:
    from flock.programs.arena_wiring import arena_client
    from flock.programs.wiring import creator_blobs

    now = contracts.client.now()
    try:
        with creator_blobs(settings, contracts, task, key) as blobs:
            blobs.put(prepared.offer.metadata)
        with arena_client(settings, contracts, key.address, key) as service:
            service.wait_for(contracts.client.block_number())
            service.put_set(task, "a", prepared.set_a, now)
            if prepared.second:
                service.put_set(task, "b", prepared.second.cipher, now)
    except FlockError as problem:
        raise type(problem)(
            f"Task {task} is made, but the service does not have all its files: {problem} Repeat the command; it "
            "uploads what is missing."
        ) from problem
