"""The operator key at work: it submits, commits, reveals and discloses for wallets, as a node of theirs would."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from flock.arena.actor import Actor
from flock.arena.client import ArenaClient
from flock.arena.flock_api.spending import Spending
from flock.arena.scoring.cache import BlobCache
from flock.arena.scoring.results import Result
from flock.arena.scoring.scorer import Job
from flock.arena.task_document import TaskDocument, document_of
from flock.arena.terms import parameters_of
from flock.arena.trainer.memory import Pledge, TrainerMemory
from flock.arena.trainer.submitting import DiscloseAll, Submitting, require_submittable
from flock.arena.validator.duties import Commit, Reveal, Validating
from flock.arena.validator.examiner import Examiner, code_of
from flock.arena.validator.memory import Examined, ValidatorMemory
from flock.arena.validator.moment import Watch
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import Refused
from flock.protocol.arena.scores import Reveal as ScoreOrFailure
from flock.protocol.arena.stages import Role, Stage, WindowPhase
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.store.key_value import KeyValueStore
from flock.store.signed_service import Identity
from flock.web.errors import Forbidden

CACHE_BYTES = 1 << 30
FRESH_SECONDS = 1.0


class _ScoresElsewhere:
    """The scores of these validators are reported to the door; nothing is computed here."""

    def score(self, job: Job) -> Result:
        raise Refused(
            f"Submissions are not scored at the door; {len(job.artifact)} bytes were brought to it."
        )


@dataclass(frozen=True)
class Place:
    """Where operated wallets' programs keep what they must not lose, and which service they ask."""

    contracts: Contracts
    database: Database
    folder: Path
    url: str


