"""What a submission's page says that its panel on set B found it to be a copy of."""

import pytest

from flock.arena import queries
from flock.protocol.arena.stages import Queue, Role
from flock.store.database import Database
from tests.arena_service.event_script import ArenaScript, trainer, validator

OUTSIDE, ORIGINAL, SUSPECT = 1, 2, 3


@pytest.fixture
def script(database: Database) -> ArenaScript:
    """Three trainers sent one each, of which the second and the third are in the finals."""
    made = ArenaScript(database)
    made.create()
    for number in range(5):
        made.enrol(validator(number).address, Role.VALIDATOR)
    for number in range(3):
        made.enrol(trainer(number).address, Role.TRAINER)
    made.begin()
    for number in range(3):
        made.submit(trainer(number).address, bytes([number]))
    made.score(dict.fromkeys((OUTSIDE, ORIGINAL, SUSPECT), 500_000))
    made.close()
    for number in (ORIGINAL, SUSPECT):
        made.disclose(number, bytes([number - 1]))
    made.begin_finals([ORIGINAL, SUSPECT])
    made.open_key()
    return made


def judged_copy_of(script: ArenaScript, submission: int) -> int | None:
    with script.database.reading() as session:
        return queries.submission(session, script.task, submission, script.now).judged_copy_of


def test_it_is_the_earlier_finalist_that_its_panel_names(script: ArenaScript) -> None:
    script.score({ORIGINAL: 400_000, SUSPECT: 400_000}, Queue.FINAL, copies={SUSPECT: ORIGINAL})
    assert judged_copy_of(script, SUSPECT) == ORIGINAL
    assert judged_copy_of(script, ORIGINAL) is None


@pytest.mark.parametrize(("accused", "named"), [(ORIGINAL, SUSPECT), (SUSPECT, OUTSIDE)])
def test_it_is_nothing_that_nobody_can_compare_as_in_the_settlement(
    script: ArenaScript, accused: int, named: int
) -> None:
    script.score({ORIGINAL: 400_000, SUSPECT: 400_000}, Queue.FINAL, copies={accused: named})
    assert judged_copy_of(script, accused) is None
