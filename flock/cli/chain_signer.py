"""The sender of the commands of ``flock chain``, and the chain they send to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flock.errors import BadConfig, Misconfigured

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import ChainSettings


@dataclass(frozen=True)
class Signer:
    """A chain and an account on it, to be opened as a sender."""

    settings: ChainSettings
    client: Client
    account: LocalAccount


def signer(settings: ChainSettings, key: str | None = None, password_file: Path | None = None) -> Signer:
    """The account of ``key``, or on a local chain Anvil's first account."""
    from eth_account import Account

    from flock.chain.client import Client
    from flock.chain.deploy.anvil import DEVELOPMENT_KEY
    from flock.chain.keys import KeyStore
    from flock.programs.passwords import password_for

    client = Client(settings.rpc, settings.chain_id)
    if key:
        return Signer(settings, client, KeyStore(settings.keys).unlock(key, password_for(key, password_file)))
    if not client.is_local:
        raise Misconfigured(f"Chain {client.chain_id} is not a local chain: name the signing key with --key.")
    return Signer(settings, client, Account.from_key(DEVELOPMENT_KEY))


@contextmanager
def sender_of(source: Signer) -> Iterator[Sender]:
    """A sender whose journal is beside the keys."""
    from flock.chain.sending.sender import open_sender
    from flock.programs.signing import telling_what_was_sent
    from flock.store.database import migrate, open_database

    database = open_database(str(source.settings.keys.parent / "chain.db"))
    try:
        migrate(database)
        sender = open_sender(source.client, source.account, database)
        with telling_what_was_sent(sender):
            yield sender
    finally:
        database.close()


def address_of(text: str, what: str) -> ChecksumAddress:
    from eth_utils.address import is_address, to_checksum_address

    if not is_address(text):
        raise BadConfig(f"{text!r} for {what} is not an address; it should read 0x and 40 hex digits.")
    return to_checksum_address(text)
