"""An Arena with its trainers and validators in this process, on a real chain; the test says which step runs when."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.actor import Actor, CollectFromArena, EnrolInArena
from flock.arena.client import ArenaClient
from flock.arena.flock_api.extension import FlockApiTerms
from flock.arena.keeper.step import KeepArena
from flock.arena.product import ArenaProduct
from flock.arena.scoring.cache import BlobCache
from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import Scorer
from flock.arena.sealing import new_key, sealed
from flock.arena.task_document import TaskDocument
from flock.arena.trainer.memory import TrainerMemory
from flock.arena.trainer.submitting import DiscloseAll, Submitting
from flock.arena.validator.duties import Commit, Reveal, Score, Validating
from flock.arena.validator.examiner import Examiner
from flock.arena.validator.memory import ValidatorMemory
from flock.arena.validator.moment import Watch
from flock.chain.contracts.arena_board import SubmissionView
from flock.chain.contracts.arena_panels import ValidatorView, WindowView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.arena.commitments import key_hash
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.arena.stages import Role, WindowPhase
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.units import WAD, Gm, Wei
from flock.service.app import Operation, build
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.store.http_blobs import HttpBlobs
from flock.store.key_value import KeyValueStore
from flock.store.signed_service import Identity
from flock.store.uploads import Uploader
from flock.training.arrays import encode
from flock.web.app import Exposure
from flock.web.serve import listen
from flock.web.uploads import Limits
from tests.arena.conftest import MLP, table_of, task_of
from tests.conftest import SenderOf, fresh_database
from tests.web.conftest import serve_in_thread, url_of

STAKE = 100 * WAD
SEATS = 3
PHASE_SECONDS = 600
DAY = 86_400
MAX_BYTES = 1 << 20
BOUNTY = 2_000 * WAD
SET_A, SET_B = table_of(60, seed=1).encoded(), table_of(90, seed=2).encoded()
KEY_B = new_key()
CIPHER_B = sealed(SET_B, KEY_B)
SCORING = task_of("tabular", MLP, "loss")


def weights(seed: int, noise: float = 0.0) -> bytes:
    """A submission that has learnt nothing; ``noise`` perturbs the one of the same seed."""
    rng, other = np.random.default_rng(seed), np.random.default_rng(99)
    shapes = {
        "layers.0.weight": (16, 12),
        "layers.0.bias": (16,),
        "layers.1.weight": (4, 16),
        "layers.1.bias": (4,),
    }
    arrays = {
        name: (rng.standard_normal(shape) / 4 + noise * other.standard_normal(shape)).astype(np.float32)
        for name, shape in shapes.items()
    }
    return encode(arrays, {})


@dataclass
class ValidatorAt:
    """A validator without its loop."""

    validating: Validating
    score: Score
    commit: Commit
    reveal: Reveal
    enrol: EnrolInArena

    @property
    def account(self) -> str:
        return self.validating.actor.account

    def look(self) -> None:
        self.validating.watch.refresh()

    def work(self) -> None:
        """Score all it can, then commit."""
        self.look()
        while self.score():
            pass
        self.commit()

    @property
    def memory(self) -> ValidatorMemory:
        return self.validating.memory


@dataclass
class Field:
    """One Arena with a panel of three."""

    contracts: Contracts
    database: Database
    sender_of: SenderOf
    rich: Callable[[], LocalAccount]
    keeper: Sender
    folder: Path
    scorer: Scorer
    task: int
    parameters: ArenaParameters
    document: TaskDocument
    service: str
    clients: ExitStack
    validators: list[ValidatorAt] = field(default_factory=list)

    # ---- who is there

    def actor(self, key: LocalAccount) -> Actor:
        identity = Identity(key.address, key, self.contracts.deployment_domain)
        client = self.clients.enter_context(ArenaClient(self.service, identity))
        return Actor(self.contracts, self.sender_of(key), key.address, self.task, self.parameters, client)

    def validator(self, key: LocalAccount) -> ValidatorAt:
        """A validator's program, started anew: all it remembers is on disk."""
        actor = self.actor(key)
        memory = ValidatorMemory(KeyValueStore(self.database, f"validator-{key.address}"), self.task)
        cache = BlobCache(self.folder / "cache", 64 * MAX_BYTES)
        examiner = Examiner(actor, self.document, self.scorer, DiskBlobs(self.folder / key.address), cache)
        validating = Validating(actor, Watch(actor, 0), memory, examiner)
        enrol = EnrolInArena(actor, Role.VALIDATOR, STAKE, 30, [])
        return ValidatorAt(validating, Score(validating), Commit(validating), Reveal(validating), enrol)

    def add_validators(self, count: int) -> Sequence[LocalAccount]:
        keys = [self.rich() for _ in range(count)]
        for key in keys:
            validator = self.validator(key)
            assert validator.enrol()
            self.validators.append(validator)
        return keys

    def trainer(self) -> Submitting:
        key = self.rich()
        actor = self.actor(key)
        assert EnrolInArena(actor, Role.TRAINER, STAKE, 30, [])()
        memory = TrainerMemory(KeyValueStore(self.database, f"trainer-{key.address}"), self.task)
        return Submitting(actor, memory, DiskBlobs(self.folder / f"trainer-{key.address}"))

    def submit(self, artifact: bytes, *, is_sealed: bool = False) -> tuple[Submitting, int]:
        """A new trainer's submission of ``artifact``, handed over unless it is sealed."""
        trainer = self.trainer()
        pledge = trainer.submit(artifact, is_sealed=is_sealed)
        if not is_sealed:
            trainer.hand_over(pledge)
        return trainer, pledge.submission

    def disclose(self, trainers: Sequence[Submitting]) -> None:
        for trainer in trainers:
            while DiscloseAll(trainer)():
                pass

    def collect(self, actor: Actor) -> bool:
        return CollectFromArena(actor, 0).collect()

    # ---- what the chain shows

    @property
    def window(self) -> WindowView:
        panels = self.contracts.arena_panels
        return panels.window_of(self.task, panels.progress_of(self.task).window)

    def submission(self, number: int) -> SubmissionView:
        return self.contracts.arena_board.submission_of(self.task, number)

    def standing(self, validator: ValidatorAt) -> ValidatorView:
        return self.contracts.arena_panels.validator_of(self.task, validator.account)

    def settled(self, account: str) -> Sequence[Any]:
        events = self.contracts.arena_panels.events(
            "Settled", self.contracts.book.deployed_block, "latest", self.task, None, account
        )
        return [event.arguments for event in events]

    # ---- time, and who pushes it

    def mine(self, blocks: int = 1) -> None:
        self.contracts.client.rpc.request("anvil_mine", hex(blocks))

    def pass_until(self, moment: int) -> None:
        """Let the chain's time be ``moment`` at least."""
        ahead = moment - self.contracts.client.now()
        if ahead > 0:
            self.contracts.client.rpc.request("evm_increaseTime", ahead)
        self.mine()

    def keep(self) -> bool:
        """Whatever a keeper can do now; whether it did anything."""
        has_acted = False
        while KeepArena(self.contracts, self.keeper, self.task, self.parameters, idle_seconds=0).push():
            has_acted = True
        return has_acted

    def push_to(self, phase: WindowPhase) -> None:
        """Let keepers push, and time pass, until the last window is in ``phase``."""
        while self.window.phase is not phase or not self._is_ready(phase):
            if not self.keep():
                self._pass_to_the_next()
        self.catch_up()
        for validator in self.validators:
            validator.look()

    def catch_up(self) -> None:
        """Wait until the service knows what is on the chain."""
        with ArenaClient(self.service) as client:
            client.wait_for(self.contracts.client.block_number())

    def _is_ready(self, phase: WindowPhase) -> bool:
        return phase is not WindowPhase.REST or self.contracts.arena_panels.is_idle(self.task)

    def _pass_to_the_next(self) -> None:
        window = self.window
        ends = {
            WindowPhase.COMMIT: window.commit_ends_at,
            WindowPhase.REPLACE: window.replace_ends_at,
            WindowPhase.REVEAL: window.reveal_ends_at,
            WindowPhase.REST: window.reveal_ends_at + self.parameters.rest_seconds,
        }
        if window.phase in ends:
            self.pass_until(ends[window.phase])
        else:
            self.mine(3)


