"""Write the test vectors: ``python tests/vectors/generate.py``. The same seed gives the same files.

The files are the treaty between the Python and the Solidity rules: pytest and forge read the same ones.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from flock.protocol.alliance import attestation, rounds, sortition, strikes, votes
from flock.protocol.alliance.params import MIXING
from flock.protocol.alliance.rounds import Durations, Phase, RoundState
from flock.protocol.alliance.votes import Ballots, Outcome
from flock.protocol.arena import commitments as arena_commitments
from flock.protocol.arena import leaderboard, panels, scores
from flock.protocol.arena.copies import named_by_most
from flock.protocol.arena.leaderboard import Contest, Entry
from flock.protocol.arena.scores import MAX_SCORE, Failure, Mark, Reveal
from flock.protocol.core import commitments
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain, Vote
from flock.protocol.core.units import DAY, WAD, Gm, Wei
from flock.protocol.economy import locks, pools, rewards
from flock.protocol.economy.locks import Position
from flock.protocol.economy.pools import Delegation, Pool
from flock.protocol.market import splits
from flock.protocol.market.splits import Split
from flock.training.aggregation import Rule, write_candidate
from flock.training.arrays import Array, Update, encode_model, encode_update, trained_part
from flock.training.dtypes import CONSTANT, TRAINED, dtype_of_update, rounded

HERE = Path(__file__).parent
SEED = 20260101
NO_WINNER = 2**256 - 1

Value: TypeAlias = "int | bool | bytes | str | list[Value]"
Case: TypeAlias = dict[str, Value]
Section: TypeAlias = Callable[[random.Random], Iterator[Case]]


def locks_gm_for(dice: random.Random) -> Iterator[Case]:
    edges = [0, 1, DAY, 30 * DAY, 30 * DAY + 1, 180 * DAY, 365 * DAY, 365 * DAY + 1, 800 * DAY]
    for flock in (0, 1, 3, WAD, 10**27):
        for seconds in edges:
            yield {"flock": flock, "seconds": seconds, "gm": locks.gm_for(Wei(flock), seconds)}
    for _ in range(40):
        flock, seconds = dice.randrange(10**27), dice.randrange(400 * DAY)
        yield {"flock": flock, "seconds": seconds, "gm": locks.gm_for(Wei(flock), seconds)}


def locks_multiplier(_: random.Random) -> Iterator[Case]:
    for days in (1, 29, 30, 31, 60, 90, 180, 270, 364, 365):
        yield {"days": days, "multiplier": locks.multiplier(days)}


def locks_slash(dice: random.Random) -> Iterator[Case]:
    """An own stake of ``gm`` with its ``flock`` that counts as ``at_least`` at least."""
    for _ in range(40):
        flock = dice.choice([1, 7, WAD, dice.randrange(1, 10**27)])
        gm = dice.choice([flock, locks.gm_for(Wei(flock), 365 * DAY), dice.randrange(1, 3 * flock + 1)])
        at_least = dice.choice([0, 1, gm, gm * 2, gm * 200, dice.randrange(gm + 1)])
        slash_bps = dice.choice([0, 1, 100, 5_000, 10_000])
        taken = locks.slash_of(Gm(gm), Gm(at_least), slash_bps)
        yield {
            "flock": flock,
            "gm": gm,
            "at_least": at_least,
            "slash_bps": slash_bps,
            "gm_slashed": taken,
            "flock_slashed": locks.flock_up(Wei(flock), taken, Gm(gm)),
        }


def locks_entry_fee(dice: random.Random) -> Iterator[Case]:
    for fee_bps in (0, 1, 250, 1_000):
        for amount in (1, 9, 10_000, 10_001, dice.randrange(10**27)):
            yield {"amount": amount, "fee_bps": fee_bps, "fee": locks.entry_fee(Wei(amount), fee_bps)}


def locks_extend(dice: random.Random) -> Iterator[Case]:
    """A lock that was given for ``lock_days``, with so many seconds left, made to last ``days`` from now."""
    for _ in range(40):
        flock, lock_days = dice.randrange(1, 10**27), dice.choice([1, 30, 31, 180, 365])
        gm = dice.choice(
            [flock, locks.gm_for(Wei(flock), lock_days * DAY), dice.randrange(flock, 3 * flock + 1)]
        )
        left, days = dice.randint(1, lock_days * DAY), dice.randint(lock_days, 365)
        before = Position(Wei(flock), Gm(gm), unlock_at=left, lock_days=lock_days)
        after = locks.extend(before, days, 0)
        yield {
            "flock": flock,
            "gm": gm,
            "lock_days": lock_days,
            "left": left,
            "days": days,
            "next_left": after.unlock_at,
            "next_gm": after.gm,
        }


def pools_split(dice: random.Random) -> Iterator[Case]:
    """How one slash falls on an own stake and on what is delegated to it."""
    for _ in range(60):
        own = dice.choice([0, 1, 3, 100 * WAD, dice.randrange(10**27)])
        at_least = dice.choice([0, own, own * 2, dice.randrange(10**27)])
        ratio, slash_bps = dice.choice([1, 10, 100]), dice.choice([0, 1, 100, 5_000, 10_000])
        delegated = dice.choice([0, 1, 7, own * ratio, own * ratio + 1, dice.randrange(10**27)])
        yield {
            "own": own,
            "at_least": at_least,
            "delegated": delegated,
            "ratio": ratio,
            "slash_bps": slash_bps,
            "from_own": locks.slash_of(Gm(own), Gm(at_least), slash_bps),
            "from_pool": pools.slash_of(Gm(delegated), Gm(own), ratio, slash_bps),
        }


def pools_slash(dice: random.Random) -> Iterator[Case]:
    """One slash of a pool and what a record written before it is worth after it."""
    for _ in range(60):
        gm = dice.choice([1, WAD, dice.randrange(1, 10**27)])
        flock = dice.choice([gm, max(1, gm // 3), dice.randrange(1, gm + 1)])
        factor = dice.choice([pools.FULL, pools.LEAST_FACTOR, pools.WORN, dice.randrange(1, pools.FULL)])
        then = dice.choice([factor, pools.FULL, dice.randrange(factor, pools.FULL + 1)])
        taken = dice.choice([1, gm, gm // 10, gm - 1, dice.randrange(gm + 1)])
        record = dice.choice([0, 1, dice.randrange(10**27)])
        next_factor = pools.factor_after(factor, Gm(taken), Gm(gm))
        written = Delegation(Gm(record), Wei(record), factor=then)
        yield {
            "gm": gm,
            "flock": flock,
            "factor": factor,
            "taken": taken,
            "flock_taken": locks.flock_up(Wei(flock), Gm(taken), Gm(gm)),
            "next_factor": next_factor,
            "record": record,
            "factor_then": then,
            "record_now": pools.current(written, Pool(factor=next_factor)).gm,
        }


def sortition_draw(dice: random.Random) -> Iterator[Case]:
    sizes = [(1, 1), (2, 2), (8, 8), (9, 8), (16, 16), (800, 16), (95, 95), (65_000, 95)]
    for members, seats in sizes * 2:
        seed = dice.randbytes(32)
        drawn = list[Value](sortition.draw(seed, members, seats))
        yield {"seed": seed, "members": members, "seats": seats, "drawn": drawn}


def sortition_seed(dice: random.Random) -> Iterator[Case]:
    for index in range(7):
        block_hash, entropy, domain = dice.randbytes(32), dice.getrandbits(256), _domain(dice)
        block_hash = bytes(32) if index == 6 else block_hash  # where the entropy has had the hash already
        task, number = dice.randrange(1, 10**6), dice.randrange(1, 20_001)
        yield {
            "block_hash": block_hash,
            "entropy": entropy.to_bytes(32, "big"),
            "chain_id": domain.chain_id,
            "contract": domain.contract,
            "task": task,
            "round": number,
            "seed": sortition.seed(block_hash, entropy, domain, task, number),
        }


def sortition_weight(dice: random.Random) -> Iterator[Case]:
    for tenths in (0, 5, 9, 10, 11, 19, 20, 29, 30, 39, 40, 41, 50, 1000):
        minimum = dice.randrange(1, 10**7) * WAD
        stake = minimum * tenths // 10
        yield {"stake": stake, "minimum": minimum, "weight": sortition.weight(Gm(stake), Gm(minimum))}


def attestation_set(dice: random.Random) -> Iterator[Case]:
    for _ in range(30):
        proposers, voters = dice.randint(1, 32), dice.randint(1, 63)
        weights = _weights(dice, voters)
        bitmaps = [dice.getrandbits(proposers) | dice.getrandbits(proposers) for _ in weights]
        tallies = attestation.tally(bitmaps, weights, proposers)
        yield {
            "proposers": proposers,
            "weights": list[Value](weights),
            "bitmaps": list[Value](bitmaps),
            "tallies": sum(tally << 8 * seat for seat, tally in enumerate(tallies)),
            "attesting_weight": sum(weights),
            "attested": attestation.attested_set(tallies, sum(weights)),
        }


def votes_decide(dice: random.Random) -> Iterator[Case]:
    for _ in range(60):
        yield _decision(dice)


def votes_against(_: random.Random) -> Iterator[Case]:
    for revealed in (1, 2, 3, 4, 5, 6, 9, 12, 252):
        for agreeing in sorted({0, 1, revealed // 3, revealed // 3 + 1, revealed // 2, revealed}):
            for prevailed in (False, True):
                against = votes.is_against(agreeing, revealed, prevailed=prevailed)
                yield {
                    "agreeing": agreeing,
                    "revealed": revealed,
                    "prevailed": prevailed,
                    "against": against,
                }


def votes_outage(_: random.Random) -> Iterator[Case]:
    for weight in (1, 2, 3, 4, 7, 60, 128, 252):
        for absent in sorted({0, weight // 2, weight // 2 + 1, weight}):
            yield {"absent": absent, "weight": weight, "outage": votes.is_outage(absent, weight)}


def strikes_mark(dice: random.Random) -> Iterator[Case]:
    for window, limit in ((1, 1), (8, 4), (8, 8), (16, 3), (16, 16), (4, 2)):
        for bad in (False, True):
            for _ in range(5):
                history = dice.getrandbits(window)
                history &= dice.getrandbits(window)
                mark = strikes.mark(history, bad=bad, window=window, limit=limit)
                yield {
                    "history": history,
                    "bad": bad,
                    "window": window,
                    "limit": limit,
                    "next": mark.history,
                    "slashed": mark.slashed,
                }


def rewards_share_out(dice: random.Random) -> Iterator[Case]:
    for index in range(80):
        pool = dice.choice([0, 1, 99, WAD, 10**24, dice.randrange(10**27)])
        yield _share(dice, pool, accepted=index % 2 == 0)


def rewards_refund(dice: random.Random) -> Iterator[Case]:
    for _ in range(20):
        bounty, planned = dice.randrange(10**27), dice.randint(1, 10_000)
        decided, left = dice.randint(0, planned), dice.randrange(bounty + 1)
        refund = rewards.refund(Wei(bounty), planned, decided, Wei(left))
        yield {"bounty": bounty, "planned": planned, "decided": decided, "left": left, "refund": refund}


def rounds_tick(dice: random.Random) -> Iterator[Case]:
    for _ in range(80):
        state, durations = _round(dice), Durations(*(dice.randint(2, 100) for _ in range(4)))
        now = max(0, state.ends_at + dice.choice([-1, 0, 1, dice.randint(-50, 500)]))
        after = rounds.tick(state, now, durations)
        yield {
            "phase": state.phase,
            "ends_at": state.ends_at,
            "proposers": state.proposers,
            "voters": state.voters,
            "proposed": state.proposed,
            "voter_states": state.voter_states,
            "durations": [durations.propose, durations.attest, durations.commit, durations.reveal],
            "now": now,
            "next_phase": after.phase,
            "next_ends_at": after.ends_at,
        }


def commitments_proposal(dice: random.Random) -> Iterator[Case]:
    for _ in range(6):
        domain, account, digest = _domain(dice), _address(dice), dice.randbytes(32)
        task, number = dice.randrange(1, 10**6), dice.randrange(1, 20_001)
        commitment = commitments.proposal_commitment(domain, task, number, account, digest)
        yield {
            **_place(domain, task, number, account),
            "digest": digest,
            "commitment": commitment,
        }


def commitments_sealed(dice: random.Random) -> Iterator[Case]:
    for index in range(8):
        domain, account, salt = _domain(dice), _address(dice), dice.randbytes(32)
        task, number = dice.randrange(1, 10**6), dice.randrange(1, 20_001)
        harmful = dice.getrandbits(32)
        vote = Vote(dice.randbytes(32), harmful, dice.getrandbits(32) & ~harmful, index % 2 == 0)
        yield {
            **_place(domain, task, number, account),
            "candidate": vote.candidate,
            "harmful": vote.harmful,
            "rewarded": vote.rewarded,
            "supports": vote.supports,
            "salt": salt,
            "key": vote.key,
            "sealed": commitments.sealed_vote(domain, task, number, account, vote, salt),
        }


def aggregation_candidate(dice: random.Random) -> Iterator[Case]:
    """Arrays of each format; the last of eight updates is enormous."""
    for rule in [number + mixing for number in Rule for mixing in (0, MIXING)]:
        for members in (1, 5, 8):
            scales = [0.1] * (members - 1) + [1e4 if members == 8 else 0.1]
            yield _aggregated(dice, _arrays(dice, 1.0, UPDATED), scales, rule)


def aggregation_constants(dice: random.Random) -> Iterator[Case]:
    """Models with float64 arrays, and with constants before, between and after the arrays that are trained."""
    for rule in (Rule.FEDAVG, Rule.TRIMMED_MEAN + MIXING, Rule.GEOMETRIC_MEDIAN):
        model = _arrays(dice, 1.0, TRAINED)
        constants = {
            name.lower() if place % 2 else f"A{name}": np.array([place, 1]).astype(dtype)
            for place, (name, dtype) in enumerate(CONSTANT.items())
        }
        counter = {"G": np.array(dice.randrange(2**40))}
        yield _aggregated(dice, {**constants, **model, **counter}, [0.1] * 5, rule)


def _aggregated(dice: random.Random, model: dict[str, Array], scales: list[float], rule: int) -> Case:
    """What becomes of ``model`` with an update of each of these sizes."""
    data = encode_model(model)
    formats = {name: dtype_of_update(array.dtype) for name, array in trained_part(model).items()}
    updates = {
        seat: Update(_arrays(dice, scale, formats), digest_of(data), dice.randrange(1, 1000))
        for seat, scale in enumerate(scales)
    }
    written: list[bytes] = []
    judged = write_candidate(model, updates, rule, 2500, written.append)
    return {
        "rule": rule,
        "byzantine_bps": 2500,
        "model": data,
        "updates": [encode_update(update) for update in updates.values()],
        "candidate": digest_of(b"".join(written)),
        "harmful": judged.harmful,
        "rewarded": judged.rewarded,
    }


def _arrays(dice: random.Random, scale: float, formats: Mapping[str, np.dtype[Any]]) -> dict[str, Array]:
    """Multiples of 2⁻⁸: no library of logarithms has a say in them."""
    numbers = [[dice.randrange(-512, 513) * scale / 256 for _ in range(4)] for _ in formats]
    return {
        name: rounded(np.array(row), dtype)
        for row, (name, dtype) in zip(numbers, formats.items(), strict=True)
    }


UPDATED = {name: dtype for name, dtype in TRAINED.items() if dtype_of_update(dtype) == dtype}


def arena_shuffle(dice: random.Random) -> Iterator[Case]:
    for size in (1, 2, 3, 4, 5, 9, 16, 17, 64, 65, 210, 256, 257, 4_096):
        for _ in range(6):
            seed, index = dice.randbytes(32), dice.randrange(size)
            yield {"seed": seed, "index": index, "size": size, "place": panels.shuffled(seed, index, size)}


def arena_judge(dice: random.Random) -> Iterator[Case]:
    """``marks`` has four bits a seat: 0 for none, because the panel is void; else the mark plus one."""
    for _ in range(120):
        seats, tolerance = dice.choice([3, 5, 7, 9]), dice.choice([1, 1_000, 50_000])
        spread = dice.choice([0, tolerance, 20 * tolerance])
        failing = dice.choice([0.0, 0.2, 0.6])
        reveals: dict[int, Reveal] = {
            seat: dice.choice(list(Failure))
            if dice.random() < failing
            else min(MAX_SCORE, dice.choice([500_000, MAX_SCORE - 2_000_000]) + dice.randint(0, spread))
            for seat in range(seats)
            if dice.random() < dice.choice([0.4, 0.95])
        }
        verdict = scores.judge(reveals, seats, tolerance)
        is_void = verdict.outcome is scores.Outcome.VOID
        marks = {seat: 0 if is_void else verdict.marks.get(seat, Mark.ABSENT) + 1 for seat in range(seats)}
        yield {
            "word": scores.in_word(reveals),
            "seats": seats,
            "tolerance": tolerance,
            "outcome": verdict.outcome,
            "median": verdict.median,
            "mad": verdict.mad,
            "marks": sum(mark << 4 * seat for seat, mark in marks.items()),
        }


def arena_named(dice: random.Random) -> Iterator[Case]:
    """Seats that revealed nothing have no vote, whatever bits are theirs."""
    for _ in range(120):
        names, codes = dice.choice([(1, 2), (0, 1), (0, 1, 2), (7,)]), dice.choice([(1,), (0, 1), (0, 1, 1)])
        seats = dice.choice([3, 5, 7, 9])
        said = [(dice.choice(codes), dice.choice(names)) for _ in range(seats)]
        yield {
            "word": arena_commitments.packed([code for code, _ in said], 28),
            "names": arena_commitments.packed([name for _, name in said], 28),
            "found": named_by_most([name for code, name in said if code]),
        }


def arena_places(dice: random.Random) -> Iterator[Case]:
    """Rankings of six places that grow by a submission a case; ``own`` is the one in the trainer's place, or 0."""
    for _ in range(12):
        contest = Contest(1_000, dice.choice([0, 10_000_000]))
        contest = Contest(1_000, contest.baseline, higher_is_better=contest.baseline == 0)
        numbers = list(range(1, 21))
        late = [numbers.pop(dice.randrange(len(numbers))) for _ in range(4)]
        board: tuple[Entry, ...] = ()
        for at, number in enumerate([*numbers, *late]):
            entry = Entry(number, dice.choice("abcdefghij"), 500_000 + 250 * dice.randint(1, 30))
            own = next((each.number for each in board if each.trainer == entry.trainer), 0)
            board = leaderboard.with_entry(board, entry, contest, 6)
            yield {
                "is_first": int(at == 0),
                "submission": entry.number,
                "score": entry.score,
                "own": own,
                "higher": int(contest.higher_is_better),
                "board": arena_commitments.packed([each.number for each in board], 28),
            }


