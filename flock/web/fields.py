"""Types of request and response fields that all services share."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from flock.amounts import WEI
from flock.chain.addresses import parse_address

LARGEST_INTEGER = 2**63 - 1

# In the examples of the OpenAPI document.
EXAMPLE_CID = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
EXAMPLE_ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
EXAMPLE_DIGEST = "0x" + "5f" * 32


def _hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()


Account = Annotated[str, AfterValidator(parse_address)]
# What is given of amounts; what is answered is an Amount.
Units = Annotated[
    str,
    BeforeValidator(WEI.parse_text),
    Field(description="decimal text, in units of 1e-18", json_schema_extra={"pattern": "^[0-9]{1,40}$"}),
]
TaskId = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
TaskPath = Annotated[TaskId, Path(description="Task id")]
RoundPath = Annotated[int, Path(ge=1, le=65_535, description="Round number, from 1")]
AccountPath = Annotated[Account, Path(description="Ethereum address")]
# 78 digits do not fit JSON numbers everywhere: amounts travel as decimal text.
Amount = Annotated[int, PlainSerializer(str, return_type=str), Field(description="decimal text")]
Digest = Annotated[
    bytes, PlainSerializer(_hexadecimal, return_type=str), Field(description="0x and 64 digits")
]


def seconds_of(moment: int | datetime) -> int:
    """A moment as the chain has it: Unix seconds."""
    return moment if isinstance(moment, int) else int(moment.timestamp())


class Page(BaseModel):
    """Which part of a list: what comes after an id or number, and how much of it. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="The last one of the page before")] = 0
    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most")] = 100
