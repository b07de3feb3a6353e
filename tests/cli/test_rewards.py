"""``flock rewards``: computed from the chain, claimed with a proof, and never silent about why there is nothing."""

import json
from typing import Any

import pytest
from click.testing import Result

from flock.protocol.core.merkle import RewardTree
from flock.protocol.core.units import DAY
from flock.store.database import Database
from flock.terminal import moment
from tests.cli.network import Site, sentence
from tests.cli.season import MEMBERS, Opened, Season, open_season, opened_once
from tests.conftest import FLOCK


def open_with_a_day(site: Site, database: Database) -> Season:
    """A day on which all three members have earned; it is emitted, and not settled."""
    season = open_season(site, database)
    season.earn_a_day()
    return season


opened = opened_once(open_with_a_day)


@pytest.fixture
def season(opened: Opened, site: Site, database: Database) -> Season:
    return opened.season(site, database)


def run(season: Season, *words: object) -> Result:
    return season.site.flock("rewards", *words)


def told(shown: Result) -> Any:
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


def held(season: Season, key: str) -> int:
    return season.contracts.token.balance_of(season.address(key))


class TestShow:
    def test_what_is_not_served_yet_is_shown_as_waiting(self, season: Season) -> None:
        earned = season.settlement().entries[season.address("ann")]
        shown = told(run(season, "show", "ann", "--json"))
        assert shown["earned"] == shown["waiting"] == str(earned.total)
        assert (shown["claimable_liquid"], shown["agrees"]) == ("0", None)
        assert "No rewards are served yet" in run(season, "show", "ann").stdout

    def test_a_pending_root_is_called_so_until_it_is_served(self, season: Season) -> None:
        due, settlement = season.settlement(), season.contracts.settlement
        tree = RewardTree(due.entries, season.contracts.chain_id, season.contracts.distributor.address)
        season.post(tree.root, due.total)
        until = moment(settlement.root_of(1).active_at)
        for shown in (run(season, "show", "ann").stdout, sentence(run(season, "claim", "--key", "ann"))):
            assert "No rewards are served yet. Root 1, of all days before" in shown
            assert f"can be disputed until {until}, then `flock settle` serves it" in shown
        season.wait(settlement.window() + 1)
        assert "has stood its dispute window" in run(season, "show", "ann").stdout

    def test_pay_from_a_bounty_is_shown_beside_the_emissions(self, season: Season) -> None:
        pay = season.contracts.alliance_rounds.member_of(season.task, season.address("ann"))
        shown = told(run(season, "show", "ann", "--json"))
        assert shown["bounty_earned"] == shown["bounty_owed"] == str(pay.owed) != "0"
        assert shown["bounties"] == [{"task": season.task, "earned": str(pay.earned), "owed": str(pay.owed)}]
        assert f"of task {season.task}'s bounty wait" in run(season, "show", "ann").stdout

    def test_what_is_served_may_be_claimed(self, season: Season) -> None:
        computed = season.serve()
        earned = computed.served_of(season.address("ann"))
        shown = told(run(season, "show", "ann", "--json"))
        assert (shown["claimable_liquid"], shown["waiting"]) == (str(earned.liquid), "0")
        assert shown["served_root"] == f"0x{computed.tree.root.hex()}"
        assert shown["agrees"] is True
        assert "Next: flock rewards claim" in run(season, "show", "ann").stdout

    def test_a_root_that_the_events_do_not_give_is_called_so(self, season: Season) -> None:
        season.serve_root(b"\x66" * 32, FLOCK)
        assert told(run(season, "show", "ann", "--json"))["agrees"] is False
        assert "flock verify" in run(season, "show", "ann").stdout


