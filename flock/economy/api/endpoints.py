"""The economy over HTTP, in one router for any service: what accounts have, what pools yield, who is owed what.

It reads ``app.state.economy``, an ``Economy`` whose steps run beside the requests. See docs/staking.md.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from flock.economy.api import answers
from flock.economy.api import examples as examples
from flock.economy.api import schemas as schemas
from flock.economy.api.reader import Economy
from flock.errors import ServiceUnavailable, UnknownTask
from flock.web.errors import NotFound
from flock.web.fields import EXAMPLE_ACCOUNT, AccountPath, Page, TaskPath
from flock.web.problems import Responses, problems

router = APIRouter(prefix="/economy", tags=["economy"])

NO_TASK = UnknownTask("There is no task 99: see /tasks for those there are.")
NO_POOL = NotFound(f"{EXAMPLE_ACCOUNT} takes no delegation on task 1: see /economy/pools.")
NOT_YET = ServiceUnavailable("The rewards are still being computed from the chain: try again later.")


def economy_of(request: Request) -> Economy:
    """What the app reads the economy with."""
    economy: Economy = request.app.state.economy
    return economy


Reader = Annotated[Economy, Depends(economy_of)]


def _lists(example: examples.Example) -> Responses:
    """An example of a list."""
    content: dict[str, Any] = {"application/json": {"example": [example]}}
    return {200: {"content": content}}


@router.get("/accounts/{account}", summary="What an account holds and has locked")
def account(economy: Reader, account: AccountPath) -> schemas.AccountAnswer:
    """Balances, the lock, votes and the operator, as of the newest block."""
    return answers.account(economy, account)


@router.get(
    "/accounts/{account}/stakes", summary="An account's stake on tasks", responses=_lists(examples.STAKE)
)
def stakes(economy: Reader, account: AccountPath) -> list[schemas.StakeAnswer]:
    """Where its own gmFLOCK stands, by task."""
    return answers.stakes(economy, [(account, task) for task in economy.places().stakes_of(account)])


@router.get(
    "/accounts/{account}/delegations",
    summary="An account's delegations",
    responses={**_lists(examples.DELEGATION), **problems(NOT_YET)},
)
def delegations(economy: Reader, account: AccountPath) -> list[schemas.DelegationAnswer]:
    """What it has in pools of others, by task, every slash counted."""
    return answers.delegations(economy, account)


@router.get(
    "/accounts/{account}/rewards",
    summary="An account's rewards, with the proof to claim them",
    responses=problems(NOT_YET),
)
def rewards(economy: Reader, account: AccountPath) -> schemas.RewardsAnswer:
    """What the served root gives it, what it has had, and the proof that RewardDistributor.claim takes."""
    return answers.rewards(economy, account)


@router.get(
    "/tasks/{task}/stakes",
    summary="The stakes on a task",
    responses={**_lists(examples.STAKE), **problems(NO_TASK)},
)
def stakes_on(economy: Reader, task: TaskPath, page: Annotated[Page, Query()]) -> list[schemas.StakeAnswer]:
    """Whose gmFLOCK stands on it, by account; `after` counts those passed over."""
    economy.require_task(task)
    staked = economy.places().staked_on(task)[page.after : page.after + page.limit]
    return answers.stakes(economy, [(account, task) for account in staked])


@router.get(
    "/tasks/{task}/pools",
    summary="The pools on a task",
    responses={**_lists(examples.POOL), **problems(NO_TASK, NOT_YET)},
)
def pools_on(
    economy: Reader, task: TaskPath, wanted: Annotated[schemas.PoolFilter, Query()]
) -> list[schemas.PoolAnswer]:
    """Who takes delegation on it, on what terms, and what that has yielded; by operator."""
    economy.require_task(task)
    return answers.pools(economy, economy.places().pools_on(task), wanted)


@router.get(
    "/tasks/{task}/pools/{operator}",
    summary="An operator's pool on a task",
    responses=problems(NO_TASK, NO_POOL, NOT_YET),
)
def pool(economy: Reader, task: TaskPath, operator: AccountPath) -> schemas.PoolAnswer:
    """Its terms, what stands in it, and what it has yielded."""
    economy.require_task(task)
    return answers.pool(economy, operator, task)


@router.get("/pools", summary="All pools", responses={**_lists(examples.POOL), **problems(NOT_YET)})
def pools(economy: Reader, wanted: Annotated[schemas.PoolFilter, Query()]) -> list[schemas.PoolAnswer]:
    """Who takes delegation anywhere, by task, then operator; `after` counts those passed over."""
    return answers.pools(economy, economy.places().pools_on(), wanted)


@router.get("/emissions", summary="The daily budget and who shares it")
def emissions(economy: Reader) -> schemas.EmissionsAnswer:
    """The next day's budget, its decay, and every task's weight."""
    return answers.emissions(economy)


@router.get(
    "/emissions/history",
    summary="What was emitted, day by day",
    responses={**_lists(examples.EMITTED), **problems(NOT_YET)},
)
def emitted(economy: Reader, page: Annotated[Page, Query()]) -> list[schemas.EmittedAnswer]:
    """Each day's emission to each task and how it was shared; the days after `after`, earliest first."""
    days = [day for day in economy.computed().due.days if day.day > page.after]
    return answers.emitted(days[: page.limit])


@router.get("/settlement", summary="Which root is served, and which waits", responses=problems(NOT_YET))
def settlement(economy: Reader) -> schemas.SettlementAnswer:
    """How far rewards are served, what is pending, the terms, and whether the root is the one the events give."""
    return answers.settlement(economy)


@router.get("/proposals", summary="Proposals to the Governor", responses=_lists(examples.PROPOSAL))
def proposals(economy: Reader, page: Annotated[Page, Query()]) -> list[schemas.ProposalAnswer]:
    """The newest first, with the votes so far; `after` counts those passed over."""
    return answers.proposals(economy, economy.proposals()[page.after : page.after + page.limit])
