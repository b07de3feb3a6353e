"""Contract wallets: they verify their signatures themselves (EIP-1271), also before they are made (EIP-6492)."""

import re

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from flock.chain.client import Client
from flock.chain.rpc import RpcRefused
from flock.errors import ContractRefused

IS_VALID_SIGNATURE = bytes.fromhex("1626ba7e")
"""The selector of isValidSignature(bytes32,bytes), and what it returns for a valid one."""

MADE_FIRST = bytes.fromhex("6492" * 16)
"""What the signature of a wallet ends with that its factory has yet to make (EIP-6492)."""

MOST_GAS = 5_000_000
"""The account that signs in chooses the contract, so its gas is limited to the cost of verifying a signature."""

BROKEN_OFF = re.compile("gas|opcode|EVM error|jump|stack", re.IGNORECASE)
"""How nodes report calls that failed without a revert."""

NOTHING, ONE_WORD = bytes.fromhex("6000"), bytes.fromhex("6020")
CODECOPY, GAS, CALL, STATICCALL, RETURN = b"\x39", b"\x5a", b"\xf1", b"\xfa", b"\xf3"
MUL, POP, MLOAD, MSTORE = b"\x02", b"\x50", b"\x51", b"\x52"


def contract_accepts(client: Client, account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the contract ``account`` accepts ``signature`` of the 32 bytes ``digest`` as its own.

    False for an account that is not a contract, unless the signature says who would make it one: then it is made for
    the length of the question. Raises RpcUnavailable.
    """
    if not signature.endswith(MADE_FIRST):
        return _says_yes(client, account, _question(digest, signature))
    try:
        factory, order, inner = decode(["address", "bytes", "bytes"], signature[: -len(MADE_FIRST)])
    except (DecodingError, OverflowError):
        return False
    question = _question(digest, inner)
    return _says_yes(client, account, question) or _says_yes(
        client, None, made_first(factory, order, account, question)
    )


def made_first(factory: str, order: bytes, account: str, question: bytes) -> bytes:
    """A program that calls ``factory`` with ``order``, then ``account`` with ``question``, and returns the answer.

    It is run as the code of a contract's creation, which a call without receiver executes and forgets. The answer is
    zero if the account gives none; it is kept where neither text has been, as who signs in has written one of them.
    """
    answer = _push(max(len(order), len(question)))
    make = (
        *(NOTHING, NOTHING, _push(len(order)), NOTHING, NOTHING),  # no answer wanted, the order, no ETH
        *(_push_address(factory), GAS, CALL, POP),
    )
    ask = (
        *(ONE_WORD, answer, _push(len(question)), NOTHING, _push_address(account), GAS, STATICCALL),
        *(answer, MLOAD, MUL, answer, MSTORE),  # what a call that failed left there is no answer
        *(ONE_WORD, answer, RETURN),
    )
    begin = len(b"".join((_copied(0, order), *make, _copied(0, question), *ask)))
    program = (_copied(begin, order), *make, _copied(begin + len(order), question), *ask)
    return b"".join((*program, order, question))


def _copied(start: int, data: bytes) -> bytes:
    """Puts ``data``, which lies at ``start`` of the program, at the beginning of the memory."""
    return _push(len(data)) + _push(start) + NOTHING + CODECOPY


def _push(number: int) -> bytes:
    return b"\x63" + number.to_bytes(4)


def _push_address(account: str) -> bytes:
    return b"\x73" + _address(account)


def _address(account: str) -> bytes:
    return bytes.fromhex(account[2:])


def _question(digest: bytes, signature: bytes) -> bytes:
    return IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])


def _says_yes(client: Client, receiver: str | None, data: bytes) -> bool:
    try:
        answer = client.call(receiver, data, gas=MOST_GAS)
    except ContractRefused:
        return False
    except RpcRefused as problem:
        if BROKEN_OFF.search(problem.text):
            return False
        raise
    return answer == IS_VALID_SIGNATURE.ljust(32, b"\0")
