"""``flock delegate status`` and ``pools``: delegations, pools, their terms and their yield."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import short
from flock.cli.stake_status import LeavingLine, leaving_sentence
from flock.cli.yields import percent
from flock.economy.operations.delegating import is_worn, most_in_pool, record_view, terms_views
from flock.economy.operations.plans import command
from flock.programs.signing import own_account

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.computed import Computed
    from flock.economy.operations.delegating import Place
    from flock.economy.stake_index import StakeIndex
    from flock.programs.settings import ChainSettings


@dataclass(frozen=True)
class PoolLine:
    """A pool: amounts in wei as decimal text, ``eapy`` as a fraction, 0.12 for 12%.

    ``most`` is how much may be delegated to the operator, which has ``own`` itself; a ``worn`` pool takes nothing in
    before it is empty.
    """

    operator: str
    task: int
    state: str
    open: bool
    worn: bool
    commission_bps: int
    gm: str
    most: str
    own: str
    delegators: int
    eapy_14: float
    eapy_30: float


@dataclass(frozen=True)
class DelegationLine:
    """gmFLOCK of an account in a pool; ``leaving`` of it may be collected from ``leaves_at`` on.

    Where it is queued, it may be collected once the operator's duty of the number ``queued_behind`` is over.
    """

    operator: str
    task: int
    gm: str
    flock: str
    leaving: str
    leaves_at: int | None
    queued_behind: int | None
    pool: PoolLine


def show(settings: ChainSettings, subject: str | None, *, as_json: bool) -> None:
    from flock.economy.computed import compute
    from flock.economy.stake_index import read_places
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_json

    account = own_account(settings, subject)
    contracts = contracts_of(settings)
    with Progress("Reading the chain…"):
        places = read_places(contracts, account)
        computed = compute(contracts)
        delegations = delegations_of(contracts, computed, places, account)
        run = pool_lines(contracts, computed, sorted(places.pools_on(operator=account)))
    if as_json:
        print_json(
            {
                "account": account,
                "delegations": [asdict(each) for each in delegations],
                "pools": [asdict(pool) for pool in run],
            }
        )
        return
    _print_delegations(account, delegations, contracts.client.now())
    _print_run(account, run)
    typer.echo(f"Next: {_next(subject or account, delegations)}")


def show_pools(settings: ChainSettings, task: int | None, *, as_json: bool) -> None:
    from flock.economy.computed import compute
    from flock.economy.operations.requirements import require_task
    from flock.economy.stake_index import read_places
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_json

    contracts = contracts_of(settings)
    if task:
        require_task(contracts, task)
    with Progress("Reading the chain…"):
        places = read_places(contracts).pools_on(task)
        found = pool_lines(contracts, compute(contracts), places)
    ranked = sorted(found, key=lambda pool: (pool.open, pool.eapy_30, int(pool.gm)), reverse=True)
    if as_json:
        print_json([asdict(pool) for pool in ranked])
    elif ranked:
        _print_pools(ranked)
        typer.echo(f"Next: {command('delegate', 'to', '…', '…', '--task', '…', '--key', '…')}")
    else:
        where = f" on task {task}" if task else ""
        typer.echo(f"There are no pools{where} yet. Open one with `flock delegate accept`.")


def pool_lines(contracts: Contracts, computed: Computed, places: Sequence[Place]) -> list[PoolLine]:
    """What stands in pools now, and what they have yielded up to the last day that was emitted."""
    from flock.chain.simulation import read_all

    asked = [view for place in places for view in terms_views(contracts, place)]
    said = read_all(contracts.client, asked)
    return [
        _pool_line(contracts, computed, place, terms)
        for place, terms in zip(places, zip(said[::3], said[1::3], said[2::3], strict=True), strict=True)
    ]


def delegations_of(
    contracts: Contracts, computed: Computed, places: StakeIndex, account: str
) -> list[DelegationLine]:
    """By task, without what has been collected."""
    from flock.chain.simulation import read_all

    found = places.delegations_of(account)
    asked = [record_view(contracts, account, place) for place in found]
    records = read_all(contracts.client, asked)
    kept = [(place, record) for place, record in zip(found, records, strict=True) if record["gm"]]
    pools = pool_lines(contracts, computed, [place for place, _ in kept])
    return [
        DelegationLine(
            operator=pool.operator,
            task=pool.task,
            gm=str(record["gm"]),
            flock=str(record["flock"]),
            leaving=str(record["leaving"]),
            leaves_at=record["leaves_at"] if record["leaving"] else None,
            queued_behind=record["queued_behind"] or None,
            pool=pool,
        )
        for (_, record), pool in zip(kept, pools, strict=True)
    ]


# ---- pieces


def _pool_line(contracts: Contracts, computed: Computed, place: Place, terms: Sequence[Any]) -> PoolLine:
    """``terms`` is what ``terms_views`` say."""
    pool, own, ratio = terms
    short_run, long_run = computed.eapy(place)
    operator, task = place
    return PoolLine(
        operator=operator,
        task=task,
        state=contracts.task_manager.task_of(task).state.name.lower(),
        open=pool["is_open"],
        worn=is_worn(pool),
        commission_bps=pool["commission_bps"],
        gm=str(pool["gm"]),
        most=str(most_in_pool(own, ratio)),
        own=str(own["gm"]),
        delegators=pool["delegators"],
        eapy_14=short_run,
        eapy_30=long_run,
    )


def _print_delegations(account: str, delegations: Sequence[DelegationLine], now: int) -> None:
    from flock.terminal import print_table

    if not delegations:
        typer.echo(f"{account} has no delegations.")
        return
    typer.secho(f"Delegated by {account}", bold=True)
    rows = [
        (
            each.task,
            each.operator,
            short(int(each.gm)),
            f"{each.pool.commission_bps / 100:g}%",
            *_yields(each.pool),
        )
        for each in delegations
    ]
    print_table(["task", "account", "gmFLOCK", "keeps", "14 d", "30 d"], rows)
    for each in delegations:
        if int(each.leaving):
            behind = each.queued_behind
            line = LeavingLine(each.operator, each.task, each.leaving, each.leaves_at or 0, behind)
            typer.echo(leaving_sentence(line, now))


def _print_run(account: str, run: Sequence[PoolLine]) -> None:
    if run:
        typer.secho(f"Pools of {account}", bold=True)
        _print_pools(run)


def _print_pools(pools: Sequence[PoolLine]) -> None:
    from flock.terminal import print_table

    rows = [
        (pool.task, pool.operator, short(int(pool.gm)), _room(pool), _terms(pool), *_yields(pool))
        for pool in pools
    ]
    print_table(["task", "account", "gmFLOCK", "room", "keeps", "14 d", "30 d"], rows)
    typer.echo("14 d, 30 d: the yield of a year at the pace of those days, before claim fees.")


def _room(pool: PoolLine) -> str:
    """What may still be delegated to it."""
    return short(max(0, int(pool.most) - int(pool.gm)))


def _terms(pool: PoolLine) -> str:
    if not pool.open:
        return "closed"
    return "worn" if pool.worn else f"{pool.commission_bps / 100:g}%"


def _yields(pool: PoolLine) -> tuple[str, str]:
    return percent(pool.eapy_14), percent(pool.eapy_30)


def _next(subject: str, delegations: Sequence[DelegationLine]) -> str:
    if any(int(each.leaving) for each in delegations):
        return command("delegate", "collect", "--key", "…")
    if delegations:
        return command("rewards", "show", subject)
    return command("delegate", "pools")
