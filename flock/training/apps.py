"""The built-in ClientApps: ``nmes1988``, ``breast_cancer`` and ``digits``, ordinary Flower apps.

The node's configuration says which share of the data is its own: ``partition-id`` of ``num-partitions``,
``partitioner`` (natural, iid or dirichlet), ``alpha``, ``seed``. It may switch on differential privacy:
``dp-noise-multiplier``, ``dp-max-grad-norm``, ``dp-delta`` (docs/privacy.md). The run's configuration, or the
message's, sets local training: ``local-epochs``, ``lr``, ``batch-size``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from torch import nn

from flock.errors import BadConfig, Refused
from flock.training.app import Scalar, arrays_of, record_of
from flock.training.arrays import Arrays
from flock.training.data import SEED, DataTable, Share, all_held_out, load, share
from flock.training.models import (
    Recipe,
    arrays_from,
    fit,
    load_arrays,
    logistic,
    measure,
    perceptron,
)
from flock.training.mods import Mod
from flock.training.privacy import Protection, planned, protection_in, report_of, require_opacus


@dataclass(frozen=True)
class Problem:
    """A data set, the model for it, and the settings of local training that suit it."""

    name: str
    model: Callable[[int, int], nn.Module]
    partitioner: str
    settings: Mapping[str, Scalar]

    def build(self, seed: int = 0) -> nn.Module:
        """The untrained model; its parameters are a function of ``seed``."""
        table = load(self.name)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # torch.manual_seed looks for devices, 3 ms each time
            return self.model(table.features.shape[1], table.classes)

    def initial_arrays(self, seed: int = 0) -> Arrays:
        """The model that a task starts from."""
        return arrays_from(self.build(seed))

    def share(self, node_config: Mapping[str, Scalar]) -> Share:
        """The share that ``node_config`` names. Raises BadConfig if it names none."""
        if "partition-id" not in node_config or "num-partitions" not in node_config:
            raise BadConfig(
                f"App {self.name!r} needs partition-id and num-partitions in the node's app config."
            )
        member, members = int(node_config["partition-id"]), int(node_config["num-partitions"])
        return _share(self.name, member, members, *self._partition(node_config))

    def all_held_out(self, members: int, config: Mapping[str, Scalar] | None = None) -> DataTable:
        """The held-out data of all ``members`` members with this configuration."""
        return all_held_out(load(self.name), members, *self._partition(config or {}))

    def evaluate(self, arrays: Arrays, table: DataTable) -> dict[str, float]:
        """Loss, accuracy, and for two classes auc, of a model on a table."""
        model = self.build()
        load_arrays(model, arrays)
        return measure(model, table)

    def _partition(self, config: Mapping[str, Scalar]) -> tuple[str, float, int]:
        partitioner = str(config.get("partitioner", self.partitioner))
        return partitioner, float(config.get("alpha", 0.3)), int(config.get("seed", SEED))


PROBLEMS: Mapping[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem("nmes1988", logistic, "natural", {"local-epochs": 1, "lr": 0.03, "batch-size": 32}),
        Problem("breast_cancer", logistic, "iid", {"local-epochs": 1, "lr": 0.01, "batch-size": 16}),
        Problem("digits", perceptron, "iid", {"local-epochs": 3, "lr": 0.1, "batch-size": 16}),
    )
}


@lru_cache(maxsize=256)
def _share(name: str, member: int, members: int, partitioner: str, alpha: float, seed: int) -> Share:
    """Always the same rows, so computed once."""
    return share(load(name), member, members, partitioner, alpha, seed)


def client_app(problem: Problem, mods: Sequence[Mod] = ()) -> ClientApp:
    """An app that trains and evaluates ``problem``'s model on the node's share of its data."""
    app = ClientApp(mods=list(mods))

    @app.train()
    def train(message: Message, context: Context) -> Message:
        model, own = _model(problem, message), problem.share(context.node_config).train
        told = _fitted(model, own, _recipe(problem, message, context), protection_in(context.node_config))
        metrics = MetricRecord({**told, "num-examples": len(own)})
        return Message(
            RecordDict({"arrays": record_of(arrays_from(model)), "metrics": metrics}), reply_to=message
        )

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        share = problem.share(context.node_config)
        told = measure(_model(problem, message), share.held_out)
        plan = _plan(share.train, _recipe(problem, message, context), protection_in(context.node_config))
        metrics = MetricRecord({**told, **plan, "num-examples": len(share.held_out)})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


def _model(problem: Problem, message: Message) -> nn.Module:
    model = problem.build()
    load_arrays(model, arrays_of(message.content.array_records["arrays"], problem.name))
    return model


def _fitted(
    model: nn.Module, table: DataTable, recipe: Recipe, protection: Protection | None
) -> dict[str, float]:
    """Train in place. With differential privacy only what the noise covers is reported, not even a loss."""
    if protection is None:
        return {"train_loss": fit(model, table, recipe)}
    require_opacus()
    from flock.training.dp_sgd import fit_privately

    return report_of(fit_privately(model, table, recipe, protection))


def _plan(table: DataTable, recipe: Recipe, protection: Protection | None) -> dict[str, float]:
    if protection is None:
        return {}
    require_opacus()
    return report_of(planned(len(table), recipe.batch_size, recipe.epochs, protection))


def _settings(problem: Problem, message: Message, context: Context) -> dict[str, Scalar]:
    told = message.content.config_records.get("config", {}).items()
    scalars = {key: value for key, value in told if isinstance(value, bool | int | float | str)}
    return {**problem.settings, **context.run_config, **scalars}


def _recipe(problem: Problem, message: Message, context: Context) -> Recipe:
    """Training is a function of round and share: a node that must train again gets the same update.

    Unless it trains under protection: noise that can be had again protects nothing.
    """
    settings = _settings(problem, message, context)
    epochs, batch_size = int(settings["local-epochs"]), int(settings["batch-size"])
    if epochs < 1 or batch_size < 1:
        raise Refused(
            f"The task asks for local-epochs {epochs} and batch-size {batch_size}; each must be at least 1."
        )
    return Recipe(
        epochs=epochs,
        lr=float(settings["lr"]),
        batch_size=batch_size,
        seed=int(settings.get("server-round", 0)) * 65_537 + int(context.node_config["partition-id"]),
    )


nmes1988 = client_app(PROBLEMS["nmes1988"])
breast_cancer = client_app(PROBLEMS["breast_cancer"])
digits = client_app(PROBLEMS["digits"])
