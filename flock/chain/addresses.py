"""Addresses as people and programs write them."""

from eth_typing import ChecksumAddress
from eth_utils.address import (
    is_checksum_address,
    is_checksum_formatted_address,
    is_hex_address,
    to_checksum_address,
)


def parse_address(text: str) -> ChecksumAddress:
    """The address in checksum capitals (EIP-55). Raises ValueError with what is wrong with it."""
    if not is_hex_address(text):
        raise ValueError("give an account as 0x and 40 hexadecimal digits")
    if is_checksum_formatted_address(text) and not is_checksum_address(text):
        raise ValueError("the account's capitals do not match its checksum: look for a typing error")
    return to_checksum_address(text)
