"""One run: a task from its first draw to its last round, with honest and dishonest members."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.robustness import learning
from bench.robustness.attacks import ATTACKS, Ballot, Scene, forged, poisoned
from bench.robustness.federation import RECIPES, Recipe, federation
from bench.robustness.learning import Floats
from bench.robustness.play import Play
from bench.robustness.settings import BOUNTY, MINIMUM, START, Setting
from flock.errors import BadArrays, ContractRefused
from flock.node.voting import supports
from flock.protocol.alliance.reasons import SeatReason, reasons
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict, decide, excuses
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import Gm, bitmap_of, bits
from flock.training.aggregation import Change, aggregate, apply_update, judge
from flock.training.arrays import Array, Update, encode_model, flatten, spec_of, unflatten
from flock.training.judging import HARMFUL_DISTANCE, UpdateJudgement

Model = dict[str, Array]

CLAIMED = 1_000_000
CAPTURE_FACTOR = 5.0  # a captured round turns the honest change round and makes it so many times longer


@dataclass(frozen=True)
class Candidate:
    """What honest voters compute of the attested updates; ``model`` is None where there is nothing new."""

    ballot: Vote
    model: Model | None


@dataclass(frozen=True)
class Judged:
    """What a round's finalising said: by seat, with the member in it and the ballots it rests on."""

    members: Sequence[int]
    seats: Sequence[SeatReason]
    decision: Decision
    ballots: Ballots


