"""Chain events in, rows out: what every event of the Marketplace means, and nothing else.

The projector makes rows anew by subject, a number. Models, versions, subscriptions, hosts and tokens are counted
apart, so a subject is the number of one, or the end of an address, beside its kind. Two addresses with the same end
are one subject: both are made anew where one would do.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from flock.chain.client import Log
from flock.chain.events import Event
from flock.errors import RpcUnavailable
from flock.marketplace.models import (
    ROWS,
    HostRow,
    HostState,
    ListingRow,
    ModelRow,
    ParentRow,
    PriceRow,
    SaleState,
    SubscriptionRow,
    TokenRow,
    VersionRow,
)

Arguments = Mapping[str, Any]
Handler = Callable[[Session, Arguments, Log, int], None]

KIND_BITS, NUMBER_BITS = 3, 60


class Kind(IntEnum):
    """What a subject is."""

    MODEL = 0
    VERSION = 1
    SUBSCRIPTION = 2
    HOST = 3
    TOKEN = 4


NAMED_BY: Mapping[Kind, str] = {
    Kind.MODEL: "token_id",
    Kind.VERSION: "version",
    Kind.SUBSCRIPTION: "id",
    Kind.HOST: "host",
    Kind.TOKEN: "token",
}
"""The argument of an event that says which one it is about."""


class MarketProjection:
    """The ``Projection`` of the contracts at these addresses: other contracts emit events of the same names."""

    needs_times = True

    def __init__(self, market: str, bonds: str, subscriptions: str) -> None:
        self._kinds: Mapping[tuple[str, str], Kind] = {
            **dict.fromkeys(((market, name) for name in ("Transfer",)), Kind.MODEL),
            **dict.fromkeys(((market, name) for name in VERSION_EVENTS), Kind.VERSION),
            **dict.fromkeys(((market, name) for name in ("TokenSet",)), Kind.TOKEN),
            **dict.fromkeys(((bonds, name) for name in HOST_EVENTS), Kind.HOST),
            **dict.fromkeys(((subscriptions, name) for name in SUBSCRIPTION_EVENTS), Kind.SUBSCRIPTION),
        }

    def subject_of(self, event: Event) -> int | None:
        """What ``event`` is about, ``None`` if it means nothing here."""
        kind = self._kinds.get((event.log.address, event.name))
        return None if kind is None else subject_of(kind, event.arguments[NAMED_BY[kind]])

    def apply(self, session: Session, event: Event) -> None:
        """Change the rows as ``event`` says."""
        kind = self._kinds[(event.log.address, event.name)]
        subject = subject_of(kind, event.arguments[NAMED_BY[kind]])
        HANDLERS[event.name](session, event.arguments, event.log, subject)

    def forget(self, session: Session, subject: int) -> None:
        """Remove every row of ``subject``."""
        for table in ROWS:
            session.execute(delete(table).where(table.subject == subject))
        session.expire_all()

    def clear(self, session: Session) -> None:
        """Remove every row."""
        for table in ROWS:
            session.execute(delete(table))
        session.expire_all()


def subject_of(kind: Kind, named: int | str) -> int:
    """The subject that is ``named`` by a number or an address."""
    number = int(named, 16) if isinstance(named, str) else named
    return (number & ((1 << NUMBER_BITS) - 1)) << KIND_BITS | kind


# --- Models and versions ---


def _transfer(session: Session, given: Arguments, _: Log, subject: int) -> None:
    model = session.get(ModelRow, given["token_id"])
    if model is None:
        session.add(ModelRow(id=given["token_id"], subject=subject, owner=given["to"]))
        return
    model.owner = given["to"]
    model.transfers += 1


def _version_published(session: Session, given: Arguments, log: Log, subject: int) -> None:
    terms = given["published"]
    session.add(
        VersionRow(
            id=given["version"],
            subject=subject,
            model=given["model"],
            task=given["task_id"] or None,
            publisher=given["owner"],
            published_at=_time(log),
            state=SaleState.LISTED,
            digest=terms["digest"],
            metadata_digest=terms["metadata"],
            fee_bps=given["fee_bps"],
            host_bps=terms["host_bps"],
            royalty_bps=terms["royalty_bps"],
            makers_bps=given["makers_bps"],
            shares=[[share["account"], share["bps"]] for share in terms["shares"]],
        )
    )
    for parent in terms["parents"]:
        session.add(
            ParentRow(version=given["version"], parent=parent["version"], subject=subject, bps=parent["bps"])
        )


def _version_retired(session: Session, given: Arguments, _: Log, __: int) -> None:
    session.get_one(VersionRow, given["version"]).state = SaleState.RETIRED


def _version_contested(session: Session, given: Arguments, _: Log, __: int) -> None:
    version = session.get_one(VersionRow, given["version"])
    version.state, version.contested_by = SaleState.CONTESTED, given["task_id"]


def _contest_resolved(session: Session, given: Arguments, _: Log, __: int) -> None:
    version = session.get_one(VersionRow, given["version"])
    version.state = SaleState.LISTED if given["stands"] else SaleState.RETIRED


def _price_set(session: Session, given: Arguments, _: Log, subject: int) -> None:
    price = session.get(PriceRow, (given["version"], given["token"]))
    if price is None:
        price = PriceRow(version=given["version"], token=given["token"], subject=subject)
        session.add(price)
        session.flush()
    asked: Mapping[str, int] = given["price"]
    price.former = {name: str(getattr(price, name)) for name in asked}
    price.honoured_until = given["honoured_until"]
    for name, amount in asked.items():
        setattr(price, name, amount)


def _host_added(session: Session, given: Arguments, log: Log, subject: int) -> None:
    session.add(
        ListingRow(
            version=given["version"],
            host=given["host"],
            subject=subject,
            splitter=given["splitter"],
            since=_time(log),
        )
    )


def _splitter_deployed(session: Session, given: Arguments, _: Log, __: int) -> None:
    listing = session.get(ListingRow, (given["version"], given["host"]))
    if listing is not None:
        listing.is_deployed = True
    else:
        session.get_one(VersionRow, given["version"]).is_royalty_deployed = True


def _token_set(session: Session, given: Arguments, _: Log, subject: int) -> None:
    session.merge(TokenRow(token=given["token"], subject=subject, is_listed=given["is_listed"]))


# --- Hosts ---


def _host_bonded(session: Session, given: Arguments, log: Log, subject: int) -> None:
    known = session.get(HostRow, given["host"])
    slashed = known.slashed if known else 0
    session.merge(
        HostRow(
            account=given["host"],
            subject=subject,
            state=HostState.BONDED,
            bond=given["bond"],
            since=_time(log),
            leaves_at=None,
            slashed=slashed,
        )
    )


def _host_leaving(session: Session, given: Arguments, _: Log, __: int) -> None:
    host = session.get_one(HostRow, given["host"])
    host.state, host.leaves_at = HostState.LEAVING, given["leaves_at"]


def _host_left(session: Session, given: Arguments, _: Log, __: int) -> None:
    session.get_one(HostRow, given["host"]).state = HostState.LEFT


def _host_expelled(session: Session, given: Arguments, _: Log, __: int) -> None:
    host = session.get_one(HostRow, given["host"])
    host.state, host.leaves_at = HostState.EXPELLED, None
    host.slashed += given["gm"]


# --- Subscriptions ---


def _subscribed(session: Session, given: Arguments, log: Log, subject: int) -> None:
    session.add(
        SubscriptionRow(
            id=given["id"],
            subject=subject,
            subscriber=given["subscriber"],
            version=given["version"],
            host=given["host"],
            token=given["token"],
            amount=given["amount"],
            start=_time(log),
            end=given["end"],
        )
    )


def _collected(session: Session, given: Arguments, _: Log, __: int) -> None:
    session.get_one(SubscriptionRow, given["id"]).collected += given["amount"]


def _cancelled(session: Session, given: Arguments, log: Log, __: int) -> None:
    subscription = session.get_one(SubscriptionRow, given["id"])
    subscription.refunded, subscription.cancelled_at = given["refund"], _time(log)
    subscription.end = _time(log)


def _time(log: Log) -> int:
    if log.time is None:
        raise RpcUnavailable(f"A log of {log.transaction} came without the time of its block: read it again.")
    return log.time


VERSION_EVENTS: Mapping[str, Handler] = {
    "VersionPublished": _version_published,
    "VersionRetired": _version_retired,
    "VersionContested": _version_contested,
    "ContestResolved": _contest_resolved,
    "PriceSet": _price_set,
    "HostAdded": _host_added,
    "SplitterDeployed": _splitter_deployed,
}
HOST_EVENTS: Mapping[str, Handler] = {
    "HostBonded": _host_bonded,
    "HostLeaving": _host_leaving,
    "HostLeft": _host_left,
    "HostExpelled": _host_expelled,
}
SUBSCRIPTION_EVENTS: Mapping[str, Handler] = {
    "Subscribed": _subscribed,
    "Collected": _collected,
    "Cancelled": _cancelled,
}
HANDLERS: Mapping[str, Handler] = {
    "Transfer": _transfer,
    "TokenSet": _token_set,
    **VERSION_EVENTS,
    **HOST_EVENTS,
    **SUBSCRIPTION_EVENTS,
}
