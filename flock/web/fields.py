"""Types of request and response fields that all services share."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from flock.chain.addresses import parse_address

LARGEST_INTEGER = 2**63 - 1

# In the examples of the OpenAPI document.
EXAMPLE_CID = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
EXAMPLE_ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
EXAMPLE_DIGEST = "0x" + "5f" * 32


def _hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()


Account = Annotated[str, AfterValidator(parse_address)]
TaskId = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
TaskPath = Annotated[TaskId, Path(description="Task id")]
RoundPath = Annotated[int, Path(ge=1, le=65_535, description="Round number, from 1")]
AccountPath = Annotated[Account, Path(description="Ethereum address")]
# 78 digits do not fit JSON numbers everywhere: amounts travel as decimal text.
Amount = Annotated[int, PlainSerializer(str, return_type=str), Field(description="decimal text")]
Digest = Annotated[
    bytes, PlainSerializer(_hexadecimal, return_type=str), Field(description="0x and 64 digits")
]


class Page(BaseModel):
    """Which part of a list: what comes after an id or number, and how much of it. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="The last one of the page before")] = 0
    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most")] = 100
