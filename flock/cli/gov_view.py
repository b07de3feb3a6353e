"""``flock gov list``, ``show`` and ``params``: proposals and parameters as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from flock.amounts import short
from flock.cli.plans import print_effects
from flock.economy.governance.effect_text import effect_for_programs
from flock.economy.governance.polls import Poll, poll_for_programs, poll_named, polls, what_next
from flock.economy.governance.texts import bounds_text, place_name, value_for_programs, value_text

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.governance.parameters import CurrentValue
    from flock.programs.settings import ChainSettings

VALUE_WIDTH = 18

# ---- commands


def list_proposals(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_json, print_table

    contracts = contracts_of(settings)
    found = list(reversed(polls(contracts)))
    if as_json:
        print_json([poll_for_programs(each) for each in found])
        return
    if not found:
        typer.echo("There is no proposal yet. Make one with `flock gov propose`.")
        return
    print_table(["#", "title", "state", "for", "against", "abstain", "quorum", "next"], map(_row, found))


def show_proposal(settings: ChainSettings, word: str, *, as_json: bool) -> None:
    from flock.economy.governance.effects import effects_of
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_fields, print_json, print_table

    contracts = contracts_of(settings)
    found = poll_named(contracts, word)
    effects = effects_of(contracts, found.proposal.calls)
    cast = contracts.governor.ballots(found.proposal, contracts.client.block_number())
    if as_json:
        votes = [
            {"voter": each.voter, "support": support_text(each.support), "weight": str(each.weight)}
            | ({"reason": each.reason} if each.reason else {})
            for each in cast
        ]
        changes = [effect_for_programs(effect) for effect in effects]
        print_json({**poll_for_programs(found), "changes": changes, "votes": votes})
        return
    print_fields(f"Proposal {found.number}: {found.proposal.title}", _fields(found))
    print_effects(contracts, effects, is_done=found.state.name == "EXECUTED")
    if cast:
        print_table(
            ["voter", "vote", "gmFLOCK", "reason"],
            [(each.voter, support_text(each.support), short(each.weight), each.reason) for each in cast],
        )
    typer.echo(what_next(found))


def list_parameters(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.economy.governance.parameters import PARAMETERS, standings, weighted
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_fields, print_json

    contracts = contracts_of(settings)
    found = standings(contracts, [*PARAMETERS.values(), *weighted(contracts)])
    if as_json:
        print_json([_standing_for_programs(contracts, each) for each in found])
        return
    groups: dict[str, dict[str, object]] = {}
    for each in found:
        group = groups.setdefault(each.parameter.binding(contracts).contract, {})
        group[each.parameter.name] = _standing_text(contracts, each)
    for contract, parameters in groups.items():
        print_fields(contract, parameters)
        typer.echo()
    typer.echo(
        "Propose another value: flock gov propose set PARAMETER VALUE --title … --key …. "
        "A task's weight is emissions.weight.TASK, 0 until it is set."
    )


# ---- pieces


def support_text(support: int) -> str:
    return ("against", "for", "abstain")[support]


def _row(found: Poll) -> tuple[object, ...]:
    tally = found.tally
    votes = (short(tally.in_favour), short(tally.against), short(tally.abstain))
    quorum = "–" if found.quorum is None else short(found.quorum)
    return found.number, found.proposal.title, found.state.name.lower(), *votes, quorum, what_next(found)


def _fields(found: Poll) -> dict[str, object]:
    from flock.terminal import moment

    proposal, tally = found.proposal, found.tally
    return {
        "id": proposal.id,
        "proposer": proposal.proposer,
        "state": found.state.name.lower(),
        "voting": f"{moment(proposal.vote_start)} to {moment(proposal.vote_end)}",
        "for": f"{short(tally.in_favour)} gmFLOCK",
        "against": f"{short(tally.against)} gmFLOCK",
        "abstain": f"{short(tally.abstain)} gmFLOCK",
        "quorum": "counted when voting opens" if found.quorum is None else f"{short(found.quorum)} gmFLOCK",
        **({"executable from": moment(found.due_at)} if found.due_at else {}),
        "description": proposal.description,
    }


def _standing_text(contracts: Contracts, found: CurrentValue) -> str:
    """Value and bounds in one line, what it means below."""
    parameter = found.parameter
    value = place_name(contracts.book, value_text(parameter, found.value))
    if not parameter.is_address:
        value = f"{value:<{VALUE_WIDTH}}  {bounds_text(parameter, found.least, found.most)}"
    return f"{value}\n{parameter.meaning}"


def _standing_for_programs(contracts: Contracts, found: CurrentValue) -> dict[str, object]:
    parameter = found.parameter
    bounds = {
        "least": value_for_programs(parameter, found.least),
        "most": value_for_programs(parameter, found.most),
        "default": value_for_programs(parameter, parameter.default),
    }
    return {
        "name": parameter.name,
        "value": value_for_programs(parameter, found.value),
        "unit": str(parameter.unit),
        **({} if parameter.is_address else bounds),
        "contract": parameter.binding(contracts).contract,
        "address": parameter.binding(contracts).address,
        "meaning": parameter.meaning,
    }
