"""How votes decide and whom they blame."""

from hypothesis import assume, given
from hypothesis import strategies as st

from flock.protocol.alliance import votes
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict
from flock.protocol.core.commitments import Vote

MODEL = b"\x01" * 32
HONEST = Vote(b"\x02" * 32, harmful=0b0010, rewarded=0b0101, supports=True)
LIE = Vote(b"\x03" * 32, harmful=0b0001, rewarded=0, supports=False)
DISSENT = Vote(HONEST.candidate, HONEST.harmful, HONEST.rewarded, supports=False)

weights = st.lists(st.integers(1, 4), min_size=1, max_size=63)
any_vote = st.builds(
    Vote,
    st.sampled_from([MODEL, HONEST.candidate, LIE.candidate, bytes(32)]),
    st.integers(0, 3),
    st.just(0b100),
    st.booleans(),
)


@st.composite
def ballots(draw: st.DrawFn) -> Ballots:
    """Votes of some of up to 63 voters."""
    drawn = draw(weights)
    revealed = draw(st.dictionaries(st.integers(0, len(drawn) - 1), any_vote))
    return Ballots(revealed, drawn)


def judged(
    decision: Decision, found: Ballots, *, attested: int, proposed: int = 0b1111, excused: bool = False
) -> tuple[Verdict, ...]:
    """The verdicts on four proposers and all voters."""
    marks = {"proposers": 4, "proposed": proposed, "attested": attested}
    return votes.judge(decision, found, **marks, excused=excused)


@given(ballots())
def test_at_most_one_key_wins_and_only_with_quorum(found: Ballots) -> None:
    key = votes.winning_key(found)
    majorities = [k for k, w in found.key_weights().items() if 2 * w > found.revealed_weight]
    quorum = 2 * found.revealed_weight >= found.drawn_weight
    assert ([key] if key else []) == (majorities if quorum else [])


def test_the_sign_that_prevails_is_that_of_the_weight_whoever_voted_first() -> None:
    for first, others, outcome in (
        (DISSENT, HONEST, Outcome.ACCEPTED),
        (HONEST, DISSENT, Outcome.REJECTED),
    ):
        decision = votes.decide(Ballots({0: first, 1: others, 2: others}, [1] * 3), MODEL)
        assert decision == Decision(outcome, others)


def test_on_a_tie_of_support_nobody_prevails() -> None:
    assert votes.decide(Ballots({0: HONEST, 1: DISSENT}, [1] * 2), MODEL) == Decision(Outcome.VOID, DISSENT)


@given(ballots())
def test_a_void_round_blames_only_absentees_and_pays_no_one(found: Ballots) -> None:
    decision = votes.decide(found, MODEL)
    assume(decision.outcome is Outcome.VOID)
    verdicts = judged(decision, found, proposed=0b1110, attested=0)
    for index in found.revealed:
        assert verdicts[4 + index] is Verdict.UNJUDGED
    assert votes.paid_voters(decision, found) == ()
    assert votes.paid_proposers(decision, 0b1111) == ()


@given(ballots(), st.integers(0, 15))
def test_only_those_who_revealed_the_winning_side_are_paid_and_none_of_them_is_struck(
    found: Ballots, attested: int
) -> None:
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=attested)
    for voter in votes.paid_voters(decision, found):
        assert voter in found.revealed
        assert verdicts[4 + voter] is Verdict.GOOD


@given(st.integers(4, 63), st.data())
def test_a_lone_liar_among_equal_weights_is_struck_and_no_one_else(voters: int, data: st.DataObject) -> None:
    liar = data.draw(st.integers(0, voters - 1))
    found = Ballots({v: LIE if v == liar else HONEST for v in range(voters)}, [1] * voters)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=0b1101)
    assert [v for v in range(voters) if verdicts[4 + v] is Verdict.BAD] == [liar]


@given(weights, st.data())
def test_an_honest_majority_is_never_struck_whatever_the_rest_do(
    drawn: list[int], data: st.DataObject
) -> None:
    honest = data.draw(st.sets(st.integers(0, len(drawn) - 1)))
    assume(2 * sum(drawn[v] for v in honest) > sum(drawn))
    others = data.draw(
        st.fixed_dictionaries({}, optional={v: any_vote for v in range(len(drawn)) if v not in honest})
    )
    found = Ballots({**dict.fromkeys(honest, HONEST), **others}, drawn)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=0b1111)
    assert decision.outcome is Outcome.ACCEPTED
    assert all(verdicts[4 + voter] is Verdict.GOOD for voter in honest)


