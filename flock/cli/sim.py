"""``flock sim``: seasons of the token economy, on this machine, without a chain."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.simulation.alliance_season import RingRow
    from flock.simulation.comparing import Tell
    from flock.simulation.play import Play
    from flock.simulation.report import SeasonRow
    from flock.simulation.season import Season
    from flock.simulation.sweeping import Tried
    from flock.simulation.tolerance import ToleranceRow
    from flock.simulation.validators import ValidatorRow

TOLERANCE = "tolerance"

app = typer.Typer(
    no_args_is_help=True, help="Simulate the token economy: what strategies earn compared with honesty."
)

Days = Annotated[int, typer.Option(help="Length of the season.")]
Nodes = Annotated[int, typer.Option(help="Trainers.")]
Validators = Annotated[int, typer.Option(help="Validators.")]
Delegators = Annotated[int, typer.Option(help="Delegators.")]
Strategies = Annotated[
    list[str] | None, typer.Option("--strategy", help="Only this one, e.g. lazy or hopping; repeat for more.")
]
Rule = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a rule, e.g. cooldown=7; repeat for more."),
]
Share = Annotated[float, typer.Option(min=0.001, max=0.5, help="Share of a role that plays the strategy.")]
Seed = Annotated[int, typer.Option(min=0, help="First seed.")]
Seeds = Annotated[
    int, typer.Option(min=1, max=100, help="Number of seeds; intervals come from their spread.")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Number of processes (default: one for each core).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: flock sim economy --strategy hopping --strategy jit --set cooldown=7 --json")
def economy(
    days: Days = 210,
    nodes: Nodes = 600,
    validators: Validators = 1_050,
    delegators: Delegators = 63_000,
    strategy: Strategies = None,
    rule: Rule = None,
    share: Share = 0.1,
    seed: Seed = 0,
    seeds: Seeds = 5,
    jobs: Jobs = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the result into this PNG or SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play a season with each strategy and one without, and compare what the same actors earn."""
    from flock.simulation.comparing import compare, default_jobs
    from flock.simulation.report import document, rows_of
    from flock.terminal import print_json

    season = _season((days, nodes, validators, delegators), rule, seed)
    plays = _plays(strategy)
    if plot:
        from flock.simulation.plots import require_drawable

        require_drawable(plot)
    started = time.monotonic()
    with _progress((len(plays) + 1) * seeds) as tell:
        rows = rows_of(compare(season, plays, seeds, share, jobs or default_jobs(), tell))
    seconds = time.monotonic() - started
    if plot:
        from flock.simulation.plots import draw

        draw(rows, plot)
    if as_json:
        print_json({**document(season, seeds, share, rows), "seconds": round(seconds, 1)})
        return
    _print_rows(rows)
    typer.echo(f"\n{_verdict(rows)} {(len(plays) + 1) * seeds} seasons in {seconds:.0f} s.")


