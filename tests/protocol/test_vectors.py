"""The committed vectors are what the rules give, and the rules are what an independent reading gives."""

import math
from fractions import Fraction
from pathlib import Path

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from flock.protocol.alliance import rounds, sortition, strikes
from flock.protocol.alliance.rounds import Durations, Phase, RoundState
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core import commitments
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain, Vote
from flock.protocol.core.units import DAY
from flock.protocol.economy import locks, rewards
from flock.training.aggregation import UpdateJudgement, aggregate, apply_update, judge
from flock.training.arrays import decode_model, decode_update, encode_model, spec_of
from tests.protocol.conftest import Cases
from tests.vectors import generate

PLACE = ["uint256", "address", "uint256", "uint256", "address"]


@pytest.mark.parametrize("name", sorted(generate.FILES))
def test_the_committed_file_is_what_the_generator_writes(name: str) -> None:
    committed = (Path(generate.__file__).parent / f"{name}.json").read_text()
    assert committed == generate.render(name), "run `make vectors` and look at the diff"


def test_gm_follows_the_published_curve(cases: Cases) -> None:
    for case in cases("locks", "gm_for"):
        days = Fraction(min(case.seconds, 365 * DAY), DAY)
        factor = 1 if days <= 30 else 1 + Fraction("2.19") * (days - 30) / 365
        assert case.gm == math.floor(case.flock * factor)
        assert locks.gm_for(case.flock, case.seconds) == case.gm


def test_multiplier_of_whole_days(cases: Cases) -> None:
    for case in cases("locks", "multiplier"):
        assert locks.multiplier(case.days) == case.multiplier


def test_a_slash_takes_its_share_rounded_up_within_what_is_there(cases: Cases) -> None:
    for case in cases("locks", "slash"):
        counted = max(case.gm, case.at_least)
        gm = min(math.ceil(Fraction(counted * case.slash_bps, 10_000)), case.gm)
        assert case.gm_slashed == gm == locks.slash_of(case.gm, case.at_least, case.slash_bps)
        assert case.flock_slashed == min(math.ceil(Fraction(case.flock * gm, case.gm)), case.flock)


def test_the_entry_fee_rounds_up(cases: Cases) -> None:
    for case in cases("locks", "entry_fee"):
        assert case.fee == math.ceil(Fraction(case.amount * case.fee_bps, 10_000))
        assert locks.entry_fee(case.amount, case.fee_bps) == case.fee


def test_extending_never_shortens_and_never_takes_gm(cases: Cases) -> None:
    for case in cases("locks", "extend"):
        assert case.next_left == case.days * DAY >= case.left
        assert case.next_gm == max(case.gm, locks.gm_for(case.flock, case.next_left))


def test_a_slash_takes_one_fraction_of_own_and_delegated_stake(cases: Cases) -> None:
    for case in cases("pools", "split"):
        share = Fraction(case.slash_bps, 10_000)
        assert case.from_own == min(case.own, math.ceil(share * max(case.own, case.at_least)))
        assert case.from_pool == math.ceil(share * min(case.delegated, case.ratio * case.own))


def test_a_pool_s_factor_keeps_the_share_that_a_slash_leaves(cases: Cases) -> None:
    for case in cases("pools", "slash"):
        assert case.flock_taken == min(case.flock, math.ceil(Fraction(case.flock * case.taken, case.gm)))
        assert case.next_factor == math.floor(Fraction(case.factor * (case.gm - case.taken), case.gm))
        assert case.record_now == math.floor(Fraction(case.record * case.next_factor, case.factor_then))


def test_the_sparse_draw_is_the_dense_shuffle(cases: Cases) -> None:
    for case in cases("sortition", "draw"):
        deck = list(range(case.members))
        for i in range(case.seats):
            word = keccak(encode(["bytes32", "uint256"], [case.seed, i]))
            j = i + int.from_bytes(word, "big") % (case.members - i)
            deck[i], deck[j] = deck[j], deck[i]
        assert case.drawn == deck[: case.seats]
        assert sortition.draw(case.seed, case.members, case.seats) == tuple(case.drawn)


def test_the_seed_is_the_abi_encoding_hashed(cases: Cases) -> None:
    kinds = ["bytes32", "bytes32", "uint256", "address", "uint256", "uint256"]
    for case in cases("sortition", "seed"):
        row = [case.block_hash, case.entropy, case.chain_id, case.contract, case.task, case.round]
        assert case.seed == keccak(encode(kinds, row))
        domain = Domain(case.chain_id, case.contract)
        entropy = int.from_bytes(case.entropy, "big")
        assert sortition.seed(case.block_hash, entropy, domain, case.task, case.round) == case.seed


