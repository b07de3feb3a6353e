"""The journal of intents keeps chains apart."""

from pathlib import Path

import pytest

from flock.store.database import Database
from flock.store.journal import Intent, IntentJournal, IntentState, Transaction
from tests.conftest import fresh_database

SENDER = "0x" + "5e" * 20
SIGNED = b"the same bytes"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return fresh_database(tmp_path / "flock.db")


def journalled(database: Database, chain: str) -> IntentJournal:
    journal = IntentJournal(database, chain, SENDER)
    intent = Intent(
        chain=chain, sender=SENDER, key="deploy", kind="deploy", to="", data=b"", value="0", gas=21_000
    )
    signed = Transaction(hash="0x" + "ab" * 32, raw=SIGNED, nonce=0, max_fee="1", tip="1")
    with database.writing() as session:
        journal.add_attempt(session, intent, signed)
    return journal


def test_a_development_chain_started_anew_has_the_same_transaction_again(database: Database) -> None:
    """Its nonces begin at 0 once more, so equal acts have equal bytes and hashes."""
    for chain in ("31337-first", "31337-second"):
        [intent] = journalled(database, chain).pending()
        assert (intent.state, [each.raw for each in intent.transactions]) == (IntentState.PENDING, [SIGNED])