def terms(now: int, **others: Any) -> ArenaParameters:
    """A panel of three out of three validators or more; phases of ten minutes."""
    return replace(
        ArenaParameters(
            starts_at=now,
            start_by=now + 10 * DAY,
            ends_at=now + 20 * DAY,
            minimum_stake=Gm(STAKE),
            set_a=digest_of(SET_A),
            set_b=digest_of(SET_B),
            cipher_b=digest_of(CIPHER_B),
            key_hash_b=key_hash(KEY_B),
            baseline=50_000_000,
            tolerance=1_000,
            panel_seats=SEATS,
            finalists=3,
            minimum_validators=SEATS,
            max_validators=20,
            window_seconds=PHASE_SECONDS,
            commit_seconds=PHASE_SECONDS,
            replace_seconds=PHASE_SECONDS,
            reveal_seconds=PHASE_SECONDS,
            rest_seconds=PHASE_SECONDS,
            quota_a_day=5,
            keeper_fee=Wei(WAD),
        ),
        **others,
    )


@contextmanager
def open_field(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    rich: Callable[[], LocalAccount],
    admin: LocalAccount,
    folder: Path,
    scorer: Scorer,
    door: Callable[[str], FlockApiTerms] | None = None,
    **others: Any,
) -> Iterator[Field]:
    """A funded Arena that nobody has enrolled in, and its service with metadata, baseline and sets.

    ``door`` says how the service, at its URL, serves FLock.io's clients.
    """
    contracts.client.rpc.request("anvil_mine", "0x1")  # time passed in other tests shows in a new block
    parameters, creator = terms(contracts.client.now(), **others), sender_of(admin)
    baseline = weights(1_000)
    document = TaskDocument(SCORING, baseline=digest_of(baseline))
    metadata = json.dumps(
        {
            "kind": SCORING.kind,
            "metric": SCORING.metric,
            "model": SCORING.model,
            "limits": SCORING.bounds.model_dump(),
            "baseline": cid_of(digest_of(baseline)),
        }
    ).encode()
    arguments = contracts.arena_board.creation_arguments(parameters, digest_of(metadata), BOUNTY)
    task = contracts.task_manager.create_by(creator, contracts.token, arguments, BOUNTY)
    rows = fresh_database(folder / "rows.db")
    limits = Limits(blob=MAX_BYTES, spare=0)
    listener = listen("127.0.0.1", 0)
    door_terms = door(url_of(listener)) if door else None
    product = ArenaProduct(contracts, rows, folder / "private", limits, flock_api=door_terms)
    operation = Operation(limits, exposure=Exposure(url_of(listener)))
    served = build([product], contracts, rows, folder / "blobs", operation)
    with serve_in_thread(served.app, listener) as url, ExitStack() as clients:
        arena = Field(
            contracts,
            database,
            sender_of,
            rich,
            creator,
            folder,
            scorer,
            task,
            parameters,
            document,
            url,
            clients,
        )
        founder, now = arena.actor(admin), contracts.client.now()
        arena.catch_up()
        uploader = Uploader(
            contracts.deployment_domain, task, admin.address, admin, clock=contracts.client.now
        )
        with HttpBlobs(url, uploader) as blobs:
            blobs.put(metadata)
            blobs.put(baseline)
        founder.service.put_set(task, "a", SET_A, now)
        founder.service.put_set(task, "b", CIPHER_B, now)
        yield arena
    rows.close()


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    """One process scores for all: how each computes is not what these tests are about."""
    with Scorer(SCORING, Run(device="cpu")) as shared:
        yield shared


@pytest.fixture
def bare_arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    rich: Callable[[], LocalAccount],
    admin: LocalAccount,
    tmp_path: Path,
    scorer: Scorer,
    request: pytest.FixtureRequest,
) -> Iterator[Field]:
    """An Arena that nobody has enrolled in, and its service; a parameter changes its terms."""
    others = getattr(request, "param", {})
    with open_field(contracts, database, sender_of, rich, admin, tmp_path, scorer, **others) as opened:
        yield opened
