"""``flock market``: a model is published, hosted, bought and paid for by commands alone, on a real chain."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import let_time_run
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import open_sender
from flock.cli import market_publishing
from flock.protocol.core.cid import digest_of
from flock.protocol.core.units import DAY, WAD
from tests import patience
from tests.cli.conftest import PASSWORD, commands, settle_in
from tests.cli.network import Site, open_site, sentence
from tests.conftest import fresh_database, undone
from tests.market.fair import Fair, card

DIGITS = card("Reader of digits", kind="image", metrics={"accuracy": 0.97}, open=True)
BYTES = b"weights of a reader of digits"


class Shop:
    """A site where Olga owns, Hugo hosts, and Paula pays; ``version`` is published, served and priced."""

    def __init__(self, site: Site, fair: Fair) -> None:
        self.site, self.fair = site, fair
        self.address = {name: site.key(name, flock=40_000) for name in ("olga", "hugo", "paula")}
        self.version = 0

    def run(self, *words: object) -> Any:
        """What ``flock`` answers in JSON."""
        done = self.site.flock(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def say(self, *words: object) -> str:
        """What ``flock market`` says to people, once the service knows the chain."""
        self.catch_up()
        done = self.site.flock("market", *words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refused(self, *words: object) -> str:
        done = self.site.flock("market", *words)
        assert done.exit_code not in (0, 70), done.output
        return sentence(done)

    def publish_words(self, data: bytes, document: object, *words: object) -> tuple[object, ...]:
        name = digest_of(data).hex()[:8]
        file = self.site.file(f"{name}.safetensors", data)
        written = self.site.file(f"{name}.json", json.dumps(document))
        return ("publish", file, "--metadata", written, "--key", "olga", *words)

    def publish(self, data: bytes, document: object, *words: object) -> int:
        """The version that comes of it."""
        return int(self.run("market", *self.publish_words(data, document, *words))["after"]["version"])

    def catch_up(self) -> None:
        head = self.fair.client.block_number()
        patience.until(lambda: patience.get(f"{self.site.service}/health").json()["projected"] >= head)

    def held(self, account: str) -> int:
        return self.fair.contracts.token.balance_of(account)


@pytest.fixture(scope="module")
def shop(
    client: Client, deployed: AddressBook, admin: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    database = fresh_database(folder / "senders.db")
    contracts = Contracts(client, deployed)
    bank = open_sender(client, admin, database)
    with pytest.MonkeyPatch.context() as patch, undone(client):
        patch.setattr(market_publishing, "pause", lambda: let_time_run(client, 5))
        home = settle_in(folder, patch)
        with open_site(home, commands(), contracts, bank, patch) as site:
            made = Shop(site, Fair(contracts, bank, database, admin))
            _open(made)
            yield made
    database.close()


def _open(shop: Shop) -> None:
    """As docs/market.md has it."""
    shop.version = shop.publish(BYTES, DIGITS, "--host-share", 20, "--share", "paula:5")
    shop.run("market", "price", shop.version, "--call", "0.001", "--period", 30, "--key", "olga")
    shop.run("stake", "lock", 10_000, "--days", 365, "--key", "hugo")
    shop.run("market", "hosts", "bond", "--key", "hugo")
    if not shop.fair.contracts.host_bonds.is_host(shop.address["hugo"]):  # the first one has opened the bonds
        shop.run("market", "hosts", "bond", "--key", "hugo")
    shop.run("market", "hosts", "serve", shop.version, "--key", "hugo")


def pay(shop: Shop, wei: int) -> None:
    splitter = shop.fair.contracts.model_market.splitter_of(shop.version, shop.address["hugo"])
    shop.fair.contracts.token.transfer(shop.fair.bank, splitter.address, wei)


def test_what_is_published_is_found_and_shown(shop: Shop) -> None:
    assert "Reader of digits" in shop.say("list", "--search", "reader digits", "--listed")
    shown = shop.say("show", shop.version)
    for part in (
        "accuracy 0.97",
        "0.001 FLOCK",
        "30 FLOCK",
        "an upload",
        shop.address["hugo"],
        "open: everybody",
    ):
        assert part in shown
    assert "No model is like that" in shop.say("list", "--search", "walrus")


def test_the_bytes_of_an_open_model_are_at_the_service(shop: Shop) -> None:
    shop.catch_up()
    got = patience.get(f"{shop.site.service}/market/versions/{shop.version}/download")
    assert got.content == BYTES


def test_what_was_published_is_fetched_as_the_chain_names_it(shop: Shop) -> None:
    """The document has other bytes than the file it was written in: those that its digest is of."""
    folder = shop.site.home.folder
    shop.say("fetch", shop.version, folder / "fetched.safetensors")
    assert (folder / "fetched.safetensors").read_bytes() == BYTES
    shop.say("fetch", shop.version, folder / "published.json", "--document")
    document = (folder / "published.json").read_bytes()
    assert digest_of(document) == shop.fair.contracts.model_market.version_of(shop.version).metadata
    assert json.loads(document) == DIGITS
    closed = shop.publish(b"closed", card("Closed"))
    assert "does not have the blob" in shop.refused("fetch", closed, folder / "closed.safetensors")
    assert not (folder / "closed.safetensors").exists()


def test_publishing_again_says_that_it_is_there(shop: Shop) -> None:
    said = shop.refused(*shop.publish_words(BYTES, DIGITS))
    assert f"These bytes are version {shop.version} already" in said


def test_who_was_cut_off_after_the_commitment_publishes_by_the_same_command(shop: Shop) -> None:
    """The commitment is on the chain, the journal of the key's sender is lost: the salt follows from the key."""
    data, document = b"cut off", card("Cut off", kind="text")

    def cut() -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market_publishing, "pause", cut)
        assert shop.site.flock("market", *shop.publish_words(data, document)).exit_code != 0
        assert shop.fair.contracts.model_market.upload_of(digest_of(data)) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOCK_HOME", str(shop.site.home.folder / "another home"))
        assert shop.publish(data, document) == shop.fair.contracts.model_market.upload_of(digest_of(data))


