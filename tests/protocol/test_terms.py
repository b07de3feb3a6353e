"""What a creator leaves out has a default, and what it says stands."""

from flock.protocol.alliance import terms
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.terms import DEFAULTS, completed
from flock.protocol.core.commitments import Domain
from flock.protocol.core.units import DAY, WAD, Wei

NOW = 1_800_000_000
BOUNTY = Wei(4_000 * WAD)


def test_an_open_task_waits_a_day_for_two_members_a_seat_and_ends_in_37() -> None:
    chosen = completed({}, NOW, BOUNTY, is_open=True)
    assert chosen == {
        **DEFAULTS,
        "starts_at": NOW + DAY,
        "start_by": NOW + 8 * DAY,
        "ends_at": NOW + 37 * DAY,
        "minimum_members": 60,
        "keeper_fee": WAD,
    }
    parameters = AllianceParameters(**chosen, initial_model=b"\x01" * 32)
    assert list(parameters.problems(NOW, BOUNTY)) == []


def test_a_task_for_named_members_may_start_at_once_with_one_for_each_seat() -> None:
    chosen = completed({}, NOW, BOUNTY, is_open=False)
    assert (chosen["starts_at"], chosen["minimum_members"]) == (NOW, 30)


def test_what_is_said_stands_and_what_is_not_follows_from_it() -> None:
    said = {"proposer_seats": 2, "voter_seats": 3, "planned_rounds": 5, "start_by": NOW + 60}
    chosen = completed(said, NOW, BOUNTY, is_open=True)
    assert {name: chosen[name] for name in said} == said
    assert (chosen["starts_at"], chosen["minimum_members"]) == (NOW + 60, 10)
    assert chosen["keeper_fee"] == 4 * WAD
    for name, value in (("starts_at", NOW + 5), ("minimum_members", 7), ("keeper_fee", 3)):
        assert completed({name: value}, NOW, BOUNTY, is_open=True)[name] == value


def test_no_more_members_are_waited_for_than_may_join() -> None:
    assert terms.default_minimum_members(30, 40, is_open=True) == 40
    assert terms.default_minimum_members(30, 40, is_open=False) == 30


def test_a_task_of_no_rounds_is_refused_elsewhere_and_divides_nothing_by_zero() -> None:
    assert terms.default_keeper_fee(BOUNTY, 0) == BOUNTY // 200
    assert terms.default_keeper_fee(BOUNTY, 1) == BOUNTY // 200


def test_what_is_signed_off_the_chain_names_the_chain_and_the_contract() -> None:
    assert Domain(8453, "0x" + "aa" * 20).as_eip712() == {
        "name": "flock",
        "version": "1",
        "chainId": 8453,
        "verifyingContract": "0x" + "aa" * 20,
    }
