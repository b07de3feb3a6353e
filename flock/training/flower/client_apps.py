"""What a ClientApp consists of, which Flower's public API does not tell."""

from flwr.clientapp import ClientApp
from flwr.clientapp.client_app import DEFAULT_ACTION

SECURE_AGGREGATION = "flwr.client.mod.secure_aggregation"


def has_client_fn(app: ClientApp) -> bool:
    """Whether the app is of Flower's older API, ``ClientApp(client_fn=…)``."""
    return app._call is not None


def lacks(app: ClientApp, category: str) -> bool:
    """Whether the app has no plain function for messages of ``category``, ``train`` or ``evaluate``."""
    return not has_client_fn(app) and f"{category}.{DEFAULT_ACTION}" not in app._registered_funcs


def functions_of(app: ClientApp) -> list[str]:
    """The functions that the app registered, e.g. ``query.default``."""
    return sorted(app._registered_funcs)


def aggregates_securely(app: ClientApp) -> bool:
    """Whether a mod of the whole app hides its updates from everybody but their sum."""
    return any(getattr(mod, "__module__", "").startswith(SECURE_AGGREGATION) for mod in app._mods)
