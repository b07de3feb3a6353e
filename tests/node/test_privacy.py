"""A node's count of what its updates told: kept with each update, shown in it, and never exceeded."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from eth_account.signers.local import LocalAccount

from flock.diagnostics.local_journal import LocalLog
from flock.errors import BadConfig, Refused
from flock.node.duties import MemberDuties
from flock.node.memory import NOTHING_SPENT, UNBOUNDED, NodeMemory
from flock.node.privacy import after, is_exhausted
from flock.node.steps.budget import LOOK_SECONDS, Budget
from flock.node.steps.enrol import Enrol
from flock.node.steps.train import Train
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import WAD
from flock.store.database import Database
from flock.store.key_value import KeyValueStore
from flock.training.app import AppRunner, TrainResult
from flock.training.arrays import Privacy, decode_update, spec_of
from flock.training.privacy import Mechanism, epsilon, total
from tests.conftest import fresh_database
from tests.node.arena import STAKE, Arena, Member
from tests.node.member_app import EXAMPLES, OPTIMUM, START, private

MECHANISM = Mechanism(1.0, 0.1, 20)  # what the private app reports


@cache
def one_round() -> float:
    """What one of its updates tells. Opacus takes seconds to load: not while tests are collected."""
    return epsilon([MECHANISM], 1e-5)


def trained(mechanism: Mechanism | None) -> Callable[..., TrainResult]:
    """An app's training as a duty sees it."""
    return lambda *_: TrainResult({"w": OPTIMUM}, EXAMPLES, {"train_loss": 0.5}, mechanism)


def limited(member: Member, max_epsilon: float) -> Member:
    context = replace(member.context, max_epsilon=max_epsilon)
    return Member(context, MemberDuties(context))


@pytest.fixture
def memory(database: Database) -> NodeMemory:
    return NodeMemory(KeyValueStore(database, "node"), task=1)


class TestLedger:
    def test_it_starts_empty(self, memory: NodeMemory) -> None:
        assert memory.spent_until(4) == NOTHING_SPENT
        assert memory.spent_until(4).words == "ε = 0"

    def test_it_goes_on_from_the_last_update_however_long_ago(self, memory: NodeMemory) -> None:
        first = after(NOTHING_SPENT, MECHANISM)
        memory.keep_update(2, "bafy-two", first)
        assert memory.proposed_update(2) == "bafy-two"
        assert memory.spent_until(8) == first
        assert after(memory.spent_until(8), MECHANISM).total == total([MECHANISM] * 2)
        assert first.words == f"ε = {one_round():.3f} at δ = 1e-05"

    def test_an_update_that_another_took_the_place_of_counts_as_well(self, memory: NodeMemory) -> None:
        """After a reorganisation the first may have been shown already."""
        for cid in ("bafy-first", "bafy-second"):
            memory.keep_update(3, cid, after(memory.spent_until(3), MECHANISM))
        assert memory.spent_until(3).total == total([MECHANISM] * 2)
        assert memory.spent_until(2) == NOTHING_SPENT

    def test_one_update_without_noise_leaves_no_bound(self, memory: NodeMemory) -> None:
        memory.keep_update(1, "bafy-one", after(NOTHING_SPENT, None))
        spent = after(memory.spent_until(1), MECHANISM)
        assert spent == UNBOUNDED
        assert spent.words == "no bound on ε"

    def test_updates_of_an_older_version_had_no_noise(self, database: Database) -> None:
        store = KeyValueStore(database, "node")
        store.write("update/1/4", "bafy-old")
        assert NodeMemory(store, 1).proposed_update(4) == "bafy-old"
        assert NodeMemory(store, 1).spent_until(4) == UNBOUNDED

    def test_a_total_too_large_to_mean_anything_is_no_bound(self) -> None:
        assert after(NOTHING_SPENT, Mechanism(0.0005, 0.3, 3)) == UNBOUNDED


