"""The same random acts on the pure twin and on the deployed contracts end in the same state, every step."""

import random
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from flock.protocol.alliance import duties
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase as RoundPhase
from flock.protocol.alliance.state import Alliance, Block, RoundRecord
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Domain
from flock.protocol.core.units import WAD
from flock.protocol.economy.staking import StakingState
from tests.parity.onchain import Call, OnChain
from tests.protocol.play import BOUNTY, Act, Actors, attempt, terms

ACTS = 100
VIEWS = (
    ("AllianceRounds", "memberCount"),
    ("AllianceRounds", "entropyOf"),
    ("AllianceRounds", "modelOf"),
    ("AllianceRounds", "totalEarnedOf"),
    ("Staking", "stakedOn"),
)
LEAPS = {1: 400, 13: 12, 3_600: 1, 40 * 86_400: 1}  # seconds between acts, and how often


@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_twin_and_contracts_agree_on_every_act(onchain: OnChain, seed: int) -> None:
    with onchain.undone():
        twins = Twins(onchain, random.Random(seed))
        twins.gather()
        for _ in range(ACTS):
            twins.step()


class Twins:
    """One task on both sides, moved by the same acts at the same times."""

    def __init__(self, chain: OnChain, dice: random.Random) -> None:
        self.chain, self.dice = chain, dice
        creator, stranger, *accounts = [account.lower() for account in chain.accounts]
        self.watched = [creator, stranger, *accounts]
        self.actors = Actors(accounts[:7], creator, stranger, dice.choice)
        head = chain.head()
        self.time = head.time + 1
        chosen = terms(
            head.time,
            planned_rounds=dice.choice([3, 6]),
            starts_at=head.time + dice.choice([0, 60]),
            max_members=dice.choice([5, 6, 7]),
            slash_bps=dice.choice([0, 1_000, 5_000]),
            strike_window=dice.choice([2, 4]),
        )
        self.task_id = chain.create(creator, chosen, BOUNTY, self.time)
        self.state = self.opened(creator, chosen)
        self.paid_before = self.balances()

    def opened(self, creator: str, chosen: AllianceParameters) -> Alliance:
        domain = Domain(self.chain.client.chain_id, self.chain.book.alliance_rounds.lower())
        task = tasks.create(creator, chosen, BOUNTY, self.time)
        return alliance.opened(domain, self.task_id, task, StakingState())

    def gather(self) -> None:
        """Enough members join for the first draw."""
        for account in self.actors.accounts[:5]:
            stake = self.dice.choice([100, 150, 250, 450]) * WAD
            for name, arguments in (("lock", (stake, 30)), ("allocate", (stake,)), ("join", (account,))):
                self.time += 1
                self.both(Act(name, account, arguments))
        for operator in self.actors.accounts[:2]:
            self.back(operator)

    def back(self, operator: str) -> None:
        """Two more take a pool of the operator, the one that lies among them."""
        commission_bps = self.dice.choice([0, 5_000])
        acts = [Act("set_pool", operator, (commission_bps, True))]
        for delegator in (self.actors.creator, self.actors.stranger):
            acts.append(Act("lock", delegator, (300 * WAD + 7, self.dice.choice([30, 200]))))
            delegated = self.dice.choice([WAD, 100 * WAD + 1])
            acts.append(Act("delegate_to", delegator, (operator, delegated, commission_bps)))
        for act in acts:
            self.time += 1
            self.both(act)

    def step(self) -> None:
        """One act on both sides, then all state compared."""
        self.pass_time()
        at = self.next_block()
        choose = self.actors.due if self.dice.random() < 0.85 else self.actors.stray
        act = choose(self.state, at)
        told = len(self.state.records)
        self.both(act)
        assert self.seen() == self.expected(at), act
        if len(self.state.records) > told:
            self.compare_events(self.state.records[-1])

    def compare_events(self, record: RoundRecord) -> None:
        """The record of a round is what RoundFinalised and MemberSlashed tell."""
        told = asdict(record)
        place = {"task_id": self.task_id, "round": told.pop("number")}
        slashes = [{**place, "member_id": s.pop("member"), **s} for s in told.pop("slashes")]
        assert self.chain.events("RoundFinalised") == [{**place, **told}]
        assert self.chain.events("MemberSlashed") == slashes

    def both(self, act: Act) -> None:
        """The same act on both sides; both do it, or both refuse it with the same error."""
        at, seed_hash = self.next_block(), self.chain.block_hash(self.state.seed_block)
        self.state, expected = attempt(self.state, act, at, seed_hash)
        note(f"{at} {act} {expected}")
        assert self.chain.act(act, self.task_id, at.time) == expected, act

    def next_block(self) -> Block:
        return Block(self.chain.head().number + 1, self.time)

    def pass_time(self) -> None:
        if self.dice.random() < 0.01:
            self.chain.mine(300)
            self.time = self.chain.head().time
        self.time += self.dice.choices(list(LEAPS), weights=list(LEAPS.values()))[0]

    def balances(self) -> dict[str, int]:
        """FLOCK of everyone who may receive some."""
        holders = [*self.watched, self.chain.book.treasury.lower()]
        amounts = self.chain.read_all([Call("FlockToken", "balanceOf", (holder,)) for holder in holders])
        return dict(zip(holders, amounts, strict=True))

    # --- The two views ---

    def seen(self) -> dict[str, Any]:
        """What the contracts say."""
        on_task = (self.task_id,)
        view, task, custody, locked, treasury = self.chain.read_all(
            [
                Call("AllianceRounds", "roundView", on_task),
                Call("TaskManager", "taskOf", on_task),
                Call("FlockToken", "balanceOf", (self.chain.book.task_manager,)),
                Call("FlockToken", "balanceOf", (self.chain.book.staking,)),
                Call("FlockToken", "balanceOf", (self.chain.book.treasury,)),
            ]
        )
        views = [Call(contract, name, on_task) for contract, name in VIEWS]
        owed = [Call(contract, "owedToTreasury", ()) for contract in ("TaskManager", "Staking")]
        told = self.chain.read_all([*views, *owed])
        view["accounts"] = tuple(account.lower() for account in view["accounts"])
        return {
            "round": view,
            "task": (task["state"], task["bounty"], task["balance"], task["began_at"], task["closed_at"]),
            "told": tuple(told),
            "custody": custody,
            "locked": locked,
            "treasury": treasury - self.paid_before[self.chain.book.treasury.lower()],
            "people": [self.seen_person(*person) for person in self.people_read()],
            "pools": self.read_by(self.state.staking.pools, "poolOf"),
            "delegations": self.read_by(self.state.staking.delegations, "delegationOf"),
        }

    def read_by(self, keys: Iterable[tuple[Any, ...]], view: str) -> dict[tuple[Any, ...], Any]:
        """What a view of Staking says of each key."""
        calls = [Call("Staking", view, key) for key in keys]
        return dict(zip(keys, self.chain.read_all(calls), strict=True))

    def people_read(self) -> list[list[Any]]:
        """What the contracts say of everyone."""
        calls = [
            call
            for account in self.watched
            for call in (
                Call("AllianceRounds", "memberOf", (self.task_id, account)),
                Call("Staking", "positionOf", (account,)),
                Call("Staking", "allocationOf", (account, self.task_id)),
                Call("Staking", "operatorOf", (account,)),
                Call("Staking", "getVotes", (account,)),
                Call("AllianceRounds", "dutyOf", (self.task_id, account)),
                Call("AllianceRounds", "earnedOf", (self.task_id, account)),
                Call("TaskManager", "contributionOf", (self.task_id, account)),
                Call("TaskManager", "refundOf", (self.task_id, account)),
            )
        ]
        answers, size = self.chain.read_all(calls), len(calls) // len(self.watched)
        return [answers[i : i + size] for i in range(0, len(answers), size)]

    def seen_person(self, *told: Any) -> dict[str, Any]:
        member, position, allocation, operator, votes, duty, earned, contribution, refund = told
        return {
            "member": member,
            "position": position,
            "allocation": allocation,
            "operator": (operator["operator"].lower(), operator["since"]),
            "votes": votes,
            "duty": duty,
            "earned": earned,
            "contribution": contribution,
            "refund": refund,
        }

    def expected(self, at: Block) -> dict[str, Any]:
        """What the pure twin says."""
        state = alliance.ticked(self.state, at.time)
        task = state.task
        return {
            "round": expected_view(state),
            "task": (task.state, task.bounty, task.balance, task.began_at, task.closed_at),
            "told": (
                len(state.listed),
                state.entropy.to_bytes(32, "big"),
                state.result,
                state.total_earned,
                state.staking.staked_on(self.task_id),
                task.owed_to_treasury,
                state.staking.owed_to_treasury,
            ),
            "custody": task.custody,
            "locked": state.staking.balance,
            "treasury": state.staking.treasury + task.treasury,
            "people": [expected_person(state, account, at) for account in self.watched],
            "pools": {key: asdict(pool) for key, pool in state.staking.pools.items()},
            "delegations": {
                key: asdict(state.staking.delegation_of(*key)) for key in state.staking.delegations
            },
        }


