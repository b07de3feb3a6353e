"""Staking: locks, gmFLOCK, stakes on tasks, and delegation."""

from dataclasses import fields
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.chain.contracts.binding import TreasuryDebtor
from flock.chain.contracts.permits import Permit
from flock.chain.contracts.token import Token
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.economy.locks import Position
from flock.protocol.economy.pools import Delegation, Pool
from flock.protocol.economy.staking import Allocation, Operator
from flock.protocol.economy.staking_numbers import Numbers

ALWAYS = 2**256 - 1


class Staking(TreasuryDebtor):
    """Amounts in wei of FLOCK and units of gmFLOCK; times in seconds; positions, allocations, pools and delegations
    are those of the rules (``flock.protocol``).
    """

    contract: ClassVar[str] = "Staking"

    # --- What there is ---

    def position_of(self, account: str) -> Position:
        return Position(**self.read("positionOf", account))

    def allocation_of(self, account: str, task: int) -> Allocation:
        """What ``account`` has on a task."""
        said = self.read("allocationOf", account, task)
        return Allocation(said["gm"], said["flock"], said["era"], said["is_held"])

    def stake_of(self, account: str, task: int) -> int:
        """gmFLOCK that ``account`` has on a task."""
        return self.allocation_of(account, task).gm

    def staked_on(self, task: int) -> int:
        """Own and delegated gmFLOCK on a task."""
        return int(self.read("stakedOn", task))

    def staked_days_of(self, task: int) -> tuple[int, int | None]:
        """The first day (Unix time / 86,400) with stake on a task, and the last, None while there is; 0 for never."""
        said = self.read("stakedDaysOf", task)
        return int(said["first"]), None if said["last"] == ALWAYS else int(said["last"])

    def pool_of(self, operator: str, task: int) -> Pool:
        """All that is delegated to ``operator`` on a task."""
        return Pool(**self.read("poolOf", operator, task))

    def delegation_of(self, delegator: str, operator: str, task: int) -> Delegation:
        """What ``delegator`` has in a pool now, every slash counted."""
        return Delegation(**self.read("delegationOf", delegator, operator, task))

    def operator_of(self, owner: str) -> Operator:
        """The operator that ``owner`` named last, and when it can start to act."""
        said = self.read("operatorOf", owner)
        return Operator(said["operator"], said["since"])

    def acts_for(self, owner: str, who: str) -> bool:
        """Whether ``who`` is ``owner`` or its operator."""
        return bool(self.read("actsFor", owner, who))

    def multiplier_for(self, lock_days: int) -> int:
        """gmFLOCK per FLOCK of a lock, WAD."""
        return int(self.read("multiplierFor", lock_days))

    def numbers(self) -> Numbers:
        """The governed numbers as they are now."""
        names = [each.name for each in fields(Numbers)]
        return Numbers(**{name: int(self.read(_camel(name))) for name in names})

    def treasury(self) -> ChecksumAddress:
        """The account that receives fees and slashes."""
        place: ChecksumAddress = self.read("treasury")
        return place

    def is_paused(self) -> bool:
        """Whether locking, staking and delegating are stopped."""
        return bool(self.read("paused"))

    # --- Votes ---

    def votes_of(self, account: str) -> int:
        """The votes of ``account`` in gmFLOCK: its own, as far as a lock backs them, and those delegated to it."""
        return int(self.read("getVotes", account))

    def past_votes_of(self, account: str, at: int) -> int:
        """As ``votes_of``, at a past Unix time."""
        return int(self.read("getPastVotes", account, at))

    def voter_for(self, account: str) -> ChecksumAddress:
        """The account that casts the votes of ``account``: itself, unless it named another."""
        voter: ChecksumAddress = self.read("delegates", account)
        return voter

    def delegate_votes(self, sender: Sender, to: str, key: str | None = None) -> Receipt | None:
        """Let ``to`` cast the sender's votes; no stake moves."""
        return self.write(sender, key or self.fresh_key("delegate_votes"), "delegate", to)

    # --- The owner's position ---

    def lock(
        self, sender: Sender, token: Token, amount: int, lock_days: int, key: str | None = None
    ) -> Receipt | None:
        """Lock ``amount`` wei of FLOCK for ``lock_days``, with the allowance it needs."""
        token.allow(sender, self.address, amount)
        return self.write(sender, key or self.fresh_key("lock"), "lock", amount, lock_days)

    def lock_with_permit(
        self, sender: Sender, amount: int, lock_days: int, permit: Permit, key: str | None = None
    ) -> Receipt | None:
        """As ``lock``, with the allowance signed instead of sent."""
        signed = (permit.deadline, permit.v, permit.r, permit.s)
        return self.write(sender, key or self.fresh_key("lock"), "lockWithPermit", amount, lock_days, *signed)

    def extend(self, sender: Sender, lock_days: int, key: str | None = None) -> Receipt | None:
        """Make the sender's live lock last ``lock_days`` from now, which may not be fewer than it was given for."""
        return self.write(sender, key or self.fresh_key("extend"), "extend", lock_days)

    def poke(self, sender: Sender, account: str, key: str | None = None) -> Receipt | None:
        """End the era of a lock that is over; does nothing if it has already ended."""
        return self.write(
            sender,
            key or self.fresh_key("poke"),
            "poke",
            account,
            holds=lambda: self._is_poked(account),
        )

    def redeem(self, sender: Sender, gm: int, key: str | None = None) -> Receipt | None:
        """Redeem ``gm`` free gmFLOCK for FLOCK, seven days after the lock was poked."""
        return self.write(sender, key or self.fresh_key("redeem"), "redeem", gm)

    def set_operator(self, sender: Sender, operator: str, key: str | None = None) -> Receipt | None:
        """Authorise the one key that can act on tasks for the sender: the first one at once, others after a delay."""
        return self.write(sender, key or self.fresh_key("set_operator"), "setOperator", operator)

    # --- Stake on tasks ---

    def allocate(self, sender: Sender, task: int, gm: int, key: str | None = None) -> Receipt | None:
        """Stake ``gm`` of the sender's free gmFLOCK on a task."""
        return self.write(sender, key or self.fresh_key("allocate"), "allocate", task, gm)

    def deallocate(self, sender: Sender, task: int, gm: int, key: str | None = None) -> Receipt | None:
        """Remove ``gm`` from a task that does not hold it."""
        return self.write(sender, key or self.fresh_key("deallocate"), "deallocate", task, gm)

    # --- Delegation ---

    def set_pool(
        self, sender: Sender, task: int, commission_bps: int, *, is_open: bool, key: str | None = None
    ) -> Receipt | None:
        """Whether the sender accepts delegation on a task, and its commission."""
        return self.write(sender, key or self.fresh_key("set_pool"), "setPool", task, commission_bps, is_open)

    def delegate_to(
        self,
        sender: Sender,
        operator: str,
        task: int,
        gm: int,
        max_commission_bps: int,
        key: str | None = None,
    ) -> Receipt | None:
        """Delegate ``gm`` of the sender's free gmFLOCK to ``operator``, if its commission is at most the maximum."""
        arguments = operator, task, gm, max_commission_bps
        return self.write(sender, key or self.fresh_key("delegate"), "delegateTo", *arguments)

    def undelegate(
        self, sender: Sender, operator: str, task: int, gm: int, key: str | None = None
    ) -> Receipt | None:
        """Start to withdraw ``gm`` from a pool; ``collect`` collects it after the cool-down."""
        return self.write(sender, key or self.fresh_key("undelegate"), "undelegate", operator, task, gm)

    def collect(
        self, sender: Sender, delegator: str, operator: str, task: int, key: str | None = None
    ) -> Receipt | None:
        """Bring what has left a pool into the delegator's position, or queue it behind the operator's duty; anyone
        may.
        """
        return self.write(sender, key or self.fresh_key("collect"), "collect", delegator, operator, task)

    def redelegate(
        self,
        sender: Sender,
        source: tuple[str, int],
        target: tuple[str, int],
        gm: int,
        max_commission_bps: int,
        key: str | None = None,
    ) -> Receipt | None:
        """Move ``gm`` between pools, each an operator and a task; the first task must have ended."""
        arguments = *source, *target, gm, max_commission_bps
        return self.write(sender, key or self.fresh_key("redelegate"), "redelegate", *arguments)

    def sync(
        self, sender: Sender, delegator: str, operator: str, task: int, key: str | None = None
    ) -> Receipt | None:
        """Write the slashes of a pool into a delegator's record and votes; anyone may."""
        return self.write(sender, key or self.fresh_key("sync"), "sync", delegator, operator, task)

    def _is_poked(self, account: str) -> bool:
        position = self.position_of(account)
        return position.lock_days == 0 and position.unlock_at != 0


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
