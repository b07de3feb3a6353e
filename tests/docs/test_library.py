"""The programs of docs/library.md, run as they stand there against contracts on a real chain."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flock as face
from flock.errors import BadConfig, BadKey, ContractRefused, FlockError, Refused, UnknownTask, WrongChain
from flock.protocol.core.units import Wei
from flock.store.database import Database
from tests.cli.conftest import PASSWORD, flock, home, site
from tests.cli.network import Site
from tests.cli.season import Season, open_season
from tests.conftest import FLOCK

__all__ = ["flock", "home", "site"]

PAGE = (Path(__file__).parents[2] / "docs/library.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
HEAVY = ("web3", "torch", "flwr", "sqlalchemy", "fastapi", "eth_account", "typer", "numpy", "pydantic")


@pytest.fixture
def season(site: Site, database: Database) -> Season:
    """A round was played and paid."""
    season = open_season(site, database)
    season.earn_a_day()
    return season


@pytest.fixture
def network(season: Season) -> Any:
    with face.connect(season.contracts.client.rpc.url, addresses=season.site.home.book) as opened:
        yield opened


def words(season: Season, account: str) -> list[str]:
    folder = season.site.home.folder
    keys = [str(folder / "keys"), "ann", PASSWORD]
    chain = [season.contracts.client.rpc.url, str(folder / "book.json")]
    return [*chain, account, str(season.task), *keys, str(folder / "model")]


def run(program: str, names: dict[str, Any]) -> None:
    exec(compile(program, "docs/library.md", "exec"), names)  # noqa: S102 - it is our own page


def test_importing_flock_loads_nothing_heavy() -> None:
    program = f"import sys, flock; print([name for name in {HEAVY} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
    assert {"connect", "Connection", "Plan"} <= set(dir(face))
    with pytest.raises(AttributeError, match="no attribute 'disconnect'"):
        face.disconnect  # noqa: B018 - reading it is the test


def test_the_page_runs_from_top_to_bottom(
    season: Season, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = season.address("ann")
    locked = season.contracts.staking.position_of(ann).gm
    monkeypatch.setattr("sys.argv", ["program", *words(season, ann)])
    names: dict[str, Any] = {}
    (season.site.home.folder / "model").write_bytes(b"a model, of which only the digest is on the chain")
    reading, earned, plan, creation, web3, errors = PROGRAMS

    run(reading, names)
    said = capsys.readouterr().out
    assert "running" in said
    assert "['accepted']" in said
    assert ann in said

    run(earned, dict(names))
    said = capsys.readouterr().out
    paid = season.contracts.alliance_rounds.member_of(season.task, ann).earned
    assert f"earned {paid / FLOCK:g}"[:10] in said
    assert "round 1, " in said

    run(plan, names)
    said = capsys.readouterr().out
    assert re.search(r"gmFLOCK: [\d,.]+…? → ", said)
    assert f"Let staking take 5 FLOCK of {ann}." in said
    assert "Lock 5 FLOCK for 365 days." in said
    assert season.contracts.staking.position_of(ann).gm > locked

    season.contracts.token.transfer(season.bank, ann, 300 * FLOCK)
    tasks = season.contracts.task_manager.task_count()
    run(creation, names)
    assert capsys.readouterr().out.endswith("open\n")
    assert season.contracts.task_manager.task_count() == tasks + 1
    assert season.contracts.task_manager.task_of(tasks + 1).creator == ann

    run(web3, names)
    assert str(season.contracts.staking.position_of(ann).flock) in capsys.readouterr().out

    run(errors, names)
    assert "gmFLOCK" in capsys.readouterr().out
    names["net"].close()


def test_the_program_that_says_what_was_earned_is_short() -> None:
    assert len([line for line in PROGRAMS[1].splitlines() if line]) <= 15


def test_what_a_connection_says_is_what_the_contracts_say(season: Season, network: face.Connection) -> None:
    contracts, ann, task = season.contracts, season.address("ann"), season.task
    assert network.tasks()[-1] == network.task(task)
    assert network.task(task).pool == contracts.alliance_rounds.round_view(task).pool
    assert {member.account for member in network.members(task)} == set(season.senders)
    position, chain = network.position(ann), contracts.staking.position_of(ann)
    assert (position.free, position.unlock_at) == (chain.gm, chain.unlock_at)
    assert [(stake.task, stake.gm) for stake in position.stakes] == [(task, 100 * FLOCK)]
    assert network.delegations(ann) == ()
    assert network.rewards(ann).waiting == season.settlement().entries[ann].total > 0
    assert network.proposals() == ()
    assert network.explain(str(task)).task == task  # type: ignore[union-attr]
    assert network.explain(f"{task}/1").round == 1  # type: ignore[union-attr]


def test_bad_input_is_said_in_a_sentence(season: Season, network: face.Connection) -> None:
    ann = season.address("ann")
    with pytest.raises(UnknownTask, match="knows no task 0"):
        network.task(0)
    with pytest.raises(BadConfig, match="give an account as 0x"):
        network.position("ann")
    with pytest.raises(BadConfig, match="choose 0 to"):
        network.stake.lock(ann, -1, 30)
    with pytest.raises(BadConfig, match="choose 1 to 365"):
        network.stake.lock(ann, FLOCK, 0)
    with pytest.raises(Refused, match="put in at least 1"):
        network.create_task(ann, face.Wishes(Wei(0), {}, {}, bytes(32)))
    with pytest.raises(BadConfig, match="There is no contract 'Bank'"):
        network.contract("Bank")
    with pytest.raises(BadConfig, match="is not a transaction's hash"):
        network.explain("ann")
    with pytest.raises(BadKey, match="cannot sign it"):
        network.stake.lock(ann, FLOCK, 365).send(key_of(season, "bob"))


def key_of(season: Season, name: str) -> Any:
    from flock.chain.keys import KeyStore

    return KeyStore(season.site.home.folder / "keys").unlock(name, PASSWORD)


def test_a_delegator_needs_nothing_else(season: Season, network: face.Connection) -> None:
    """Every plan of an account's stake is made and carried out by the library alone."""
    ann, bob, task = season.address("ann"), season.address("bob"), season.task
    staking, key, operator = season.contracts.staking, key_of(season, "bob"), key_of(season, "ann")
    network.stake.extend(bob, 300).send(key)
    network.stake.add(bob, 20 * FLOCK, task).send(key)
    assert network.position(bob).stakes[0].gm == 120 * FLOCK
    network.stake.operator(bob, ann).send(key)
    assert network.position(bob).operator == ann
    network.stake.operator(bob, None).send(key)
    network.delegate.accept(ann, task, 2_500).send(operator)
    network.delegate.to(bob, ann.lower(), 300 * FLOCK, task).send(key)
    network.delegate.undo(bob, ann, 100 * FLOCK, task).send(key)
    [delegation] = network.delegations(bob)
    assert (delegation.gm, delegation.leaving, delegation.operator) == (300 * FLOCK, 100 * FLOCK, ann)
    assert staking.pool_of(ann, task).commission_bps == 2_500


