"""The products that share in the emissions: each has a board on the chain, and a rule that makes points of work."""

from collections.abc import Callable, Mapping

from flock.protocol.alliance.pay_rule import AlliancePay
from flock.protocol.economy.pay_rule import PayRule

PAY_RULES: Mapping[str, Callable[[], PayRule]] = {"alliance_rounds": AlliancePay}
"""The board, by its name in the address book → what makes its rule."""
