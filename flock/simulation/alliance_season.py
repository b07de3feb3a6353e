"""Seasons of an Alliance: the earnings of members that break its rules, compared with honest play.

Members do their work and share in the bounty by the rules themselves (``flock.protocol``), whole numbers and all.
The only assumptions are the cost of work, the differences in voters' data, and what a malicious update is: one
that every honest voter calls harmful.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from flock.errors import ContractRefused
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Member, MemberState
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import DAY, WAD, Gm, Wei, bitmap_of
from flock.simulation.alliance_table import CREATOR, RoundTable
from flock.simulation.comparing import Mean, Tell, mean_of

START = 1_800_000_000
MINIMUM = Gm(100 * WAD)
PHASE_SECONDS = 100
COST_OF_WORK = 0.3  # of what an honest seat is paid on average
DOUBT = 0.05  # how often a voter's own data speak against a good candidate
ANOTHER_NAME = 10**9  # from one address of a member to its next
MARGIN = 0.005  # a strategy beats honesty if the whole interval of its ratio lies this far above one


class RingStrategy(StrEnum):
    """Strategies of a ring of members. Each corresponds to a row of the audit (docs/security.md)."""

    HONEST = "honest"
    FIRST = "first"
    TOPPING_UP = "topping-up"
    CABAL = "cabal"
    ABSENT = "absent"
    LAZY = "lazy"
    WASHING = "washing"
    WITHHOLDING = "withholding"


TITLES: Mapping[RingStrategy, str] = {
    RingStrategy.FIRST: "joins before everyone else, and tries to start at once (47)",
    RingStrategy.TOPPING_UP: "sends junk with the minimum at stake, and adds three times as much later (49)",
    RingStrategy.CABAL: "votes as one for its own updates and against all others (50)",
    RingStrategy.ABSENT: "does nothing, so that rounds are void (54)",
    RingStrategy.LAZY: "sends junk, and votes without looking",
    RingStrategy.WASHING: "does not train, and comes back under a new name one strike short of a slash (55)",
    RingStrategy.WITHHOLDING: "keeps a vote back when the next draw has few of its own (58)",
}
RING = tuple(TITLES)
SHARES = (0.1, 0.3, 0.45, 0.6)
MONEY = ("gross", "cost", "lost", "net")


@dataclass(frozen=True)
class AllianceSeason:
    """A task: ``members``, of whom ``share`` form a ring, and its terms."""

    seed: int = 0
    share: float = 0.3
    members: int = 40
    rounds: int = 40
    proposers: int = 7
    voters: int = 7
    bounty: int = 4_000
    slash_bps: int = 100
    strike_window: int = 16
    strike_limit: int = 8

    @property
    def ring(self) -> int:
        """How many are of the ring."""
        return round(self.members * self.share)

    def parameters(self) -> AllianceParameters:
        """The terms of the task."""
        seats = self.proposers + self.voters
        return AllianceParameters(
            planned_rounds=self.rounds,
            proposer_seats=self.proposers,
            voter_seats=self.voters,
            minimum_members=min(2 * seats, self.members),
            max_members=10_000,
            propose_seconds=PHASE_SECONDS,
            attest_seconds=PHASE_SECONDS,
            commit_seconds=PHASE_SECONDS,
            reveal_seconds=PHASE_SECONDS,
            starts_at=START + DAY,
            start_by=START + 8 * DAY,
            ends_at=START + 37 * DAY,
            minimum_stake=MINIMUM,
            slash_bps=self.slash_bps,
            strike_window=self.strike_window,
            strike_limit=self.strike_limit,
            initial_model=hashlib.sha256(b"model 0").digest(),
        )


@dataclass(frozen=True)
class Fared:
    """A group's result, in FLOCK for each 1,000 gmFLOCK it staked."""

    gross: float
    cost: float
    lost: float

    @property
    def net(self) -> float:
        return self.gross - self.cost - self.lost


@dataclass(frozen=True)
class RingOutcome:
    """How a season ended; ``refunded`` and ``decided`` are shares of bounty and planned rounds."""

    ring: Fared
    others: Fared
    refunded: float
    decided: float


@dataclass(frozen=True)
class RingRow:
    """A strategy against honesty: means over seeds, ratios of net to what the same members net honestly.

    ``others`` is the net of all other members, relative to a task where all are honest.
    """

    strategy: str
    share: float
    gross: float
    cost: float
    lost: float
    net: float
    ratio: float
    low: float
    high: float
    others: float
    refunded: float
    decided: float
    beats_honesty: bool
    what: str


