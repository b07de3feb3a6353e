"""The economy's answers, made of what the chain says in the newest block and of the computed ledger."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from flock.chain.contracts.governor import Proposal, ProposalState
from flock.chain.contracts.settlement import RootState
from flock.chain.simulation import View
from flock.economy.api import schemas as schemas
from flock.economy.api.reader import Economy
from flock.errors import ContractRefused
from flock.protocol.economy.ledger import TaskDay
from flock.protocol.economy.staking import NOBODY
from flock.web.errors import NotFound


def account(economy: Economy, who: str) -> schemas.AccountAnswer:
    """Raises RpcUnavailable, as all of these."""
    position, votes, delegate, operator, held = economy.read(
        *(
            economy.view("staking", function, who)
            for function in ("positionOf", "getVotes", "delegates", "operatorOf")
        ),
        economy.view("token", "balanceOf", who),
    )
    has_operator = operator["operator"] != NOBODY
    return schemas.AccountAnswer(
        account=who,
        held=held,
        flock=position["flock"],
        gm=position["gm"],
        allocated=position["allocated"],
        delegated=position["delegated"],
        unlock_at=position["unlock_at"] or None,
        lock_days=position["lock_days"],
        votes=votes,
        votes_delegate=delegate,
        operator=operator["operator"] if has_operator else None,
        operator_since=operator["since"] if has_operator else None,
    )


def stakes(economy: Economy, places: Sequence[tuple[str, int]]) -> list[schemas.StakeAnswer]:
    """Of (account, task); what was taken off is left out."""
    said = economy.read(*(economy.view("staking", "allocationOf", *place) for place in places))
    return [
        schemas.StakeAnswer(
            task=task,
            account=who,
            gm=allocation["gm"],
            flock=allocation["flock"],
            held=allocation["is_held"],
        )
        for (who, task), allocation in zip(places, said, strict=True)
        if allocation["gm"]
    ]


def pool(economy: Economy, operator: str, task: int) -> schemas.PoolAnswer:
    """Raises NotFound if the account never took delegation there."""
    if (operator, task) not in economy.places().pools:
        raise NotFound(f"{operator} takes no delegation on task {task}: see /economy/pools.")
    return _pools(economy, [(operator, task)])[0]


def pools(
    economy: Economy, places: Sequence[tuple[str, int]], wanted: schemas.PoolFilter
) -> list[schemas.PoolAnswer]:
    """A page of those that are wanted."""
    if wanted.open is not None:
        said = economy.read(*(economy.view("staking", "poolOf", *place) for place in places))
        places = [place for place, found in zip(places, said, strict=True) if found["is_open"] is wanted.open]
    return _pools(economy, places[wanted.after : wanted.after + wanted.limit])


def delegations(economy: Economy, who: str) -> list[schemas.DelegationAnswer]:
    """By task; what has come home is left out."""
    places = economy.places().delegations_of(who)
    said = economy.read(*(economy.view("staking", "delegationOf", who, *place) for place in places))
    kept = [(place, record) for place, record in zip(places, said, strict=True) if record["gm"]]
    return [
        schemas.DelegationAnswer(
            gm=record["gm"],
            flock=record["flock"],
            leaving=record["leaving"],
            leaves_at=record["leaves_at"] if record["leaving"] else None,
            pool=found,
        )
        for (_, record), found in zip(kept, _pools(economy, [place for place, _ in kept]), strict=True)
    ]


def rewards(economy: Economy, who: str) -> schemas.RewardsAnswer:
    """The proof is of the root that was served when the ledger was computed."""
    computed = economy.computed()
    claimed, streams, releasable = economy.read(
        economy.view("distributor", "claimedOf", who),
        economy.view("vesting", "streamsOf", who),
        economy.view("vesting", "releasableOf", who),
    )
    earned = computed.served_of(who)
    return schemas.RewardsAnswer(
        account=who,
        liquid=earned.liquid,
        vesting=earned.vesting,
        claimed_liquid=claimed["liquid"],
        claimed_vesting=claimed["vesting"],
        waiting=computed.waiting_of(who).total,
        releasable=releasable,
        streams=[schemas.StreamAnswer(**stream) for stream in streams],
        served_day=computed.served_day,
        served_root=computed.served_root,
        agrees=computed.agrees,
        proof=computed.tree.proof(who) if computed.agrees and earned.total else None,
    )


def emissions(economy: Economy) -> schemas.EmissionsAnswer:
    """As the next call of emitDue would find it."""
    names = ("nextDay", "dailyBudget", "decayBps", "mints", "paused", "weightedTasks")
    next_day, budget, decay, mints, paused, tasks = economy.read(
        *(economy.view("emissions", name) for name in names)
    )
    weights = economy.read(*(economy.view("emissions", "weightOf", task) for task in tasks))
    return schemas.EmissionsAnswer(
        next_day=next_day,
        daily_budget=budget,
        decay_bps=decay,
        mints=mints,
        paused=paused,
        weights=[
            schemas.WeightAnswer(task=task, weight=weight)
            for task, weight in zip(tasks, weights, strict=True)
        ],
    )


def emitted(days: Iterable[TaskDay]) -> list[schemas.EmittedAnswer]:
    """In their order."""
    return [
        schemas.EmittedAnswer(
            day=day.day,
            task=day.task,
            emitted=day.emitted,
            operators=sum(day.operators.values()),
            pools=sum(day.pools.values()),
            to_treasury=day.to_treasury,
            kept=day.kept,
        )
        for day in days
    ]


def settlement(economy: Economy) -> schemas.SettlementAnswer:
    """What is served and what is pending in the newest block."""
    names = ("servedTotal", "pendingId", "terms", "bond", "window")
    total, pending, terms, bond, window = economy.read(*(economy.view("settlement", name) for name in names))
    given_out, released = economy.read(
        economy.view("emissions", "emitted"), economy.view("emissions", "released")
    )
    computed = economy.computed()
    return schemas.SettlementAnswer(
        served_day=computed.served_day,
        served_root=computed.served_root,
        served_total=total,
        emitted=given_out,
        released=released,
        agrees=computed.agrees,
        pending=_root(economy, pending) if pending else None,
        terms=schemas.TermsAnswer(**terms),
        bond=bond,
        window=window,
    )


def proposals(economy: Economy, found: Sequence[Proposal]) -> list[schemas.ProposalAnswer]:
    """One that a reorganisation undid is left out."""
    return [answer for answer in (_proposal(economy, each) for each in found) if answer]


# ---- pieces


def _pools(economy: Economy, places: Sequence[tuple[str, int]]) -> list[schemas.PoolAnswer]:
    computed = economy.computed()
    said = economy.read(*(view for place in places for view in _pool_views(economy, *place)))
    return [
        _pool(economy, place, found, own["gm"], computed.eapy(place))
        for place, found, own in zip(places, said[::2], said[1::2], strict=True)
    ]


def _pool_views(economy: Economy, operator: str, task: int) -> tuple[View, View]:
    own = economy.view("staking", "allocationOf", operator, task)
    return economy.view("staking", "poolOf", operator, task), own


def _pool(
    economy: Economy, place: tuple[str, int], said: dict[str, Any], own: int, yields: tuple[float, float]
) -> schemas.PoolAnswer:
    operator, task = place
    return schemas.PoolAnswer(
        operator=operator,
        task=task,
        state=economy.require_task(task),
        open=said["is_open"],
        commission_bps=said["commission_bps"],
        gm=said["gm"],
        flock=said["flock"],
        own=own,
        delegators=said["delegators"],
        eapy_14=yields[0],
        eapy_30=yields[1],
    )


def _root(economy: Economy, number: int) -> schemas.RootAnswer:
    [posted] = economy.read(economy.view("settlement", "rootOf", number))
    state = cast(schemas.RootStateName, RootState(posted["state"]).name.lower())
    challenger = posted["challenger"] if posted["challenger"] != NOBODY else None
    return schemas.RootAnswer(**{**posted, "id": number, "state": state, "challenger": challenger})


def _proposal(economy: Economy, proposal: Proposal) -> schemas.ProposalAnswer | None:
    try:
        state, votes = economy.read(
            economy.view("governor", "state", proposal.id),
            economy.view("governor", "proposalVotes", proposal.id),
        )
    except ContractRefused:
        return None
    return schemas.ProposalAnswer(
        id=str(proposal.id),
        state=ProposalState(state).name.lower(),
        title=proposal.title,
        description=proposal.description,
        proposer=proposal.proposer,
        vote_start=proposal.vote_start,
        vote_end=proposal.vote_end,
        against=votes["against_votes"],
        in_favour=votes["for_votes"],
        abstain=votes["abstain_votes"],
        block=proposal.block,
    )