class Competing:
    """One wallet on one task, by the operator's ``sender``."""

    def __init__(self, place: Place, actor: Actor, spending: Spending) -> None:
        self.actor = actor
        self._place = place
        self._spending = spending
        self._seen: object = None
        self._has_disclosed = False
        self._revealed = 0

    @cached_property
    def document(self) -> TaskDocument:
        return document_of(self.actor.contracts, self.actor.service, self.actor.task)

    def require_enrolled(self, role: Role) -> None:
        """Enrol the wallet, whose stake is on the task, unless it is. Raises Forbidden, ContractRefused."""
        actor = self.actor
        member = actor.member
        if member.is_active and member.role is role:
            return
        if member.is_active:
            raise Forbidden(
                f"{actor.account} is a {member.role.name.lower()} of task {actor.task}, for good: use another wallet."
            )
        with self._spending.of(actor.account):
            actor.contracts.arena_board.enrol(actor.sender, actor.task, actor.account, role)

    # ---- a trainer

    def submit(self, artifact: bytes) -> Pledge:
        """Submit ``artifact``, once however often it is called, and hand it to the panel."""
        require_submittable(self.document.scoring, artifact)
        self.require_enrolled(Role.TRAINER)
        with self._spending.of(self.actor.account, self.actor.parameters.evaluation_fee):
            pledge = self._submitting.submit(artifact)
        return self._submitting.hand_over(pledge)

    def compete(self) -> bool:
        """Disclose at the close, as a trainer's program does; whether anything was sent."""
        submitting = self._submitting
        if self._has_disclosed or self.actor.stage is not Stage.DISCLOSING:
            return False
        with self._spending.of(self.actor.account, is_owed=True):
            done = DiscloseAll(submitting)()
        self._has_disclosed = not done
        return done

    @cached_property
    def _submitting(self) -> Submitting:
        memory = TrainerMemory(self._store("trainer"), self.actor.task)
        return Submitting(self.actor, memory, DiskBlobs(self._place.folder / "artifacts"))

    # ---- a validator

    def report(self, submission: int, digest: bytes, result: ScoreOrFailure, *, is_final: bool) -> None:
        """Remember what the wallet's client made of ``submission``, whose bytes have the SHA-256 ``digest``."""
        hidden_set = self._validating.examiner.hidden_set(is_final=is_final)
        self._validating.memory.keep_examined(submission, hidden_set, Examined(code_of(result), digest))

    def validate(self, moment: object) -> bool:
        """Commit or reveal, whichever is due; ``moment`` differs once the chain may ask for something new."""
        validating = self._validating
        if moment != self._seen:
            validating.watch.refresh()
            self._seen = moment
        if not self._commit_is_due() and not self._reveal_is_due():
            return False
        due = validating.watch.moment()
        reveals = due.phase is WindowPhase.REVEAL
        with self._spending.of(self.actor.account, is_owed=reveals):
            done = self._reveal() if reveals else self._commit()
        if reveals:
            self._revealed = due.number
        return done

    def _commit_is_due(self) -> bool:
        """Whether all is reported that is asked for, or time is up."""
        validating, moment = self._validating, self._validating.watch.moment()
        seats = validating.due_seats(moment)
        reported = [validating.result(seat.submission, is_final=moment.is_final) for seat in seats]
        return bool(seats) and any(reported) and (all(reported) or validating.time_left(moment) <= 0)

    def _reveal_is_due(self) -> bool:
        """Whether a list of this window is sealed, for its own seats or for those it stands in for, and not open."""
        validating, moment = self._validating, self._validating.watch.moment()
        if moment.phase is not WindowPhase.REVEAL or self._revealed == moment.number:
            return False
        lists = [validating.memory.sealed(moment.number, stands_in=each) for each in (False, True)]
        return any(lists)

    @cached_property
    def _validating(self) -> Validating:
        actor, folder = self.actor, self._place.folder
        # Without losses there is nothing to tell copies by: nobody is accused through the door.
        document = replace(self.document, baseline=None)
        local, cache = DiskBlobs(folder / "losses"), BlobCache(folder / "cache", CACHE_BYTES)
        examiner = Examiner(actor, document, _ScoresElsewhere(), local, cache)
        memory = ValidatorMemory(self._store("validator"), actor.task)
        return Validating(actor, Watch(actor, FRESH_SECONDS), memory, examiner)

    @cached_property
    def _commit(self) -> Commit:
        return Commit(self._validating)

    @cached_property
    def _reveal(self) -> Reveal:
        return Reveal(self._validating)

    def _store(self, what: str) -> KeyValueStore:
        identity = self.actor.contracts.client.identity
        return KeyValueStore(self._place.database, f"api-{what}-{identity}-{self.actor.account}")


class Operator:
    """The operator key of a service, and the wallets that have named it."""

    def __init__(self, place: Place, key: LocalAccount, spending: Callable[[str], Spending]) -> None:
        self.address = to_checksum_address(key.address)
        self._place = place
        self._key = key
        self._spending = spending(self.address)
        self._known: dict[tuple[str, int], Competing] = {}
        self._looking = threading.Lock()

    @cached_property
    def _sender(self) -> Sender:
        return open_sender(self._place.contracts.client, self._key, self._place.database)

    def of(self, account: str, task: int) -> Competing:
        """``account`` on ``task``. Raises UnknownTask; Forbidden unless it has named this key as its operator."""
        self.require_named_by(account)
        with self._looking:
            known = self._known.get((account, task))
            if known is None:
                known = self._known[account, task] = self._competing(account, task)
            return known

    def require_named_by(self, account: str) -> None:
        """Raises Forbidden."""
        if not self._place.contracts.staking.acts_for(account, self.address):
            raise Forbidden(
                f"{account} has not named this service's key as its operator: send "
                f"`flock stake operator {self.address}` with its key, then ask again."
            )

    def _competing(self, account: str, task: int) -> Competing:
        place = self._place
        owner = to_checksum_address(account)
        identity = Identity(owner, self._key, place.contracts.deployment_domain)
        actor = Actor(
            place.contracts,
            self._sender,
            owner,
            task,
            parameters_of(place.contracts, task),
            ArenaClient(place.url, identity),
        )
        return Competing(place, actor, self._spending)
