"""What ``flock explain`` prints for people, of the pages that ``flock.diagnostics.explain`` makes."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from flock.amounts import tokens
from flock.diagnostics.explain.pages import (
    AccountPage,
    ArenaPage,
    RoundPage,
    SeatLine,
    TaskPage,
    TransactionPage,
)
from flock.protocol.alliance.reasons import Reason
from flock.terminal import moment, print_fields, print_table

SHOWN = 20


def print_page(
    page: AccountPage | ArenaPage | RoundPage | TaskPage | TransactionPage, *, everything: bool
) -> None:
    match page:
        case ArenaPage():
            print_arena(page)
        case TaskPage():
            print_task(page, everything=everything)
        case RoundPage():
            print_round(page)
        case AccountPage():
            print_account(page, everything=everything)
        case TransactionPage():
            print_transaction(page)


def print_arena(page: ArenaPage) -> None:
    print_fields(f"Arena {page.task}, {page.subject}: {page.state}", {"account": page.account})
    for sentence in page.why:
        typer.echo(sentence)
    if page.reveals:
        typer.secho("\nRevealed", bold=True)
        for line in page.reveals:
            typer.echo(line)
    typer.secho("\nOn chain", bold=True)
    rows = [(each.what, moment(each.at), each.transaction) for each in page.actions]
    print_table(["what", "when", "transaction"], rows)


def print_task(page: TaskPage, *, everything: bool) -> None:
    print_fields(f"Task {page.task}: {page.state}", _task_fields(page))
    if page.rounds:
        shown = page.rounds if everything else page.rounds[-SHOWN:]
        left_out = len(page.rounds) - len(shown)
        typer.secho(
            "\nRounds" + (f" (the last {len(shown)}; --all shows {left_out} more)" if left_out else ""),
            bold=True,
        )
        rows = [
            (
                each.round,
                each.outcome,
                each.struck,
                each.paid_seats,
                tokens(int(each.paid)),
                moment(each.at),
            )
            for each in shown
        ]
        print_table(["round", "outcome", "struck", "paid", "FLOCK", "when"], rows)
    if page.members:
        typer.secho("\nMembers", bold=True)
        lines = [
            (
                each.account,
                each.member,
                each.drawn,
                each.strikes,
                tokens(int(each.earned)),
            )
            for each in page.members
        ]
        print_table(["account", "state", "drawn", "strikes", "earned"], lines)
        typer.echo(
            f"\nMore of one: flock explain ADDRESS --task {page.task}; of a round: flock explain {page.task}/1"
        )


def _task_fields(page: TaskPage) -> dict[str, str]:
    def flock(wei: str) -> str:
        return f"{tokens(int(wei))} FLOCK"

    return {
        "round": f"{page.round}, {page.phase}; {page.decided} of {page.planned_rounds} decided",
        "bounty": flock(page.bounty),
        "earned": f"{flock(page.earned)} for rounds, {flock(page.keeper_fees)} by keepers",
        "withdrawn": flock(page.withdrawn),
        "returned": f"{flock(page.refund)} to the creator, {flock(page.to_treasury)} to the treasury",
        "in custody": flock(page.in_custody),
        "why": "\n".join(page.why),
    }


def print_round(page: RoundPage) -> None:
    print_fields(f"Round {page.round} of task {page.task}: {page.outcome or page.phase}", _round_fields(page))
    typer.secho("\nSeats", bold=True)
    rows = [(f"{each.seat} {each.role}", each.account, _pay(each), _so_far(each)) for each in page.seats]
    print_table(["seat", "account", "FLOCK", "what became of it"], rows)
    if reasons := _legend(page.seats):
        print_fields("\nWhat that means", reasons)
    actions = [(f"{each.seat} {action.what}", action) for each in page.seats for action in each.actions]
    ends = [("draw", page.drawn), *([("finalise", page.finalised)] if page.finalised else [])]
    typer.secho("\nTransactions", bold=True)
    for what, action in sorted([*actions, *ends], key=lambda pair: pair[1].block):
        typer.echo(f"  {what:<15} {action.transaction}")


def _round_fields(page: RoundPage) -> dict[str, str]:
    fields = {
        "drawn": f"{moment(page.drawn.at)}, block {page.drawn.block}",
        "finalised": f"{moment(page.finalised.at)}, block {page.finalised.block}"
        if page.finalised
        else "not yet",
        "votes": f"a weight of {page.revealed_weight} of {page.drawn_weight} was revealed",
    }
    if page.pool_left is not None:
        fields["pay"] = (
            f"{tokens(int(page.proposer_unit))} FLOCK a proposer's unit of weight, "
            f"{tokens(int(page.voter_unit))} a voter's"
        )
        fields["pool left"] = f"{tokens(int(page.pool_left))} FLOCK"
    if page.slashed:
        fields["slashed"] = "\n".join(f"{who} {tokens(int(wei))} FLOCK" for who, wei in page.slashed.items())
    if page.model:
        fields["model"] = page.model
    return {**fields, "why": "\n".join(page.why)}


def _so_far(line: SeatLine) -> str:
    if line.reason is not None:
        return _fate(line)
    return f"{line.actions[-1].what}: done" if line.actions else "nothing yet"


def print_account(page: AccountPage, *, everything: bool) -> None:
    print_fields(f"{page.key or page.account} on task {page.task}", _account_fields(page))
    shown = page.seats if everything else page.seats[-SHOWN:]
    if shown:
        left_out = len(page.seats) - len(shown)
        typer.secho(
            "\nSeats" + (f" (the last {len(shown)}; --all shows {left_out} more)" if left_out else ""),
            bold=True,
        )
        rows = [(each.round, f"{each.seat} {each.role}", _pay(each), _fate(each)) for each in shown]
        print_table(["round", "seat", "FLOCK", "what became of it"], rows)
    if reasons := _legend(page.seats):
        print_fields("\nWhat that means", reasons)
    actions = [(f"{each.round} {action.what}", action) for each in shown for action in each.actions]
    actions += [(action.what.lower(), action) for action in page.actions]
    if actions:
        typer.secho("\nTransactions", bold=True)
        for what, action in actions:
            typer.echo(f"  {what:<18}  {moment(action.at)}\n    {action.transaction}")
    if page.local:
        _print_local(page)


def _account_fields(page: AccountPage) -> dict[str, str]:
    paid = sum(int(each.paid) > 0 for each in page.seats)
    fields = {"account": page.account} if page.key else {}
    return {
        **fields,
        "member": f"{page.member}, {tokens(int(page.stake))} gmFLOCK, weight {page.weight}",
        "drawn": f"{len(page.seats)} of {page.rounds} rounds, paid in {paid}",
        "strikes": _strikes_shown(page),
        "slashed": f"{tokens(int(page.slashed))} FLOCK" + _in_rounds(page.slashed_in),
        "earned": f"{tokens(int(page.earned))} FLOCK for rounds, {tokens(int(page.keeper_fees))} as keeper",
        "withdrawn": f"{tokens(int(page.withdrawn))} FLOCK",
        "to withdraw": f"{tokens(int(page.to_withdraw))} FLOCK",
        **({"why": "\n".join(page.why)} if page.why else {}),
    }


def _strikes_shown(page: AccountPage) -> str:
    count = f"{len(page.strikes)} of {page.strike_limit}{_in_rounds(page.strikes)}"
    if page.member not in ("active", "leaving"):
        return count
    more = page.strike_limit - len(page.strikes)
    cost = tokens(int(page.next_slash))
    return f"{count}; {more} more within {page.strike_window} judged seats cost {cost} gmFLOCK"


def _in_rounds(rounds: tuple[int, ...]) -> str:
    return f" (round {', '.join(map(str, rounds))})" if rounds else ""


def _print_local(page: AccountPage) -> None:
    typer.secho("\nThis installation's journal", bold=True)
    rows = [
        (
            act.kind,
            "–" if act.round is None else act.round,
            act.state,
            "–" if act.gas_used is None else f"{act.gas_used:,}",
        )
        for act in page.local[-SHOWN:]
    ]
    print_table(["act", "round", "state", "gas"], rows)


def print_transaction(page: TransactionPage) -> None:
    fields: dict[str, object] = {"status": page.status}
    if page.block is not None:
        cost = f"{page.gas_used:,} gas, {tokens(int(page.cost or 0))} ETH"
        fields |= {"when": f"{moment(page.at)}, block {page.block}", "from": page.sender, "cost": cost}
    for act in page.local:
        fields["journal"] = (
            f"{act.kind}, round {act.round}, {act.state}" if act.round else f"{act.kind}, {act.state}"
        )
    print_fields(f"Transaction {page.transaction}", fields)
    if page.events:
        typer.secho("\nWhat it did", bold=True)
        for line in page.events:
            typer.echo(f"  {line}")


def _pay(line: SeatLine) -> str:
    return tokens(int(line.paid)) if int(line.paid) else "–"


def _fate(line: SeatLine) -> str:
    """A word or two; ``_legend`` has the sentences."""
    if line.reason is None:
        return "open"
    reason = line.reason.replace("_", " ")
    return f"{reason} (struck)" if line.verdict == "struck" else reason


def _legend(lines: Iterable[SeatLine]) -> dict[str, str]:
    """The sentence behind every reason that occurs, but being paid."""
    found = {line.reason for line in lines if line.reason} - {Reason.PAID}
    return {reason.replace("_", " "): Reason(reason).sentence for reason in sorted(found)}
