"""``flock settle``, ``verify`` and ``dispute`` on a real chain: what is right passes, what is not is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import Result
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.settlement import RootState
from flock.chain.deploy.faucet import fund
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender
from flock.economy.settling import recompute
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import NO_WEI, Wei
from flock.protocol.economy.tree_document import TreeDocument, parse_tree_document
from tests.cli.conftest import PASSWORD, Flock, Home
from tests.cli.network import CHEAP, sentence
from tests.conftest import ETHER, FLOCK, SenderOf
from tests.consortium import Consortium, consortium, founded

__all__ = ["consortium", "founded"]
LOOT = Wei(7 * FLOCK)


@dataclass(frozen=True)
class Till:
    """A consortium that has earned a day, and a folder with a settler's and a watcher's key."""

    home: Home
    flock: Flock
    consortium: Consortium
    addresses: Mapping[str, str]

    @property
    def contracts(self) -> Contracts:
        return self.consortium.contracts

    def settle(self, *words: object) -> Result:
        return self.flock("settle", "--key", "settler", *words)

    def settle_as_json(self, *words: object) -> dict[str, object]:
        shown = self.settle("--json", *words)
        assert shown.exit_code == 0, shown.stderr
        answer: dict[str, object] = json.loads(shown.stdout)
        return answer

    def lie(self, sender: Sender) -> TreeDocument:
        """Post a root that gives the sender LOOT on top; the document it was posted with."""
        honest = recompute(self.contracts, self.contracts.emissions.next_day()).document
        entries: dict[str, Entry] = {**honest.entries, sender.address: Entry(LOOT, NO_WEI)}
        lie = replace(honest, entries=entries)
        settlement = self.contracts.settlement
        settlement.cover_bond(sender, self.contracts.token, "lie")
        settlement.post(sender, lie.tree.root, lie.digest, lie.total, lie.day)
        return lie


@pytest.fixture
def till(
    home: Home,
    flock: Flock,
    consortium: Consortium,
    sender_of: SenderOf,
    admin: LocalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> Till:
    contracts = consortium.contracts
    consortium.play_round()
    consortium.night()
    contracts.book.save(home.book)
    monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
    monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(home.password_file))
    monkeypatch.setenv("FLOCK_HOME", str(home.folder / "home"))
    addresses = {}
    for name in ("settler", "watcher"):
        address = KeyStore(home.folder / "keys", CHEAP).new(name, PASSWORD).address
        assert address is not None
        fund(sender_of(admin), contracts.token, address, 10 * ETHER, 10_000 * FLOCK)
        addresses[name] = address
    return Till(home, flock, consortium, addresses)


@pytest.fixture
def liar(rich: Callable[[], LocalAccount], sender_of: SenderOf) -> Sender:
    return sender_of(rich())


# --- settle ---


def test_settle_emits_puts_the_bond_down_posts_and_writes_the_document(till: Till) -> None:
    answer = till.settle_as_json()
    assert answer["id"] == 1
    posted = answer["posted"]
    assert isinstance(posted, dict)
    data = Path(posted["file"]).read_bytes()
    document = parse_tree_document(data)
    root = till.contracts.settlement.root_of(1)
    assert (root.root, root.total, root.day) == (document.tree.root, document.total, document.day)
    assert root.settler == till.addresses["settler"]
    assert posted["tree"] == cid_of(digest_of(data))
    assert till.contracts.settlement.free_bond_of(till.addresses["settler"]) == 0


def test_settle_publishes_the_document_where_it_is_told_to(till: Till) -> None:
    backend = till.home.folder / "backend"
    posted = till.settle_as_json("--blobs", backend, "--tree", till.home.folder / "tree.json")["posted"]
    assert isinstance(posted, dict)
    blob = backend / posted["tree"][-2:] / posted["tree"]
    assert blob.read_bytes() == (till.home.folder / "tree.json").read_bytes()


def test_settling_again_says_that_nothing_is_due_and_serves_what_has_stood_its_window(till: Till) -> None:
    till.settle_as_json()
    root = till.contracts.settlement.root_of(1).root
    again = till.settle()
    assert again.exit_code == 0
    assert "Nothing to post: root 1 can be disputed until" in again.stdout
    till.consortium.outlast_the_window()
    served = till.settle()
    assert "The pending root is served." in served.stdout
    assert "Posted root 2" in served.stdout  # the days since, which are the treasury's
    assert till.contracts.distributor.root() == root


def test_a_dry_run_shows_what_would_be_posted_and_sends_nothing(till: Till) -> None:
    till.consortium.emit()
    before = till.contracts.client.block_number()
    dry = till.settle_as_json("--dry-run")
    assert till.contracts.client.block_number() == before
    would = dry["would_post"]
    posted = till.settle_as_json()["posted"]
    assert isinstance(would, dict)
    assert isinstance(posted, dict)
    assert {
        name: would[name] for name in ("day", "root", "tree", "total", "accounts")
    }.items() <= posted.items()


def test_a_dry_run_foresees_what_the_days_pay_that_the_run_emits_first(till: Till) -> None:
    before = till.contracts.client.block_number()
    dry = till.settle_as_json("--dry-run")
    shown = till.settle("--dry-run").stdout
    assert till.contracts.client.block_number() == before
    would, posted = dry["would_post"], till.settle_as_json()["posted"]
    assert isinstance(would, dict)
    assert isinstance(posted, dict)
    assert {name: would[name] for name in ("day", "root", "tree", "total")}.items() <= posted.items()
    assert f"{dry['would_emit_days']} past days would be emitted." in shown
    assert "Would be posted; nothing was signed or sent" in shown
    assert "Nothing to post" not in shown


def test_a_dry_run_foresees_the_root_after_the_one_that_has_stood_its_window(till: Till) -> None:
    till.settle_as_json()
    assert "Nothing to post: root 1 can be disputed until" in till.settle("--dry-run").stdout
    till.consortium.play_round()
    till.consortium.outlast_the_window()
    dry = till.settle_as_json("--dry-run")
    posted = till.settle_as_json()["posted"]
    assert isinstance(posted, dict)
    assert dry["would_serve"] == 1
    assert isinstance(dry["would_post"], dict)
    assert dry["would_post"]["root"] == posted["root"]


def test_a_dry_run_after_everything_is_settled_has_nothing_to_post(till: Till) -> None:
    till.settle_as_json()
    till.consortium.wait(till.contracts.settlement.window() + 1)
    till.settle_as_json()
    dry = till.settle_as_json("--dry-run")
    assert (dry["would_emit_days"], dry["would_post"]) == (0, None)


def test_settle_without_a_key_says_so(till: Till) -> None:
    refused = till.flock("settle")
    assert refused.exit_code == 78
    assert "key: field required" in sentence(refused)


def test_settle_without_the_bond_says_what_is_missing(till: Till, sender_of: SenderOf) -> None:
    settler = sender_of(KeyStore(till.home.folder / "keys").unlock("settler", PASSWORD))
    till.contracts.token.transfer(settler, till.consortium.keeper.address, 9_000 * FLOCK)
    refused = till.settle()
    assert refused.exit_code == 78
    assert "holds 1,000 FLOCK of the 10,000 that its bond lacks" in sentence(refused)


def test_a_store_that_cannot_be_written_to_stops_the_root_from_being_posted(till: Till) -> None:
    """What nobody can look up should not be answered for."""
    (till.home.folder / "file").write_text("no folder")
    refused = till.settle("--blobs", till.home.folder / "file" / "inside")
    assert refused.exit_code == 78
    assert till.contracts.settlement.root_count() == 0


# --- verify ---


def test_verify_passes_what_settle_posts(till: Till) -> None:
    till.settle_as_json()
    shown = till.flock("verify")
    assert shown.exit_code == 0, shown.stdout
    assert "Root 1 is right" in shown.stdout
    told = json.loads(till.flock("verify", "1", "--json").stdout)
    assert told["right"] is True
    assert told["root"] == told["computed_root"]
    assert told["faults"] == []


def test_verify_names_the_first_account_that_a_lying_settler_paid_wrongly(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    lie = till.lie(liar)
    file = till.home.folder / "lie.json"
    file.write_bytes(lie.data)
    shown = till.flock("verify", "1", "--tree", file)
    assert shown.exit_code == 1
    assert "Root 1 is WRONG" in shown.stdout
    assert f"The first account that differs is {liar.address}" in shown.stdout
    assert "the document says 7 FLOCK liquid" in shown.stdout
    assert "the chain's events give 0 and 0" in shown.stdout


def test_verify_finds_the_document_in_a_blob_store(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    lie = till.lie(liar)
    cid = cid_of(lie.digest)
    place = till.home.folder / "backend" / cid[-2:] / cid
    place.parent.mkdir(parents=True)
    place.write_bytes(lie.data)
    told = json.loads(till.flock("verify", "--json", "--blobs", place.parent.parent).stdout)
    assert told["first_difference"]["account"] == liar.address
    assert told["first_difference"]["posted"] == {"liquid": str(LOOT), "vesting": "0"}
    assert told["first_difference"]["computed"] == {"liquid": "0", "vesting": "0"}


@pytest.mark.parametrize("content", [None, b"{}", b"not the one"])
def test_verify_fails_all_the_same_where_the_document_is_missing_or_another(
    till: Till, liar: Sender, content: bytes | None
) -> None:
    till.consortium.emit()
    till.lie(liar)
    file = till.home.folder / "lie.json"
    if content is not None:
        file.write_bytes(content)
    shown = till.flock("verify", "1", "--tree", file)
    assert shown.exit_code == 1
    assert "Root 1 is WRONG" in shown.stdout
    assert ("Nothing can be read" if content is None else "are not the document") in shown.stdout


def test_F33_an_error_is_no_verdict(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain that does not answer neither passes nor fails a root: the exit code says to try again."""
    till.settle_as_json()
    monkeypatch.setenv("FLOCK_RPC", "http://127.0.0.1:9")
    shown = till.flock("verify")
    assert shown.exit_code == 75
    assert "right" not in shown.stdout