def test_dissent_on_the_same_candidate_is_forgiven_up_to_two_thirds_against() -> None:
    found = Ballots({0: HONEST, 1: HONEST, 2: HONEST, 3: DISSENT, 4: DISSENT}, [1] * 5)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=0b1101)
    assert decision == Decision(Outcome.ACCEPTED, HONEST)
    assert verdicts[4:] == (Verdict.GOOD,) * 5
    assert votes.paid_voters(decision, found) == (0, 1, 2)


def test_the_sign_that_prevailed_is_not_struck_though_it_holds_but_a_third() -> None:
    votes_of = [*[HONEST] * 4, *[DISSENT] * 3, *[LIE] * 5]
    found = Ballots(dict(enumerate(votes_of)), [1] * 12)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=0b1101)
    assert decision == Decision(Outcome.ACCEPTED, HONEST)
    assert verdicts[4:] == (*[Verdict.GOOD] * 4, *[Verdict.BAD] * 3, *[Verdict.GOOD] * 5)


def test_a_tie_of_support_is_void_but_names_its_candidate() -> None:
    decision = votes.decide(Ballots({0: HONEST, 1: DISSENT}, [2, 2]), MODEL)
    assert decision.outcome is Outcome.VOID
    assert decision.winner is not None
    assert decision.winner.candidate == HONEST.candidate


def test_a_candidate_that_is_the_current_model_or_zero_is_void() -> None:
    for candidate in (MODEL, bytes(32)):
        vote = Vote(candidate, 0, 0, supports=True)
        assert votes.decide(Ballots({0: vote}, [1]), MODEL).outcome is Outcome.VOID


def test_half_of_the_drawn_weight_must_reveal() -> None:
    assert votes.decide(Ballots({0: HONEST}, [1, 1]), MODEL).outcome is Outcome.ACCEPTED
    assert votes.decide(Ballots({0: HONEST}, [1, 2]), MODEL).outcome is Outcome.VOID


def test_proposers_are_bad_when_harmful_missing_or_not_attested_in_an_accepted_round() -> None:
    found = Ballots(dict.fromkeys(range(3), HONEST), [1] * 3)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, proposed=0b0111, attested=0b0011)
    assert verdicts[:4] == (Verdict.GOOD, Verdict.BAD, Verdict.BAD, Verdict.BAD)
    assert votes.paid_proposers(decision, 0b0011) == (0,)


def test_a_rejected_round_does_not_blame_harmful_proposers() -> None:
    found = Ballots(dict.fromkeys(range(3), DISSENT), [1] * 3)
    decision = votes.decide(found, MODEL)
    verdicts = judged(decision, found, attested=0b1111)
    assert decision.outcome is Outcome.REJECTED
    assert verdicts[:4] == (Verdict.GOOD,) * 4


def test_an_outage_is_over_half_of_the_weight_of_either_role_absent() -> None:
    """By weight, not by seats: one of weight 4 and three of weight 1."""
    found = Ballots(dict.fromkeys(range(3), HONEST), [1, 1, 1, 4])
    assert votes.has_outage(found, [1] * 4, 0b1111)
    assert not votes.has_outage(Ballots({3: HONEST}, [1, 1, 1, 4]), [1] * 4, 0b1111)
    everybody = Ballots(dict.fromkeys(range(3), HONEST), [1] * 3)
    assert not votes.has_outage(everybody, [4, 1, 1, 1], 0b0001)
    assert votes.has_outage(everybody, [4, 1, 1, 1], 0b1110)
    assert not votes.has_outage(everybody, [2, 2], 0b01)


def test_in_an_outage_that_excuses_no_absentee_is_blamed_and_in_another_each_is() -> None:
    found = Ballots(dict.fromkeys(range(4), HONEST), [1] * 5)
    decision = votes.decide(found, MODEL)
    for excused, verdict in ((True, Verdict.UNJUDGED), (False, Verdict.BAD)):
        verdicts = judged(decision, found, proposed=0b0001, attested=0b0001, excused=excused)
        assert verdicts == (Verdict.GOOD, *[verdict] * 3, *[Verdict.GOOD] * 4, verdict)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(Outcome)), max_size=30))
def test_at_most_two_outages_are_free_until_a_round_is_decided_without_one(
    rounds: list[tuple[bool, Outcome]],
) -> None:
    outages = since = 0
    for outage, outcome in rounds:
        since += outage
        assert votes.excuses(outages, outage=outage) == (outage and since <= votes.FREE_OUTAGES)
        outages = votes.next_outages(outages, outcome, outage=outage)
        since = 0 if outcome is not Outcome.VOID and not outage else since