def compare(
    season: AllianceSeason, strategies: Sequence[RingStrategy], seeds: int, tell: Tell = lambda: None
) -> list[RingRow]:
    """Each strategy under consecutive seeds from the season's on, compared with the same members' honesty.

    ``tell`` is called for each finished season: one a seed for honesty, and one for each strategy.
    """
    worlds = [replace(season, seed=season.seed + number) for number in range(seeds)]

    def played(strategy: RingStrategy) -> list[RingOutcome]:
        outcomes = []
        for world in worlds:
            outcomes.append(play(world, strategy))
            tell()
        return outcomes

    honest = played(RingStrategy.HONEST)
    return [_row(season, each, played(each), honest) for each in strategies]


def play(season: AllianceSeason, strategy: RingStrategy) -> RingOutcome:
    """A whole task, from its opening to its close."""
    return _Season(season, strategy).played()


def _row(
    season: AllianceSeason,
    strategy: RingStrategy,
    found: Sequence[RingOutcome],
    honest: Sequence[RingOutcome],
) -> RingRow:
    pairs = list(zip(found, honest, strict=True))
    ratio = mean_of([mine.ring.net / theirs.ring.net for mine, theirs in pairs])
    others = mean_of([mine.others.net / theirs.others.net for mine, theirs in pairs])
    return RingRow(
        strategy=strategy.value,
        share=season.share,
        **{name: _mean([getattr(each.ring, name) for each in found]) for name in MONEY},
        **_interval(ratio),
        others=round(others.value, 3),
        refunded=_mean([each.refunded for each in found]),
        decided=_mean([each.decided for each in found]),
        beats_honesty=ratio.low > 1 + MARGIN,
        what=TITLES.get(strategy, ""),
    )


def _interval(ratio: Mean) -> dict[str, float]:
    return {"ratio": round(ratio.value, 3), "low": round(ratio.low, 3), "high": round(ratio.high, 3)}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