@app.command(epilog="Example: flock sim sweep --rule cooldown --strategy chasing --values 1,7,14 --json")
def sweep(
    rule_name: Annotated[
        list[str] | None,
        typer.Option("--rule", help="Only this rule; repeat for more (default: all)."),
    ] = None,
    values: Annotated[str | None, typer.Option(help="Comma-separated values to try for one --rule.")] = None,
    days: Days = 105,
    nodes: Nodes = 300,
    validators: Validators = 525,
    delegators: Delegators = 6_300,
    strategy: Strategies = None,
    rule: Rule = None,
    share: Share = 0.1,
    seed: Seed = 0,
    seeds: Seeds = 3,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Compare strategies under other values of the rules, one rule at a time, in smaller seasons."""
    from flock.simulation import sweeping
    from flock.simulation.comparing import default_jobs
    from flock.simulation.report import document
    from flock.terminal import print_json

    season = _season((days, nodes, validators, delegators), rule, seed)
    plays, tried = _plays(strategy), _values(rule_name, values)
    with _progress(sweeping.seasons(tried, plays, seeds)) as tell:
        found = sweeping.sweep(season, tried, plays, seeds, share, jobs or default_jobs(), tell)
    if as_json:
        print_json({**document(season, seeds, share, []), "strategies": _sweep_rows(found)})
    else:
        _print_sweep(found)


@app.command(epilog="Example: flock sim alliance --strategy cabal --share 0.3 --share 0.6 --json")
def alliance(
    members: Annotated[int, typer.Option(min=20, max=1_000, help="Members of the task.")] = 40,
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="Planned rounds.")] = 40,
    shares: Annotated[
        list[float] | None,
        typer.Option("--share", min=0.05, max=0.9, help="Share of members in the ring; repeat for more."),
    ] = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", help="Only this one, e.g. cabal; repeat for more.")
    ] = None,
    seed: Seed = 0,
    seeds: Seeds = 10,
    as_json: AsJson = False,
) -> None:
    """Simulate an Alliance with and without a ring of members that breaks its rules."""
    from flock.simulation import alliance_season as seasons
    from flock.terminal import print_json

    known = [each.value for each in seasons.RING]
    for name in strategy or ():
        if name not in known:
            raise BadConfig(f"There is no strategy {name!r}; choose from {', '.join(known)}.")
    chosen = [seasons.RingStrategy(name) for name in strategy or known]
    tried = [seasons.AllianceSeason(seed, share, members, rounds) for share in shares or seasons.SHARES]
    with _progress(len(tried) * seeds * (1 + len(chosen))) as tell:
        rows = [row for season in tried for row in seasons.compare(season, chosen, seeds, tell)]
    if as_json:
        print_json({"seeds": seeds, "strategies": [asdict(row) for row in rows]})
        return
    _print_alliance(rows)


@app.command(epilog="Example: flock sim validators --study copying --json")
def validators(
    study: Annotated[
        str, typer.Option(help="losses, copying, pay, or tolerance; docs/economy.md explains each.")
    ] = "losses",
    seed: Seed = 0,
    seeds: Seeds = 5,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Simulate how judging by panels treats validators: honest ones, other hardware, copiers, the idle."""
    from flock.simulation import tolerance
    from flock.simulation import validators as studies
    from flock.simulation.comparing import default_jobs
    from flock.terminal import print_json

    known = (*studies.STUDIES, TOLERANCE)
    if study not in known:
        raise BadConfig(f"There is no study {study!r}; choose from {', '.join(known)}.")
    if study == TOLERANCE:
        found = tolerance.rows_of(seed)
        if as_json:
            print_json({"rows": [asdict(row) for row in found]})
        else:
            _print_tolerance(found)
        return
    with _progress(studies.seasons(study, seeds)) as tell:
        rows = studies.rows_of(study, seeds, seed, jobs or default_jobs(), tell)
    if as_json:
        print_json({"seeds": seeds, "rows": [asdict(row) for row in rows]})
    else:
        _print_validators(rows)


def _print_validators(rows: Sequence[ValidatorRow]) -> None:
    from flock.terminal import print_table

    typer.echo(
        "Shares of stake lost; pay, honest = 1; net beyond honest net, FLOCK for 1,000 gmFLOCK (95%).\n"
    )
    print_table(
        ("who", "under", "lost", "others lost", "pay", "gain"),
        (
            (
                row.case,
                row.variant,
                f"{row.lost:.2%}",
                f"{row.others:.2%}",
                f"{row.pay:.2f}",
                f"{row.gain:+.1f} ± {row.high - row.gain:.1f}",
            )
            for row in rows
        ),
    )


def _print_tolerance(rows: Sequence[ToleranceRow]) -> None:
    from flock.terminal import print_table

    typer.echo("Shares of honest panels, by T in units of the noise σ between machines.\n")
    print_table(
        ("T", "machines", "medians", "wrong", "strikes", "overtaken"),
        (
            (
                f"{row.tolerance}σ",
                row.machines,
                row.weights,
                f"{row.wrong:.2%}",
                f"{row.struck:.2%}",
                f"{row.overtaken:.2%}",
            )
            for row in rows
        ),
    )


def _print_alliance(rows: Sequence[RingRow]) -> None:
    from flock.terminal import print_fields, print_table

    typer.echo("FLOCK for each 1,000 gmFLOCK of the ring; net of ring and of others, all honest = 1 (95%).\n")
    head = ("share", "strategy", "gross", "cost", "slashed", "of honest", "others", "refunded")
    print_table(head, map(_ring_cells, rows))
    typer.echo()
    print_fields("What the ring does", {row.strategy: row.what for row in rows})
    winners = sorted({row.strategy for row in rows if row.beats_honesty})
    typer.echo(f"\nThese beat honesty: {', '.join(winners)}." if winners else "\nNothing beats honesty.")


def _ring_cells(row: RingRow) -> tuple[object, ...]:
    money = (f"{value:.1f}" for value in (row.gross, row.cost, row.lost))
    ratio = f"{row.ratio:.2f} ± {row.high - row.ratio:.2f}"
    return f"{row.share:.0%}", row.strategy, *money, ratio, f"{row.others:.2f}", f"{row.refunded:.0%}"


def _season(scale: tuple[int, int, int, int], rules: Sequence[str] | None, seed: int) -> Season:
    from flock.simulation.rules import Scale
    from flock.simulation.season import Season

    season = Season(seed, Scale(*scale))
    for rule in rules or ():
        name, is_pair, value = rule.partition("=")
        if not is_pair:
            raise BadConfig(f"--set {rule!r} has no value; write it as cooldown=7.")
        season = season.with_value(name, value)
    return season


def _plays(names: Sequence[str] | None) -> list[Play]:
    from flock.simulation.play import PLAYS, Strategy, plays_of

    known = {play.strategy.value for play in PLAYS} | {Strategy.HONEST.value}
    for name in names or ():
        if name not in known:
            raise BadConfig(f"There is no strategy {name!r}; choose from {', '.join(sorted(known))}.")
    return plays_of([Strategy(name) for name in names or sorted(known)])


def _values(rules: Sequence[str] | None, values: str | None) -> dict[str, Sequence[str]]:
    from flock.simulation.sweeping import VALUES

    if values is not None and len(rules or ()) != 1:
        raise BadConfig("--values needs exactly one --rule.")
    if values is not None and rules:
        return {rules[0]: values.split(",")}
    unknown = [name for name in rules or () if name not in VALUES]
    if unknown:
        raise BadConfig(f"There is no rule {unknown[0]!r} to try; choose from {', '.join(VALUES)}.")
    return {name: VALUES[name] for name in rules or VALUES}


@contextmanager
def _progress(seasons: int) -> Iterator[Tell]:
    """A bar on standard error, on a terminal; it counts seasons."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("seasons"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=seasons)
        yield lambda: bar.advance(task)


def _print_rows(rows: Sequence[SeasonRow]) -> None:
    from flock.terminal import print_fields, print_table

    typer.echo(
        "FLOCK for each 1,000 gmFLOCK; net per unit of stake and per unit of cost, honest = 1 (95%).\n"
    )
    print_table(
        ("role", "strategy", "gross", "cost", "slashed", "net", "of honest", "per cost"),
        map(_cells, rows),
    )
    typer.echo()
    print_fields("What they do", {f"{row.role}, {row.strategy}": row.what for row in rows if row.what})


def _cells(row: SeasonRow) -> tuple[object, ...]:
    ratio = "1" if row.strategy == "honest" else _ratio_text(row)
    money = (f"{value:.1f}" for value in (row.gross, row.cost, row.lost, row.net))
    return row.role, row.strategy, *money, ratio, f"{row.per_cost:.1f}"


def _ratio_text(row: SeasonRow) -> str:
    """With half of its interval, which is the same to both sides."""
    return f"{row.ratio:.3f} ± {row.high - row.ratio:.3f}"


def _verdict(rows: Sequence[SeasonRow]) -> str:
    winners = [f"{row.strategy} ({row.role})" for row in rows if row.beats_honesty]
    return f"These beat honesty: {', '.join(winners)}." if winners else "Nothing beats honesty."


def _sweep_rows(found: Sequence[Tried]) -> list[dict[str, object]]:
    from flock.simulation.report import row_of

    return [
        {"rule": tried.rule, "value": tried.value, **asdict(row_of(each))}
        for tried in found
        for each in tried.compared
    ]


def _print_sweep(found: Sequence[Tried]) -> None:
    from flock.simulation.report import row_of
    from flock.terminal import print_table

    rows = [
        (
            tried.rule,
            tried.value,
            row.role,
            row.strategy,
            _ratio_text(row),
            "beats honesty" if row.beats_honesty else "",
        )
        for tried in found
        for row in map(row_of, tried.compared)
    ]
    print_table(("rule", "value", "role", "strategy", "of honest", ""), rows)
