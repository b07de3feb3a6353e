"""``flock stake``: the effect is shown before it is signed, and is what happens; refusals are sentences."""

import json
from typing import Any

import pytest
from click.testing import Result

from flock.chain.rpc import Rpc, RpcRefused
from flock.protocol.core.units import DAY
from flock.store.database import Database
from tests.cli.network import Site, sentence
from tests.cli.season import Season, open_season
from tests.conftest import FLOCK

LOCK = ("stake", "lock", "1000", "--days", "180", "--key", "me")


@pytest.fixture
def me(site: Site) -> str:
    return site.key("me")


@pytest.fixture
def season(site: Site, database: Database) -> Season:
    return open_season(site, database)


def told(shown: Result) -> Any:
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


def wait(site: Site, seconds: int) -> None:
    site.contracts.client.rpc.request("evm_increaseTime", seconds)
    site.contracts.client.rpc.request("anvil_mine", "0x1")


class TestLock:
    def test_a_dry_run_shows_the_effect_and_the_fee_and_sends_nothing(self, site: Site, me: str) -> None:
        block = site.contracts.client.block_number()
        shown = site.flock(*LOCK, "--dry-run")
        assert (shown.exit_code, site.contracts.client.block_number()) == (0, block)
        assert "0 → 1,900" in shown.stdout
        assert "10,000 → 9,000" in shown.stdout
        assert "ETH" in shown.stdout
        assert "nothing was sent" in shown.stdout

    def test_a_dry_run_needs_no_password(self, site: Site, me: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("FLOCK_PASSWORD_FILE")
        assert site.flock(*LOCK, "--dry-run").exit_code == 0

    def test_what_is_shown_is_what_happens(self, site: Site, me: str) -> None:
        rehearsed = told(site.flock(*LOCK, "--dry-run", "--json"))
        done = told(site.flock(*LOCK, "--json"))
        position = site.contracts.staking.position_of(me)
        assert (position.gm, position.flock) == (1_900 * FLOCK, 1_000 * FLOCK)
        assert {**rehearsed["after"], "unlock_at": 0} == {**done["after"], "unlock_at": 0}
        assert done["after"]["gm"] == str(1_900 * FLOCK)
        assert abs(rehearsed["after"]["unlock_at"] - position.unlock_at) < 60
        assert done["after"]["unlock_at"] == position.unlock_at

    def test_the_fee_that_is_shown_is_near_the_one_that_is_paid(self, site: Site, me: str) -> None:
        rehearsed, done = told(site.flock(*LOCK, "--dry-run", "--json")), told(site.flock(*LOCK, "--json"))
        assert len(done["transactions"]) == 2
        assert int(rehearsed["fee"]) == pytest.approx(int(done["fee"]), rel=0.25)

    def test_the_next_command_is_named(self, site: Site, me: str) -> None:
        assert "Next: flock stake add all --task … --key me" in site.flock(*LOCK).stdout

    def test_an_endpoint_that_cannot_simulate_can_still_be_used(
        self, site: Site, me: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = Rpc.request

        def without(rpc: Rpc, method: str, *params: object) -> Any:
            if method == "eth_simulateV1":
                raise RpcRefused("no such method", -32601, "Method not found", None)
            return asked(rpc, method, *params)

        monkeypatch.setattr(Rpc, "request", without)
        shown = site.flock(*LOCK)
        assert shown.exit_code == 0, shown.stderr
        assert "cannot simulate" in shown.stdout
        assert site.contracts.staking.position_of(me).gm == 1_900 * FLOCK


class TestExtendAndPoke:
    def test_extending_rates_the_whole_lock_by_the_new_time(self, site: Site, me: str) -> None:
        site.flock("stake", "lock", "1000", "--days", "30", "--key", "me")
        done = told(site.flock("stake", "extend", "--days", "365", "--key", "me", "--json"))
        assert done["before"]["gm"] == str(1_000 * FLOCK)
        assert done["after"]["gm"] == done["after"]["votes"] == str(3_010 * FLOCK)

    def test_a_lock_does_not_shorten_and_nothing_is_signed(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        wait(site, 100 * DAY)
        block = site.contracts.client.block_number()
        for words, way_out in (
            (("extend", "--days", "90"), "choose --days 180 or more."),
            (("lock", "1", "--days", "90"), "choose --days 180 or more, or 79 and less to leave its end"),
        ):
            shown = site.flock("stake", *words, "--key", "me")
            assert (shown.exit_code, site.contracts.client.block_number()) == (1, block)
            assert "The lock was given for 180 days and ends at 20" in sentence(shown)
            assert way_out in sentence(shown)
        assert site.flock("stake", "lock", "1", "--days", "79", "--key", "me").exit_code == 0
        assert site.flock("stake", "extend", "--days", "180", "--key", "me").exit_code == 0

    def test_what_stands_elsewhere_is_said_to_stay_as_it_is(
        self, site: Site, season: Season, me: str
    ) -> None:
        site.flock(*LOCK)
        site.flock("stake", "add", "250", "--task", season.task, "--key", "me")
        extended = site.flock("stake", "extend", "--days", "365", "--key", "me")
        assert "250 gmFLOCK on tasks and in pools stay as they are" in extended.stdout
        wait(site, 366 * DAY)
        again = site.flock("stake", "lock", "1", "--days", "30", "--key", "me")
        assert "250 gmFLOCK of it on tasks and in pools do not vote" in again.stdout
        more = site.flock("stake", "add", "5", "--task", season.task, "--key", "me")
        assert "The 250 gmFLOCK that stand there already are of an earlier lock" in more.stdout

    def test_a_lock_that_was_over_is_rated_anew_by_extending_it_and_that_is_said(
        self, site: Site, me: str
    ) -> None:
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        site.flock("stake", "poke", "me", "--key", "me")
        renewed = site.flock("stake", "lock", "1", "--days", "365", "--key", "me")
        assert "as 3,010, extend the lock then: `flock stake extend --days 365 --key me`" in renewed.stdout
        assert site.contracts.staking.position_of(me).gm == 1_000 * FLOCK + 301 * FLOCK // 100
        extended = told(site.flock("stake", "extend", "--days", "365", "--key", "me", "--json"))
        assert extended["after"]["gm"] == str(1_001 * 301 * FLOCK // 100)

    def test_anybody_may_poke_a_lock_that_is_over(self, site: Site, me: str) -> None:
        site.key("other")
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        shown = site.flock("stake", "poke", me, "--key", "other")
        assert shown.exit_code == 0, shown.stderr
        assert "1,900 → 1,000" in shown.stdout
        assert "1,900 → 0" in shown.stdout
        assert "7 days later" in shown.stdout
        assert site.contracts.staking.votes_of(me) == 0

    def test_poking_says_why_there_is_nothing_to_poke(self, site: Site, me: str) -> None:
        assert "has no FLOCK locked" in sentence(site.flock("stake", "poke", "me", "--key", "me"))
        site.flock(*LOCK)
        assert "lives until" in sentence(site.flock("stake", "poke", "me", "--key", "me"))
        wait(site, 181 * DAY)
        assert site.flock("stake", "poke", "me", "--key", "me").exit_code == 0
        assert "counted already" in sentence(site.flock("stake", "poke", "me", "--key", "me"))


class TestOnTasks:
    def test_stake_is_put_on_a_task_and_taken_off_again(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        task = ("--task", season.task, "--key", "me")
        added = told(site.flock("stake", "add", "250.5", *task, "--json"))
        assert added["after"]["stake"] == str(250 * FLOCK + FLOCK // 2)
        assert added["after"]["available"] == str(1_900 * FLOCK - 250 * FLOCK - FLOCK // 2)
        removed = told(site.flock("stake", "remove", "all", *task, "--json"))
        assert removed["after"]["stake"] == "0"
        assert removed["after"]["available"] == removed["after"]["gm"] == str(1_900 * FLOCK)

    def test_all_that_is_free_can_be_put_on_a_task(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        assert site.flock("stake", "add", "all", "--task", season.task, "--key", "me").exit_code == 0
        assert site.contracts.staking.stake_of(me, season.task) == 1_900 * FLOCK

    def test_stake_that_a_duty_holds_stays(self, site: Site, season: Season) -> None:
        season.next_day()
        shown = site.flock("stake", "remove", "1", "--task", season.task, "--key", "ann")
        assert shown.exit_code == 1
        assert f"The stake on task {season.task} is held by the task's board" in sentence(shown)

    def test_what_stays_on_a_task_is_its_minimum_or_nothing(
        self, site: Site, season: Season, me: str
    ) -> None:
        site.flock(*LOCK)
        site.flock("stake", "add", "150", "--task", season.task, "--key", "me")
        shown = site.flock("stake", "remove", "51", "--task", season.task, "--key", "me")
        assert "The stake of 99 gmFLOCK is below the task's minimum of 100 gmFLOCK" in sentence(shown)

    def test_status_shows_where_it_stands(self, site: Site, season: Season) -> None:
        shown = site.flock("stake", "status", "ann").stdout
        assert "held" in shown
        status = told(site.flock("stake", "status", "ann", "--json"))
        [stake] = status["stakes"]
        behind = site.contracts.staking.allocation_of(season.address("ann"), season.task).flock
        assert stake == {
            "task": season.task,
            "state": "open",
            "gm": str(100 * FLOCK),
            "flock": str(behind),
            "held": True,
        }
        assert (status["available"], status["allocated"]) == (str(1_800 * FLOCK), str(100 * FLOCK))
        assert int(status["flock"]) + behind == 1_000 * FLOCK
        assert status["gm"] == status["votes"] == str(1_900 * FLOCK)

    def test_status_shows_what_is_in_pools_and_what_of_it_leaves(
        self, site: Site, season: Season, me: str
    ) -> None:
        site.flock("delegate", "accept", "--task", season.task, "--sigma", "50", "--key", "ann")
        site.flock(*LOCK)
        site.flock("delegate", "to", "ann", "300", "--task", season.task, "--key", "me")
        site.flock("delegate", "undo", "ann", "100", "--task", season.task, "--key", "me")
        shown = site.flock("stake", "status", "me").stdout
        assert f"100 gmFLOCK leave the pool of {season.address('ann')}" in shown
        status = told(site.flock("stake", "status", "me", "--json"))
        assert (status["delegated"], status["leaving"]) == (str(300 * FLOCK), str(100 * FLOCK))
        [line] = status["leaving_from"]
        assert (line["operator"], line["gm"]) == (season.address("ann"), str(100 * FLOCK))
        wait(site, 15 * DAY)
        assert "they may come back now" in site.flock("stake", "status", "me").stdout

    def test_status_names_the_way_off_a_task_that_is_over(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        site.flock("stake", "add", "all", "--task", season.task, "--key", "me")
        assert "Next: flock delegate accept" in site.flock("stake", "status", "me").stdout
        season.earn_a_day()
        season.close()
        off = f"Next: flock stake remove all --task {season.task} --key me"
        assert off in site.flock("stake", "status", "me").stdout


class TestRedeem:
    def test_all_comes_back_a_week_after_the_end_of_the_lock_was_counted(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        assert site.flock("stake", "poke", "me", "--key", "me").exit_code == 0
        wait(site, 7 * DAY)
        done = told(site.flock("stake", "redeem", "--key", "me", "--json"))
        assert (done["after"]["held"], done["after"]["gm"]) == (str(10_000 * FLOCK), "0")

    def test_each_step_that_comes_first_is_named_with_its_date(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        lives = sentence(site.flock("stake", "redeem", "--key", "me"))
        assert f"The FLOCK of {me} is locked until 20" in lives
        assert "flock stake poke me --key me" in lives
        assert "7 days later, at 20" in lives
        wait(site, 181 * DAY)
        over = sentence(site.flock("stake", "redeem", "--key", "me"))
        assert f"The lock of {me} ended at 20" in over
        assert "First its end has to be counted (`flock stake poke me --key me`)" in over
        site.flock("stake", "poke", "me", "--key", "me")
        waits = site.flock("stake", "redeem", "--key", "me")
        assert waits.exit_code == 1
        assert f"The FLOCK of {me} can be redeemed from 20" in sentence(waits)

    def test_status_leads_the_way_out(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        assert "Next: flock stake add" in site.flock("stake", "status", "me").stdout
        wait(site, 181 * DAY)
        assert "Next: flock stake poke me --key me" in site.flock("stake", "status", "me").stdout
        site.flock("stake", "poke", "me", "--key", "me")
        shown = site.flock("stake", "status", "me").stdout
        assert "Free gmFLOCK can be redeemed from 20" in shown
        assert "Next: flock stake redeem --key me" in shown
        wait(site, 7 * DAY)
        assert "Free gmFLOCK can be redeemed now" in site.flock("stake", "status", "me").stdout

    def test_nothing_locked_and_everything_on_tasks_are_told_apart(self, site: Site, season: Season) -> None:
        site.key("me")
        assert "has no FLOCK locked" in sentence(site.flock("stake", "redeem", "--key", "me"))
        site.flock("stake", "add", "all", "--task", season.task, "--key", "ann")
        wait(site, 181 * DAY)
        site.flock("stake", "poke", "ann", "--key", "ann")
        wait(site, 7 * DAY)
        shown = site.flock("stake", "redeem", "--key", "ann")
        assert "stands on tasks or in pools" in sentence(shown)


class TestOperator:
    def test_an_operator_is_named_and_taken_back(self, site: Site, me: str) -> None:
        hot = site.key("hot", flock=0)
        done = told(site.flock("stake", "operator", "hot", "--key", "me", "--json"))
        assert done["after"]["operator"] == hot
        assert site.contracts.staking.acts_for(me, hot)
        assert site.flock("stake", "operator", "none", "--key", "me").exit_code == 0
        assert not site.contracts.staking.acts_for(me, hot)

    def test_what_would_change_nothing_is_not_sent(self, site: Site, me: str) -> None:
        site.key("hot", flock=0)
        naming = ("stake", "operator", "hot", "--key", "me")
        site.flock(*naming)
        block = site.contracts.client.block_number()
        shown = site.flock(*naming)
        assert (shown.exit_code, site.contracts.client.block_number()) == (0, block)
        assert "nothing was sent" in shown.stdout
        assert told(site.flock(*naming, "--json"))["transactions"] == []

    def test_a_new_operator_acts_only_after_the_delay(self, site: Site, me: str) -> None:
        site.key("hot", flock=0)
        new = site.key("new", flock=0)
        site.flock("stake", "operator", "hot", "--key", "me")
        shown = site.flock("stake", "operator", "new", "--key", "me")
        assert "stops acting at once" in shown.stdout
        assert not site.contracts.staking.acts_for(me, new)
        wait(site, 3_601)
        assert site.contracts.staking.acts_for(me, new)


class TestRefusals:
    """Each names the input and the way out, and nothing is sent."""

    def test_bad_input_gets_a_sentence(self, site: Site, me: str) -> None:
        block = site.contracts.client.block_number()
        for words, code, expected in (
            (("lock", "0", "--days", "30"), 1, "The amount is zero"),
            (("lock", "10001", "--days", "30"), 78, "holds 10,000 FLOCK of the 10,001 needed"),
            (("lock", "lots", "--days", "30"), 78, "AMOUNT: 'lots' is not an amount"),
            (("extend", "--days", "30"), 1, "Lock"),
            (("add", "1", "--task", "999999"), 78, "knows no task 999999"),
            (("redeem", "1"), 1, "has no FLOCK locked"),
            (("operator", "0x12"), 78, "ADDRESS is '0x12'"),
            (("poke", "nobody"), 78, "neither an address nor the name of a key"),
        ):
            shown = site.flock("stake", *words, "--key", "me")
            assert (shown.exit_code, site.contracts.client.block_number()) == (code, block)
            assert expected in sentence(shown)

    def test_days_out_of_range_are_wrong_usage(self, site: Site, me: str) -> None:
        for days in ("0", "366", "-1", "many"):
            assert site.flock("stake", "lock", "1", f"--days={days}", "--key", "me").exit_code == 2

    def test_more_than_is_free_says_how_much_is(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        shown = site.flock("stake", "add", "1901", "--task", season.task, "--key", "me")
        assert shown.exit_code == 1
        assert "Only 1,900 gmFLOCK are free" in sentence(shown)
        off = site.flock("stake", "remove", "1", "--task", season.task, "--key", "me")
        assert "Only 0 gmFLOCK are staked" in sentence(off)

    def test_who_never_locked_is_told_so(self, site: Site, season: Season, me: str) -> None:
        shown = site.flock("stake", "add", "1", "--task", season.task, "--key", "me")
        assert f"{me} has no FLOCK locked" in sentence(shown)

    def test_a_lock_that_is_over_holds_no_new_stake(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        shown = site.flock("stake", "add", "1", "--task", season.task, "--key", "me")
        assert "this needs a live lock" in sentence(shown)

    def test_no_eth_for_the_fee_is_said_before_anything_is_signed(self, site: Site) -> None:
        dry = site.key("dry", eth=0)
        shown = site.flock("stake", "lock", "1", "--days", "30", "--key", "dry", "--dry-run")
        assert f"{dry} holds 0 ETH, too little for the fee" in shown.stdout
        assert site.flock("stake", "lock", "1", "--days", "30", "--key", "dry").exit_code == 78

    def test_several_keys_and_no_name(self, site: Site, me: str) -> None:
        site.key("other")
        shown = site.flock("stake", "status")
        assert shown.exit_code == 78
        assert "there are 2 keys" in sentence(shown)
