"""``flock stake``: the effect is shown before it is signed, and is what happens; refusals are sentences."""

import json
from typing import Any

import pytest
from click.testing import Result

from flock.chain.rpc import Rpc, RpcRefused
from flock.protocol.units import DAY
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

    def test_what_would_change_nothing_is_not_sent(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        block = site.contracts.client.block_number()
        shown = site.flock("stake", "extend", "--days", "20", "--key", "me")
        assert (shown.exit_code, site.contracts.client.block_number()) == (0, block)
        assert "nothing was sent" in shown.stdout
        assert (
            told(site.flock("stake", "extend", "--days", "20", "--key", "me", "--json"))["transactions"] == []
        )

    def test_anybody_may_poke_a_lock_that_is_over(self, site: Site, me: str) -> None:
        site.key("other")
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        shown = site.flock("stake", "poke", me, "--key", "other")
        assert shown.exit_code == 0, shown.stderr
        assert "1,900 → 1,000" in shown.stdout
        assert site.contracts.staking.votes_of(me) == 1_000 * FLOCK

    def test_poking_says_why_there_is_nothing_to_poke(self, site: Site, me: str) -> None:
        assert "no gmFLOCK of its own" in sentence(site.flock("stake", "poke", "me", "--key", "me"))
        site.flock(*LOCK)
        assert "lives until" in sentence(site.flock("stake", "poke", "me", "--key", "me"))
        wait(site, 181 * DAY)
        assert site.flock("stake", "poke", "me", "--key", "me").exit_code == 0
        assert "rated already" in sentence(site.flock("stake", "poke", "me", "--key", "me"))


class TestOnTasks:
    def test_stake_is_put_on_a_task_and_taken_off_again(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        task = ("--task", season.task, "--key", "me")
        added = told(site.flock("stake", "add", "250.5", *task, "--json"))
        assert added["after"]["stake"] == str(250 * FLOCK + FLOCK // 2)
        assert added["after"]["available"] == str(1_900 * FLOCK - 250 * FLOCK - FLOCK // 2)
        removed = told(site.flock("stake", "remove", "all", *task, "--json"))
        assert removed["after"]["stake"] == "0"
        assert site.contracts.staking.position_of(me).allocated == 0

    def test_all_that_is_free_can_be_put_on_a_task(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        assert site.flock("stake", "add", "all", "--task", season.task, "--key", "me").exit_code == 0
        assert site.contracts.staking.member_stake(me, season.task) == 1_900 * FLOCK

    def test_stake_that_a_duty_holds_stays(self, site: Site, season: Season) -> None:
        season.next_day()
        shown = site.flock("stake", "remove", "1", "--task", season.task, "--key", "ann")
        assert shown.exit_code == 1
        assert f"The stake on task {season.task} is held by a duty" in sentence(shown)

    def test_status_shows_where_it_stands(self, site: Site, season: Season) -> None:
        shown = site.flock("stake", "status", "ann").stdout
        assert "member" in shown
        assert "held" in shown
        status = told(site.flock("stake", "status", "ann", "--json"))
        assert status["stakes"] == [
            {"task": season.task, "state": "open", "role": "member", "gm": str(100 * FLOCK), "held": True}
        ]
        assert status["votes"] == str(1_900 * FLOCK)

    def test_status_names_the_way_off_a_task_that_is_over(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        site.flock("stake", "add", "all", "--task", season.task, "--key", "me")
        assert "Next: flock delegate accept" in site.flock("stake", "status", "me").stdout
        season.earn_a_day()
        season.close()
        off = f"Next: flock stake remove all --task {season.task} --key me"
        assert off in site.flock("stake", "status", "me").stdout


class TestRedeem:
    def test_all_comes_back_once_the_lock_is_over(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        wait(site, 181 * DAY)
        done = told(site.flock("stake", "redeem", "--key", "me", "--json"))
        assert (done["after"]["held"], done["after"]["gm"]) == (str(10_000 * FLOCK), "0")

    def test_a_lock_that_lives_says_until_when(self, site: Site, me: str) -> None:
        site.flock(*LOCK)
        shown = site.flock("stake", "redeem", "--key", "me")
        assert shown.exit_code == 1
        assert f"The FLOCK of {me} is locked until 20" in sentence(shown)

    def test_nothing_locked_and_everything_on_tasks_are_told_apart(self, site: Site, season: Season) -> None:
        site.key("me")
        assert "has no FLOCK locked" in sentence(site.flock("stake", "redeem", "--key", "me"))
        site.flock("stake", "add", "all", "--task", season.task, "--key", "ann")
        wait(site, 181 * DAY)
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
            (("lock", "1e40", "--days", "30"), 78, "AMOUNT is 1e40; choose 0 to"),
            (("lock", "79228162515", "--days", "30"), 78, "choose 0 to"),
            (("lock", "0.1234567890123456789", "--days", "30"), 78, "no more than 18 decimals"),
            (("lock", "lots", "--days", "30"), 78, "which is no amount"),
            (("lock", "nan", "--days", "30"), 78, "which is no amount"),
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
        assert "staking needs a live one" in sentence(shown)

    def test_a_role_that_is_none(self, site: Site, season: Season, me: str) -> None:
        site.flock(*LOCK)
        shown = site.flock("stake", "add", "1", "--task", season.task, "--role", "boss", "--key", "me")
        assert shown.exit_code == 78
        assert "--role is 'boss'" in sentence(shown)

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