def test_what_cannot_be_planned_is_refused_with_its_reason(season: Season, network: face.Connection) -> None:
    ann, bob, task = season.address("ann"), season.address("bob"), season.task
    plans: list[tuple[Callable[[], face.Plan], str]] = [
        (lambda: network.stake.redeem(ann), "is locked until"),
        (lambda: network.stake.poke(ann, bob), "lives until"),
        (lambda: network.delegate.move(ann, None, (bob, task), (bob, task)), "has nothing in the pool"),
        (lambda: network.delegate.collect(ann), "has nothing in pools"),
        (lambda: network.rewards.claim(ann), "No rewards are served yet"),
        (lambda: network.rewards.release(ann), "Nothing of .* vests"),
        (lambda: network.gov.vote(ann, 1, "for"), "there is no proposal '1'"),
        (lambda: network.gov.queue(ann, 1), "there is no proposal"),
        (lambda: network.gov.execute(ann, 1), "there is no proposal"),
        (lambda: network.gov.cancel(ann, 1), "there is no proposal"),
        (lambda: network.gov.dispute(ann, 1), "There is no root 1"),
        (lambda: network.gov.propose(ann, "set", ["staking.cooldown"], title="x"), "in turn"),
        (lambda: network.leave(ann.replace("0x", "0x0"), task), "0x and 40"),
    ]
    for make, why in plans:
        with pytest.raises(FlockError, match=why):
            make()
    with pytest.raises(ContractRefused, match=r"held|duty|member"):
        network.stake.remove(ann, None, task).preview()
    season.mine(2)
    proposal = network.gov.propose(ann, "set", ["staking.cooldown", "8d"], title="A day more or less")
    assert len(proposal.effects) == 1
    assert proposal.preview().after is not None


def test_a_posted_root_is_held_against_the_events(season: Season, network: face.Connection) -> None:
    with pytest.raises(Refused, match="No root was posted yet"):
        network.verify()
    season.serve()
    found = network.verify()
    assert (found.is_right, found.root == found.computed_root, found.state) == (False, True, "served")
    assert [fault.startswith("The digest of the tree's document") for fault in found.faults] == [True]


def test_a_network_is_known_by_name(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOCK_RPC", season.contracts.client.rpc.url)
    with face.connect("local", addresses=season.contracts.book) as network:
        assert network.chain_id == season.contracts.chain_id
        assert network.addresses == season.contracts.book
    with pytest.raises(WrongChain):
        face.connect(season.contracts.client.rpc.url, addresses=season.contracts.book, chain_id=1)


def test_a_plan_can_be_signed_elsewhere(season: Season, network: face.Connection) -> None:
    """Every transaction of a plan goes out as it was given, by whoever has the key."""
    contracts, bob = season.contracts, season.address("bob")
    plan = network.withdraw(bob, season.task)
    before = contracts.token.balance_of(bob)
    owed = contracts.alliance_rounds.member_of(season.task, bob).owed
    [transaction] = plan.unsigned()
    assert (transaction.chain_id, transaction.value) == (contracts.chain_id, 0)
    assert transaction.gas is not None
    season.sender("bob").send("elsewhere:1", contracts.alliance_rounds.address, transaction.data)
    assert contracts.token.balance_of(bob) == before + owed
