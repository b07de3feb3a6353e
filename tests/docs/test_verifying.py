"""The programs in docs/verifying.md are run as they stand there."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flock.chain.events import Event
from flock.protocol.alliance import duties, membership, sortition
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.round_end import Preimage
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Alliance, Block
from flock.protocol.core import tasks
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain, Vote, proposal_commitment, sealed_vote
from flock.protocol.core.hashing import keccak
from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.economy import staking
from flock.training.aggregation import candidate as candidate_of
from flock.training.arrays import Update, encode_model, encode_update

PAGE = (Path(__file__).parents[2] / "docs/verifying.md").read_text()
REPLAY, _FROM_CHAIN, CANDIDATE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

TASK = 1
DOMAIN = Domain(31337, "0x" + "a1" * 20)
BOUNTY = Wei(1_000 * WAD + 7)
TERMS = AllianceParameters(
    planned_rounds=4,
    proposer_seats=2,
    voter_seats=3,
    minimum_members=5,
    max_members=20,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    starts_at=0,
    start_by=10_000,
    ends_at=100_000,
    minimum_stake=Gm(WAD),
    keeper_fee=Wei(WAD // 100),
    strike_window=4,
    strike_limit=2,
    initial_model=keccak(b"model 0"),
)
ACCOUNTS = [f"0x{i:040x}" for i in range(1, 8)]
KEEPER = "0x" + "ee" * 20


def program(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "docs/verifying.md", "exec"), names)  # noqa: S102 - it is our own page
    return names


def block_hash(number: int) -> bytes:
    return keccak(b"block %d" % number)


class Chain:
    """A task of the pure twin, and the events AllianceRounds would have emitted."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.at = Block(1, 1_000)
        stakes = staking.StakingState()
        for weight, account in enumerate(ACCOUNTS, 1):
            stakes = staking.lock(stakes, account, Wei(weight * WAD), 30, self.at.time)
            stakes = staking.allocate(
                stakes, account, TASK, Gm(weight * WAD), self.at.time, minimum=TERMS.minimum_stake
            )
        task = tasks.create("0x" + "cc" * 20, TERMS, BOUNTY, self.at.time)
        self.state: Alliance = alliance.opened(DOMAIN, TASK, task, stakes)
        for member_id, account in enumerate(ACCOUNTS, 1):
            self.state = membership.join(self.state, account, account, [], self.at)
            self.emit("Joined", member_id=member_id, account=account)
        self.state = alliance.start(self.state, KEEPER, self.at)
        self.emit_seed()

    def emit(self, name: str, **arguments: object) -> None:
        self.events.append(Event(name, arguments, log=None))  # type: ignore[arg-type]

    def emit_seed(self) -> None:
        if self.state.round.phase is Phase.SEEDED and self.state.seed_block:
            self.emit("SeedNamed", seed_block=self.state.seed_block)

    def play(self, votes: dict[int, Vote], attesting: int = 3) -> None:
        """One round: both propose, the first voters attest both proposals, and vote as ``votes`` says."""
        self.draw()
        number, p = self.state.round.number, TERMS.proposer_seats
        for seat in range(p):
            self.state = duties.propose(self.state, self.account(seat), number, seat, b"c" * 32, self.at)
            self.emit("Proposed", seat=seat)
        for seat in range(p, p + attesting):
            self.state = duties.attest(self.state, self.account(seat), number, seat, 0b11, self.at)
            self.emit("Attested", seat=seat, bitmap=0b11)
        self.wait_for(Phase.COMMIT)
        salts = {voter: keccak(b"salt %d %d" % (number, voter)) for voter in votes}
        for voter, vote in votes.items():
            account = self.account(p + voter)
            sealed = sealed_vote(DOMAIN, TASK, number, account, vote, salts[voter])
            self.state = duties.commit_vote(self.state, account, number, p + voter, sealed, self.at)
        self.wait_for(Phase.REVEAL)
        seed_block = self.state.seed_block
        self.at = replace(self.at, number=seed_block + 1)
        self.emit("SeedFixed", seed_block=seed_block, block_hash=block_hash(seed_block))
        for voter, vote in votes.items():
            reveal = Reveal(p + voter, vote, salts[voter])
            self.state = duties.reveal_votes(self.state, number, [reveal], block_hash(seed_block), self.at)
            opened = {"candidate": vote.candidate, "harmful": vote.harmful, "rewarded": vote.rewarded}
            self.emit("VoteRevealed", seat=p + voter, **opened, support=vote.supports, salt=salts[voter])
        self.wait_for(Phase.TALLY)
        self.finalise(next(iter(votes.values())))

    def draw(self) -> None:
        named, entropy, number = self.state.seed_block, self.state.entropy, self.state.round.number + 1
        self.at = Block(max(named, self.at.number) + 1, self.at.time + 10)
        hash_ = block_hash(named) if named else bytes(32)
        self.state = alliance.draw(self.state, KEEPER, hash_, self.at)
        self.emit(
            "Drawn",
            round=number,
            keeper=KEEPER,
            seed=sortition.seed(hash_, entropy, DOMAIN, TASK, number),
            seats=self.state.seats.members,
            weights=sortition.weights_word(self.state.seats.weights),
        )

    def finalise(self, vote: Vote) -> None:
        preimage = Preimage(vote.candidate, vote.harmful, vote.rewarded)
        self.state = settlement.finalise(self.state, preimage, self.at)
        record = self.state.records[-1]
        names = ("outcome", "attested", "judged", "struck", "proposer_unit", "voter_unit", "pool_left")
        claimed = {name: getattr(record, name) for name in names}
        self.emit("RoundFinalised", round=record.number, **claimed)
        self.emit_seed()

    def withdraw(self, account: str) -> None:
        before = self.state.task.paid.get(account, 0)
        self.state = settlement.withdraw(self.state, account)
        self.emit("Withdrawn", account=account, amount=self.state.task.paid[account] - before)

    def close(self) -> None:
        self.at = replace(self.at, time=TERMS.ends_at)
        self.state = settlement.close(self.state, self.at)
        task = self.state.task
        self.emit("RoundsClosed", refund=task.refund.left, to_treasury=task.owed_to_treasury)

    def wait_for(self, phase: Phase) -> None:
        """Let the deadline pass, if the phase before has not ended early."""
        if self.state.round.phase is not phase:
            self.at = replace(self.at, time=self.state.round.ends_at)

    def account(self, seat: int) -> str:
        return self.state.account_at(seat)


