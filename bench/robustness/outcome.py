"""What one run shows, and what its strikes would have come to under other terms."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bench.robustness import learning
from bench.robustness.settings import BOUNTY, MINIMUM, Setting
from bench.robustness.simulation import Judged, Log, Simulation
from flock.protocol.alliance import strikes
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.votes import Outcome, Verdict

LIMITS = ((8, 3), (8, 4), (8, 5), (8, 6), (12, 6), (12, 8), (16, 6), (16, 8), (16, 10), (16, 12))
Terms = tuple[Fraction, int, int]  # majority that strikes, window, limit

MAJORITIES = (Fraction(1, 2), Fraction(2, 3), Fraction(3, 4), Fraction(5, 6))


@dataclass(frozen=True)
class Result:
    """One run. Losses are shares of the stake put in, earnings are in equal shares of the bounty.

    ``quality`` is the area under the ROC curve for two classes, else accuracy, on rows that no member has.
    The counts of honest seats: judged, and struck by reason.
    """

    quality: float
    backdoor: float
    accepted: int
    rejected: int
    void: int
    captured: int
    honest_lost: float
    attackers_lost: float
    honest_earned: float
    attackers_earned: float
    honest_slashed: int
    seats: int
    harmful: int
    outvoted: int
    unattested: int
    absent: int


@dataclass(frozen=True)
class Slashes:
    """How often honest members and attackers would have been slashed."""

    honest: int
    attackers: int


def played(setting: Setting) -> Simulation:
    """The simulation of a setting, played to its end."""
    simulation = Simulation(setting)
    simulation.run()
    return simulation


def result_of(simulation: Simulation) -> Result:
    """What a finished run shows."""
    log, attackers = simulation.log, simulation.attackers
    honest = frozenset(range(simulation.setting.members)) - attackers
    struck = _struck(log, honest)
    return Result(
        quality=learning.quality(simulation.model, simulation.federation.test),
        backdoor=learning.backdoor_success(simulation.model, simulation.federation),
        accepted=log.outcomes[Outcome.ACCEPTED],
        rejected=log.outcomes[Outcome.REJECTED],
        void=log.outcomes[Outcome.VOID],
        captured=log.captured,
        honest_lost=_lost(simulation, honest),
        attackers_lost=_lost(simulation, attackers),
        honest_earned=_earned(simulation, honest),
        attackers_earned=_earned(simulation, attackers),
        honest_slashed=sum(_lost(simulation, frozenset([member])) > 0 for member in honest),
        seats=sum(len(judged) for member, judged in histories(log).items() if member in honest),
        harmful=struck[Reason.HARMFUL],
        outvoted=struck[Reason.OUTVOTED],
        unattested=struck[Reason.BYTES_NOT_ATTESTED],
        absent=struck[Reason.DID_NOT_PROPOSE] + struck[Reason.DID_NOT_REVEAL],
    )


def histories(log: Log, majority: Fraction = Fraction(2, 3)) -> Mapping[int, Sequence[bool]]:
    """Each member's judged seats in order, whether bad, if so large a majority struck who votes against it."""
    found: dict[int, list[bool]] = {}
    for judged in log.rounds:
        for member, bad in _verdicts(judged, majority):
            found.setdefault(member, []).append(bad)
    return found


def slashes_under(simulation: Simulation) -> Mapping[Terms, Slashes]:
    """Slashes under other terms, had draws, weights and votes been the same."""
    found = {}
    for majority in MAJORITIES:
        judged = histories(simulation.log, majority)
        for window, limit in LIMITS:
            counts = {True: 0, False: 0}
            for member, seats in judged.items():
                counts[member in simulation.attackers] += _slashes(seats, window, limit)
            found[majority, window, limit] = Slashes(honest=counts[False], attackers=counts[True])
    return found


def _verdicts(judged: Judged, majority: Fraction) -> Iterator[tuple[int, bool]]:
    outvoted = _outvoted(judged, majority)
    first = len(judged.members) - len(judged.ballots.weights)
    for seat, (member, found) in enumerate(zip(judged.members, judged.seats, strict=True)):
        if found.verdict is not Verdict.UNJUDGED:
            votes = seat - first in judged.ballots.revealed
            yield member, seat - first in outvoted if votes else found.verdict is Verdict.BAD


def _outvoted(judged: Judged, majority: Fraction) -> frozenset[int]:
    """Voters with at least so large a share of the revealed weight against them."""
    ballots, total = judged.ballots, judged.ballots.revealed_weight
    sides: Counter[tuple[bytes, bool]] = Counter()
    for voter, vote in ballots.revealed.items():
        sides[vote.key, vote.supports] += ballots.weights[voter]
    won = judged.decision.verdict
    return frozenset(
        voter
        for voter, vote in ballots.revealed.items()
        if won is None or (vote.key, vote.supports) != (won.key, won.supports)
        if total - sides[vote.key, vote.supports] >= majority * total
    )


def _slashes(judged: Sequence[bool], window: int, limit: int) -> int:
    history = count = 0
    for bad in judged:
        history, slashed = strikes.mark(history, bad=bad, window=window, limit=limit)
        count += slashed
    return count


def _struck(log: Log, members: frozenset[int]) -> Counter[Reason]:
    """Why seats of these members were struck."""
    return Counter(
        found.reason
        for judged in log.rounds
        for member, found in zip(judged.members, judged.seats, strict=True)
        if member in members and found.verdict is Verdict.BAD
    )


def _lost(simulation: Simulation, members: frozenset[int]) -> float:
    put_in = simulation.setting.stake * MINIMUM
    left = sum(simulation.play.stake_of(member) for member in members)
    return float(1 - Fraction(left, put_in * len(members))) if members else 0.0


def _earned(simulation: Simulation, members: frozenset[int]) -> float:
    equal = Fraction(BOUNTY, simulation.setting.members)
    earned = sum(simulation.play.credit_of(member) for member in members)
    return float(earned / (equal * len(members))) if members else 0.0
