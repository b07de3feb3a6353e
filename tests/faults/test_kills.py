"""A member killed before any effect of any duty, and started again, ends where it would have ended anyway."""

import pytest

from tests.faults.duties import EFFECTS
from tests.faults.stages import KILLED, Stages

DEATHS = [
    pytest.param(duty, number, id=f"{duty}-{number}-{label}")
    for duty, effects in EFFECTS.items()
    for number, label in enumerate(effects)
]


@pytest.mark.parametrize(("duty", "deadly"), DEATHS)
def test_a_killed_member_ends_where_an_undisturbed_one_does(stages: Stages, duty: str, deadly: int) -> None:
    undisturbed, expected = stages.reach(duty)
    assert undisturbed.code == 0, stages.log()
    assert undisturbed.effects == EFFECTS[duty]
    killed = stages.start(duty, deadly)
    assert (killed.code, killed.effects) == (KILLED, EFFECTS[duty][:deadly]), stages.log()
    assert stages.start(duty).code == 0, stages.log()
    assert stages.seen() == expected