@dataclass
class Log:
    """What happened over all rounds."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rounds: list[Judged] = field(default_factory=list)
    captured: int = 0


class Simulation:
    """A task of ``setting``; ``run`` plays it to the end. Everything in it is a function of the setting."""

    def __init__(self, setting: Setting):
        self.setting = setting
        self.attack = ATTACKS[setting.attack]
        self.federation = federation(setting.data, setting.split, setting.members, setting.seed)
        recipe = RECIPES[setting.data]
        self.recipe = Recipe(recipe.lr * setting.lr_scale, recipe.steps, recipe.batch)
        self.rng = np.random.default_rng(setting.world)
        chosen = self.rng.permutation(setting.members)[: setting.attackers]
        self.attackers = frozenset(int(member) for member in chosen)
        self.model: Model = learning.initial_model(self.federation.table)
        self.play = self._play()
        self.log = Log()
        self._last_change: Floats | None = None
        self._best: dict[int, float] = {}

    def run(self) -> None:
        """Play every round that the task opens."""
        while self.play.goes_on:
            self._round()

    def _play(self) -> Play:
        setting = self.setting
        parameters = setting.parameters(digest_of(encode_model(self.model)))
        stake = Gm(setting.stake * MINIMUM)
        return Play(setting.members, stake, parameters, BOUNTY, START, setting.world)

    def _round(self) -> None:
        self.play.draw()
        updates = self._propose()
        self._attest(updates)
        seen = {seat: updates[seat] for seat in self.play.attested}
        honest = self._computed(seen)
        stolen = self._stolen(updates) if self._is_captured() else None
        self._vote(honest, stolen)
        self._settle([choice for choice in (honest, stolen) if choice])

    # ---- proposing

    def _propose(self) -> Mapping[int, Update]:
        proposing = [
            seat
            for seat, member in enumerate(self.play.proposers)
            if self.attack.proposes or member not in self.attackers
        ]
        changes = self._changes([self.play.proposers[seat] for seat in proposing])
        for seat, change in zip(proposing, changes, strict=True):
            self.play.propose(seat, hashlib.sha256(change.tobytes()).digest())
        self.play.close_phase(Phase.PROPOSE)
        return {
            seat: self._update(self.play.proposers[seat], change)
            for seat, change in zip(proposing, changes, strict=True)
        }

    def _changes(self, members: Sequence[int]) -> Floats:
        """What each of these members proposes, row by row."""
        bad = [member in self.attackers for member in members]
        trained = np.empty((len(members), sum(array.size for array in self.model.values())))
        for is_bad in (False, True):
            places = [place for place, found in enumerate(bad) if found is is_bad]
            if places:
                trained[places] = self._trained([members[place] for place in places], is_bad=is_bad)
        mask = np.array(bad, bool)
        if mask.any():
            trained[mask] = forged(
                self.attack, Scene(trained[~mask], trained[mask], self._last_change, self.rng)
            )
        return trained

    def _trained(self, members: Sequence[int], *, is_bad: bool) -> Floats:
        seed = (self.setting.seed, self.play.number)
        batch = learning.draw_batches(self.federation, members, self.recipe, seed)
        if is_bad:
            batch = poisoned(self.attack, self.federation, batch)
        return learning.train(self.model, batch, self.recipe, self.federation.table.classes)

    def _update(self, member: int, change: Floats) -> Update:
        """An update as its proposer shows it; attackers claim more examples than anybody has."""
        arrays = unflatten(change.astype(np.float32), spec_of(self.model))
        examples = CLAIMED if member in self.attackers else len(self.federation.train[member])
        return Update(arrays, self.play.state.model, examples)

    # ---- voting

    def _is_captured(self) -> bool:
        """Whether attackers who wait for it hold more than half of this round's voting weight."""
        if self.attack.ballot is not Ballot.CAPTURE:
            return False
        weights = self.play.voter_weights
        held = sum(weights[voter] for voter, who in enumerate(self.play.voters) if who in self.attackers)
        return 2 * held > sum(weights)

    def _attest(self, updates: Mapping[int, Update]) -> None:
        proposed = bitmap_of(updates)
        own = bitmap_of(seat for seat in updates if self.play.proposers[seat] in self.attackers)
        captured = self._is_captured()
        for voter, member in enumerate(self.play.voters):
            is_bad = member in self.attackers
            if self.play.phase is Phase.ATTEST and not (is_bad and self._is_absent()):
                self.play.attest(voter, own if is_bad and captured else proposed)
        self.play.close_phase(Phase.ATTEST)

    def _is_absent(self) -> bool:
        return self.attack.ballot is Ballot.ABSENT

    def _computed(self, updates: Mapping[int, Update]) -> Candidate:
        """The ballot that all who compute agree on, before anybody says yes or no."""
        nothing = Candidate(Vote(self.play.state.model, 0, 0, supports=False), None)
        if not updates:
            return nothing
        change = aggregate(self.setting.rule, updates, self.setting.byzantine_bps)
        judgement = self._spared(judge(updates, change), updates, change)
        try:
            model = apply_update(self.model, change)
        except BadArrays:
            return nothing
        digest = digest_of(encode_model(model))
        return Candidate(Vote(digest, judgement.harmful, judgement.rewarded, supports=True), model)

    def _spared(
        self, judgement: UpdateJudgement, updates: Mapping[int, Update], change: Change
    ) -> UpdateJudgement:
        """The judgement, were harm only what points away from the candidate by more than so small a cosine."""
        if self.setting.harmful_cosine == 0:
            return judgement
        flats = {seat: flatten(update.arrays).astype(np.float64) for seat, update in updates.items()}
        target = flatten(change)
        distances = {seat: float(np.linalg.norm(flat - target)) for seat, flat in flats.items()}
        far = HARMFUL_DISTANCE * sorted(distances.values())[len(flats) // 2]
        limit = self.setting.harmful_cosine * float(np.linalg.norm(target))
        harmful = bitmap_of(
            seat
            for seat in bits(judgement.harmful)
            if distances[seat] > far or flats[seat] @ target <= limit * float(np.linalg.norm(flats[seat]))
        )
        return UpdateJudgement(harmful, judgement.rewarded)

    def _stolen(self, updates: Mapping[int, Update]) -> Candidate:
        """What attackers with a majority put in the place of the candidate."""
        sound = [flatten(update.arrays) for seat, update in updates.items() if self._is_honest(seat)]
        mean = np.mean(sound, axis=0) if sound else self.rng.normal(size=len(flatten(self.model)))
        model = apply_update(self.model, unflatten(-CAPTURE_FACTOR * mean, spec_of(self.model)))
        own = bitmap_of(seat for seat in updates if not self._is_honest(seat))
        return Candidate(Vote(digest_of(encode_model(model)), 0, own, supports=True), model)

    def _is_honest(self, seat: int) -> bool:
        return self.play.proposers[seat] not in self.attackers

    def _vote(self, honest: Candidate, stolen: Candidate | None) -> None:
        """Seal all votes, then open them."""
        if self.play.phase is not Phase.COMMIT:
            return
        truths = self._truths(honest)
        own: dict[int, Vote] = {}
        for voter, member in enumerate(self.play.voters):
            if member not in self.attackers:
                own[voter] = truths[voter]
            elif self.attack.ballot is not Ballot.COPY and not self._is_absent():
                own[voter] = self._dishonest(truths[voter], stolen)
        copies = self._copies(own) if self.attack.ballot is Ballot.COPY else {}
        for voter, sealer in {**{voter: voter for voter in own}, **copies}.items():
            self.play.commit(voter, self.play.seal(sealer, own[sealer]))
        self.play.close_phase(Phase.COMMIT)
        self.play.reveal(own)
        for voter, sealer in copies.items():
            self._reveal_copy(voter, own[sealer])
        self.play.close_phase(Phase.REVEAL)

    def _copies(self, own: Mapping[int, Vote]) -> Mapping[int, int]:
        """Whose sealed bytes each attacker puts on chain as its own."""
        copiers = [voter for voter in range(len(self.play.voters)) if voter not in own]
        return {voter: list(own)[voter % len(own)] for voter in copiers} if own else {}

    def _reveal_copy(self, voter: int, vote: Vote) -> None:
        """A seal names its author: even who has seen the vote opened cannot open the copy."""
        try:
            self.play.reveal({voter: vote})
        except ContractRefused as refused:
            if refused.error != "RevealDoesNotMatch":
                raise

    def _dishonest(self, truth: Vote, stolen: Candidate | None) -> Vote:
        """The vote of an attacker whose data says ``truth``."""
        if stolen is not None:
            return stolen.ballot
        if self.attack.ballot is Ballot.YES:
            return _with_support(truth, supports=True)
        if self.attack.ballot is Ballot.LIE:
            return _with_support(truth, supports=not truth.supports)
        return truth

    def _truths(self, candidate: Candidate) -> list[Vote]:
        """What each voter's own data says of the candidate."""
        if candidate.model is None:
            return [candidate.ballot] * len(self.play.voters)
        current = learning.losses(self.model, self.federation, self.play.voters)
        following = learning.losses(candidate.model, self.federation, self.play.voters)
        ballots = {sign: _with_support(candidate.ballot, supports=sign) for sign in (True, False)}
        found = []
        for member, before, after in zip(self.play.voters, current, following, strict=True):
            best = self._best[member] = min(before, self._best.get(member, before))
            found.append(ballots[supports(after, before, best, self.setting.tolerance_bps)])
        return found

    # ---- settling

    def _settle(self, choices: Sequence[Candidate]) -> None:
        play = self.play
        before, ballots = play.state, play.ballots
        decision = decide(ballots, before.model)
        seats = reasons(
            decision,
            ballots,
            proposers=before.round.proposers,
            proposed=before.round.proposed,
            attested=bitmap_of(play.attested),
            excused=excuses(before.outages, outage=play.has_outage),
        )
        members = (*play.proposers, *play.voters)
        play.finalise()
        assert play.state.records[-1].struck == bitmap_of(
            seat for seat, found in enumerate(seats) if found.verdict is Verdict.BAD
        )
        self.log.outcomes[decision.outcome] += 1
        self.log.rounds.append(Judged(members, seats, decision, ballots))
        if decision.outcome is Outcome.ACCEPTED:
            self._take_over(choices)

    def _take_over(self, choices: Sequence[Candidate]) -> None:
        """Go on from the model that the chain has accepted."""
        accepted = next(c for c in choices if c.ballot.candidate == self.play.state.model)
        if accepted.model is None:
            raise BadArrays("The chain accepted a model that nobody has.")
        self.log.captured += accepted is not choices[0]
        self._last_change = flatten(accepted.model).astype(np.float64) - flatten(self.model)
        self.model = accepted.model


def _with_support(vote: Vote, *, supports: bool) -> Vote:
    return Vote(vote.candidate, vote.harmful, vote.rewarded, supports=supports)