def test_a_dry_run_shows_the_terms_and_sends_nothing(shop: Shop) -> None:
    before = shop.fair.client.block_number()
    words = shop.publish_words(b"dry", card("Dry"), "--royalty", "12.5", "--dry-run")
    said = shop.say(*words)
    assert "12.5%" in said
    assert "nothing was brought, signed or sent" in said
    assert shop.fair.client.block_number() == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--parent", "99:10"], "no version 99"),
        (["--parent", "1:5"], "asks its children for 10%"),
        (["--parent", "one:5"], "names version 'one'"),
        (["--share", "olga"], "write what and how many per cent"),
        (["--share", "olga:101"], "101"),
        (["--share", "olga:60", "--share", "hugo:60"], "add up to 120%"),
        (["--model", "1"], "name it with --parent 1:10"),
        (["--task", "99"], "knows no task 99"),
    ],
)
def test_terms_that_do_not_hold_are_refused_before_anything_is_sent(
    shop: Shop, words: list[str], complaint: str
) -> None:
    before = shop.fair.client.block_number()
    assert complaint in shop.refused(*shop.publish_words(b"bad", card("Bad"), *words))
    assert shop.fair.client.block_number() == before


def test_a_document_that_is_none_is_refused_with_its_field(shop: Shop) -> None:
    assert "metadata.title" in shop.refused(*shop.publish_words(b"bad", {"kind": "image"}))
    assert "metadata" in shop.refused(*shop.publish_words(b"bad", [1]))


def test_a_price_is_shown_before_and_after_and_cannot_void_quotes(shop: Shop) -> None:
    version = shop.publish(b"priced", card("Priced"))
    shop.run("market", "price", version, "--call", "2", "--key", "olga")
    let_time_run(shop.fair.client, 301)
    said = shop.say("price", version, "--call", "3", "--key", "olga", "--dry-run")
    assert "2 → 3 FLOCK" in said
    shop.run("market", "price", version, "--call", "3", "--key", "olga")
    assert "Quotes of the former price are good until" in shop.refused(
        "price", version, "--call", "4", "--key", "olga"
    )
    assert "Only" in shop.refused("price", version, "--call", "1", "--key", "paula")


