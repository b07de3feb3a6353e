"""What the contracts say, as the answers of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.chain.client import all_logs
from flock.chain.events import decode_event, topic_of
from flock.chain.simulation import View, read_all
from flock.economy import settling
from flock.economy.computed import compute
from flock.economy.governance.polls import Poll, polls
from flock.economy.stake_index import read_places
from flock.library.answers import (
    Delegation,
    Member,
    Position,
    Proposal,
    Rewards,
    Round,
    Stake,
    Task,
    Verification,
)
from flock.protocol.core.cid import cid_of
from flock.protocol.core.units import DAY
from flock.protocol.economy.staking import NOBODY

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts


def task_of(contracts: Contracts, number: int) -> Task:
    found, terms = contracts.task_manager.task_of(number), contracts.task_manager.parameters_of(number)
    view = contracts.alliance_rounds.round_view(number)
    return Task(
        number=number,
        state=found.state.name.lower(),
        phase=view.phase.name.lower(),
        round=view.number,
        decided=view.decided,
        planned_rounds=terms.planned_rounds,
        members=contracts.alliance_rounds.member_count(number),
        minimum_members=terms.minimum_members,
        max_members=terms.max_members,
        bounty=found.bounty,
        pool=found.balance if found.is_open else view.pool if found.is_running else 0,
        creator=found.creator,
    )


def rounds_of(contracts: Contracts, task: int) -> tuple[Round, ...]:
    """Those that are over, in their order."""
    found = contracts.alliance_rounds.finalised_rounds(task, contracts.book.deployed_block)
    return tuple(
        Round(
            task=task,
            number=each.number,
            outcome=each.outcome.name.lower(),
            model=cid_of(each.candidate) if any(each.candidate) else "",
            proposer_unit=each.proposer_unit,
            voter_unit=each.voter_unit,
            pool_left=each.pool_left,
            block=each.block,
            transaction=each.transaction,
        )
        for each in found
    )


def members_of(contracts: Contracts, task: int) -> tuple[Member, ...]:
    """Everybody who ever joined, in that order."""
    rounds = contracts.alliance_rounds
    topics = [topic_of(rounds.abi, "Joined"), task.to_bytes(32, "big")]
    head = contracts.client.block_number()
    logs = all_logs(contracts.client, [rounds.address], contracts.book.deployed_block, head, topics)
    joined = [event.arguments["account"] for event in map(decode_event, logs) if event]
    return tuple(_member(contracts, task, account) for account in dict.fromkeys(joined))


def _member(contracts: Contracts, task: int, account: str) -> Member:
    found = contracts.alliance_rounds.member_of(task, account)
    return Member(
        task=task,
        account=account,
        id=found.id,
        state=found.state.name.lower(),
        weight=found.weight,
        stake=found.stake,
        earned=found.earned,
        owed=found.owed,
    )


def position_of(contracts: Contracts, account: str) -> Position:
    staking = contracts.staking
    found, operator = staking.position_of(account), staking.read("operatorOf", account)["operator"]
    tasks = read_places(contracts, account).stakes_of(account)
    said = read_all(contracts.client, [View(staking, "allocationOf", (account, task)) for task in tasks])
    is_poked = found.lock_days == 0
    return Position(
        account=account,
        gm=found.gm + found.allocated + found.delegated,
        free=found.gm,
        on_tasks=found.allocated,
        in_pools=found.delegated,
        votes=staking.votes_of(account),
        held=contracts.token.balance_of(account),
        unlock_at=0 if is_poked else found.unlock_at,
        redeemable_at=found.unlock_at if is_poked else 0,
        operator=None if operator == NOBODY else operator,
        stakes=tuple(
            Stake(task, each["gm"], each["flock"], each["is_held"])
            for task, each in zip(tasks, said, strict=True)
            if each["gm"]
        ),
    )


def delegations_of(contracts: Contracts, account: str) -> tuple[Delegation, ...]:
    """By task, then operator; what has come home is left out."""
    places = read_places(contracts, account).delegations_of(account)
    asked = [View(contracts.staking, "delegationOf", (account, *place)) for place in places]
    return tuple(
        Delegation(
            operator=operator,
            task=task,
            gm=record["gm"],
            flock=record["flock"],
            leaving=record["leaving"],
            leaves_at=record["leaves_at"] if record["leaving"] else None,
            queued_behind=record["queued_behind"] or None,
        )
        for (operator, task), record in zip(places, read_all(contracts.client, asked), strict=True)
        if record["gm"]
    )


def rewards_of(contracts: Contracts, account: str) -> Rewards:
    """Computed from the chain's events, all of them."""
    computed = compute(contracts)
    earned, waiting = computed.served_of(account), computed.waiting_of(account)
    had, streams = contracts.distributor.claimed_of(account), contracts.vesting.streams_of(account)
    return Rewards(
        account=account,
        earned=earned.total + waiting.total,
        claimed=had.total,
        claimable_liquid=earned.liquid - had.liquid,
        claimable_vesting=earned.vesting - had.vesting,
        releasable=contracts.vesting.releasable_of(account),
        vesting=sum(stream.amount - stream.released for stream in streams),
        waiting=waiting.total,
        served_until=computed.served_day * DAY,
        agrees=computed.agrees if any(computed.served_root) else None,
    )


def proposals_of(contracts: Contracts) -> tuple[Proposal, ...]:
    """The oldest first."""
    return tuple(map(_proposal, polls(contracts)))


def _proposal(found: Poll) -> Proposal:
    proposal, tally = found.proposal, found.tally
    return Proposal(
        number=found.number,
        id=proposal.id,
        title=proposal.title,
        description=proposal.description,
        proposer=proposal.proposer,
        state=found.state.name.lower(),
        in_favour=tally.in_favour,
        against=tally.against,
        abstain=tally.abstain,
        quorum=found.quorum,
        vote_start=proposal.vote_start,
        vote_end=proposal.vote_end,
        executable_at=found.due_at or None,
    )


def verification_of(contracts: Contracts, root_id: int | None) -> Verification:
    found = settling.verify(contracts, settling.posting_of(contracts, root_id))
    posting, recomputed = found.posting, found.recomputed
    return Verification(
        root_id=posting.id,
        is_right=found.is_right,
        state=found.state.name.lower(),
        day=posting.day,
        root="0x" + posting.root.hex(),
        computed_root="0x" + recomputed.root.hex(),
        total=posting.total,
        accounts=len(recomputed.settlement.entries),
        faults=tuple(map(str, found.faults)),
    )
