"""What members' transactions cost on a chain, against what docs/costs.md is made of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from bench.costs import measured
from tests.node.arena import PROPOSERS, Arena


def test_a_round_costs_the_gas_that_the_page_says(arena: Arena) -> None:
    """In a task's second round, as the snapshots are; of the acts that begin or end a phase only reveals."""
    for _ in range(2):
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        arena.vote()
        arena.finish()
    arena.open_round()
    leaver = arena.at(0)
    arena.contracts.alliance_rounds.leave(leaver.context.sender, arena.task, leaver.account)
    spent, said = gas_by_function(arena), measured()
    found = {
        "approve": spent["approve"][-1],
        "create": spent["create"][0],
        "stake": spent["allocate"][-1],
        "join": spent["join"][-1],
        "propose": spent["propose"][PROPOSERS],
        "attest": spent["attest"][-2],
        "commit": spent["commitVote"][-2],
        "reveal, first": spent["revealVotes"][-3],
        "reveal": spent["revealVotes"][-2],
        "reveal, last": spent["revealVotes"][-1],
        "leave": spent["leave"][0],
    }
    assert found == {name: pytest.approx(said[name], rel=0.03) for name in found}


def gas_by_function(arena: Arena) -> Mapping[str, Sequence[int]]:
    """Gas of all transactions so far to the contracts, in their order."""
    contracts, rpc = arena.contracts, arena.contracts.client.rpc
    bindings = (contracts.alliance_rounds, contracts.staking, contracts.token, contracts.task_manager)
    names = {
        (binding.address.lower(), f"0x{item.selector.hex()}"): item.name
        for binding in bindings
        for item in binding.abi.functions.values()
    }
    spent = defaultdict(list)
    for number in range(1, int(rpc.request("eth_blockNumber"), 16) + 1):
        for sent in rpc.request("eth_getBlockByNumber", hex(number), True)["transactions"]:
            name = names.get((sent["to"], sent["input"][:10]))
            if name is not None:
                receipt = rpc.request("eth_getTransactionReceipt", sent["hash"])
                spent[name].append(int(receipt["gasUsed"], 16))
    return spent
