"""Settings that change with the round: ``{"1": 0.1, "5": 0.05}`` is 0.1 at first, and 0.05 from round 5 on."""

from collections.abc import Mapping

Scalar = bool | int | float | str
Schedule = Mapping[str, Scalar]
Settings = Mapping[str, Scalar | Schedule]


def at_round(settings: Settings, number: int) -> dict[str, Scalar]:
    """The settings as they are in round ``number``."""
    return {
        name: _at_round(value, number) if isinstance(value, Mapping) else value
        for name, value in settings.items()
    }


def _at_round(schedule: Schedule, number: int) -> Scalar:
    """The value of the latest round that has come; before the first of them, the first."""
    rounds = sorted(map(int, schedule))
    latest = max((each for each in rounds if each <= number), default=rounds[0])
    return schedule[str(latest)]
