"""What a round of an Alliance counts in the emissions, by the events of its board."""

from dataclasses import replace

import pytest

from flock.errors import RpcUnavailable
from flock.protocol.alliance.pay_rule import PROPOSER, VOTER, AlliancePay
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.hashing import keccak
from flock.protocol.core.units import WAD
from flock.protocol.economy.points import Earned
from tests.protocol.story import ACCOUNTS, GOOD, Script

ALL = dict.fromkeys(range(3), GOOD)
AGAINST = dict.fromkeys(range(3), replace(GOOD, candidate=keccak(b"worse"), supports=False))


def read(script: Script, rule: AlliancePay | None = None, task: int = 1) -> list[list[Earned]]:
    """What each event that the rule asks for makes, where it makes anything."""
    rule = rule or AlliancePay()
    told = (
        rule.read(event.name, {**event.arguments, "task_id": task})
        for event in script.events
        if event.name in rule.events
    )
    return [list(work.earned) for work in told if work]


def points(earned: list[Earned]) -> list[int]:
    return [each.points for each in earned]


def test_an_accepted_round_counts_seven_tenths_for_proposers_and_three_for_voters() -> None:
    script = Script()
    script.play(1, Outcome.ACCEPTED, ALL)
    assert read(script) == [
        [
            Earned(ACCOUNTS[0], PROPOSER, 7 * WAD // 20),
            Earned(ACCOUNTS[1], PROPOSER, 7 * WAD // 20),
            Earned(ACCOUNTS[2], VOTER, WAD // 10),
            Earned(ACCOUNTS[3], VOTER, WAD // 10),
            Earned(ACCOUNTS[4], VOTER, WAD // 10),
        ]
    ]


def test_what_a_proposer_earns_waits_and_what_a_voter_earns_does_not() -> None:
    assert (PROPOSER.name, PROPOSER.waits) == ("proposer", True)
    assert (VOTER.name, VOTER.waits) == ("voter", False)


def test_a_rejected_round_counts_for_its_voters_alone() -> None:
    script = Script()
    script.play(1, Outcome.REJECTED, AGAINST)
    [earned] = read(script)
    assert [each.account for each in earned] == ACCOUNTS[2:]
    assert points(earned) == [WAD // 10] * 3


def test_a_void_round_counts_for_nobody_and_changes_nothing() -> None:
    script = Script()
    script.play(1, Outcome.VOID, {}, proposing=())
    script.play(2, Outcome.ACCEPTED, ALL)
    [earned] = read(script)
    assert points(earned) == [7 * WAD // 20] * 2 + [WAD // 10] * 3


def test_what_one_task_accepts_does_not_change_what_another_counts() -> None:
    script, rule = Script(), AlliancePay()
    script.play(1, Outcome.ACCEPTED, ALL)
    assert read(script, rule, task=1) == read(script, rule, task=2)


def test_the_rarer_outcome_counts_more_for_its_voters() -> None:
    """After one acceptance, 9 of 16, a rejection counts 30%·8/7."""
    script = Script()
    script.play(1, Outcome.ACCEPTED, ALL)
    script.play(2, Outcome.REJECTED, AGAINST)
    accepted, rejected = read(script)
    assert points(accepted)[2:] == [WAD // 10] * 3
    assert points(rejected) == [WAD * 30 * 16 // (200 * 7) // 3] * 3


def test_only_who_is_paid_counts() -> None:
    """One did not propose, one sealed a vote and kept it back."""
    script = Script()
    script.play(1, Outcome.ACCEPTED, {0: GOOD, 1: GOOD}, proposing=[1], attested=0b10, keeping_back=[2])
    assert read(script) == [
        [
            Earned(ACCOUNTS[1], PROPOSER, 7 * WAD // 10),
            Earned(ACCOUNTS[2], VOTER, 15 * WAD // 100),
            Earned(ACCOUNTS[3], VOTER, 15 * WAD // 100),
        ]
    ]


def test_what_a_round_was_made_of_is_forgotten_once_it_is_over() -> None:
    script = Script()
    script.play(1, Outcome.ACCEPTED, ALL)
    rule = AlliancePay()
    read(script, rule)
    with pytest.raises(RpcUnavailable, match="events of round 1 of task 1, but not its draw"):
        rule.read("RoundFinalised", {**script.events[-1].arguments, "task_id": 1})


def test_a_task_whose_opening_is_missing_is_found_out() -> None:
    with pytest.raises(RpcUnavailable, match=r"events of task 7, .* since the contracts were deployed\.$"):
        AlliancePay().read("Joined", {"task_id": 7, "member_id": 1, "account": ACCOUNTS[0]})
