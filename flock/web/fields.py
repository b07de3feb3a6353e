"""Types of request and response fields that all services share."""

from typing import Annotated

from eth_utils.address import is_address, to_checksum_address
from fastapi import Path, Query
from pydantic import AfterValidator, Field, PlainSerializer

LARGEST_INTEGER = 2**63 - 1


def _checksummed(text: str) -> str:
    if not is_address(text):
        raise ValueError(
            "give an account as 0x and 40 hexadecimal digits, with the checksum's capitals or none"
        )
    return to_checksum_address(text)


def _hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()


Account = Annotated[str, AfterValidator(_checksummed)]
TaskId = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
TaskPath = Annotated[TaskId, Path(description="Task id")]
RoundPath = Annotated[int, Path(ge=1, le=65_535, description="Round number, from 1")]
AccountPath = Annotated[Account, Path(description="Ethereum address")]
# 78 digits do not fit JSON numbers everywhere: amounts travel as decimal text.
Wei = Annotated[int, PlainSerializer(str, return_type=str), Field(description="wei, as decimal text")]
Digest = Annotated[
    bytes, PlainSerializer(_hexadecimal, return_type=str), Field(description="0x and 64 digits")
]
PageSize = Annotated[int, Query(ge=1, le=1000)]
