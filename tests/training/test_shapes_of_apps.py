"""Apps of the shapes that Flower's examples have: scikit-learn with doubles, and a client with its own layer."""

import sys
import types
import warnings

import numpy as np
import pytest
import torch
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.client import NumPyClient
from flwr.clientapp import ClientApp
from safetensors.numpy import save
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch import nn

from flock.errors import BadArrays, Refused
from flock.training.aggregation import Rule, candidate
from flock.training.app import AppRunner
from flock.training.arrays import Update, decode_model, difference
from flock.training.evaluation import Evaluation
from flock.training.flower.legacy import translated
from flock.training.importing import canonical_model
from flock.training.loading import load_app
from flock.training.rehearsal import Phases, rehearse

PHASES = Phases(600, 300)
MEMBERS = 3


def imported(arrays):
    return decode_model(canonical_model(save(arrays), "model.safetensors"))


def losses(members, model, rounds):
    """The mean loss before each round of plain averaging, and after the last."""
    for number in range(rounds + 1):
        yield float(np.mean([member.evaluate(model, {"server-round": number}).loss for member in members]))
        updates = {}
        for seat, member in enumerate(members):
            trained = member.train(model, {"server-round": number})
            updates[seat] = Update(difference(trained.arrays, model), bytes(32), trained.examples)
        model = candidate(model, updates, Rule.FEDAVG, 0)


# ---- scikit-learn: a list of doubles, and no metric that is called a loss

sites = ClientApp()


def site(context):
    features, labels = load_iris(return_X_y=True)
    own = np.random.default_rng(0).permutation(len(labels))[
        int(context.node_config["partition-id"]) :: MEMBERS
    ]
    cut = int(0.8 * len(own))
    return (features[own[:cut]], labels[own[:cut]]), (features[own[cut:]], labels[own[cut:]])


def fitted(message, context):
    model = LogisticRegression(max_iter=int(context.run_config["iterations"]), warm_start=True)
    model.classes_ = np.arange(3)
    model.coef_, model.intercept_ = message.content["arrays"].to_numpy_ndarrays()
    assert model.coef_.dtype == np.float64
    return model


