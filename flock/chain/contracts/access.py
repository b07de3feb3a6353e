"""Access control: the roles of the AccessManager, their functions and their holders."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from flock.chain.abi_codec import artifact
from flock.chain.address_book import NOBODY, AddressBook
from flock.chain.client import all_logs
from flock.chain.contracts.binding import Binding
from flock.chain.events import decode_event, topic_of
from flock.chain.sending.sender import Receipt, Sender


class AccessRole(IntEnum):
    """What is restricted and not listed here stays with the administrator, which is the Timelock."""

    ADMIN = 0
    GUARDIAN = 2
    MINTER = 3
    RELEASER = 4
    ROOTS = 5
    STREAMER = 6
    JUDGE = 7


# Role → contract → the functions that only this role may call.
FUNCTIONS: Mapping[AccessRole, Mapping[str, tuple[str, ...]]] = {
    AccessRole.GUARDIAN: {
        "Staking": ("pause", "unpause"),
        "TaskManager": ("pause", "unpause"),
        "Emissions": ("pause", "unpause"),
        "Settlement": ("disable",),
        "ModelMarket": ("pause", "unpause"),
    },
    AccessRole.MINTER: {"FlockToken": ("mint",)},
    AccessRole.RELEASER: {"Emissions": ("release",)},
    AccessRole.ROOTS: {"RewardDistributor": ("serve",)},
    AccessRole.STREAMER: {"Vesting": ("open",)},
    AccessRole.JUDGE: {"HostBonds": ("expel",)},
}


@dataclass(frozen=True)
class Reservation:
    """Functions of one contract that are reserved for a role."""

    role: AccessRole
    target: str
    selectors: tuple[bytes, ...]


def reservations(book: AddressBook, *, mints: bool) -> list[Reservation]:
    """All of one deployment; an existing token (``mints`` false) is not ours to reserve."""
    return [
        Reservation(role, book.place_of(contract), _selectors(contract, names))
        for role, by_contract in FUNCTIONS.items()
        for contract, names in by_contract.items()
        if mints or contract != "FlockToken"
    ]


def members(book: AddressBook, *, mints: bool) -> Sequence[tuple[AccessRole, str]]:
    """The holders of each role after the hand-over."""
    granted = [
        (AccessRole.RELEASER, book.settlement),
        (AccessRole.ROOTS, book.settlement),
        (AccessRole.STREAMER, book.distributor),
        (AccessRole.JUDGE, book.host_tills),
        (AccessRole.JUDGE, book.timelock),
        (AccessRole.GUARDIAN, book.timelock),  # so that governance can end a pause without the guardian
        (AccessRole.ADMIN, book.timelock),
    ]
    if mints:
        granted.append((AccessRole.MINTER, book.emissions))
    if book.guardian != NOBODY:
        granted.append((AccessRole.GUARDIAN, book.guardian))
    return granted


class AccessManager(Binding):
    """OpenZeppelin's AccessManager, as far as deployment needs it."""

    contract: ClassVar[str] = "AccessManager"

    def has_role(self, role: int, account: str) -> bool:
        return bool(self.read("hasRole", role, account)["is_member"])

    def function_role(self, target: str, selector: bytes) -> int:
        """The role that may call a function."""
        return int(self.read("getTargetFunctionRole", target, selector))

    def holders(self, first: int) -> dict[int, set[str]]:
        """The holders of each role, from all grants and revocations since block ``first``."""
        return walk(self, "role_id", first)

    def set_up(self, sender: Sender, book: AddressBook, *, mints: bool) -> Receipt | None:
        """Reserve every function and grant every role, in one transaction; nothing is sent if all is done."""
        missing = self._missing(book, mints=mints)
        return self.write(sender, self.fresh_key("assign_roles"), "multicall", missing) if missing else None

    def renounce(self, sender: Sender) -> Receipt | None:
        """Renounce the sender's administrator role; nothing is sent if it does not have it."""
        if not self.has_role(AccessRole.ADMIN, sender.address):
            return None
        key = self.fresh_key("renounce_admin")
        return self.write(sender, key, "renounceRole", AccessRole.ADMIN, sender.address)

    def _missing(self, book: AddressBook, *, mints: bool) -> list[bytes]:
        reserve, grant = self.abi.functions["setTargetFunctionRole"], self.abi.functions["grantRole"]
        reserved = [
            reserve.encode(each.target, each.selectors, each.role)
            for each in reservations(book, mints=mints)
            if any(self.function_role(each.target, selector) != each.role for selector in each.selectors)
        ]
        granted = [
            grant.encode(role, account, 0)
            for role, account in members(book, mints=mints)
            if not self.has_role(role, account)
        ]
        return reserved + granted


def walk(binding: Binding, role: str, first: int) -> dict[Any, set[str]]:
    """The holders of each role of a contract, which is called ``role`` in its events."""
    topics = {topic_of(binding.abi, name): name for name in ("RoleGranted", "RoleRevoked")}
    held: dict[Any, set[str]] = defaultdict(set)
    for log in all_logs(binding.client, [binding.address], first, binding.client.block_number()):
        event = decode_event(log) if log.topics[0] in topics else None
        if event is not None:
            accounts = held[event.arguments[role]]
            change = accounts.add if event.name == "RoleGranted" else accounts.discard
            change(event.arguments["account"])
    return {name: accounts for name, accounts in held.items() if accounts}


def _selectors(contract: str, names: tuple[str, ...]) -> tuple[bytes, ...]:
    functions = artifact(contract).abi.functions
    return tuple(functions[name].selector for name in names)
