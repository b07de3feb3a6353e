"""``flock arena``: made, looked at, competed in."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flock.arena.scoring.run import Run
from flock.chain.contracts.arena_board import SubmissionView
from flock.chain.sending.sender import open_sender
from flock.economy.operations.putting_up import put_up_stake
from flock.protocol.arena.commitments import key_hash
from flock.protocol.arena.stages import Role, Stage, SubmissionState
from flock.protocol.core.cid import digest_of
from flock.protocol.core.units import WAD
from flock.store.database import Database
from flock.training.arrays import encode
from tests import patience
from tests.arena.conftest import MLP, table_of
from tests.arena.field import weights
from tests.cli.network import Site, sentence

SET_A, SET_B = table_of(40, seed=1).encoded(), table_of(40, seed=2).encoded()
METADATA = {"kind": "tabular", "metric": "loss", "model": MLP, "title": "Clouds"}
TERMS = """baseline = 50_000_000
tolerance = 1_000
ends_at = 864_000
panel_seats = 3
minimum_validators = 3
evaluation_fee = 5
creator_bond = 100
"""
BOUNTY = "2400"


@pytest.fixture(autouse=True)
def founder(site: Site) -> str:
    return site.key("founder")


def words(site: Site, **changes: object) -> list[object]:
    """``flock arena create`` with files that hold, and an option changed, or left out for None."""
    files = {
        "metadata": site.file("arena.json", json.dumps(METADATA)),
        "set-a": site.file("a.set", SET_A),
        "set-b": site.file("b.set", SET_B),
        "terms": site.file("arena.toml", TERMS),
    }
    options: dict[str, object] = {"key": "founder", **files, "bounty": BOUNTY, **changes}
    given = {name: value for name, value in options.items() if value is not None}
    return [word for name, value in given.items() for word in (f"--{name}", value)]


def create(site: Site, **changes: object) -> int:
    made = site.flock("arena", "create", *words(site, **changes), "--json")
    assert made.exit_code == 0, made.stderr
    task: int = json.loads(made.stdout)["task"]
    return task


@pytest.fixture
def running(site: Site, database: Database, rich: Callable[[], object]) -> int:
    """An Arena that has begun, with three validators."""
    task, contracts = create(site), site.contracts
    for _ in range(3):
        key = rich()
        sender = open_sender(contracts.client, key, database)  # type: ignore[arg-type]
        put_up_stake(contracts, sender, sender.address, task, wanted=100 * WAD, lock_days=30)
        contracts.arena_board.enrol(sender, task, sender.address, Role.VALIDATOR)
    terms = contracts.task_manager.task_of(task)
    contracts.client.rpc.request("evm_increaseTime", max(0, terms.starts_at - contracts.client.now()))
    contracts.client.rpc.request("anvil_mine", "0x1")
    contracts.arena_board.start(site.bank, task)
    return task


def submission(site: Site, task: int, number: int) -> SubmissionView:
    return site.contracts.arena_board.submission_of(task, number)


class TestCreate:
    def test_an_arena_is_funded_bonded_and_its_sets_are_in_the_service(self, site: Site) -> None:
        task, board = create(site), site.contracts.arena_board
        terms, view = board.terms_of(task), board.arena_view(task)
        assert (view.stage, view.bonded) == (Stage.ENROLLING, True)
        assert (terms["set_a"], terms["set_b"]) == (digest_of(SET_A), digest_of(SET_B))
        served = patience.get(f"{site.service}/arena/tasks/{task}/sets/b")
        assert digest_of(served.content) == terms["cipher_b"]
        assert SET_B not in served.content

    def test_the_key_of_set_b_stays_here_and_for_nobody_else_to_read(self, site: Site) -> None:
        task = create(site)
        [file] = Path(site.home.folder, "home", "arena-keys").glob("*.key")
        assert file.stat().st_mode & 0o077 == 0
        key = bytes.fromhex(file.read_text())
        assert key_hash(key) == site.contracts.arena_board.terms_of(task)["key_hash_b"]

    def test_repeated_it_is_the_same_task(self, site: Site) -> None:
        assert create(site) == create(site)
        assert site.contracts.task_manager.task_count() == 1

    def test_a_rehearsal_sends_nothing(self, site: Site) -> None:
        shown = site.flock("arena", "create", *words(site), "--dry-run")
        assert shown.exit_code == 0, shown.stderr
        assert site.contracts.task_manager.task_count() == 0

    @pytest.mark.parametrize(
        ("terms", "said"),
        [
            ("baseline = 5\n", "tolerance"),
            (TERMS + "magic = 1\n", "magic"),
            (TERMS.replace("panel_seats = 3", "panel_seats = 4"), "panel_seats"),
        ],
    )
    def test_terms_that_do_not_hold_are_named(self, site: Site, terms: str, said: str) -> None:
        refused = site.flock("arena", "create", *words(site, terms=site.file("other.toml", terms)))
        assert refused.exit_code != 0
        assert said in sentence(refused)


class TestLooking:
    def test_arenas_and_nothing_else_are_listed(self, site: Site, running: int) -> None:
        other = site.create_task()
        [line] = json.loads(site.flock("arena", "tasks", "--json").stdout)
        assert (line["task"], line["stage"], line["validators"]) == (running, "running", 3)
        refused = site.flock("arena", "show", other)
        assert refused.exit_code == 78
        assert "no Arena" in sentence(refused)

    def test_an_arena_is_shown_with_its_terms(self, site: Site, running: int) -> None:
        shown = site.flock("arena", "show", running)
        assert shown.exit_code == 0
        assert "0.001000" in shown.stdout
        told = json.loads(site.flock("arena", "show", running, "--json").stdout)
        assert told["terms"]["tolerance"] == 1_000

    def test_without_a_score_there_is_no_ranking(self, site: Site, running: int) -> None:
        assert "beaten the baseline" in site.flock("arena", "leaderboard", running).stdout
        assert json.loads(site.flock("arena", "leaderboard", running, "--json").stdout) == []

    def test_what_happened_is_shown_by_day(self, site: Site, running: int) -> None:
        assert "Nothing has happened yet" in site.flock("arena", "stats", running).stdout
        site.key("alice")
        file = site.file("model.safetensors", weights(1))
        assert site.flock("arena", "submit", running, file, "--key", "alice").exit_code == 0
        for words in ((running,), ()):
            [day] = json.loads(site.flock("arena", "stats", *words, "--json").stdout)
            assert day["submissions"] == 1
            assert "submissions" in site.flock("arena", "stats", *words).stdout
        unknown = site.flock("arena", "stats", running + 9)
        assert "There is no Arena" in sentence(unknown)


class TestCompeting:
    def submit(self, site: Site, task: int, data: bytes, *more: object) -> dict[str, object]:
        file = site.file("model.safetensors", data)
        made = site.flock("arena", "submit", task, file, "--key", "alice", "--json", *more)
        assert made.exit_code == 0, made.stderr
        told: dict[str, object] = json.loads(made.stdout)
        return told

    def test_a_model_is_submitted_once_and_handed_over(self, site: Site, running: int) -> None:
        alice = site.key("alice")
        told = self.submit(site, running, weights(1))
        assert (told["submission"], told["state"], told["trainer"]) == (1, "queued", alice)
        assert self.submit(site, running, weights(1))["submission"] == 1
        assert site.contracts.arena_board.arena_view(running).submissions == 1
        [line] = json.loads(
            site.flock("arena", "submissions", running, "--account", "alice", "--json").stdout
        )
        assert line["state"] == "queued"
        assert "queued" in site.flock("arena", "submissions", running).stdout

    def test_a_sealed_one_stays_here(self, site: Site, running: int) -> None:
        site.key("alice")
        self.submit(site, running, weights(1), "--sealed")
        assert submission(site, running, 1).state is SubmissionState.HIDDEN

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"PK\x03\x04", "safetensors"),
            (encode({"w": np.ones((2, 2), np.float32)}, {}), "missing"),
        ],
    )
    def test_what_nobody_could_score_costs_nothing(
        self, site: Site, running: int, data: bytes, said: str
    ) -> None:
        site.key("alice")
        file = site.file("model.safetensors", data)
        refused = site.flock("arena", "submit", running, file, "--key", "alice")
        assert refused.exit_code == 1
        assert said in sentence(refused)
        assert site.contracts.arena_board.arena_view(running).submissions == 0

    def test_a_submission_that_hangs_is_cancelled_and_all_of_it_comes_back(
        self, site: Site, running: int
    ) -> None:
        alice, board = site.key("alice"), site.contracts.arena_board
        self.submit(site, running, weights(1))
        left = board.member_of(running, alice).quota_left
        cancelled = site.flock("arena", "cancel", running, 1, "--key", "alice", "--json")
        assert cancelled.exit_code == 0, cancelled.stderr
        told = json.loads(cancelled.stdout)
        assert (told["quota_is_back"], int(told["fee"])) == (True, 5 * WAD)
        assert submission(site, running, 1).state is SubmissionState.CANCELLED
        assert board.member_of(running, alice).quota_left == left + 1
        held = site.contracts.token.balance_of(alice)
        assert "5 FLOCK" in site.flock("arena", "withdraw", running, "--key", "alice").stdout
        assert site.contracts.token.balance_of(alice) == held + 5 * WAD
        assert "nothing now" in sentence(site.flock("arena", "withdraw", running, "--key", "alice"))

    def test_only_what_is_ones_own_and_not_judged_is_cancelled(self, site: Site, running: int) -> None:
        site.key("alice")
        site.key("bob")
        self.submit(site, running, weights(1))
        foreign = site.flock("arena", "cancel", running, 1, "--key", "bob")
        assert (foreign.exit_code, "cancel your own" in sentence(foreign)) == (1, True)
        none = site.flock("arena", "cancel", running, 2, "--key", "bob")
        assert (none.exit_code, "no submission 2" in sentence(none)) == (1, True)
        assert site.flock("arena", "cancel", running, 1, "--key", "alice").exit_code == 0
        again = site.flock("arena", "cancel", running, 1, "--key", "alice")
        assert again.exit_code == 0
        assert "Back came: nothing" in again.stdout

    def test_who_leaves_has_its_stake_back(self, site: Site, running: int) -> None:
        alice = site.key("alice")
        self.submit(site, running, weights(1))
        left = site.flock("arena", "leave", running, "--key", "alice", "--json")
        assert left.exit_code == 0, left.stderr
        assert json.loads(left.stdout)["retained_until"] is None
        freed = site.flock("stake", "remove", "all", "--task", running, "--key", "alice")
        assert freed.exit_code == 0, freed.stderr
        assert site.contracts.staking.stake_of(alice, running) == 0
        again = site.flock("arena", "leave", running, "--key", "alice")
        assert (again.exit_code, "nothing to leave" in sentence(again)) == (1, True)

    def test_disclosing_waits_for_the_close(self, site: Site, running: int) -> None:
        site.key("alice")
        self.submit(site, running, weights(1))
        refused = site.flock("arena", "disclose", running, "--key", "alice")
        assert refused.exit_code == 1
        assert "after its end" in sentence(refused)

    def test_the_key_waits_for_the_finals(self, site: Site, running: int) -> None:
        refused = site.flock("arena", "open-key", running, "--key", "founder")
        assert refused.exit_code == 1
        assert "costs you the bond" in sentence(refused)


def test_calibrating_says_what_tolerance_suits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flock.arena.scoring.calibration.VARIANTS", (Run(batch=1), Run(batch=64)))
    shown = site.flock(
        "arena",
        "calibrate",
        *("--metadata", site.file("arena.json", json.dumps(METADATA))),
        *("--artifact", site.file("model.safetensors", weights(1))),
        *("--set-a", site.file("a.set", SET_A)),
        *("--repeats", 1, "--json"),
    )
    assert shown.exit_code == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert told["tolerance"] >= 3 * told["sigma"]
    assert len(told["scores"]) == 2