class _Season:
    """One task being played. A member is known by its first address; ``_names`` are all that it has had."""

    def __init__(self, season: AllianceSeason, strategy: RingStrategy) -> None:
        self.season, self.strategy = season, strategy
        self._random = Random(season.seed)  # noqa: S311 - a simulation
        self.table = RoundTable(season.parameters(), Wei(season.bounty * WAD), START, season.seed)
        people = [f"0x{number:040x}" for number in range(1, season.members + 1)]
        self._ring = set(self._random.sample(people, season.ring))
        self._names = {who: [who] for who in people}
        self._stakes = {who: Gm(self._random.randint(1, 4) * MINIMUM) for who in people}
        self._cost = dict.fromkeys(people, 0.0)
        self._of = {who: who for who in people}

    def played(self) -> RingOutcome:
        self._gather()
        while self.table.state.round.phase is Phase.SEEDED:
            self._round()
        self.table.close()
        return self._outcome()

    # ---- before the first round

    def _gather(self) -> None:
        """The ring comes first; it may start before the others only if the rules let it."""
        for who in sorted(self._ring):
            self._enter(who)
        if self.strategy is RingStrategy.FIRST and self._starts(next(iter(self._ring), CREATOR)):
            return
        for who in sorted(self._names.keys() - self._ring):
            self._enter(who)
        self.table.wait(seconds=DAY)
        self.table.start(CREATOR)

    def _starts(self, caller: str) -> bool:
        try:
            self.table.start(caller)
        except ContractRefused:
            return False
        return True

    def _enter(self, who: str) -> None:
        grows = self.strategy is RingStrategy.TOPPING_UP and who in self._ring
        stake = MINIMUM if grows else self._stakes[who]
        self.table.stake(who, stake)
        self.table.join(who)
        if grows:
            self._stakes[who] = Gm(4 * MINIMUM)
            self.table.stake(who, Gm(3 * MINIMUM))

    # ---- a round

    def _round(self) -> None:
        table = self.table
        table.draw()
        if self.strategy is RingStrategy.WASHING:
            self._wash()
        table.propose(seat for seat, who in enumerate(table.proposers) if self._trains(who) is not None)
        sound = bitmap_of(seat for seat, who in enumerate(table.proposers) if self._trains(who))
        proposed, ring = table.state.round.proposed, self._ring_seats()
        acting = {voter: who for voter, who in enumerate(table.voters) if not self._is_away(who)}
        cabal = self.strategy is RingStrategy.CABAL
        if table.phase is Phase.ATTEST:
            own = {voter: cabal and self._is_ring(who) for voter, who in acting.items()}
            table.attest({voter: ring & proposed if own[voter] else proposed for voter in acting})
        if table.phase is Phase.COMMIT:
            votes = {voter: self._vote(who, sound, proposed, ring) for voter, who in acting.items()}
            table.commit(votes)
            table.reveal(self._opened(votes))
        self._book_costs(acting.values())
        table.finalise()

    def _trains(self, who: str) -> bool | None:
        """Whether a proposer sends a good update, or junk; None if it sends nothing."""
        if not self._is_ring(who) or self.strategy in (
            RingStrategy.HONEST,
            RingStrategy.FIRST,
            RingStrategy.WITHHOLDING,
        ):
            return True
        return None if self.strategy in (RingStrategy.ABSENT, RingStrategy.WASHING) else False

    def _vote(self, who: str, sound: int, proposed: int, ring: int) -> Vote:
        number = self.table.state.round.number
        if self.strategy is RingStrategy.CABAL and self._is_ring(who):
            own = ring & proposed
            return Vote(_digest("cabal", number, own), proposed & ~own, own, supports=True)
        supports = self._random.random() > DOUBT or (
            self.strategy is RingStrategy.LAZY and self._is_ring(who)
        )
        return Vote(_digest("candidate", number, sound), proposed & ~sound, sound, supports=supports)

    def _opened(self, votes: Mapping[int, Vote]) -> Mapping[int, Vote]:
        """All of them, but what the ring keeps back because it does not like the draw that it can foresee."""
        own = [voter for voter in votes if self._is_ring(self.table.voters[voter])]
        if self.strategy is not RingStrategy.WITHHOLDING or not own or self.table.phase is not Phase.REVEAL:
            return votes
        drawn = sum(map(self._is_ring, self.table.next_seats(votes)))
        if drawn >= self.season.share * (self.season.proposers + self.season.voters):
            return votes
        return {voter: vote for voter, vote in votes.items() if voter != own[0]}

    def _book_costs(self, acting: Iterable[str]) -> None:
        """Work costs a share of what an honest seat is paid on average; not looking costs nothing."""
        per_round = self.season.bounty / self.season.rounds
        train = COST_OF_WORK * 0.7 * per_round / self.season.proposers
        evaluate = COST_OF_WORK * 0.3 * per_round / self.season.voters
        for who in self.table.proposers:
            self._cost[self._of[who]] += train if self._trains(who) else 0
        idle = (RingStrategy.LAZY, RingStrategy.CABAL)
        for who in acting:
            self._cost[self._of[who]] += 0 if self._is_ring(who) and self.strategy in idle else evaluate

    def _wash(self) -> None:
        """One strike short of a slash they leave; once their stake is free, it comes back under another name."""
        for person in sorted(self._ring):
            name, state = self._names[person][-1], self.table.state
            member_id = state.id_of(name)
            member = state.member(member_id) if member_id else None
            if member is None:
                self._rename(person)
            elif member.state is MemberState.RETAINED:
                if state.round.number >= member.retained_until:
                    self.table.leave(name)
            elif member.state is MemberState.ACTIVE and self._is_near_a_slash(member):
                self.table.leave(name)

    def _is_near_a_slash(self, member: Member) -> bool:
        return member.strikes.bit_count() >= self.season.strike_limit - 1

    def _rename(self, person: str) -> None:
        """The same stake at once, as if no lock and no exit took time: that favours the strategy."""
        name = self._names[person][-1]
        stake = self.table.stake_of(name)
        if stake < MINIMUM:
            return
        self.table.take_back(name)
        fresh = f"0x{int(person, 16) + ANOTHER_NAME * len(self._names[person]):040x}"
        self._names[person].append(fresh)
        self._of[fresh] = person
        self.table.stake(fresh, stake)
        self.table.join(fresh)

    # ---- the end

    def _outcome(self) -> RingOutcome:
        state, season = self.table.state, self.season
        refund = state.task.refund.left / (season.bounty * WAD)
        others = self._names.keys() - self._ring
        return RingOutcome(
            self._fared(self._ring), self._fared(others), refund, state.decided / season.rounds
        )

    def _fared(self, people: set[str]) -> Fared:
        staked = sum(self._stakes[who] for who in people) / 1_000
        names = [name for who in people for name in self._names[who]]
        earned = sum(self.table.state.ledger_of(name).earned for name in names)
        left = sum(self.table.stake_of(name) for name in names)
        cost = sum(self._cost[who] for who in people) * WAD
        return Fared(earned / staked, cost / staked, (staked * 1_000 - left) / staked)

    # ---- who is who

    def _is_ring(self, who: str) -> bool:
        return self._of[who] in self._ring

    def _is_away(self, who: str) -> bool:
        return self.strategy is RingStrategy.ABSENT and self._is_ring(who)

    def _ring_seats(self) -> int:
        return bitmap_of(seat for seat, who in enumerate(self.table.proposers) if self._is_ring(who))


def _digest(what: str, number: int, proposals: int) -> bytes:
    return hashlib.sha256(f"{what} {number} {proposals}".encode()).digest()
