"""Making an Arena over HTTP."""

from flock.arena.creation import terms_of
from flock.arena.requests import ArenaRequest
from flock.arena.schemas import ArenaCreationAnswer
from flock.arena.service import Service
from flock.economy.api.to_sign import to_sign
from flock.protocol.core.cid import cid_of
from flock.web.blobs import NO_SESSION
from flock.web.errors import BadFields
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.sessions import SignedIn
from flock.web.strict_json import StrictJsonRoute

router = Router("creation", PathRules(creations=("/arena/tasks",)), StrictJsonRoute)


@router.post(
    "/arena/tasks",
    summary="Make an Arena",
    responses={
        **NO_SESSION,
        **problems(
            BadFields({"parameters.panel_seats": "panel_seats is 4; choose an odd number from 3 to 9."})
        ),
    },
)
def make(service: Service, account: SignedIn, request: ArenaRequest) -> ArenaCreationAnswer:
    """Check an Arena and keep its metadata; answer the transactions that make it, for you to sign and send.

    Once it is made, put up its bond, and bring set A and the ciphertext of set B to /arena/tasks/{task}/sets.
    """
    offer = service.creation.offer(account, request)
    unsigned = service.creation.unsigned(account, offer)
    return ArenaCreationAnswer(
        bounty=offer.bounty,
        metadata=cid_of(offer.digest),
        metadata_digest=offer.digest,
        parameters=terms_of(offer),
        transactions=[to_sign(each) for each in unsigned],
    )