def finished_task() -> Chain:
    """Accepted, rejected, void and accepted with a dissenter; then all but one withdraw, and it is closed."""
    chain = Chain()
    ballots = {number: Vote(keccak(b"model %d" % number), 0b00, 0b11, True) for number in range(1, 5)}
    against = replace(ballots[2], supports=False)
    chain.play(dict.fromkeys(range(3), ballots[1]))
    chain.play(dict.fromkeys(range(3), against))
    chain.play({0: replace(ballots[3], candidate=chain.state.model)}, attesting=2)
    chain.play({0: ballots[4], 1: ballots[4], 2: replace(ballots[4], harmful=0b01, rewarded=0b10)})
    chain.withdraw(KEEPER)
    chain.close()
    return chain


def replayed(chain: Chain) -> dict[str, int]:
    owed = program(REPLAY)["replay"](chain.events, TERMS, BOUNTY, DOMAIN, TASK, block_hash)
    return {account: wei for account, wei in owed.items() if wei}


def test_the_replay_agrees_with_the_rules_to_the_wei() -> None:
    chain = finished_task()

    credited = {account: ledger.owed for account, ledger in chain.state.ledgers.items() if ledger.owed}

    assert replayed(chain) == credited
    assert sum(credited.values()) == chain.state.task.balance


@pytest.mark.parametrize("field", ["outcome", "judged", "struck", "proposer_unit", "voter_unit", "pool_left"])
def test_the_replay_finds_a_number_that_is_off_by_one(field: str) -> None:
    chain = finished_task()
    place = next(i for i, event in enumerate(chain.events) if event.name == "RoundFinalised")
    claimed = chain.events[place].arguments
    chain.events[place] = replace(chain.events[place], arguments={**claimed, field: claimed[field] + 1})

    with pytest.raises(SystemExit, match="round 1: computed"):
        replayed(chain)


def test_a_candidate_is_recomputed_from_bytes() -> None:
    terms = replace(TERMS, rule=0)
    model = {"w": np.zeros(4, np.float32)}
    base = digest_of(encode_model(model))
    updates = {seat: Update({"w": np.full(4, seat + 1.0, np.float32)}, base, 10) for seat in (0, 1)}
    data = {seat: encode_update(update) for seat, update in updates.items()}
    accounts = ACCOUNTS[:2]
    commitments = {
        seat: proposal_commitment(DOMAIN, TASK, 1, accounts[seat], digest_of(data[seat])) for seat in data
    }

    digest, harmful, rewarded = program(CANDIDATE)["candidate"](
        encode_model(model), data, commitments, accounts, terms, DOMAIN, TASK, 1
    )

    assert digest == digest_of(encode_model(candidate_of(model, updates, terms.rule, terms.byzantine_bps)))
    assert (harmful, rewarded) == (0b00, 0b11)
