"""``flock delegate``: a pool is opened, filled, emptied and left; what it yields is computed from the chain."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from click.testing import Result

from flock.alliance.client import AllianceClient
from flock.economy.operations import delegating
from flock.errors import Refused, ServiceUnavailable
from flock.protocol.core.units import DAY
from flock.protocol.economy.pools import WORN
from flock.store.database import Database
from tests.cli.network import Site, sentence
from tests.cli.season import Opened, Season, open_season, opened_once
from tests.conftest import FLOCK


def open_with_a_pool(site: Site, database: Database) -> Season:
    """``ann`` takes delegation; ``del`` has 3,800 gmFLOCK to give."""
    season = open_season(site, database, ["del"])
    sender = season.sender("del")
    site.contracts.staking.lock(sender, site.contracts.token, 2_000 * FLOCK, 180)
    assert run(season, "accept", "--sigma", "50", key="ann").exit_code == 0
    return season


opened = opened_once(open_with_a_pool)


@pytest.fixture
def season(opened: Opened, site: Site, database: Database) -> Season:
    return opened.season(site, database)


def run(season: Season, *words: object, key: str | None = "del", task: int | None = None) -> Result:
    """``flock delegate`` with these words, on the season's task."""
    signed = ("--key", key) if key else ()
    return season.site.flock("delegate", *words, "--task", task or season.task, *signed)


def told(shown: Result) -> Any:
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


def await_the_yields(season: Season) -> None:
    """Until the service beside the test has seen the pool, and computed them."""
    with AllianceClient(season.site.service) as alliance:
        while True:
            try:
                alliance.pool(season.address("ann"), season.task)
            except (Refused, ServiceUnavailable):
                time.sleep(0.05)
            else:
                return


