"""Who is paid of what arrives for a version by way of a host, and how much of it is there now.

What arrives is a plain transfer of a token: no event of ours says so. It is read from the chain, as what the splitter
holds and what it has paid out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.splitter import Splitter
from flock.chain.contracts.token import Token
from flock.chain.simulation import View, read_all
from flock.protocol.market.splits import Split

NOBODY = "0x" + "00" * 20


class PayeeRole(StrEnum):
    """What a payee is paid for."""

    TREASURY = "treasury"
    HOST = "host"
    OWNER = "owner"
    MAKERS = "makers"
    PARENT = "parent"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Terms:
    """How payments for ``version`` by way of ``host`` are divided; of royalties with ``NOBODY`` as the host.

    ``parents`` are (version, basis points), ``shares`` (account, basis points); ``task`` is whose makers are paid.
    """

    version: int
    model: int
    host: str
    task: int | None
    fee_bps: int
    host_bps: int
    makers_bps: int
    parents: Sequence[tuple[int, int]]
    shares: Sequence[tuple[str, int]]

    @property
    def split(self) -> Split:
        """Royalties bear no fee and no host: both were taken where the child was paid."""
        makers = (self.makers_bps,) if self.makers_bps else ()
        others = (*makers, *(bps for _, bps in self.parents), *(bps for _, bps in self.shares))
        return Split(0, 0, others) if self.host == NOBODY else Split(self.fee_bps, self.host_bps, others)

    @property
    def roles(self) -> Sequence[PayeeRole]:
        """By the number of the payee."""
        makers = [PayeeRole.MAKERS] if self.makers_bps else []
        return [
            *(PayeeRole.TREASURY, PayeeRole.HOST, PayeeRole.OWNER),
            *makers,
            *(PayeeRole.PARENT for _ in self.parents),
            *(PayeeRole.ACCOUNT for _ in self.shares),
        ]


@dataclass(frozen=True)
class Payee:
    """``bps`` is of a payment for the treasury, of the rest for the host, of what both leave for the others."""

    number: int
    role: PayeeRole
    account: str
    bps: int


@dataclass(frozen=True)
class Place:
    """A splitter; until it ``is_deployed`` it has paid nothing out."""

    address: str
    is_deployed: bool


@dataclass(frozen=True)
class Takings:
    """All that has arrived at a place in a token, and what of it is still there."""

    place: str
    token: str
    paid: int
    held: int


def payees_of(contracts: Contracts, terms: Terms) -> Sequence[Payee]:
    """The payees by number, with their accounts as they are now. Raises RpcUnavailable."""
    market, split = contracts.model_market, terms.split
    views = [
        View(market, "treasury"),
        View(market, "ownerOf", (terms.model,)),
        *([View(market, "makersOf", (terms.task,))] if terms.makers_bps else []),
        *(View(market, "splitterOf", (parent, NOBODY)) for parent, _ in terms.parents),
    ]
    treasury, owner, *others = read_all(contracts.client, views)
    accounts = [treasury, terms.host, owner, *others, *(account for account, _ in terms.shares)]
    parts = [split.fee_bps, split.host_bps, split.owner_bps, *split.share_bps]
    return [
        Payee(number, role, account, bps)
        for number, (role, account, bps) in enumerate(zip(terms.roles, accounts, parts, strict=True))
    ]


def takings_of(contracts: Contracts, places: Sequence[Place], tokens: Sequence[str]) -> Sequence[Takings]:
    """What has arrived at ``places``, in each of ``tokens``. Raises RpcUnavailable."""
    asked = [(place, token) for place in places for token in tokens]
    views = [view for place, token in asked for view in _views_of(contracts, place, token)]
    said = iter(read_all(contracts.client, views))
    return [_taken(place, token, said) for place, token in asked]


def dues_of(contracts: Contracts, terms: Terms, place: Place, token: str) -> Mapping[int, int]:
    """What ``release`` would pay each payee now, by its number. Raises RpcUnavailable."""
    numbers = range(len(terms.roles))
    if place.is_deployed:
        splitter = Splitter(contracts.client, place.address)
        said = read_all(contracts.client, [View(splitter, "releasable", (token, each)) for each in numbers])
        return {number: int(found["amount"]) for number, found in zip(numbers, said, strict=True)}
    [taken] = takings_of(contracts, [place], [token])
    return dict(zip(numbers, terms.split.dues(taken.paid), strict=True))


def _views_of(contracts: Contracts, place: Place, token: str) -> Iterator[View]:
    yield View(Token(contracts.client, token), "balanceOf", (place.address,))
    if place.is_deployed:
        yield View(Splitter(contracts.client, place.address), "released", (token,))


def _taken(place: Place, token: str, said: Iterator[int]) -> Takings:
    held = int(next(said))
    return Takings(place.address, token, held + (int(next(said)) if place.is_deployed else 0), held)
