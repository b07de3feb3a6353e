"""A task stopped just before each duty in turn, so that a member can die in it as often as it takes."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from eth_account.signers.local import LocalAccount
from sqlalchemy import delete

from flock.alliance.models import PublicationRow
from flock.chain.rpc import Rpc
from flock.node.steps.reveal_vote import RevealVote, ServeCandidate
from tests import patience
from tests.faults.duties import EFFECTS
from tests.node.arena import PROPOSERS, VOTERS, Arena, Member

ORDER = list(EFFECTS)
TESTS = Path(__file__).parents[1]
# Some other distribution may have installed a package of this name; ours is not installed.
ZYGOTE = f"""
import runpy, sys, types
tests = sys.modules["tests"] = types.ModuleType("tests")
tests.__path__ = [{str(TESTS)!r}]
runpy.run_module("tests.faults.zygote", run_name="__main__")
"""
KILLED = -9


@dataclass(frozen=True)
class Ending:
    """How a process ended, and the effects it had."""

    code: int
    effects: tuple[str, ...]


class Zygote:
    """The process that members are forked from."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, job: Mapping[str, Any]) -> Ending:
        """Run one member's process to its end."""
        print(json.dumps(job), file=_pipe(self._process.stdin), flush=True)
        answer = json.loads(_pipe(self._process.stdout).readline())
        return Ending(answer["code"], tuple(answer["effects"]))