class TestClaim:
    def test_a_dry_run_shows_what_would_be_paid_and_sends_nothing(self, season: Season) -> None:
        earned = season.serve().served_of(season.address("ann")).liquid
        block, before = season.contracts.client.block_number(), held(season, "ann")
        shown = told(run(season, "claim", "--key", "ann", "--dry-run", "--json"))
        assert season.contracts.client.block_number() == block
        assert int(shown["after"]["held"]) - int(shown["before"]["held"]) == earned > 0
        assert held(season, "ann") == before

    def test_the_proof_pays_what_was_earned_once(self, season: Season) -> None:
        earned, before = season.serve().served_of(season.address("ann")).liquid, held(season, "ann")
        assert run(season, "claim", "--key", "ann").exit_code == 0
        assert held(season, "ann") == before + earned
        again = run(season, "claim", "--key", "ann")
        assert again.exit_code == 1
        assert "has claimed all of the" in sentence(again)

    def test_many_are_paid_in_one_transaction(self, season: Season) -> None:
        computed = season.serve()
        before = {key: held(season, key) for key in MEMBERS}
        named = [word for key in MEMBERS for word in ("--for", key)]
        done = told(run(season, "claim", *named, "--key", "ann", "--json"))
        assert len(done["transactions"]) == 1
        for key in MEMBERS:
            assert held(season, key) == before[key] + computed.served_of(season.address(key)).liquid

    def test_a_stranger_may_pay_for_the_claim_and_gets_nothing_of_it(self, season: Season) -> None:
        season.serve()
        stranger = season.site.key("stranger")
        before = held(season, "ann")
        assert run(season, "claim", "--for", "ann", "--key", "stranger").exit_code == 0
        assert held(season, "ann") > before
        assert season.contracts.token.balance_of(stranger) == 10_000 * FLOCK

    def test_who_earned_nothing_is_left_out_with_a_reason(self, season: Season) -> None:
        season.serve()
        poor = season.site.key("poor")
        shown = run(season, "claim", "--for", "ann", "--for", "poor", "--key", "ann")
        assert shown.exit_code == 0, shown.stderr
        assert f"{poor} has earned nothing to claim" in shown.stdout

    def test_before_the_first_root_there_is_nothing_to_claim(self, season: Season) -> None:
        shown = run(season, "claim", "--key", "ann")
        assert shown.exit_code == 1
        assert "No rewards are served yet" in sentence(shown)
        assert "flock settle" in sentence(shown)

    def test_what_later_days_bring_is_said(self, season: Season) -> None:
        season.serve()
        run(season, "claim", "--key", "ann")
        season.earn_a_day()
        shown = run(season, "claim", "--key", "ann")
        assert "of later days can be claimed once those are settled and served" in sentence(shown)

    def test_a_root_that_the_events_do_not_give_is_refused_before_anything_is_signed(
        self, season: Season
    ) -> None:
        """As a settler would post who pays itself."""
        liar = season.settlement().entries | {
            season.bank.address: season.settlement().entries[season.address("ann")]
        }
        tree = RewardTree(liar, season.contracts.chain_id, season.contracts.distributor.address)
        season.serve_root(tree.root, season.settlement().total)
        block = season.contracts.client.block_number()
        shown = run(season, "claim", "--key", "ann")
        assert (shown.exit_code, season.contracts.client.block_number()) == (1, block)
        assert f"0x{tree.root.hex()}" in sentence(shown)
        assert "flock verify" in sentence(shown)

    def test_an_account_that_is_none(self, season: Season) -> None:
        shown = run(season, "claim", "--for", "0x12", "--key", "ann")
        assert shown.exit_code == 78
        assert "--for is '0x12'" in sentence(shown)


class TestVesting:
    @pytest.fixture
    def claimed(self, season: Season) -> tuple[str, int]:
        """The proposer, and what the end of the task set free for it, in a stream."""
        season.close()
        season.next_day()
        season.emit()
        computed = season.serve()
        proposer = next(key for key in MEMBERS if computed.served_of(season.address(key)).vesting)
        assert run(season, "claim", "--key", proposer).exit_code == 0
        return proposer, computed.served_of(season.address(proposer)).vesting

    def test_a_stream_pays_what_has_vested(self, season: Season, claimed: tuple[str, int]) -> None:
        proposer, amount = claimed
        shown = told(run(season, "show", proposer, "--json"))
        assert [stream["amount"] for stream in shown["streams"]] == [str(amount)]
        season.wait(15 * DAY)
        before = held(season, proposer)
        assert run(season, "release", "--key", proposer).exit_code == 0
        assert held(season, proposer) - before == pytest.approx(amount / 2, rel=0.001)
        season.wait(16 * DAY)
        run(season, "release", "--key", proposer)
        assert held(season, proposer) == before + amount
        assert "has had all of its streams" in sentence(run(season, "release", "--key", proposer))

    def test_without_a_stream_it_says_where_streams_come_from(self, season: Season) -> None:
        shown = run(season, "release", "--key", "ann")
        assert shown.exit_code == 1
        assert "what tasks set aside becomes a stream" in sentence(shown)