class TestProposing:
    def test_what_an_update_says_of_its_privacy_and_what_the_coordinator_is_told(self, arena: Arena) -> None:
        view = arena.open_round()
        noised, plain, short = arena.at(0), arena.at(1), arena.at(2)
        short = Member(clipping := replace(short.context, update_norm=WAD // 2), MemberDuties(clipping))
        told = [
            member.duties.propose(arena.task, view.number, trained(mechanism))
            for member, mechanism in [(noised, MECHANISM), (plain, None), (short, None)]
        ]
        assert told == [{}, {"train_loss": 0.5}, {"train_loss": 0.5}]
        updates = [
            decode_update(m.promised(), like=spec_of(START), base=view.model) for m in (noised, plain, short)
        ]
        assert [update.privacy for update in updates] == [total([MECHANISM]), None, None]
        assert noised.context.memory.spent_until(view.number).total == total([MECHANISM])
        assert np.linalg.norm(updates[1].arrays["w"]) > 1
        assert np.linalg.norm(updates[2].arrays["w"]) == pytest.approx(0.5)

    def test_the_smaller_of_two_limits_on_the_norm_holds(
        self, empty_arena: Arena, admin: LocalAccount
    ) -> None:
        context = empty_arena.node(admin).context
        limited = replace(context, parameters=replace(context.parameters, norm_clip=WAD))
        assert [
            replace(given, update_norm=own).norm_clip
            for given, own in [(context, 0), (context, 5), (limited, 0), (limited, 5), (limited, 2 * WAD)]
        ] == [0, 5, WAD, 5, WAD]


class TestBudget:
    def test_in_the_round_of_its_last_update_the_node_leaves_without_a_strike(self, arena: Arena) -> None:
        number = arena.open_round().number
        last, frugal = limited(arena.at(0), 1.1 * one_round()), limited(arena.at(1), 3 * one_round())
        for member in (last, frugal):
            assert not Budget(member.context)()
            member.duties.propose(arena.task, number, trained(MECHANISM))
        assert [Budget(member.context)() for member in (last, frugal)] == [True, False]
        rounds = arena.contracts.alliance_rounds
        assert rounds.member_of(arena.task, last.account).state is MemberState.LEAVING
        arena.propose([2])
        arena.publish(range(3))
        arena.attest()
        arena.vote()
        arena.finish()
        left = rounds.member_of(arena.task, last.account)
        assert (left.state, left.strikes) == (MemberState.NONE, 0)
        assert left.owed > 0

    def test_a_leave_that_a_reorganisation_took_back_is_done_again(self, arena: Arena) -> None:
        number = arena.open_round().number
        member = limited(arena.at(0), 1.1 * one_round())
        member.duties.propose(arena.task, number, trained(MECHANISM))
        step = Budget(member.context, clock=itertools.count(step=int(LOOK_SECONDS)).__next__)
        rpc, rounds = arena.contracts.client.rpc, arena.contracts.alliance_rounds
        before = rpc.request("evm_snapshot")
        assert (step(), step()) == (True, False)
        rpc.request("evm_revert", before)
        assert step()
        assert rounds.member_of(arena.task, member.account).state is MemberState.LEAVING

    def test_an_update_beyond_the_limit_is_not_proposed(self, arena: Arena) -> None:
        number = arena.open_round().number
        for seat, mechanism, told in [
            (0, MECHANISM, f"ε = {one_round():.3f} at"),
            (1, None, "no bound on ε"),
        ]:
            member = limited(arena.at(seat), 0.5)
            with pytest.raises(Refused, match=rf"would bring this node to {told}.*its max_epsilon of 0\.5"):
                member.duties.propose(arena.task, number, trained(mechanism))
            assert not Train(member.context, member.duties)()
            with pytest.raises(Refused, match=r"another one would exceed this node's max_epsilon of 0\.5"):
                member.duties.propose(arena.task, number, pytest.fail)
            assert is_exhausted(member.context)
            assert not is_exhausted(limited(member, 0.6).context)
            step = Budget(member.context)
            assert (step(), step()) == (True, False)
        assert arena.view.proposed == 0

    def test_who_could_not_propose_once_does_not_join(
        self, empty_arena: Arena, rich: Callable[[], LocalAccount]
    ) -> None:
        node = empty_arena.node(rich())
        context = replace(node.context, app=AppRunner(private, name="the private app"), max_epsilon=0.5)
        sentence = (
            rf"would bring this node to ε = {one_round():.3f} at δ = 1e-05, above its max_epsilon of 0\.5"
        )
        with pytest.raises(BadConfig, match=sentence):
            Enrol(context, STAKE, 30, [])()
        assert empty_arena.contracts.staking.stake_of(node.account, empty_arena.task) == 0
        with pytest.raises(BadConfig, match=r"would bring this node above its max_epsilon of 0\.5"):
            Enrol(replace(node.context, max_epsilon=0.5), STAKE, 30, [])()  # an app that announces nothing
        assert Enrol(replace(context, max_epsilon=2 * one_round()), STAKE, 30, [])()


def test_a_total_is_a_privacy_that_an_update_can_say() -> None:
    privacy = after(NOTHING_SPENT, MECHANISM).total
    assert privacy == Privacy(int(np.ceil(one_round() * 1e6)), 10**7)


def test_the_status_reads_it_from_the_nodes_home(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, "31337-ab")
    assert log.spent(1, 9) is None
    database = fresh_database(tmp_path / "flock.db")
    memory = NodeMemory(KeyValueStore(database, "node-31337-ab"), 1)
    assert log.spent(1, 9) is None
    memory.keep_update(4, "bafy-four", after(NOTHING_SPENT, MECHANISM))
    database.close()
    spent = log.spent(1, 4)
    assert spent is not None
    assert spent.words == f"ε = {one_round():.3f} at δ = 1e-05"
    assert (log.spent(1, 3), log.spent(2, 9)) == (None, None)
