"""Seats in words: what each did, what became of it, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flock.diagnostics.explain.pages import ActionLine, SeatLine
from flock.protocol.alliance.votes import Outcome, Verdict

if TYPE_CHECKING:
    from flock.chain.client import Client
    from flock.protocol.alliance.round_history import RoundHistory, SeatAction, SeatHistory

VERDICTS = {Verdict.GOOD: "good", Verdict.BAD: "struck", Verdict.UNJUDGED: "not judged"}
ROLES = {False: "proposer", True: "voter"}

WHY_ACCEPTED = (
    "A ballot had more than half of the revealed weight, and within it those who supported the candidate weighed "
    "more."
)
WHY_REJECTED = (
    "A ballot had more than half of the revealed weight, but within it those who found the candidate worse weighed "
    "more: the model stays, and only voters are paid."
)


def block_times(client: Client, blocks: Iterable[int]) -> dict[int, int]:
    """Unix seconds of blocks, in one request; a block the endpoint no longer has is left out."""
    wanted = sorted(set(blocks))
    answers = client.rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
    return {
        number: int(answer["timestamp"], 16)
        for number, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, dict)
    }


def action_of(act: SeatAction, times: Mapping[int, int]) -> ActionLine:
    return ActionLine(act.what, act.block, act.transaction, times.get(act.block))


def line_of(seat: SeatHistory, times: Mapping[int, int]) -> SeatLine:
    return SeatLine(
        round=seat.round,
        seat=seat.seat,
        role=ROLES[seat.is_voter],
        account=seat.account,
        weight=seat.weight,
        verdict=VERDICTS[seat.fate.verdict] if seat.fate else None,
        reason=str(seat.fate.reason) if seat.fate else None,
        paid=str(seat.paid),
        actions=tuple(action_of(act, times) for act in seat.acts),
    )


def why_so(round_: RoundHistory) -> str:
    """Why the round ended as it did, in a sentence."""
    if round_.outcome is Outcome.VOID:
        return f"{_why_void(round_)} The round is repeated."
    return WHY_ACCEPTED if round_.outcome is Outcome.ACCEPTED else WHY_REJECTED


def _why_void(round_: RoundHistory) -> str:
    revealed, drawn = round_.ballots.revealed_weight, round_.ballots.drawn_weight
    if not round_.proposed:
        return "Nobody proposed, so there was nothing to vote on."
    if not round_.attested_by:
        return "No voter attested a proposal, so nobody could vote."
    if not revealed:
        return "No vote was revealed."
    if 2 * revealed < drawn:
        return f"Only a weight of {revealed} of {drawn} was revealed, less than half."
    winner = round_.decision.winner
    if winner is None:
        return (
            "No ballot had more than half of the revealed weight: the voters computed different candidates."
        )
    if not any(winner.candidate) or winner.candidate == round_.model:
        return "The winning candidate changes nothing: no proposal was in, or their change is zero."
    return "Support and opposition within the winning ballot were equal."