def expected_view(state: Alliance) -> dict[str, Any]:
    """RoundView as the pure twin has it."""
    waits = state.round.phase in (RoundPhase.SEEDED, RoundPhase.COMMIT, RoundPhase.REVEAL)
    return {
        "number": state.round.number,
        "phase": state.round.phase,
        "ends_at": state.round.ends_at,
        "seed_block": state.seed_block if waits else 0,
        "eligible": state.eligible,
        "drawn_block": state.drawn_block,
        "opened": state.opened,
        "decided": state.decided,
        "planned": state.parameters.planned_rounds,
        "pool": state.pool,
        "model": state.model,
        "accept_sixteenths": state.sixteenths,
        "proposers": state.round.proposers,
        "voters": state.round.voters,
        "proposed": state.round.proposed,
        "voter_states": state.round.voter_states,
        "tallies": sum(tally << 8 * seat for seat, tally in enumerate(state.tallies())),
        "seats": state.seats.members,
        "weights": tuple(state.member(member_id).weight for member_id in state.seats.members),
        "accounts": tuple(state.member(member_id).account for member_id in state.seats.members),
    }


def expected_person(state: Alliance, account: str, at: Block) -> dict[str, Any]:
    """MemberView, Position, Allocation and what else is said of an account, as the pure twin has it."""
    member_id, ledger = state.id_of(account), state.ledger_of(account)
    member = state.member(member_id) if member_id else alliance.Member(account)
    operator = state.staking.operator_of(account)
    stood = state.staking.allocation_of(account, state.task_id)
    contribution = state.task.contributions.get(account, 0)
    return {
        "member": {
            "id": member_id,
            "state": member.state,
            "owed": ledger.owed,
            "earned": ledger.earned,
            "stake": member.stake,
            "strikes": member.strikes,
            "weight": member.weight,
            "retained_until": member.retained_until,
        },
        "position": asdict(state.staking.position_of(account)),
        "allocation": {"gm": stood.gm, "flock": stood.flock, "era": stood.era, "is_held": stood.held},
        "operator": (operator.key, operator.since),
        "votes": state.staking.votes_of(account),
        "duty": duties.duty_of(state, account, at),
        "earned": ledger.earned,
        "contribution": contribution,
        "refund": state.task.refund.of(contribution),
    }