def market_split(dice: random.Random) -> Iterator[Case]:
    """What is due in all to the treasury, the host, the owner and a payee with ``share_bps``."""
    edges = [(0, 250, 2_000, 0), (1, 100, 9_000, 10_000), (9_999, 1_000, 9_000, 5_000), (10**27, 250, 0, 1)]
    drawn = [
        (dice.randrange(10 ** dice.randint(1, 27)), dice.randint(100, 1_000), dice.randint(0, 9_000), bps)
        for bps in (dice.randint(0, 10_000) for _ in range(60))
    ]
    for paid, fee_bps, host_bps, share_bps in edges + drawn:
        fee, host, owner, share = Split(fee_bps, host_bps, (share_bps,)).dues(paid)
        yield {
            "paid": paid,
            "fee_bps": fee_bps,
            "host_bps": host_bps,
            "share_bps": share_bps,
            "fee": fee,
            "host": host,
            "owner": owner,
            "share": share,
        }


def market_vested(dice: random.Random) -> Iterator[Case]:
    for _ in range(40):
        amount, start, length = dice.randrange(10**27), dice.randrange(10**9), dice.randint(0, 360 * DAY)
        time = dice.choice([start, start + length, start + dice.randrange(400 * DAY), max(start - 1, 0)])
        vested = splits.vested(amount, start, start + length, time)
        yield {"amount": amount, "start": start, "end": start + length, "time": time, "vested": vested}