@sites.train()
def fit(message, context):
    model, (data, _) = fitted(message, context), site(context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged after an iteration, nor should it
        model.fit(*data)
    metrics = MetricRecord({"num-examples": len(data[0])})
    arrays = ArrayRecord([model.coef_, model.intercept_])
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


@sites.evaluate()
def score(message, context):
    model, (_, (features, labels)) = fitted(message, context), site(context)
    told = {
        "test_logloss": log_loss(labels, model.predict_proba(features), labels=[0, 1, 2]),
        "accuracy": model.score(features, labels),
        "num-examples": len(labels),
    }
    return Message(RecordDict({"metrics": MetricRecord(told)}), reply_to=message)


@pytest.mark.parametrize(
    "evaluation", [Evaluation("test_logloss"), Evaluation("accuracy", higher_is_better=True)], ids=str
)
def test_a_regression_in_doubles_learns_by_the_metric_that_it_reports(evaluation):
    members = [
        AppRunner(sites, {"partition-id": i}, {"iterations": 1}, "sites:app", evaluation)
        for i in range(MEMBERS)
    ]
    start = imported({"0": np.zeros((3, 4)), "1": np.zeros(3)})
    assert rehearse(members[0], start, {}, PHASES).slowness == ""
    first, *_, last = losses(members, start, 3)
    assert last < first - 0.1


def test_without_such_a_word_it_is_told_what_the_task_lacks():
    member = AppRunner(sites, {"partition-id": 0}, {"iterations": 1}, "sites:app")
    start = imported({"0": np.zeros((3, 4)), "1": np.zeros(3)})
    with pytest.raises(
        Refused, match=r"sites:app reported no loss, but accuracy, test_logloss; .* name its `metric`"
    ):
        rehearse(member, start, {}, PHASES)


# ---- a client of the older API that keeps its head


def net():
    torch.default_generator.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def data():
    features, labels = load_iris(return_X_y=True)
    return torch.tensor(features, dtype=torch.float32), torch.tensor(labels)


class Personal(NumPyClient):
    def __init__(self, state, arrays):
        self.state, self.arrays, self.net = state, arrays, net()

    def load(self, parameters):
        names = list(self.net.state_dict())[: self.arrays]
        values = {name: torch.tensor(value) for name, value in zip(names, parameters, strict=True)}
        self.net.load_state_dict(values, strict=False)
        if "head" in self.state.array_records:
            self.net[2].load_state_dict(self.state["head"].to_torch_state_dict())

    def loss(self):
        features, labels = data()
        return nn.functional.cross_entropy(self.net(features), labels)

    def fit(self, parameters, config):
        self.load(parameters)
        optimiser = torch.optim.SGD(self.net.parameters(), lr=0.05)
        for _ in range(5):
            optimiser.zero_grad()
            self.loss().backward()
            optimiser.step()
        self.state["head"] = ArrayRecord(self.net[2].state_dict())
        return [value.numpy() for value in self.net.state_dict().values()][: self.arrays], 150, {}

    def evaluate(self, parameters, config):
        self.load(parameters)
        return self.loss().item(), 150, {}


def personal(arrays, *, personalised):
    app = ClientApp(client_fn=lambda context: Personal(context.state, arrays).to_client())
    evaluation = Evaluation(personalised=personalised)
    return AppRunner(translated(app), name="wards:app", evaluation=evaluation)


def first_model(arrays):
    values = list(net().state_dict().values())[:arrays]
    return imported({str(place): value.numpy() for place, value in enumerate(values)})


def test_a_client_that_keeps_its_head_votes_by_the_models_unless_that_is_left_out_of_the_model():
    assert rehearse(personal(4, personalised=False), first_model(4), {}, PHASES)
    with pytest.raises(
        Refused, match="wards:app evaluates without '2'; '3': its loss is the same whatever they"
    ):
        rehearse(personal(4, personalised=True), first_model(4), {}, PHASES)
    member = personal(2, personalised=True)
    assert rehearse(member, first_model(2), {}, PHASES)
    first, *_, last = losses([member], first_model(2), 3)
    assert last < first


# ---- a language model whose first and last layer are one array, under two names


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        torch.default_generator.manual_seed(0)
        self.embedding, self.head = nn.Embedding(8, 4), nn.Linear(4, 8, bias=False)
        self.embedding.weight = self.head.weight

    def loss(self):
        letters = torch.arange(8)
        return nn.functional.cross_entropy(self.head(self.embedding(letters)), (letters + 1) % 8)


def speaking(names):
    """An app that reads and returns the arrays of ``names``, and a model of one array for each."""
    return AppRunner(letters(names), name="letters:app"), first_letters(names)


def first_letters(names):
    return imported({name: Tied().state_dict()[name].numpy() for name in names})


def letters(names, change=lambda arrays: arrays):
    """An app that reads the arrays of ``names`` and returns what ``change`` makes of them."""
    app = ClientApp()

    def loaded(message):
        net = Tied()
        missing, _ = net.load_state_dict(message.content["arrays"].to_torch_state_dict(), strict=False)
        assert set(names).isdisjoint(missing)
        return net

    @app.train()
    def _(message, context):
        net = loaded(message)
        optimiser = torch.optim.SGD(net.parameters(), lr=0.5)
        for _ in range(5):
            optimiser.zero_grad()
            net.loss().backward()
            optimiser.step()
        arrays = ArrayRecord(change({name: net.state_dict()[name] for name in names}))
        metrics = MetricRecord({"num-examples": 8})
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    @app.evaluate()
    def _(message, context):
        metrics = MetricRecord({"num-examples": 8, "eval_loss": loaded(message).loss().item()})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


def test_arrays_that_an_app_ties_are_named_and_one_of_them_will_do():
    member, start = speaking(["embedding.weight", "head.weight"])
    with pytest.raises(Refused, match=r"letters:app ties 'embedding\.weight' to 'head\.weight': .* Keep one"):
        rehearse(member, start, {}, PHASES)
    member, start = speaking(["head.weight"])
    assert rehearse(member, start, {}, PHASES)
    first, *_, last = losses([member], start, 3)
    assert last < first


BOTH = ["embedding.weight", "head.weight"]
TIES = {"head.weight": "embedding.weight"}


def test_an_app_that_insists_on_both_names_has_them_of_one_array():
    member = AppRunner(letters(BOTH), ties=TIES)
    start = first_letters(["embedding.weight"])
    assert rehearse(member, start, {}, PHASES).trained.arrays.keys() == start.keys()
    first, *_, last = losses([member], start, 3)
    assert last < first


def test_an_app_that_trains_apart_what_is_tied_is_refused():
    def apart(arrays):
        return {**arrays, "head.weight": arrays["head.weight"] + 1}

    member = AppRunner(letters(BOTH, apart), ties=TIES)
    with pytest.raises(Refused, match=r"trained 'head\.weight' and 'embedding\.weight' apart"):
        rehearse(member, first_letters(["embedding.weight"]), {}, PHASES)


def test_a_model_that_ties_do_not_fit_reaches_no_app():
    member = AppRunner(letters(BOTH), ties=TIES)
    with pytest.raises(BadArrays, match=r"the model has both: leave 'head\.weight' out"):
        member.evaluate(first_letters(BOTH), {})
    with pytest.raises(BadArrays, match=r"'embedding\.weight', which is not of the model"):
        member.evaluate(first_letters(["head.weight"]), {})


# ---- a client of the older API that trains a head and leaves its evaluation to another app

heads = types.ModuleType("wing")


class Head(NumPyClient):
    def fit(self, parameters, config):
        features, labels = data()
        weight, bias = (torch.tensor(each, requires_grad=True) for each in parameters)
        nn.functional.cross_entropy(features @ weight + bias, labels).backward()
        trained = [(each - 0.05 * each.grad).detach().numpy() for each in (weight, bias)]
        return trained, len(labels), {"trained": True, "loss": 1.0}


heads.app = ClientApp(client_fn=lambda _: Head().to_client())
heads.judge = ClientApp()


@heads.judge.evaluate()
def _(message, context):
    features, labels = data()
    weight, bias = map(torch.tensor, message.content["arrays"].to_numpy_ndarrays())
    loss = nn.functional.cross_entropy(features @ weight + bias, labels).item()
    metrics = MetricRecord({"loss": loss, "num-examples": len(labels)})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


def test_a_head_is_trained_by_an_app_that_cannot_evaluate_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "wing", heads)
    start = imported({"0": np.zeros((4, 3), np.float32), "1": np.zeros(3, np.float32)})
    with pytest.raises(Refused, match="has no `evaluate`; add one, or name an app that has one as `judge`"):
        rehearse(AppRunner(load_app("wing:app"), name="wing:app"), start, {}, PHASES)
    members = [AppRunner(load_app("wing:app", "wing:judge"), name="wing:app") for _ in range(MEMBERS)]
    assert rehearse(members[0], start, {}, PHASES)
    first, *_, last = losses(members, start, 3)
    assert last < first
