"""Whether a service is up, and how far."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from flock.protocol.core.commitments import Domain
from flock.service.progress import ProjectionProgress
from flock.web.fields import Account

router = APIRouter(tags=["operation"])

EXAMPLE: dict[str, Any] = {
    "status": "ok",
    "chain_id": 31337,
    "contract": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "head": 1204,
    "projected": 1204,
    "lag": 0,
}


class HealthAnswer(BaseModel):
    """``projected`` is the newest block the rows know, ``head`` the chain's; their difference is the lag.

    ``contract`` is the TaskManager, which tells the deployment.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    status: Literal["ok"] = "ok"
    chain_id: int
    contract: Account
    head: int
    projected: int
    lag: int


def progress_of(request: Request) -> ProjectionProgress:
    """The projectors that make the rows."""
    progress: ProjectionProgress = request.app.state.progress
    return progress


def deployment_of(request: Request) -> Domain:
    """The deployment that the app serves."""
    deployment: Domain = request.app.state.deployment
    return deployment


@router.get("/health", summary="Whether the service is up, and how far")
def health(
    progress: Annotated[ProjectionProgress, Depends(progress_of)],
    deployment: Annotated[Domain, Depends(deployment_of)],
) -> HealthAnswer:
    """How far the rows are behind the chain, in blocks. 503 if the chain does not answer."""
    now = progress.now()
    return HealthAnswer(
        chain_id=deployment.chain_id,
        contract=deployment.contract,
        head=now.head,
        projected=now.projected,
        lag=now.lag,
    )
