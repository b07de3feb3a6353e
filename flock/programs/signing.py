"""The account that a command acts for: its unlocked key, and the funds it must have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flock.errors import BadConfig, BadKey, Interrupted

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import ChainSettings, SignerSettings
    from flock.store.database import Database


def opened(settings: SignerSettings) -> tuple[Contracts, ChecksumAddress]:
    """The contracts and the acting account; its key stays locked. Raises BadKey if there is no such key."""
    from eth_utils.address import to_checksum_address

    from flock.chain.keys import KeyStore
    from flock.programs.wiring import contracts_of

    account = to_checksum_address(KeyStore(settings.keys).address_of(settings.key))
    return contracts_of(settings), account


@contextmanager
def acting(settings: SignerSettings, contracts: Contracts) -> Iterator[tuple[LocalAccount, Sender, Database]]:
    """The unlocked key, its sender, and their database."""
    from flock.chain.sending.sender import open_sender
    from flock.programs.wiring import database_of, key_of

    key = key_of(settings, settings.key)
    database = database_of(settings)
    try:
        sender = open_sender(contracts.client, key, database)
        with telling_what_was_sent(sender):
            yield key, sender, database
    finally:
        database.close()


@contextmanager
def telling_what_was_sent(sender: Sender) -> Iterator[None]:
    """Raises Interrupted for a Ctrl-C within the block."""
    try:
        yield
    except KeyboardInterrupt:
        pending = [
            f"{intent.transactions[-1].hash} ({intent.kind}, nonce {intent.nonce})"
            for intent in sender.journal.pending()
        ]
        if not pending:
            raise Interrupted(f"Interrupted. No transaction of {sender.address} is pending.") from None
        raise Interrupted(
            f"Interrupted. Sent by {sender.address} and not known to be mined: {', '.join(pending)}. It may still "
            "take effect; run the same command again next, and it carries on with that instead of sending another."
        ) from None


def account_of(settings: ChainSettings, subject: str, what: str = "ACCOUNT") -> ChecksumAddress:
    """An address as given, or the address of a local key. Raises BadConfig, calling it ``what``, if it is neither."""
    from eth_utils.address import to_checksum_address

    from flock.chain.addresses import parse_address
    from flock.chain.keys import KeyStore

    if subject.startswith("0x"):
        try:
            return parse_address(subject)
        except ValueError as error:
            raise BadConfig(f"{what} is {subject!r}: {error}.") from None
    try:
        return to_checksum_address(KeyStore(settings.keys).address_of(subject))
    except BadKey:
        raise BadConfig(
            f"{what} is {subject!r}, which is neither an address nor the name of a key in {settings.keys}; "
            "see `flock key list`."
        ) from None


def own_account(settings: ChainSettings, subject: str | None) -> ChecksumAddress:
    """``account_of``, or the only local key if no account is named. Raises BadConfig if there are none or several."""
    from flock.chain.keys import KeyStore

    if subject:
        return account_of(settings, subject)
    names = [key.name for key in KeyStore(settings.keys).list()]
    if len(names) != 1:
        known = f"there are {len(names)} keys" if names else "there is no key"
        raise BadConfig(f"Name an account, by its address or by its key: {known} in {settings.keys}.")
    return account_of(settings, names[0])