FILES: dict[str, dict[str, Section]] = {
    "locks": {
        "gm_for": locks_gm_for,
        "multiplier": locks_multiplier,
        "entry_fee": locks_entry_fee,
        "extend": locks_extend,
        "slash": locks_slash,
    },
    "pools": {"split": pools_split, "slash": pools_slash},
    "sortition": {"draw": sortition_draw, "seed": sortition_seed},
    "weights": {"weight": sortition_weight},
    "attestation": {"attested_set": attestation_set},
    "votes": {"decide": votes_decide, "against": votes_against, "outage": votes_outage},
    "strikes": {"mark": strikes_mark},
    "rewards": {"share_out": rewards_share_out, "refund": rewards_refund},
    "rounds": {"tick": rounds_tick},
    "commitments": {"proposal": commitments_proposal, "sealed": commitments_sealed},
    "arena": {"shuffle": arena_shuffle, "judge": arena_judge, "named": arena_named, "places": arena_places},
    "market": {"split": market_split, "vested": market_vested},
    "aggregation": {"candidate": aggregation_candidate, "constants": aggregation_constants},
}


def render(name: str) -> str:
    """The text of one vector file."""
    sections = {title: _columns(make) for title, make in FILES[name].items()}
    return json.dumps(sections, indent=1) + "\n"