def test_verify_of_a_root_that_is_not_there_does_not_end_as_a_wrong_one(till: Till) -> None:
    shown = till.flock("verify")
    assert (shown.exit_code, "No root was posted yet" in sentence(shown)) == (75, True)
    shown = till.flock("verify", "3")
    assert (shown.exit_code, "There is no root 3" in sentence(shown)) == (75, True)
    assert till.flock("verify", "3", "--day", "4").exit_code == 2


def test_verify_of_a_lie_that_is_served_says_that_governance_may_replace_it(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    till.lie(liar)
    till.consortium.outlast_the_window()
    till.contracts.settlement.activate(liar)
    day = till.contracts.settlement.served_day()
    assert f"Next: flock gov propose replace {day}" in till.flock("verify").stdout


# --- dispute ---


def test_a_lie_is_disputed_with_the_bond_it_needs(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    till.lie(liar)
    shown = till.flock("dispute", "1", "--key", "watcher")
    assert shown.exit_code == 0, shown.stderr
    assert "pending → parked" in shown.stdout
    root = till.contracts.settlement.root_of(1)
    assert (root.state, root.challenger) == (RootState.PARKED, till.addresses["watcher"])
    after = json.loads(till.flock("verify", "1", "--json").stdout)
    assert (after["right"], after["state"]) == (False, "parked")
    assert "Next: flock gov propose resolve 1 wrong" in till.flock("verify", "1").stdout


def test_a_dry_dispute_shows_its_price_and_sends_nothing(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    till.lie(liar)
    told = json.loads(till.flock("dispute", "1", "--key", "watcher", "--dry-run", "--json").stdout)
    assert told["dry_run"] is True
    assert told["after"]["balance"] == "0"
    assert till.contracts.settlement.root_of(1).state is RootState.PENDING


def test_a_right_root_is_disputed_only_by_force(till: Till) -> None:
    till.settle_as_json()
    refused = till.flock("dispute", "1", "--key", "watcher")
    assert refused.exit_code == 1
    assert "would cost you the bond of 10,000 FLOCK" in sentence(refused)
    assert till.flock("dispute", "1", "--key", "watcher", "--force").exit_code == 0
    assert till.contracts.settlement.root_of(1).state is RootState.PARKED


def test_a_dispute_after_the_window_is_refused(till: Till, liar: Sender) -> None:
    till.consortium.emit()
    till.lie(liar)
    till.consortium.outlast_the_window()
    refused = till.flock("dispute", "1", "--key", "watcher")
    assert refused.exit_code == 1
    assert till.contracts.token.balance_of(till.addresses["watcher"]) == 10_000 * FLOCK


# --- as a daemon ---


def test_a_watching_settler_that_is_killed_begins_again_where_it_was(till: Till) -> None:
    """Killed as soon as its bond is down; the next one posts with that bond."""
    environment = {**os.environ, "FLOCK_POLL_SECONDS": "0.1"}
    words = [sys.executable, "-m", "flock", "settle", "--key", "settler", "--watch"]
    settlement, settler = till.contracts.settlement, till.addresses["settler"]
    for reached in (
        lambda: settlement.free_bond_of(settler) > 0 or settlement.root_count() > 0,
        lambda: settlement.root_count() > 0,
    ):
        daemon = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
        try:
            _wait(reached, daemon)
        finally:
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()
    assert settlement.root_count() == 1
    assert till.contracts.token.balance_of(settler) == 0
    assert till.flock("verify").exit_code == 0


def _wait(reached: Callable[[], bool], daemon: subprocess.Popen[bytes]) -> None:
    while not reached():
        assert daemon.poll() is None, "the settler ended by itself"
