"""All that the Arena's endpoints ask for, and how they reach it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials

from flock.arena.artifacts import Artifacts
from flock.arena.clock import ChainClock
from flock.arena.creation import ArenaCreation
from flock.arena.openings import Openings
from flock.arena.private_uploads import PrivateUploads
from flock.arena.sets import HiddenSets
from flock.chain.contracts.deployed import Contracts
from flock.tasks.membership import acts_for
from flock.web.errors import Forbidden
from flock.web.fields import Account
from flock.web.sessions import Sessions, SignedIn, bearer, sessions_of


@dataclass(frozen=True)
class ArenaService:
    """Of one deployment."""

    contracts: Contracts
    clock: ChainClock
    uploads: PrivateUploads
    openings: Openings
    artifacts: Artifacts
    sets: HiddenSets
    creation: ArenaCreation


def service_of(request: Request) -> ArenaService:
    """What the app was built with."""
    service: ArenaService = request.app.state.arena
    return service


Service = Annotated[ArenaService, Depends(service_of)]
Owner = Annotated[
    Account | None,
    Query(
        alias="account", description="For whom, if not for the session's account: one it is the operator of"
    ),
]


def _now(service: Service) -> int:
    return service.clock()


def _acting(service: Service, signed_in: SignedIn, owner: Owner = None) -> str:
    return _acts(service, signed_in, owner)


def _perhaps_acting(
    service: Service,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    sessions: Annotated[Sessions, Depends(sessions_of)],
    owner: Owner = None,
) -> str | None:
    session = sessions.find(given.credentials) if given else None
    return None if session is None else _acts(service, session.account, owner)


def _acts(service: ArenaService, signed_in: str, owner: str | None) -> str:
    if owner is None or owner == signed_in:
        return signed_in
    if not acts_for(service.contracts, owner, signed_in):
        raise Forbidden(
            f"{signed_in} is not the operator of {owner}: sign in with a key of its own or its operator's."
        )
    return owner


Now = Annotated[int, Depends(_now)]
"""The chain's time, Unix seconds."""

Acting = Annotated[str, Depends(_acting)]
"""For whom the session acts."""

PerhapsActing = Annotated[str | None, Depends(_perhaps_acting)]
"""The same, None without a session."""
