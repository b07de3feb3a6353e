"""The built-in apps learn, say how well, and their attackers attack."""

from itertools import pairwise, repeat

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from flock.errors import BadConfig, Refused
from flock.protocol.alliance.params import MIXING
from flock.training.aggregation import Rule, aggregate, apply_update, judge
from flock.training.app import AppRunner
from flock.training.apps import PROBLEMS
from flock.training.arrays import Update, difference, flatten
from flock.training.baseline import fedavg
from flock.training.loading import load_app
from flock.training.models import area_under_roc

pytestmark = pytest.mark.long

MEMBERS = 8


def member(number, app="nmes1988", members=MEMBERS, **config):
    reference = app if ":" in app else f"flock.training.apps:{app}"
    node_config = {"partition-id": number, "num-partitions": members, **config}
    return AppRunner(load_app(reference), node_config, name=reference)


@pytest.fixture(scope="module")
def course():
    """Quality after each of twelve rounds of plain federated averaging over all eight members."""
    problem = PROBLEMS["nmes1988"]
    test = problem.all_held_out(MEMBERS)
    everyone = [member(number) for number in range(MEMBERS)]
    start = problem.initial_arrays()
    models = [start, *fedavg(everyone, start, repeat(range(MEMBERS), 12), {})]
    return [problem.evaluate(model, test) for model in models]


def test_plain_federated_averaging_learns_to_tell_who_was_in_hospital(course):
    assert course[0]["auc"] < 0.65
    assert course[-1]["auc"] > 0.82


def test_its_loss_falls_round_by_round(course):
    losses = [quality["loss"] for quality in course]
    assert losses == sorted(losses, reverse=True)


def test_under_the_default_rule_honest_updates_agree_long_enough_not_to_be_struck():
    """24 rounds of four drawn proposers: no honest member is harmful three times in any eight."""
    everyone = [member(number) for number in range(MEMBERS)]
    rng = np.random.default_rng(0)
    model = PROBLEMS["nmes1988"].initial_arrays()
    strikes = {number: [] for number in range(MEMBERS)}
    for number in range(1, 25):
        drawn = rng.permutation(MEMBERS)[:4]
        results = [everyone[i].train(model, {"server-round": number}) for i in drawn]
        updates = {s: Update(difference(r.arrays, model), b"", r.examples) for s, r in enumerate(results)}
        change = aggregate(Rule.TRIMMED_MEAN + MIXING, updates, 2500)
        harmful = judge(updates, change).harmful
        for seat, i in enumerate(drawn):
            strikes[int(i)].append(harmful >> seat & 1)
        model = apply_update(model, change)
    windows = [seats[i : i + 8] for seats in strikes.values() for i in range(len(seats))]
    assert max(sum(window) for window in windows) < 3


@pytest.mark.parametrize(
    ("app", "score", "least"), [("breast_cancer", "auc", 0.95), ("digits", "accuracy", 0.75)]
)
def test_the_other_apps_learn_as_well(app, score, least):
    problem = PROBLEMS[app]
    everyone = [member(number, app, 5) for number in range(5)]
    *_, last = fedavg(everyone, problem.initial_arrays(), repeat(range(5), 6), {})
    assert problem.evaluate(last, problem.all_held_out(5))[score] > least


def test_training_again_gives_the_same_update_and_another_round_another():
    start = PROBLEMS["nmes1988"].initial_arrays()
    flats = [flatten(member(2).train(start, {"server-round": n}).arrays).tolist() for n in (4, 4, 5)]
    assert flats[0] == flats[1]
    assert flats[0] != flats[2]


def test_settings_come_from_the_app_the_run_and_the_message_in_this_order():
    start = PROBLEMS["nmes1988"].initial_arrays()

    def moved(run_config, config):
        app = load_app("flock.training.apps:nmes1988")
        runner = AppRunner(app, {"partition-id": 0, "num-partitions": 8}, run_config)
        return np.abs(flatten(difference(runner.train(start, config).arrays, start))).max()

    assert moved({"lr": 0.0}, {}) == 0
    assert moved({"lr": 0.0}, {"lr": 0.1}) > moved({}, {}) > 0


