"""Data sets and how members share them."""

import numpy as np
import pytest

from flock.errors import BadConfig
from flock.training import data
from flock.training.data import DataTable, all_held_out, load, share

SIZES = {"nmes1988": (4406, 18, 2), "breast_cancer": (569, 30, 2), "digits": (1797, 64, 10)}


def labelled(n=400, groups=None):
    """A table whose single feature is the row's number."""
    rows = np.arange(n)
    return DataTable(
        rows.reshape(-1, 1).astype(np.float32), rows % 4, 4, None if groups is None else rows % groups
    )


def rows_of(part):
    return [int(x) for x in np.concatenate([part.train.features, part.held_out.features]).ravel()]


@pytest.mark.parametrize("name", SIZES)
def test_data_sets_are_complete_finite_and_about_one_size(name):
    table = load(name)
    assert (*table.features.shape, table.classes) == SIZES[name]
    assert np.isfinite(table.features).all()
    assert np.abs(table.features).max() < 30
    assert set(table.labels) == set(range(table.classes))


def test_a_fifth_of_the_patients_has_been_in_hospital_in_each_of_four_regions():
    table = load("nmes1988")
    shares = [table.labels[table.groups == region].mean() for region in range(4)]
    assert all(0.17 < part < 0.22 for part in shares)


@pytest.mark.parametrize("partitioner", ["natural", "iid", "dirichlet"])
@pytest.mark.parametrize("members", [1, 3, 4, 8, 11])
def test_every_row_belongs_to_exactly_one_member(partitioner, members):
    table = labelled(groups=4)
    parts = [share(table, member, members, partitioner, alpha=1.0) for member in range(members)]
    assert sorted(row for part in parts for row in rows_of(part)) == list(range(400))


def test_two_members_of_a_region_halve_it():
    parts = [share(load("nmes1988"), member, 8) for member in range(8)]
    for member, part in enumerate(parts):
        assert set(part.train.groups) == {member % 4}
        assert abs(len(part.train) - len(parts[(member + 4) % 8].train)) <= 1


def test_fewer_members_than_regions_have_whole_regions():
    table = labelled(groups=4)
    assert {int(row) % 4 for row in rows_of(share(table, 0, 2))} == {0, 2}


def test_a_share_is_the_same_after_a_restart_and_another_with_another_seed():
    table = labelled()
    again = [rows_of(share(table, 1, 5, "iid", seed=seed)) for seed in (1, 1, 2)]
    assert again[0] == again[1]
    assert again[0] != again[2]


def test_three_in_ten_rows_are_held_out_and_never_trained_on():
    parts = [share(labelled(groups=4), member, 8) for member in range(8)]
    for part in parts:
        assert len(part.held_out) == 15
        assert not set(part.train.features.ravel()) & set(part.held_out.features.ravel())
    together = all_held_out(labelled(groups=4), 8)
    assert sorted(together.features.ravel()) == sorted(
        x for part in parts for x in part.held_out.features.ravel()
    )


def test_a_small_alpha_makes_members_unlike():
    def spread(alpha):
        table = load("digits")
        parts = [share(table, member, 4, "dirichlet", alpha=alpha).train.labels for member in range(4)]
        return np.std([np.bincount(part, minlength=10) / len(part) for part in parts], axis=0).mean()

    assert spread(0.5) > 3 * spread(100.0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((8, 8), "Member 8 does not exist among 8"),
        ((-1, 8), "Member -1 does not exist"),
        ((0, 8, "by-name"), "Partitioner 'by-name' is not one of dirichlet, iid, natural"),
        ((0, 8), "no natural groups"),
        ((399, 400, "iid"), "gets no data"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(arguments, sentence):
    with pytest.raises(BadConfig, match=sentence):
        share(labelled(), *arguments)


def test_an_unknown_data_set_is_refused_with_those_there_are():
    with pytest.raises(BadConfig, match="no data set 'mnist'; choose one of breast_cancer, digits, nmes1988"):
        load("mnist")


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    load.__globals__["LOADERS"]["digits"].cache_clear()
    monkeypatch.setattr(data, "find_spec", lambda _: None)
    with pytest.raises(BadConfig, match=r"'digits' needs sklearn: pip install 'flock\[demo\]'"):
        load("digits")
