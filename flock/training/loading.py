"""Loading an app by its name, and refusing one that can have no part in a round."""

import importlib
from collections.abc import Sequence

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from flock.errors import BadConfig
from flock.training.app_path import folders_searched
from flock.training.calls import Call, what_happened
from flock.training.flower.client_apps import aggregates_securely, functions_of, lacks
from flock.training.flower.legacy import translated
from flock.training.flower.messages import FLOWER_VERSION

OR_A_JUDGE = {"train": "", "evaluate": ", or name an app that has one as `judge`"}


def load_app(reference: str, judge: str | None = None) -> Call:
    """The ClientApp that ``package.module:attribute`` names, for messages of Flower's Message API.

    Another app, ``judge``, evaluates in its place if one is named. Raises BadConfig with what is wrong: no such
    app, or one that can have no part in a round.
    """
    app = _found(reference)
    _require_part_in_rounds(app, reference, ("train",) if judge else ("train", "evaluate"))
    if judge is None:
        return translated(app)
    judging = _found(judge)
    _require_part_in_rounds(judging, judge, ("evaluate",))
    return judged_by(translated(app), translated(judging))


def judged_by(app: Call, judge: Call) -> Call:
    """``app``, but ``judge`` answers the messages to evaluate."""

    def call(message: Message, context: Context) -> Message:
        is_evaluation = message.metadata.message_type == "evaluate"
        return (judge if is_evaluation else app)(message, context)

    return call


def _found(reference: str) -> ClientApp:
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise BadConfig(f"The app {reference!r} should read package.module:app, e.g. hospital.client:app.")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except AttributeError as error:
        raise BadConfig(
            f"Module {module_name!r} has no attribute {attribute!r} to use as the app."
        ) from error
    except ImportError as error:
        raise BadConfig(
            f"The app {reference!r} cannot be imported: {_not_found(module_name, error)}"
        ) from error
    except BaseException as error:  # importing runs the user's code, which can raise anything, and exit
        raise BadConfig(f"The app {reference!r} cannot be imported: {what_happened(error)}.") from error
    if not isinstance(found, ClientApp):
        raise BadConfig(f"{reference!r} is a {type(found).__name__}, not a flwr.clientapp.ClientApp.")
    return found


def _not_found(module_name: str, error: ImportError) -> str:
    if f"{error.name}.".startswith("flwr."):
        lacking = str(error).removesuffix(f" ({error.path})")
        return (
            f"Flower {FLOWER_VERSION} lacks what it imports ({lacking}). It is written for another version: change "
            "it to this one's names."
        )
    if not isinstance(error, ModuleNotFoundError):
        return f"{what_happened(error)}."
    if error.name and not f"{module_name}.".startswith(f"{error.name}."):
        return (
            f"it needs the module {error.name!r}, which is not installed. Install it in flock's environment."
        )
    return (
        f"{error!r}. It was looked for among the installed packages and in {', '.join(folders_searched())}. Put its "
        "module beside the node's configuration, or install it."
    )


def _require_part_in_rounds(app: ClientApp, reference: str, categories: Sequence[str]) -> None:
    if aggregates_securely(app):
        raise BadConfig(
            f"The app {reference!r} has a mod of secure aggregation, which hides the updates that voters have to "
            "recompute; take the mod out of it."
        )
    for category in categories:
        if lacks(app, category):
            has = ", ".join(functions_of(app)) or "none"
            raise BadConfig(
                f"The app {reference!r} has no function for {category} messages (of its functions: {has}); a member "
                f"trains and evaluates, so add one under @app.{category}(){OR_A_JUDGE[category]}."
            )