def write_all() -> None:
    """Write every vector file next to this script."""
    for name in FILES:
        (HERE / f"{name}.json").write_text(render(name))


def _columns(section: Section) -> dict[str, object]:
    """Cases as columns: forge reads a whole column with one call."""
    cases = list(section(random.Random(f"{SEED} {section.__name__}")))
    columns = {name: [_plain(case[name]) for case in cases] for name in cases[0]}
    return {"count": len(cases), **columns}


def _plain(value: Value) -> object:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(int(value))


def _decision(dice: random.Random) -> Case:
    """A vote among few ballots, so that some win, some tie and some fall short."""
    voters, model = dice.randint(1, 15), dice.randbytes(32)
    choices = [dice.randbytes(32), dice.choice([dice.randbytes(32), model, bytes(32)])]
    mood, loyalty = dice.choice([0.1, 0.5, 0.9]), dice.choice([0.5, 0.9, 1.0])
    revealed = {
        voter: Vote(choices[dice.random() > loyalty], 1, 2, dice.random() < mood)
        for voter in range(voters)
        if dice.random() < dice.choice([0.4, 0.9])
    }
    ballots = Ballots(revealed, _weights(dice, voters))
    decision = votes.decide(ballots, model)
    keys = list(ballots.key_weights())
    winner = votes.winning_key(ballots)
    sides = [_side(ballots, winner, supports=sign) for sign in (True, False)]
    return {
        "weights": list[Value](ballots.weights),
        "revealed": [voter in revealed for voter in range(voters)],
        "ballot": [keys.index(revealed[v].key) if v in revealed else 0 for v in range(voters)],
        "supports": [v in revealed and revealed[v].supports for v in range(voters)],
        "ballot_weights": list[Value](ballots.key_weights().values()),
        "revealed_weight": ballots.revealed_weight,
        "drawn_weight": ballots.drawn_weight,
        "winner": NO_WINNER if winner is None else keys.index(winner),
        "changes_nothing": decision.winner is not None and decision.winner.candidate in (model, bytes(32)),
        "supporting": sides[0],
        "opposing": sides[1],
        "outcome": decision.outcome,
    }


