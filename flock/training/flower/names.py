"""How Flower names and orders the arrays of a model that an app handles as a list."""

from collections.abc import Collection


def is_list(names: Collection[str]) -> bool:
    """Whether these are the names of a list's arrays: "0", "1", …"""
    return all(name.isdecimal() for name in names)


def in_order(names: Collection[str]) -> list[str]:
    """By name; those of a list by number, so that an app which reads its model as a list gets it as it was."""
    return sorted(names, key=int) if is_list(names) else sorted(names)
