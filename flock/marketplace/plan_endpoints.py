"""Plans of owners, buyers and hosts over HTTP: what an act would change and cost, and the transactions to sign."""

from fastapi import APIRouter

from flock.chain.contracts.model_market import NewVersion
from flock.economy.api.endpoints import Reader
from flock.economy.api.plan_endpoints import planned
from flock.economy.api.plan_schemas import PlanAnswer, PlanRequest
from flock.errors import ContractRefused, Refused, UnknownTask
from flock.marketplace import host_plans, plans
from flock.marketplace import plan_schemas as schemas
from flock.marketplace.tokens import token_of
from flock.protocol.market.prices import Price
from flock.web.problems import problems

router = APIRouter(prefix="/market/plans", tags=["market"])

ANSWERS = problems(
    ContractRefused("Version 7 is retired, so it is not sold. Choose another version.", "NotSold")
)
OF_TASKS = problems(UnknownTask("Chain 31337 knows no task 99 of an Alliance or an Arena."))


@router.post("/publish-result", summary="Publish what a task has made", responses={**ANSWERS, **OF_TASKS})
def publish_result(economy: Reader, body: schemas.ResultRequest) -> PlanAnswer:
    """For its creator; bring the document to /market/drafts first. `flock market publish` takes uploads, too."""
    contracts = economy.contracts
    made = contracts.board_of(body.task).model_of(body.task)
    if made is None:
        raise Refused(
            f"Task {body.task} has made no model: it is not over, or nothing was better than before."
        )
    terms = NewVersion(
        made,
        bytes.fromhex(body.metadata[2:]),
        body.host_bps,
        body.royalty_bps,
        tuple(sorted((each.version, each.bps) for each in body.parents)),
        tuple((each.account, each.bps) for each in body.shares),
    )
    return planned(lambda: plans.publish_result(contracts, body.account, body.model, body.task, terms))


@router.post("/price", summary="Set a price", responses=ANSWERS)
def price(economy: Reader, body: schemas.PriceRequest) -> PlanAnswer:
    """For the owner of the model. Quotes of the price before stay good for a while."""
    asked = Price(body.per_call, body.per_period, body.per_input, body.per_output)
    contracts = economy.contracts
    return planned(
        lambda: plans.set_price(contracts, body.account, body.version, token_of(contracts, body.token), asked)
    )


@router.post("/retire", summary="Retire a version", responses=ANSWERS)
def retire(economy: Reader, body: schemas.VersionRequest) -> PlanAnswer:
    """For the owner of the model, and for good."""
    return planned(lambda: plans.retire(economy.contracts, body.account, body.version))


@router.post("/subscribe", summary="Buy a subscription", responses=ANSWERS)
def subscribe(economy: Reader, body: schemas.SubscribeRequest) -> PlanAnswer:
    """It vests by the second; what has not vested comes back when it is cancelled."""
    contracts, place = economy.contracts, (body.version, body.host)
    return planned(
        lambda: plans.subscribe(
            contracts,
            body.account,
            place,
            token_of(contracts, body.token),
            body.periods,
            now=contracts.client.now(),
        )
    )


@router.post("/cancel", summary="Cancel a subscription", responses=ANSWERS)
def cancel(economy: Reader, body: schemas.SubscriptionRequest) -> PlanAnswer:
    """For the subscriber; for anyone once its host has no bond. The subscriber is paid."""
    return planned(lambda: plans.cancel(economy.contracts, body.account, body.subscription))


@router.post("/bond", summary="Put up a host's bond", responses=ANSWERS)
def bond(economy: Reader, body: PlanRequest) -> PlanAnswer:
    """Of free gmFLOCK; on a new chain it first opens the task that bonds stand on."""
    return planned(lambda: host_plans.bond(economy.contracts, body.account))


@router.post("/serve", summary="Register as a host of a version", responses=ANSWERS)
def serve(economy: Reader, body: schemas.VersionRequest) -> PlanAnswer:
    """Payments by way of this host get a splitter of their own."""
    return planned(lambda: host_plans.serve(economy.contracts, body.account, body.version))


@router.post("/leave", summary="Leave as a host", responses=ANSWERS)
def leave(economy: Reader, body: PlanRequest) -> PlanAnswer:
    """The bond is free in two weeks; what channels paid is attributed within one."""
    return planned(lambda: host_plans.leave(economy.contracts, body.account))