def test_weights(cases: Cases) -> None:
    for case in cases("weights", "weight"):
        assert case.weight == min(4, case.stake // case.minimum)
        assert sortition.weight(case.stake, case.minimum) == case.weight


def test_a_proposal_is_in_with_more_than_half_of_the_attesting_weight(cases: Cases) -> None:
    for case in cases("attestation", "attested_set"):
        for seat in range(case.proposers):
            pairs = zip(case.bitmaps, case.weights, strict=True)
            weight = sum(w for bitmap, w in pairs if bitmap >> seat & 1)
            assert case.tallies >> 8 * seat & 0xFF == weight
            assert case.attested >> seat & 1 == (Fraction(weight, case.attesting_weight) > Fraction(1, 2))


def test_a_vote_is_decided_by_majority_of_weight_and_quorum(cases: Cases) -> None:
    for case in cases("votes", "decide"):
        assert case.outcome == _counted_by_hand(case)


def test_two_thirds_against_is_the_line_for_all_but_those_who_prevailed(cases: Cases) -> None:
    for case in cases("votes", "against"):
        against = Fraction(case.revealed - case.agreeing, case.revealed)
        assert case.against == (against >= Fraction(2, 3) and not case.prevailed)


def test_more_than_half_of_a_role_absent_is_an_outage(cases: Cases) -> None:
    for case in cases("votes", "outage"):
        assert case.outage == (Fraction(case.absent, case.weight) > Fraction(1, 2))


def test_strike_histories(cases: Cases) -> None:
    for case in cases("strikes", "mark"):
        recent = [case.bad, *(bool(case.history >> i & 1) for i in range(case.window - 1))]
        slashed = case.bad and sum(recent) >= case.limit
        after = 0 if slashed else sum(bit << i for i, bit in enumerate(recent))
        assert (case.next, case.slashed) == (after, slashed)
        mark = strikes.mark(case.history, bad=case.bad, window=case.window, limit=case.limit)
        assert mark == (after, slashed)


def test_pay_follows_the_published_shares(cases: Cases) -> None:
    for case in cases("rewards", "share_out"):
        accepted = case.outcome == Outcome.ACCEPTED
        reward = case.pool // case.rounds_left
        proposers = reward * 70 // 100 if accepted and case.proposer_weight else 0
        assert case.proposer_unit == (proposers // case.proposer_weight if case.proposer_weight else 0)
        left = case.pool - case.proposer_unit * case.proposer_weight
        frequency = Fraction(case.sixteenths if accepted else 16 - case.sixteenths, 16)
        voters = min(math.floor(reward * Fraction(30, 100) * min(3, 1 / (2 * frequency))), left)
        assert case.voter_unit == (voters // case.voter_weight if case.voter_weight else 0)
        assert case.pool_left == left - case.voter_unit * case.voter_weight


def test_refunds(cases: Cases) -> None:
    for case in cases("rewards", "refund"):
        share = math.floor(case.bounty * Fraction(case.planned - case.decided, case.planned))
        assert case.refund == min(share, case.left)
        assert rewards.refund(case.bounty, case.planned, case.decided, case.left) == case.refund


def test_the_clock(cases: Cases) -> None:
    for case in cases("rounds", "tick"):
        state = RoundState(
            1,
            Phase(case.phase),
            case.ends_at,
            case.proposers,
            case.voters,
            case.proposed,
            case.voter_states,
        )
        after = rounds.tick(state, case.now, Durations(*case.durations))
        assert (after.phase, after.ends_at) == (case.next_phase, case.next_ends_at)


def test_commitments_are_the_abi_encoding_hashed(cases: Cases) -> None:
    for case in cases("commitments", "proposal"):
        row = [case.chain_id, case.contract, case.task, case.round, case.account, case.digest]
        assert case.commitment == keccak(encode([*PLACE, "bytes32"], row))


def test_sealed_votes_are_the_abi_encoding_hashed(cases: Cases) -> None:
    ballot = ["bytes32", "uint32", "uint32"]
    for case in cases("commitments", "sealed"):
        place = [case.chain_id, case.contract, case.task, case.round, case.account]
        row = [case.candidate, case.harmful, case.rewarded]
        assert case.key == keccak(encode(ballot, row))
        assert case.sealed == keccak(
            encode([*PLACE, *ballot, "bool", "bytes32"], [*place, *row, case.supports, case.salt])
        )
        vote = Vote(case.candidate, case.harmful, case.rewarded, case.supports)
        domain = Domain(case.chain_id, case.contract)
        sealed = commitments.sealed_vote(domain, case.task, case.round, case.account, vote, case.salt)
        assert sealed == case.sealed


def test_candidates_are_what_the_vectors_say(cases: Cases) -> None:
    for case in [*cases("aggregation", "candidate"), *cases("aggregation", "constants")]:
        model = decode_model(case.model)
        like, base = spec_of(model), digest_of(case.model)
        updates = {i: decode_update(data, like=like, base=base) for i, data in enumerate(case.updates)}
        change = aggregate(case.rule, updates, case.byzantine_bps)
        assert digest_of(encode_model(apply_update(model, change))) == case.candidate
        assert judge(updates, change) == UpdateJudgement(case.harmful, case.rewarded)


def _counted_by_hand(case: object) -> Outcome:
    votes = [
        (weight, ballot, supports)
        for weight, ballot, supports, revealed in zip(
            case.weights, case.ballot, case.supports, case.revealed, strict=True
        )
        if revealed
    ]
    revealed_weight = sum(weight for weight, _, _ in votes)
    for winner in {ballot for _, ballot, _ in votes}:
        weight = sum(w for w, ballot, _ in votes if ballot == winner)
        if 2 * weight <= revealed_weight or 2 * revealed_weight < sum(case.weights):
            continue
        balance = sum(w if supports else -w for w, ballot, supports in votes if ballot == winner)
        if balance and not case.changes_nothing:
            return Outcome.ACCEPTED if balance > 0 else Outcome.REJECTED
    return Outcome.VOID
