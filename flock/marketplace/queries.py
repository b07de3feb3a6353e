"""What the rows say about models, versions, hosts and subscriptions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from flock.marketplace.models import (
    CardRow,
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
from flock.marketplace.payees import NOBODY, Place, Terms
from flock.marketplace.schemas import (
    HostAnswer,
    ListingAnswer,
    ModelFilter,
    PartAnswer,
    PriceAnswer,
    PriceTerms,
    ShareAnswer,
    SubscriptionAnswer,
    SubscriptionFilter,
    VersionAnswer,
)
from flock.protocol.core.cid import cid_of
from flock.web.errors import NotFound
from flock.web.fields import Page

MOST_CHILDREN = 1_000


# ---- models


def models(session: Session, wanted: ModelFilter) -> Sequence[ModelRow]:
    """Models of the filter, lowest id first."""
    query = select(ModelRow).where(ModelRow.id > wanted.after, *_conditions(wanted))
    return session.scalars(query.order_by(ModelRow.id).limit(wanted.limit)).all()


def known_model(session: Session, model: int) -> ModelRow:
    """Raises NotFound."""
    row = session.get(ModelRow, model)
    if row is None:
        raise NotFound(f"There is no model {model}: see /market/models for those there are.")
    return row


def versions_of(session: Session, model: int) -> Sequence[VersionRow]:
    """The versions of a model, oldest first."""
    return session.scalars(select(VersionRow).where(VersionRow.model == model).order_by(VersionRow.id)).all()


def _conditions(wanted: ModelFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.owner is not None:
        yield ModelRow.owner == wanted.owner
    if wanted.task is not None:
        yield ModelRow.id.in_(select(VersionRow.model).where(VersionRow.task == wanted.task))
    if wanted.host is not None:
        of_host = select(VersionRow.model).join(ListingRow, ListingRow.version == VersionRow.id)
        yield ModelRow.id.in_(of_host.where(ListingRow.host == wanted.host, *_IS_SERVED))
    if wanted.listed is not None:
        newest = select(func.max(VersionRow.id)).group_by(VersionRow.model)
        listed = select(VersionRow.model).where(
            VersionRow.id.in_(newest), VersionRow.state == SaleState.LISTED
        )
        is_listed = ModelRow.id.in_(listed)
        yield is_listed if wanted.listed else ~is_listed
    words = wanted.search.casefold().split() if wanted.search else []
    if wanted.kind is not None or words:
        carded = select(VersionRow.model).join(CardRow, CardRow.digest == VersionRow.metadata_digest)
        if wanted.kind is not None:
            carded = carded.where(CardRow.kind == wanted.kind)
        for word in words:
            carded = carded.where(CardRow.words.contains(word, autoescape=True))
        yield ModelRow.id.in_(carded)


# ---- versions


def known_version(session: Session, version: int) -> VersionRow:
    """Raises NotFound."""
    row = session.get(VersionRow, version)
    if row is None:
        raise NotFound(f"There is no version {version}: see /market/models for those there are.")
    return row


def card_of(session: Session, row: VersionRow) -> Mapping[str, Any] | None:
    """The document of a version; None if it is not known here."""
    card = session.get(CardRow, row.metadata_digest)
    return None if card is None else card.document


def version_answer(session: Session, row: VersionRow) -> VersionAnswer:
    """A version with its document, its prices and its place among others."""
    card = card_of(session, row)
    return VersionAnswer(
        id=row.id,
        model=row.model,
        state=row.state,
        origin="upload" if row.task is None else "task",
        task=row.task,
        contested_by=row.contested_by,
        publisher=row.publisher,
        published_at=row.published_at,
        digest=row.digest,
        cid=cid_of(row.digest),
        metadata=cid_of(row.metadata_digest),
        card=None if card is None else dict(card),
        fee_bps=row.fee_bps,
        host_bps=row.host_bps,
        royalty_bps=row.royalty_bps,
        makers_bps=row.makers_bps,
        parents=[PartAnswer(version=parent, bps=bps) for parent, bps in _parents(session, row.id)],
        children=_children(session, row.id),
        shares=[ShareAnswer(account=str(account), bps=int(bps)) for account, bps in row.shares],
        prices=prices(session, row.id),
        hosts=_count(session, ListingRow.version == row.id, *_IS_SERVED) if _is_sold(row) else 0,
        subscriptions=session.scalar(
            select(func.count()).select_from(SubscriptionRow).where(SubscriptionRow.version == row.id)
        )
        or 0,
    )


def prices(session: Session, version: int) -> list[PriceAnswer]:
    """What a version costs, in each token that it ever had a price in."""
    query = select(PriceRow).where(PriceRow.version == version).order_by(PriceRow.token)
    return [_price_answer(row) for row in session.scalars(query)]


def listings(session: Session, version: VersionRow, page: Page) -> list[ListingAnswer]:
    """The hosts of a version, those that serve it first; ``page`` counts hosts."""
    query = (
        select(ListingRow, HostRow)
        .join(HostRow, HostRow.account == ListingRow.host)
        .where(ListingRow.version == version.id)
        .order_by(HostRow.state != HostState.BONDED, ListingRow.since, ListingRow.host)
        .offset(page.after)
        .limit(page.limit)
    )
    is_sold = _is_sold(version)
    return [
        ListingAnswer(
            version=listing.version,
            host=listing.host,
            state=host.state,
            serves=is_sold and host.state is HostState.BONDED,
            splitter=listing.splitter,
            since=listing.since,
        )
        for listing, host in session.execute(query)
    ]


def terms_of(session: Session, version: VersionRow, host: str | None) -> Terms:
    """How payments by way of ``host`` are divided; of royalties without one."""
    return Terms(
        version=version.id,
        model=version.model,
        host=host or NOBODY,
        task=version.task,
        fee_bps=version.fee_bps,
        host_bps=version.host_bps,
        makers_bps=version.makers_bps,
        parents=_parents(session, version.id),
        shares=[(str(account), int(bps)) for account, bps in version.shares],
    )


def place_of(session: Session, version: int, host: str) -> Place:
    """The splitter of a version and host. Raises NotFound for who never served it."""
    row = session.get(ListingRow, (version, host))
    if row is None:
        raise NotFound(f"{host} has never served version {version}: see /market/versions/{version}/hosts.")
    return Place(row.splitter, row.is_deployed)


def places_of(session: Session, version: int, most: int) -> Mapping[str, Place]:
    """The splitters of a version by host, the oldest first."""
    query = select(ListingRow).where(ListingRow.version == version).order_by(ListingRow.since).limit(most)
    return {row.host: Place(row.splitter, row.is_deployed) for row in session.scalars(query)}


def tokens(session: Session) -> list[str]:
    """The tokens that prices can be in."""
    return list(
        session.scalars(select(TokenRow.token).where(TokenRow.is_listed).order_by(TokenRow.token)).all()
    )


def tokens_of(session: Session, version: int) -> list[str]:
    """The tokens that a version has or had a price in, and those on the list."""
    priced = session.scalars(select(PriceRow.token).where(PriceRow.version == version))
    return sorted({*priced, *tokens(session)})


# ---- hosts and subscriptions


def hosts(session: Session, page: Page) -> list[HostAnswer]:
    """Hosts by account; ``page`` counts hosts."""
    query = select(HostRow).order_by(HostRow.account).offset(page.after).limit(page.limit)
    return [_host_answer(session, row) for row in session.scalars(query)]


def host(session: Session, account: str) -> HostAnswer:
    """Raises NotFound."""
    row = session.get(HostRow, account)
    if row is None:
        raise NotFound(f"{account} never was a host: see /market/hosts.")
    return _host_answer(session, row)


def subscriptions(session: Session, wanted: SubscriptionFilter) -> list[SubscriptionAnswer]:
    """Subscriptions of the filter, lowest id first."""
    query = select(SubscriptionRow).where(SubscriptionRow.id > wanted.after)
    for name in ("subscriber", "host", "version"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(SubscriptionRow, name) == value)
    rows = session.scalars(query.order_by(SubscriptionRow.id).limit(wanted.limit))
    return [SubscriptionAnswer.model_validate(row, from_attributes=True) for row in rows]


# ---- pieces

_IS_SERVED = (ListingRow.host.in_(select(HostRow.account).where(HostRow.state == HostState.BONDED)),)


def _is_sold(version: VersionRow) -> bool:
    return version.state is SaleState.LISTED


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(ListingRow).where(*conditions)) or 0


def _parents(session: Session, version: int) -> list[tuple[int, int]]:
    """In the order of the chain: lowest first."""
    query = select(ParentRow.parent, ParentRow.bps).where(ParentRow.version == version)
    return [(parent, bps) for parent, bps in session.execute(query.order_by(ParentRow.parent))]


def _children(session: Session, version: int) -> list[int]:
    query = select(ParentRow.version).where(ParentRow.parent == version).order_by(ParentRow.version)
    return list(session.scalars(query.limit(MOST_CHILDREN)))


def _price_answer(row: PriceRow) -> PriceAnswer:
    former = {name: int(value) for name, value in row.former.items()}
    return PriceAnswer(
        token=row.token,
        per_call=row.per_call,
        per_period=row.per_period,
        per_input=row.per_input,
        per_output=row.per_output,
        former=PriceTerms(**former) if any(former.values()) else None,
        honoured_until=row.honoured_until,
    )


def _host_answer(session: Session, row: HostRow) -> HostAnswer:
    served = select(ListingRow.version).where(ListingRow.host == row.account).order_by(ListingRow.version)
    return HostAnswer(
        account=row.account,
        state=row.state,
        bond=row.bond,
        since=row.since,
        leaves_at=row.leaves_at,
        slashed=row.slashed,
        versions=list(session.scalars(served)),
    )