class TestPools:
    def test_a_pool_opens_on_its_terms_and_closes(self, site: Site, season: Season) -> None:
        pool = site.contracts.staking.pool_of(season.address("ann"), season.task)
        assert (pool.is_open, pool.commission_bps) == (True, 5_000)
        shown = run(season, "accept", "--close", key="ann")
        assert "yes → no" in shown.stdout
        pool = site.contracts.staking.pool_of(season.address("ann"), season.task)
        assert (pool.is_open, pool.commission_bps) == (False, 5_000)

    def test_who_has_no_stake_of_its_own_there_is_told_that_it_gets_nothing(self, season: Season) -> None:
        season.site.key("me")
        shown = run(season, "accept", "--sigma", "12.5", "--dry-run", key="me")
        assert shown.exit_code == 0
        assert "as long as it has none, nobody can delegate to it" in shown.stdout

    def test_the_first_terms_must_be_named(self, season: Season) -> None:
        shown = run(season, "accept", key="bob")
        assert shown.exit_code == 78
        assert "--sigma" in sentence(shown)

    def test_a_share_that_is_none(self, season: Season) -> None:
        for sigma in ("101", "-1", "nan", "half", "12.345"):
            shown = run(season, "accept", f"--sigma={sigma}", key="bob")
            assert shown.exit_code == 78
            assert f"--sigma: '{sigma}' is not a percentage" in sentence(shown)

    def test_a_share_only_falls_while_anything_is_delegated(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        shown = run(season, "accept", "--sigma", "90", "--dry-run", key="ann")
        assert shown.exit_code == 1
        assert "commission is 50% and can only be lowered while anything is in the pool" in sentence(shown)
        assert run(season, "accept", "--sigma", "10", key="ann").exit_code == 0

    def test_what_a_pool_takes_at_most_and_what_is_left_of_it_is_shown(self, season: Season) -> None:
        done = told(run(season, "to", "ann", "400", "--json"))
        assert (done["before"]["most"], done["before"]["room"]) == (str(1_000 * FLOCK), str(1_000 * FLOCK))
        assert (done["after"]["most"], done["after"]["room"]) == (str(1_000 * FLOCK), str(600 * FLOCK))
        shown = run(season, "to", "ann", "600", "--dry-run").stdout
        assert "most it takes (10 times the operator's stake)" in shown
        assert "600 → 0 gmFLOCK" in shown
        above = run(season, "to", "ann", "601")
        assert above.exit_code == 1
        assert "the operator's own stake allows 1,000 gmFLOCK at most" in sentence(above)
        [pool] = told(season.site.flock("delegate", "pools", "--json"))
        assert (pool["most"], pool["own"], pool["worn"]) == (str(1_000 * FLOCK), str(100 * FLOCK), False)
        assert "room" in season.site.flock("delegate", "pools").stdout

    def test_a_worn_pool_is_said_to_be_worn_until_it_is_empty(self, season: Season) -> None:
        pool = season.contracts.staking.read("poolOf", season.address("ann"), season.task)
        own, worn = {"gm": 100 * FLOCK}, {**pool, "factor": WORN - 1, "gm": 1}
        assert "slashes have worn it" in delegating.pool_fields([worn, own, 10])["open"].for_people
        for sound in (pool, {**worn, "gm": 0}, {**worn, "factor": WORN}):
            assert delegating.pool_fields([sound, own, 10])["open"].for_people == "yes"

    def test_terms_are_frozen_around_the_end(self, season: Season) -> None:
        season.wait(59 * DAY)
        shown = run(season, "accept", "--sigma", "90", key="ann")
        assert shown.exit_code == 1
        assert "frozen" in sentence(shown)


class TestThereAndBack:
    def test_what_is_delegated_leaves_the_free_gm_and_keeps_its_vote(self, season: Season) -> None:
        done = told(run(season, "to", "ann", "500", "--json"))
        assert done["before"]["available"] == str(3_800 * FLOCK)
        assert done["after"]["available"] == str(3_300 * FLOCK)
        assert done["after"]["delegated"] == done["after"]["pool_gm"] == str(500 * FLOCK)
        assert done["after"]["votes"] == str(3_800 * FLOCK)

    def test_a_dry_run_moves_nothing(self, season: Season) -> None:
        block = season.contracts.client.block_number()
        shown = run(season, "to", "ann", "800", "--dry-run")
        assert (shown.exit_code, season.contracts.client.block_number()) == (0, block)
        assert "3,800 → 3,000 gmFLOCK" in shown.stdout

    def test_what_is_taken_back_comes_home_after_the_cool_down(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        assert told(run(season, "undo", "ann", "200", "--json"))["after"]["leaving"] == str(200 * FLOCK)
        early = season.site.flock("delegate", "collect", "--key", "del")
        assert early.exit_code == 1
        assert "The cool-down is not over. Collect after" in sentence(early)
        season.wait(season.contracts.staking.numbers().cooldown)
        done = told(season.site.flock("delegate", "collect", "--key", "del", "--json"))
        assert done["after"]["available"] == str(3_500 * FLOCK)
        assert done["after"]["delegated"] == str(300 * FLOCK)

    def test_while_the_operator_sits_in_a_round_it_is_only_queued_and_says_so(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        assert "waits for the end of that round" in run(season, "undo", "ann", "200").stdout
        seat_after_the_cool_down(season)
        collect = ("delegate", "collect", "--key", "del")
        shown = season.site.flock(*collect)
        assert shown.exit_code == 0, shown.stderr
        assert "Queue what" in shown.stdout
        assert "Nothing comes back from the pool" in shown.stdout
        assert "it sits in round 1" in shown.stdout
        assert "0 → 200 gmFLOCK" in shown.stdout
        assert "Next: flock delegate collect --key del" in shown.stdout
        assert season.contracts.staking.position_of(season.address("del")).delegated == 500 * FLOCK
        again = season.site.flock(*collect)
        assert again.exit_code == 1
        assert "Collecting from the pool waits until" in sentence(again)
        assert "once its duty in round 1 is over" in season.site.flock("delegate", "status", "del").stdout

    def test_after_the_round_what_was_queued_is_paid(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        run(season, "undo", "ann", "200")
        seat_after_the_cool_down(season)
        collect = ("delegate", "collect", "--key", "del", "--json")
        queued = told(season.site.flock(*collect))
        assert (queued["paid"], queued["queued"], queued["after"]["queued"]) == (0, 1, str(200 * FLOCK))
        season.wait(4 * 600)
        season.contracts.alliance_rounds.finalise(season.bank, season.task, 1, bytes(32), 0, 0)
        done = told(season.site.flock(*collect))
        assert (done["paid"], done["queued"], done["after"]["delegated"]) == (1, 0, str(300 * FLOCK))

    def test_anybody_may_bring_it_home(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        run(season, "undo", "ann")
        season.wait(season.contracts.staking.numbers().cooldown)
        words = ("delegate", "collect", "ann", "--for", "del", "--key", "bob")
        assert season.site.flock(*words).exit_code == 0
        assert season.contracts.staking.position_of(season.address("del")).gm == 3_800 * FLOCK

    def test_what_can_come_home_does_although_the_rest_cannot(self, season: Season) -> None:
        run(season, "accept", "--sigma", "10", key="bob")
        run(season, "to", "ann", "500")
        run(season, "to", "bob", "300")
        run(season, "undo", "ann")
        season.wait(season.contracts.staking.numbers().cooldown)
        run(season, "undo", "bob")
        shown = season.site.flock("delegate", "collect", "--key", "del")
        assert shown.exit_code == 0, shown.stderr
        assert f"Pool of {season.address('bob')} on task {season.task}:" in shown.stdout
        assert season.contracts.staking.position_of(season.address("del")).delegated == 300 * FLOCK

    def test_after_the_end_it_moves_on_without_a_cool_down(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        season.earn_a_day()
        season.close()
        other = open_season_again(season)
        words = ("--from", "ann", "--to", "ann", "--to-task", other)
        done = told(run(season, "move", "all", *words, "--json"))
        assert (done["after"]["source"], done["after"]["delegated"]) == ("0", str(500 * FLOCK))

    def test_a_task_that_runs_lets_nothing_move_on(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        words = ("--from", "ann", "--to", "ann", "--to-task", season.task)
        shown = run(season, "move", "all", *words)
        assert shown.exit_code == 1
        assert "has not ended" in sentence(shown)

    def test_a_share_that_rises_after_it_was_shown_is_refused(
        self, season: Season, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As if the operator had raised it between the look and the transaction."""
        monkeypatch.setattr(delegating, "_commission_now", lambda *_: 100)
        shown = run(season, "to", "ann", "500")
        assert (shown.exit_code, "and you agreed to 1% at most" in sentence(shown)) == (1, True)
        assert season.contracts.staking.position_of(season.address("del")).delegated == 0

    def test_what_the_pool_yields_is_said_where_a_service_knows(
        self, season: Season, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await_the_yields(season)
        assert "It has yielded 0.0% a year over 14 days" in run(season, "to", "ann", "5", "--dry-run").stdout
        monkeypatch.setenv("FLOCK_ALLIANCE", "http://127.0.0.1:1")
        assert "flock delegate pools" in run(season, "to", "ann", "5", "--dry-run").stdout


class TestStatus:
    def test_it_shows_both_sides_of_a_pool(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        run(season, "undo", "ann", "100")
        shown = season.site.flock("delegate", "status", "del").stdout
        assert season.address("ann") in shown
        assert f"100 gmFLOCK leave the pool of {season.address('ann')} on task {season.task}" in shown
        mine = told(season.site.flock("delegate", "status", "del", "--json"))
        [delegation] = mine["delegations"]
        assert (delegation["gm"], delegation["leaving"]) == (str(500 * FLOCK), str(100 * FLOCK))
        theirs = told(season.site.flock("delegate", "status", "ann", "--json"))
        assert [pool["delegators"] for pool in theirs["pools"]] == [1]

    def test_the_yield_is_that_of_the_days_that_were_emitted(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        season.earn_a_day()
        [day] = [day for day in season.settlement().days if day.pools]
        ann = season.address("ann")
        daily = day.pools[ann] / day.stakes[ann]
        [pool] = told(season.site.flock("delegate", "pools", "--json"))
        assert pool["eapy_14"] == pytest.approx(min(1e6, (1 + daily / 14) ** 365 - 1))
        assert pool["eapy_30"] == pytest.approx(min(1e6, (1 + daily / 30) ** 365 - 1))


class TestRefusals:
    """Each names the input and the way out, and nothing is sent."""

    def test_what_the_contract_would_refuse(self, season: Season) -> None:
        block = season.contracts.client.block_number()
        for words, expected in (
            (("to", "ann", "0"), "The amount is zero"),
            (("to", "ann", "0.5"), "below the minimum of 1 gmFLOCK"),
            (("to", "ann", "3801"), "Only 3,800 gmFLOCK are free"),
            (("to", "bob", "10"), "does not accept delegation"),
            (("to", "del", "10"), "cannot delegate to yourself"),
            (("undo", "ann", "1"), "has nothing in the pool"),
        ):
            shown = run(season, *words)
            assert (shown.exit_code, season.contracts.client.block_number()) == (1, block)
            assert expected in sentence(shown)

    def test_words_that_mean_nothing(self, season: Season) -> None:
        for words, expected in (
            (("to", "0x12", "10"), "OPERATOR is '0x12'"),
            (("to", "nobody", "10"), "neither an address nor the name of a key"),
            (("to", "ann", "lots"), "AMOUNT: 'lots' is not an amount"),
        ):
            shown = run(season, *words)
            assert shown.exit_code == 78
            assert expected in sentence(shown)

    def test_what_leaves_already_cannot_leave_again(self, season: Season) -> None:
        run(season, "to", "ann", "500")
        run(season, "undo", "ann")
        shown = run(season, "undo", "ann", "1")
        assert "leaves already" in sentence(shown)
        assert "flock delegate collect" in sentence(shown)

    def test_nothing_to_bring_home(self, season: Season) -> None:
        shown = season.site.flock("delegate", "collect", "--key", "del")
        assert "has nothing in pools there" in sentence(shown)

    def test_a_task_that_is_not_there(self, season: Season) -> None:
        shown = run(season, "to", "ann", "1", task=99)
        assert shown.exit_code == 78
        assert "knows no task 99" in sentence(shown)


def seat_after_the_cool_down(season: Season) -> None:
    """Everybody sits in round 1, and the cool-down of whoever asked before is over."""
    rounds = season.contracts.alliance_rounds
    rounds.start(season.bank, season.task)
    season.wait(season.contracts.staking.numbers().cooldown)
    season.mine(3)
    rounds.draw(season.bank, season.task, 1)


def open_season_again(season: Season) -> int:
    """Another task on which ``ann`` takes delegation."""
    parameters = season.contracts.task_manager.parameters_of(season.task)

    now = season.contracts.client.now()
    terms = replace(parameters, start_by=now + DAY, ends_at=now + 60 * DAY)
    manager = season.contracts.task_manager
    task = manager.create(season.bank, season.contracts.token, terms, b"\x01" * 32, 2_000 * FLOCK)
    season.contracts.staking.allocate(season.sender("ann"), task, 100 * FLOCK)
    assert run(season, "accept", "--sigma", "20", key="ann", task=task).exit_code == 0
    return task
