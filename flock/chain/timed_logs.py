"""Logs with the time of their blocks, whether or not the endpoint says it with its logs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flock.chain.client import Client, Log, parse_block
from flock.chain.rpc import Call, RpcRefused

A_BATCH = 200


def timed(client: Client, logs: Sequence[Log]) -> Iterator[Log]:
    """The logs, each with its block's timestamp: as the endpoint said with the log, or else as the block says.

    Raises RpcUnavailable.
    """
    missing = sorted({log.block for log in logs if log.time is None})
    times: dict[int, int] = {}
    for start in range(0, len(missing), A_BATCH):
        times |= _times(client, missing[start : start + A_BATCH])
    for log in logs:
        yield log if log.time is not None else replace(log, time=times[log.block])


def _times(client: Client, blocks: Sequence[int]) -> dict[int, int]:
    calls: list[Call] = [("eth_getBlockByNumber", [hex(number), False]) for number in blocks]
    answers = client.rpc.batch(calls)
    refused = next((answer for answer in answers if isinstance(answer, RpcRefused)), None)
    if refused is not None:
        raise refused
    return {number: parse_block(answer).timestamp for number, answer in zip(blocks, answers, strict=True)}
