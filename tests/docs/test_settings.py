"""Every setting of a program is explained in docs/operating.md, and every one of a node has a line in node.toml."""

import re
import tomllib
from pathlib import Path

import pytest

from flock.cli.node_template import node_toml
from flock.programs.settings import (
    ChainSettings,
    CoordinatorSettings,
    HostedModel,
    HostSettings,
    NodeSettings,
    ServiceSettings,
)

PAGE = (Path(__file__).parents[2] / "docs/operating.md").read_text()
NAMED = set(re.findall(r"`\[?([a-z_]+)\]?`", PAGE))
TEMPLATE = node_toml(
    task=1, key="hospital", app="hospital.client:app", rpc="http://127.0.0.1:8545", chain_id=31337
)


@pytest.mark.parametrize("kind", [NodeSettings, CoordinatorSettings, ServiceSettings])
def test_every_setting_is_explained(kind: type[ChainSettings]) -> None:
    assert set(kind.model_fields) - NAMED == set()


def test_every_setting_of_a_host_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/market-host.md").read_text()
    named = set(re.findall(r"`([a-z_]+)`|^([a-z_]+) = ", page, re.MULTILINE))
    settings = {*HostSettings.model_fields, *HostedModel.model_fields}
    assert settings - {name for pair in named for name in pair} == set()


def test_every_setting_of_a_node_has_its_line() -> None:
    lines = set(re.findall(r"^(?:# )?\[?([a-z_]+)\]?(?: =|\s|$)", TEMPLATE, re.MULTILINE))
    assert set(NodeSettings.model_fields) - lines == set()


def test_what_is_commented_out_is_toml_too() -> None:
    opened = re.sub(r"^# ([a-z_-]+ = )", r"\1", TEMPLATE, flags=re.MULTILINE)
    read = tomllib.loads(opened)
    assert set(read) <= set(NodeSettings.model_fields)