def test_loss_and_auc_are_those_of_scikit_learn():
    problem = PROBLEMS["breast_cancer"]
    table = problem.share({"partition-id": 0, "num-partitions": 3}).held_out
    model = problem.initial_arrays(3)
    scores = table.features @ model["0.weight"].T + model["0.bias"]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    measured = problem.evaluate(model, table)
    assert measured["loss"] == pytest.approx(log_loss(table.labels, chances[:, 1]), rel=1e-5)
    assert measured["auc"] == pytest.approx(roc_auc_score(table.labels, chances[:, 1]))


def test_auc_counts_ties_half_and_one_class_as_chance():
    assert area_under_roc(np.float32([1, 1, 2, 0]), np.array([0, 1, 1, 0])) == 0.875
    assert area_under_roc(np.float32([1, 2]), np.array([1, 1])) == 0.5


def test_an_initial_model_is_a_function_of_its_seed():
    problem = PROBLEMS["digits"]
    firsts = [flatten(problem.initial_arrays(seed)).tolist() for seed in (0, 0, 1)]
    assert firsts[0] == firsts[1]
    assert firsts[0] != firsts[2]


def test_a_node_that_is_not_told_its_share_is_told_what_to_set():
    with pytest.raises(BadConfig, match="'digits' needs partition-id and num-partitions"):
        AppRunner(load_app("flock.training.apps:digits")).train(PROBLEMS["digits"].initial_arrays(), {})


def test_a_model_of_another_app_is_refused():
    with pytest.raises(BadConfig, match="use its app"):
        member(0).evaluate(PROBLEMS["digits"].initial_arrays(), {})


@pytest.mark.parametrize("config", [{"local-epochs": 0}, {"batch-size": 0}, {"batch-size": -4}])
def test_a_task_that_asks_for_no_training_is_refused_before_anyone_stakes_on_it(config):
    with pytest.raises(Refused, match=r"The task asks for local-epochs .* each must be at least 1"):
        member(0).evaluate(PROBLEMS["nmes1988"].initial_arrays(), config)


def test_members_with_two_examples_train_on_one_and_vote_with_the_other():
    problem = PROBLEMS["breast_cancer"]
    one = member(0, "breast_cancer", 280)
    start = problem.initial_arrays()
    assert (one.train(start, {}).examples, one.evaluate(start, {}).examples) in {(1, 1), (2, 1)}
    with pytest.raises(BadConfig, match=r"Member 0 of 600 gets no data; use fewer members"):
        member(0, "breast_cancer", 600).evaluate(start, {})


def test_a_diverging_rate_of_learning_is_refused_before_it_is_proposed():
    with pytest.raises(Refused, match="to NaN or infinity; lower its learning rate"):
        member(0).train(PROBLEMS["nmes1988"].initial_arrays(), {"lr": 3e38, "local-epochs": 5})


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_sign_flipper_pushes_the_model_back_and_evaluates_like_anyone(name):
    start = PROBLEMS[name].initial_arrays()
    honest, liar = member(1, name), member(1, f"flock.training.attackers:{name}_sign_flip")
    steps = [flatten(difference(one.train(start, {}).arrays, start)) for one in (honest, liar)]
    np.testing.assert_allclose(steps[1], -3 * steps[0], atol=1e-5)
    assert liar.evaluate(start, {}) == honest.evaluate(start, {})


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_lying_voter_finds_every_model_worse_than_the_last_and_trains_like_anyone(name):
    start = PROBLEMS[name].initial_arrays()
    honest, liar = member(1, name), member(1, f"flock.training.attackers:{name}_lying_voter")
    losses = [liar.evaluate(start, {}).loss for _ in range(4)]
    assert all(after > 1.5 * before for before, after in pairwise(losses))
    assert (flatten(liar.train(start, {}).arrays) == flatten(honest.train(start, {}).arrays)).all()
