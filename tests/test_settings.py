"""Settings: command line over environment over file over defaults, and errors that name the field."""

from pathlib import Path

import pytest

from flock.cli.node_template import node_toml
from flock.errors import BadConfig
from flock.programs.settings import CoordinatorSettings, NodeSettings, ServiceSettings, load

MINIMAL = 'key = "hospital"\ntask = 3\napp = "hospital.client:app"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(MINIMAL)
    return path


def test_the_environment_overrules_the_file_and_an_argument_overrules_both(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(NodeSettings, file).task == 3
    monkeypatch.setenv("FLOCK_TASK", "4")
    assert load(NodeSettings, file).task == 4
    assert load(NodeSettings, file, task=5).task == 5


def test_an_argument_left_out_overrules_nothing(file: Path) -> None:
    assert load(NodeSettings, file, task=None).task == 3


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"no configuration file .*absent\.toml.*flock node init"):
        load(NodeSettings, tmp_path / "absent.toml")


def test_a_file_that_is_not_toml_is_named(file: Path) -> None:
    file.write_text("task = \n")
    with pytest.raises(BadConfig, match=r"node\.toml cannot be read"):
        load(NodeSettings, file)


def test_every_field_that_is_wrong_is_named(file: Path) -> None:
    file.write_text('key = "hospital"\ntask = 0\nlock_days = 400\ntypo = 1\n')
    with pytest.raises(BadConfig) as refused:
        load(NodeSettings, file)
    for field in ("task", "lock_days", "typo", "app"):
        assert f"{field}:" in str(refused.value)


def test_settings_without_a_file_say_what_is_missing() -> None:
    with pytest.raises(BadConfig, match="key: field required"):
        load(CoordinatorSettings)


def test_the_template_that_init_writes_is_a_valid_configuration(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        node_toml(task=7, key='odd "name"', app="a.b:app", rpc="http://chain:8545", chain_id=8453)
    )
    settings = load(NodeSettings, path)
    assert (settings.task, settings.key, settings.app, settings.chain_id) == (
        7,
        'odd "name"',
        "a.b:app",
        8453,
    )


def test_a_relative_path_stays_where_it_was_when_it_was_read(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(MINIMAL + 'home = "data"\ncoordinator_ca = "ca.pem"\n')
    monkeypatch.chdir(tmp_path)
    settings = load(NodeSettings, file, password_file=Path("password.txt"))
    monkeypatch.chdir("/")
    assert (settings.home, settings.coordinator_ca, settings.password_file) == (
        tmp_path / "data",
        tmp_path / "ca.pem",
        tmp_path / "password.txt",
    )
    assert settings.allow_list is None


def test_a_host_of_ipv6_may_have_the_brackets_that_urls_put_around_it() -> None:
    assert load(ServiceSettings, host="[::1]").host == "::1"
    front = load(CoordinatorSettings, front_host="[fd00::7]", key="keeper", task=1)
    assert front.front_host == "fd00::7"


def test_a_service_on_this_machine_needs_no_scheme() -> None:
    for host in ("127.0.0.1:8700", "localhost:8700", "[::1]:8700"):
        assert (
            load(NodeSettings, alliance=host, key="hospital", task=3, app="a:b").alliance == f"http://{host}"
        )
