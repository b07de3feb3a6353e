"""Which finalists are copies of earlier ones, as far as this validator has scored both on set B."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flock.protocol.arena.copies import Examined, duplicate_of
from flock.protocol.arena.leaderboard import Contest


def copies_among(
    finalists: Iterable[Examined], baseline: Sequence[int], contest: Contest
) -> Mapping[int, int]:
    """By submission the first earlier one that it is a copy of; ``baseline`` has the losses of the task's baseline.

    Whoever has the lower number came first. Without losses of the same examples as the baseline's nobody is accused.
    """
    comparable = [each for each in finalists if each.losses and len(each.losses) == len(baseline)]
    before: list[Examined] = []
    found = {}
    for finalist in sorted(comparable, key=lambda each: each.entry.number):
        original = duplicate_of(finalist, before, baseline, contest)
        if original is not None:
            found[finalist.entry.number] = original
        before.append(replace(finalist, entry=replace(finalist.entry, is_copy=original is not None)))
    return found