@contextmanager
def open_zygote() -> Iterator[Zygote]:
    process = subprocess.Popen(
        [sys.executable, "-c", ZYGOTE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Zygote(process)
    finally:
        process.communicate(timeout=patience.SECONDS)


class Stages:
    """Plays one task; ``reach`` stops it just before a duty, to which every ``retry`` comes back."""

    def __init__(self, arena: Arena, zygote: Zygote, folder: Path, rich: Callable[[], LocalAccount]) -> None:
        self.arena = arena
        self._zygote = zygote
        self._folder = folder
        self._rich = rich
        self._at = -1
        self._starts = 0
        self._victim: Member | None = None
        self._snapshot: object = None
        self._blobs: set[Path] = set()
        self._undisturbed: tuple[Ending, object] | None = None

    # ---- coming to a duty and back to it

    def reach(self, duty: str) -> tuple[Ending, object]:
        """Stop before ``duty``; how it ends when nobody is killed, and what the world looks like then."""
        wanted = ORDER.index(duty)
        assert wanted >= self._at, "duties come in their order"
        if wanted > self._at:
            self._undisturbed = None
            self._play_on(wanted)
        if self._undisturbed is None:
            self._undisturbed = self.start(duty), self.seen()
        self._return()
        return self._undisturbed

    def _play_on(self, wanted: int) -> None:
        if self._snapshot is not None:
            self._return()
        while self._at < wanted:
            self._at += 1
            self._victim = getattr(self, f"_before_{ORDER[self._at]}")()
        self._snapshot = self._rpc.request("evm_snapshot")
        self._blobs = set(self._served.rglob("*"))
        self._copy_home()

    def _return(self) -> None:
        """Chain, service and the victim's home as they were before the duty."""
        assert self._rpc.request("evm_revert", self._snapshot)
        self._snapshot = self._rpc.request("evm_snapshot")
        for path in self._newly_served():
            path.unlink()
        if ORDER[self._at] == "publish":
            with self.arena.rows.writing() as session:
                session.execute(delete(PublicationRow).where(PublicationRow.seat == 0))
        self._copy_home()

    def _copy_home(self) -> None:
        """The victim's database and blobs, in a new folder."""
        self._starts += 1
        home = self.home
        home.mkdir(parents=True)
        with (
            closing(sqlite3.connect(str(self.arena.database.engine.url.database))) as source,
            closing(sqlite3.connect(home / "flock.db")) as target,
        ):
            source.backup(target)
        shutil.copytree(self.arena.folder / self.victim.account, home / self.victim.account)

    @property
    def victim(self) -> Member:
        assert self._victim is not None
        return self._victim

    @property
    def home(self) -> Path:
        return self._folder / f"home-{self._starts}"

    @property
    def _rpc(self) -> Rpc:
        return self.arena.contracts.client.rpc

    @property
    def _served(self) -> Path:
        return self.arena.folder / "blobs"

    def _newly_served(self) -> list[Path]:
        return sorted(path for path in set(self._served.rglob("*")) - self._blobs if path.is_file())

    # ---- what everybody does before a duty; its victim

    def _before_enrol(self) -> Member:
        for _ in range(PROPOSERS + VOTERS - 1):
            member = self.arena.node(self._rich())
            member.enrol()
            self.arena.members[member.account] = member
        return self.arena.node(self._rich())

    def _before_start(self) -> Member:
        self.victim.enrol()
        self.arena.members[self.victim.account] = self.victim
        return self.victim

    def _before_draw(self) -> Member:
        self.arena.push()
        self.arena.mine(3)
        return self.victim

    def _before_propose(self) -> Member:
        self.arena.push()
        self.arena.propose(range(1, PROPOSERS))
        return self.arena.at(0)

    def _before_publish(self) -> Member:
        self.arena.propose([0])
        return self.arena.at(0)

    def _before_attest(self) -> Member:
        self.arena.publish(range(PROPOSERS))
        return self.arena.at(PROPOSERS)

    def _before_commit(self) -> Member:
        self.arena.attest()
        return self.arena.at(PROPOSERS)

    def _before_reveal(self) -> Member:
        for voter in self.arena.voters:
            voter.duties.vote_unprompted(self.arena.view.number)
        self.arena.mine(2)  # the votes are opened after the block whose hash goes into the next seed
        return self.arena.at(PROPOSERS)

    def _before_serve(self) -> Member:
        for voter in self.arena.voters:
            assert RevealVote(voter.context)()
        return self.arena.at(PROPOSERS)

    def _before_finalise(self) -> Member:
        for voter in self.arena.voters:
            ServeCandidate(voter.context)()
        return self.arena.at(PROPOSERS)

    def _before_claim(self) -> Member:
        self.arena.push()
        return self.victim

    def _before_close(self) -> Member:
        self.arena.pass_time(self.arena.contracts.task_manager.parameters_of(self.arena.task).ends_at)
        return self.victim

    def _before_leave(self) -> Member:
        self.arena.push()
        return self.victim

    # ---- what the victim's process does, and what comes of it

    def start(self, duty: str, deadly: int | None = None) -> Ending:
        """Start the victim's process: it dies before effect number ``deadly``, or does its duty and ends."""
        return self._zygote.start(
            {
                "rpc": self._rpc.url,
                "service": self.arena.service,
                "book": str(self._folder / "book.json"),
                "home": str(self.home),
                "log": str(self.home / "log"),
                "task": self.arena.task,
                "key": self.victim.context.wallet.operator.key.hex(),
                "duty": duty,
                "deadly": deadly,
            }
        )

    def log(self) -> str:
        """What the victim's process had to say."""
        path = self.home / "log"
        return path.read_text() if path.exists() else ""

    def seen(self) -> Mapping[str, object]:
        """Chain, service and the victim's memory, without what depends on the number of blocks."""
        view, task = self.arena.view, self.arena.task
        rounds, client = self.arena.contracts.alliance_rounds, self.arena.contracts.client
        token, staking = self.arena.contracts.token, self.arena.contracts.staking
        first = view.drawn_block or 0
        accounts = sorted({*self.arena.members, self.victim.account})
        return {
            "round": (view.number, view.phase, view.decided, view.pool, view.model, view.eligible),
            "done": (view.proposed, view.voter_states, view.tallies, sorted(view.seats)),
            "proposals": rounds.proposals(task, view.number, first),
            "attestations": rounds.attestations(task, view.number, first),
            "revealed": rounds.revealed_votes(task, view.number, first),
            "rounds": [replace(each, block=0, transaction="") for each in self.arena.rounds],
            "members": [rounds.member_of(task, account) for account in accounts],
            "positions": [staking.position_of(account).flock for account in accounts],
            "balances": [token.balance_of(account) for account in accounts],
            "nonce": client.rpc.request("eth_getTransactionCount", self.victim.account, "latest"),
            "served": [path.name for path in self._newly_served()],
            "published": self.victim.context.service.published(task, max(1, view.number)),
            "remembered": self._remembered(),
        }

    def _remembered(self) -> Mapping[str, str]:
        with closing(sqlite3.connect(self.home / "flock.db")) as database:
            return dict(database.execute("SELECT key, value FROM memory ORDER BY key").fetchall())


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
