"""The paths of a hub, as huggingface's clients know them."""

from flock.hub.errors import HubRoute
from flock.hub.hub import Hub
from flock.hub.reading import Reading
from flock.hub.writing import NO_XET, Writing
from flock.web.router import PathRules, Router

RULES = PathRules(creations=("/api/repos/create",), streams=("/api/models/", "/lfs/"))
REPOSITORY = "/{namespace}/{name}"
MODEL = f"/api/models{REPOSITORY}"
LFS = f"{REPOSITORY}.git/info/lfs"


def hub_router(hub: Hub) -> Router:
    """What an app includes to serve ``hub``; with it ``flock.web.api_key_endpoints.router`` and a sign-in, where
    keys are made. ``hub.steps`` are for the app's background.

    It knows the protocol of ``huggingface_hub`` 0.29 to 2.x for models, and is left out of the OpenAPI document:
    that protocol is not ours to describe.
    """
    router = Router("hub", RULES, HubRoute)
    reading, writing = Reading(hub), Writing(hub)
    add = router.add_api_route
    for path, endpoint, methods in (
        (f"{REPOSITORY}/resolve/{{revision}}/{{path:path}}", reading.resolve, ["GET", "HEAD"]),
        (MODEL, reading.model, ["GET", "HEAD"]),
        (f"{MODEL}/revision/{{revision}}", reading.model, ["GET", "HEAD"]),
        (f"{MODEL}/tree/{{revision}}", reading.tree, ["GET"]),
        (f"{MODEL}/tree/{{revision}}/{{path:path}}", reading.tree, ["GET"]),
        ("/api/whoami-v2", reading.who, ["GET"]),
        ("/api/repos/create", writing.create, ["POST"]),
        ("/api/repos/delete", writing.delete, ["DELETE"]),
        ("/api/validate-yaml", writing.validate_yaml, ["POST"]),
        (f"{MODEL}/settings", writing.settings, ["PUT"]),
        (f"{MODEL}/preupload/{{revision}}", writing.preupload, ["POST"]),
        (f"{MODEL}/commit/{{revision}}", writing.commit, ["POST"]),
        (f"{MODEL}/xet-write-token/{{revision}}", writing.redirect_xet, ["GET"]),
        (NO_XET, writing.refuse_xet, ["GET"]),
        (f"{LFS}/objects/batch", writing.batch, ["POST"]),
        (f"{LFS}/verify", writing.verify, ["POST"]),
        ("/lfs/{ticket}", writing.upload, ["PUT"]),
    ):
        add(path, endpoint, methods=methods, include_in_schema=False, response_model=None)
    return router
