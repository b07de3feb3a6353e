"""Which finalists are copies of earlier ones, as far as this validator has scored both on set B."""

from collections.abc import Mapping

from flock.protocol.arena.copies import Profile, duplicate_of


def copies_among(losses: Mapping[int, tuple[int, ...]], baseline: tuple[int, ...]) -> Mapping[int, int]:
    """By submission the first earlier one that it is a copy of; ``losses`` are by submission, on the same examples.

    Who has the lower number came first. Without a ``baseline`` of that many examples nobody is accused.
    """
    profiles = {
        number: Profile(each, baseline)
        for number, each in losses.items()
        if each and len(each) == len(baseline)
    }
    found = {}
    for number, profile in profiles.items():
        earlier = {other: each for other, each in profiles.items() if other < number}
        original = duplicate_of(profile, earlier)
        if original is not None:
            found[number] = original
    return found
