"""Routers that say which of their paths are treated apart before any endpoint is reached."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.routing import APIRoute


@dataclass(frozen=True)
class PathRules:
    """``sign_ins`` and, with POST, ``creations`` are rationed apart, by whole path; bodies of paths that
    begin as one of the patterns ``streams`` are taken piece by piece, under limits of their own.
    """

    sign_ins: tuple[str, ...] = ()
    creations: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()

    def __or__(self, other: "PathRules") -> "PathRules":
        return PathRules(
            self.sign_ins + other.sign_ins, self.creations + other.creations, self.streams + other.streams
        )


class Router(APIRouter):
    """A router with rules for some of its paths."""

    def __init__(self, tag: str, rules: PathRules, route_class: type[APIRoute] = APIRoute) -> None:
        super().__init__(tags=[tag], route_class=route_class)
        self.rules = rules


def rules_of(routers: Iterable[APIRouter]) -> PathRules:
    """The rules of all ``routers`` together."""
    rules = PathRules()
    for router in routers:
        if isinstance(router, Router):
            rules |= router.rules
    return rules
