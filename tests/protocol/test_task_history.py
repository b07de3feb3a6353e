"""A task read back from its events: whom each round paid, blamed and slashed, and what is missing if some are."""

from dataclasses import replace

import pytest

from flock.errors import RpcUnavailable
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.task_history import history_of
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import keccak
from flock.protocol.core.units import WAD
from tests.protocol.story import ACCOUNTS, GOOD, KEEPER, Script

OTHER = replace(GOOD, candidate=keccak(b"another"))
ALL = dict.fromkeys(range(3), GOOD)


@pytest.fixture
def script() -> Script:
    return Script()


def next_model(number: int) -> dict[int, Vote]:
    """Everybody votes for another candidate than in the round before."""
    return dict.fromkeys(range(3), replace(GOOD, candidate=keccak(b"model %d" % number)))


class TestFates:
    def test_who_did_its_duty_is_paid_by_the_unit_of_its_role(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        paid = [each.paid // WAD for each in script.history().rounds[1].seats]
        assert paid == [7, 7, 3, 3, 3]

    def test_every_seat_has_its_reason(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, {0: GOOD, 1: GOOD, 2: OTHER}, proposing=[1], attested=0b10)
        fates = [each.fate for each in script.history().rounds[1].seats]
        assert [fate.reason for fate in fates if fate] == [
            Reason.DID_NOT_PROPOSE,
            Reason.PAID,
            Reason.PAID,
            Reason.PAID,
            Reason.OUTVOTED,
        ]

    def test_an_open_round_has_acts_and_no_fates(self, script: Script) -> None:
        script.draw(1)
        script.emit("Proposed", round=1, seat=1, account=ACCOUNTS[1])
        seats = script.history().rounds[1].seats
        assert [each.fate for each in seats] == [None] * 5
        assert [act.what for act in seats[1].acts] == ["propose"]

    def test_the_next_round_is_decided_against_the_accepted_model(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.play(2, Outcome.VOID, ALL)
        assert script.history().rounds[2].model == GOOD.candidate
        assert script.history().rounds[2].decision.outcome is Outcome.VOID


class TestStrikes:
    def test_strikes_are_told_by_the_rounds_that_gave_them(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.play(2, Outcome.ACCEPTED, next_model(2), proposing=[1], attested=0b10)
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == (2,)
        assert script.history().strikes_of(ACCOUNTS[1]).rounds == ()

    def test_old_strikes_are_forgotten_once_the_window_has_passed(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        for number in range(2, 6):
            script.play(number, Outcome.ACCEPTED, next_model(number))
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == ()

    def test_a_slash_clears_them(self, script: Script) -> None:
        for number in (1, 2):
            script.play(number, Outcome.ACCEPTED, next_model(number), proposing=[1], attested=0b10)
        script.emit("MemberSlashed", round=2, member_id=1, gm=10 * WAD, flock=9 * WAD)
        record = script.history().strikes_of(ACCOUNTS[0])
        assert (record.rounds, record.slashed) == ((), (2,))
        assert script.history().slashed_of(ACCOUNTS[0]) == 9 * WAD

    def test_one_is_enough_for_a_sealed_vote_that_is_never_opened(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, {0: GOOD, 1: GOOD}, keeping_back=[2])
        record = script.history().strikes_of(ACCOUNTS[4])
        assert (record.rounds, record.slashed) == ((), (1,))

    def test_they_end_with_the_membership_that_they_were_given_to(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        script.emit("Left", member_id=1)
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == ()
        script.emit("Joined", member_id=1, account=ACCOUNTS[0])
        script.play(2, Outcome.ACCEPTED, next_model(2), proposing=[1], attested=0b10)
        record = script.history().strikes_of(ACCOUNTS[0])
        assert (record.rounds, record.slashed) == ((2,), ())

    def test_they_stand_against_a_member_that_is_retained_and_comes_back(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        script.emit("Retained", member_id=1)
        script.emit("Joined", member_id=1, account=ACCOUNTS[0])
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == (1,)


class TestMissingEvents:
    """An endpoint that leaves events out is found out, in a sentence."""

    @pytest.mark.parametrize(
        ("missing", "words"),
        [
            ("AllianceOpened", "does not serve the opening of task 1"),
            ("Joined", "member 1 of task 1, but not its joining"),
            ("Drawn", "round 1 of task 1, but not its draw"),
            (
                "VoteRevealed",
                "Round 1 of task 1 ended as accepted, but the votes that the RPC serves make it void",
            ),
        ],
    )
    def test_each_is_missed(self, script: Script, missing: str, words: str) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        with pytest.raises(RpcUnavailable, match=words):
            history_of(1, [event for event in script.events if event.name != missing])


class TestMoney:
    def test_keeper_fees_and_withdrawals_are_added_up_by_account(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.emit("Withdrawn", account=ACCOUNTS[0], amount=7 * WAD)
        history = script.history()
        assert history.keeper_fees_of(KEEPER) == WAD
        assert [each.wei for each in history.withdrawn_by(ACCOUNTS[0])] == [7 * WAD]

    def test_a_stranger_is_known_by_neither(self, script: Script) -> None:
        history = script.history()
        assert history.knows(ACCOUNTS[0])
        assert not history.knows(KEEPER)
        script.draw(1)
        assert script.history().knows(KEEPER)
        assert not script.history().knows("0x" + "dd" * 20)