def test_payees_are_shown_and_paid_and_what_is_due_is_gone(shop: Shop) -> None:
    """100 FLOCK: fee 2.5, host 19.5; of the remaining 78 Paula has 5%."""
    pay(shop, 100 * WAD)
    at_hugo = ("--host", "hugo")
    assert "3.9 FLOCK" in shop.say("payees", shop.version, *at_hugo)
    before = {name: shop.held(account) for name, account in shop.address.items()}
    done = shop.run("market", "release", shop.version, *at_hugo, "--key", "olga")
    assert sorted(done["payees"]) == ["0", "1", "2", "3"]
    gained = {name: shop.held(account) - before[name] for name, account in shop.address.items()}
    assert gained == {"hugo": 195 * WAD // 10, "olga": 741 * WAD // 10, "paula": 39 * WAD // 10}
    shop.catch_up()
    assert "Nothing is due there" in shop.refused("release", shop.version, *at_hugo, "--key", "olga")
    assert "There is no payee 9" in shop.refused(
        "release", shop.version, *at_hugo, "--payee", "9", "--key", "olga"
    )


def test_a_subscription_is_bought_listed_and_given_back(shop: Shop) -> None:
    bought = shop.run(
        *("market", "subscriptions", "buy", shop.version, "--host", "hugo", "--periods", 2, "--key", "paula")
    )
    assert bought["cost"] == str(60 * WAD)
    number = int(bought["after"]["subscriptions"])
    assert "60 FLOCK" in shop.say("subscriptions", "list", "paula")
    let_time_run(shop.fair.client, 15 * DAY)
    before = shop.held(shop.address["paula"])
    shop.run("market", "subscriptions", "cancel", number, "--key", "paula")
    assert 44 * WAD < shop.held(shop.address["paula"]) - before <= 45 * WAD
    assert "no subscription 99" in shop.refused("subscriptions", "cancel", "99", "--key", "paula")
    assert "No subscription of version" in shop.refused(
        *("subscriptions", "buy", shop.publish(b"unsold", card("Unsold")), "--host", "hugo", "--key", "paula")
    )


def test_a_host_without_enough_gmflock_is_told_how_much_to_lock(shop: Shop) -> None:
    said = shop.refused("hosts", "bond", "--key", "paula")
    assert "needs a bond of 10,000 gmFLOCK" in said
    assert "flock stake lock 10000 --days 180 --key paula" in said


def test_a_host_leaves_and_has_its_bond_back_after_two_weeks(shop: Shop) -> None:
    contracts = shop.fair.contracts
    shop.run("stake", "lock", 10_000, "--days", 365, "--key", "olga")
    shop.run("market", "hosts", "bond", "--key", "olga")
    assert "bonded → leaving" in shop.say("hosts", "leave", "--key", "olga")
    assert shop.address["olga"] in shop.say("hosts", "list")
    assert "Leave first, and wait" in shop.refused("hosts", "free", "--key", "olga")
    let_time_run(shop.fair.client, 14 * DAY)
    shop.run("market", "hosts", "free", "--key", "olga")
    assert not contracts.host_bonds.is_host(shop.address["olga"])


def test_a_retired_version_is_not_sold_and_cannot_come_back(shop: Shop) -> None:
    version = shop.publish(b"old", card("Old"))
    assert "listed → retired" in shop.say("retire", version, "--key", "olga", "--dry-run")
    shop.run("market", "retire", version, "--key", "olga")
    assert "it is not sold" in shop.refused("retire", version, "--key", "olga")
    assert "retired" in shop.say("show", version)


def test_a_result_is_published_through_its_task_and_its_makers_are_paid(shop: Shop) -> None:
    """Its file is not needed, as the chain names the bytes. 100 FLOCK: fee 2.5, makers 40% of what is left."""
    fair, key = shop.fair, KeyStore(shop.site.home.folder / "keys").unlock("olga", PASSWORD)
    fair.senders["olga"] = open_sender(fair.client, key, fair.database)
    task = fair.closed_alliance("olga")
    written = shop.site.file("result.json", json.dumps(card("What they made")))
    words = ("publish", "--task", task, "--metadata", written, "--host-share", 0)
    assert "who created task" in shop.refused(*words, "--key", "hugo")
    other = shop.site.file("other.safetensors", b"other")
    assert "is not what task" in shop.refused(words[0], other, *words[1:], "--key", "olga")
    assert "add up to 140%" in shop.refused(*words, "--share", "olga:100", "--key", "olga")
    version = int(shop.run("market", *words, "--key", "olga")["after"]["version"])
    assert f"the result of task {task}" in shop.say("show", version)
    shop.run("market", "hosts", "serve", version, "--key", "hugo")
    splitter = fair.contracts.model_market.splitter_of(version, shop.address["hugo"])
    fair.contracts.token.transfer(fair.bank, splitter.address, 100 * WAD)
    shop.catch_up()
    shop.run("market", "release", version, "--host", "hugo", "--key", "paula")
    makers = [fair.sender(f"member {number}").address for number in range(5)]
    before = [shop.held(each) for each in makers]
    earned = [int(fair.contracts.alliance_rounds.read("earnedOf", task, each)) for each in makers]
    for maker in (each for each, wei in zip(makers, earned, strict=True) if wei):
        shop.run("market", "release-maker", task, "--to", maker, "--key", "paula")
    gained = [shop.held(each) - was for each, was in zip(makers, before, strict=True)]
    assert gained == [39 * WAD * wei // sum(earned) for wei in earned]