def _side(ballots: Ballots, key: bytes | None, *, supports: bool) -> int:
    voters = [v for v, vote in ballots.revealed.items() if vote.key == key and vote.supports is supports]
    return ballots.weight_of(voters)


def _share(dice: random.Random, pool: int, *, accepted: bool) -> Case:
    rounds_left, sixteenths = dice.choice([1, 2, dice.randint(1, 10_000)]), dice.randint(1, 15)
    proposer_weight, voter_weight = dice.randint(0, 128), dice.randint(0, 252)
    pay = rewards.share_out(
        Wei(pool),
        rounds_left,
        accepted=accepted,
        sixteenths=sixteenths,
        proposer_weight=proposer_weight,
        voter_weight=voter_weight,
    )
    return {
        "pool": pool,
        "rounds_left": rounds_left,
        "outcome": Outcome.ACCEPTED if accepted else Outcome.REJECTED,
        "sixteenths": sixteenths,
        "proposer_weight": proposer_weight,
        "voter_weight": voter_weight,
        "proposer_unit": pay.proposer_unit,
        "voter_unit": pay.voter_unit,
        "pool_left": pay.pool_left,
        "next_sixteenths": rewards.next_sixteenths(sixteenths, accepted=accepted),
    }


def _round(dice: random.Random) -> RoundState:
    """A round whose voters are no further than its phase allows."""
    phase = Phase(dice.randint(Phase.WAITING, Phase.ENDED))
    proposers, voters = dice.randint(1, 32), dice.randint(1, 63)
    furthest = {Phase.PROPOSE: 0, Phase.ATTEST: 1, Phase.COMMIT: 2}.get(phase, 3)
    states = sum(dice.randint(0, dice.choice([0, furthest])) << 2 * voter for voter in range(voters))
    proposed = dice.choice([0, dice.getrandbits(proposers)])
    return RoundState(1, phase, dice.randint(1000, 2000), proposers, voters, proposed, states)


def _weights(dice: random.Random, count: int) -> list[int]:
    return [dice.choice([1, 1, 2, 3, 4]) for _ in range(count)]


def _domain(dice: random.Random) -> Domain:
    return Domain(dice.choice([1, 31337, 8453, 2**64 - 1]), _address(dice))


def _address(dice: random.Random) -> str:
    return "0x" + dice.randbytes(20).hex()


def _place(domain: Domain, task: int, number: int, account: str) -> Case:
    return {
        "chain_id": domain.chain_id,
        "contract": domain.contract,
        "task": task,
        "round": number,
        "account": account,
    }


if __name__ == "__main__":
    write_all()
