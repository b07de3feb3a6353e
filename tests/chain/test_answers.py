"""What endpoints say, in their own words, and what flock understands."""

import itertools

import pytest

from flock.chain import rpc as module
from flock.chain.answers import Meaning, meaning_of
from flock.chain.client import Client, all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.learned_width import LearnedWidth
from flock.chain.rpc import ATTEMPTS, RpcRefused
from flock.chain.scanner import Batch, Scanner
from flock.chain.sending.fees import MARKET, USUAL_TIP, prices
from flock.chain.simulation import simulate
from flock.errors import EXIT_MISCONFIGURED, EXIT_TRANSIENT, RpcUnavailable
from flock.store.checkpoint import ProcessedBlock
from tests.chain.proxy import Call, Fault, Proxy, error, raw, result
from tests.chain.test_client import connected

BUSY, TRANSIENT, TOO_SLOW, TOO_WIDE = Meaning.BUSY, Meaning.TRANSIENT, Meaning.TOO_SLOW, Meaning.TOO_WIDE
NO_STATE, NO_METHOD, REVERTED, PERMANENT, UNKNOWN = (
    Meaning.NO_STATE,
    Meaning.UNKNOWN_METHOD,
    Meaning.REVERTED,
    Meaning.PERMANENT,
    Meaning.UNKNOWN,
)


@pytest.mark.parametrize(
    ("code", "text", "meaning"),
    [
        # geth
        (3, "execution reverted: too many requests", REVERTED),
        (-32000, "execution reverted", REVERTED),
        (-32000, "header not found", TRANSIENT),
        (-32000, "missing trie node 0c3e (path 07) state 0x1f is not available", NO_STATE),
        (-32000, "required historical state unavailable (reexec=128)", NO_STATE),
        (-32000, "historical state 0c3e is not available", NO_STATE),
        (-32602, "invalid block range params", TOO_WIDE),
        (-32000, "transaction type not supported", NO_METHOD),
        (-32000, "transaction indexing is in progress", TRANSIENT),
        (-32000, "finalized block not found", UNKNOWN),
        (-32602, "block range extends beyond current head block", TRANSIENT),
        (-32601, "the method eth_simulateV1 does not exist/is not available", NO_METHOD),
        (-32602, "exceed maximum block range: 50000", TOO_WIDE),
        (-32602, "invalid argument 0: hex string without 0x prefix", PERMANENT),
        (-32002, "request timed out", TOO_SLOW),
        # erigon
        (-32000, "block not found: 26000000", TRANSIENT),
        (-32000, "query block range exceeds server limit", TOO_WIDE),
        (-32000, "old data not available due to pruning", NO_STATE),
        (-32000, "the method eth_simulateV1 does not exist", NO_METHOD),
        # nethermind
        (-32015, "VM execution error.", REVERTED),
        (-32005, "Too many logs requested. Max logs per response is 20000.", TOO_WIDE),
        (-32001, "Receipt not available", TRANSIENT),
        (-32002, "No state available for block 0x1f", NO_STATE),
        (-32601, "Method eth_simulateV1 is not supported", NO_METHOD),
        # besu
        (-32000, "World state unavailable", NO_STATE),
        (-32005, "Requested range exceeds maximum RPC range limit", TOO_WIDE),
        (-32604, "Method not enabled", NO_METHOD),
        (-32000, "Execution reverted", REVERTED),
        (-39001, "Unknown block", UNKNOWN),  # what it says of `finalized` where nothing is
        # reth
        (-32602, "query exceeds max block range 100000", TOO_WIDE),
        (-32602, "query exceeds max results 20000, retry with the range 1-99", TOO_WIDE),
        (-32000, "block not found: 0x1f", TRANSIENT),
        (-32000, "state at block #12 is pruned", NO_STATE),
        # Anvil
        (-32601, "Method not found", NO_METHOD),
        (3, "execution reverted: custom error 0x0a", REVERTED),
        # Alchemy
        (429, "Your app has exceeded its compute units per second capacity.", BUSY),
        (429, "Monthly capacity limit exceeded.", PERMANENT),
        (
            -32600,
            "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
            TOO_WIDE,
        ),
        (-32602, "Log response size exceeded. This block range should work: [0x0, 0x1]", TOO_WIDE),
        (-32600, "Unsupported method: eth_foo on ETH_MAINNET.", NO_METHOD),
        (-32600, "Must be authenticated!", PERMANENT),
        (-32600, "eth_simulateV1 is unsupported on this network", NO_METHOD),
        # Infura
        (-32602, "range 1000000 exceeds limit of 10000", TOO_WIDE),
        (
            -32000,
            "One of the blocks specified in filter (fromBlock, …) cannot be found.",
            TRANSIENT,
        ),
        (-32005, "query returned more than 10000 results", TOO_WIDE),
        (-32005, "daily request count exceeded, request rate limited", BUSY),
        (-32005, "project ID request rate exceeded", BUSY),
        (-32004, "The method eth_foo is not supported", NO_METHOD),
        (401, "invalid project id", PERMANENT),
        # QuickNode
        (-32007, "50/second request limit reached - reduce calls per second or upgrade", BUSY),
        (-32614, "eth_getLogs is limited to a 10,000 range", TOO_WIDE),
        (-32615, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range", TOO_WIDE),
        (-32012, "credits limited to 6000/sec", BUSY),
        # Base, and others behind the same proxy
        (-32016, "over rate limit", BUSY),
        (-32097, "rate limited", BUSY),
        (-32090, "Too many requests, retry after 10s", BUSY),
        (0, "Too Many Requests", BUSY),
        # OpenEthereum
        (-32000, "This request is not supported because your node is running with state pruning.", NO_STATE),
        # anybody
        (404, "HTTP 404", NO_METHOD),
        (405, "HTTP 405", NO_METHOD),
        (-32602, "eth_maxPriorityFeePerGas is unsupported", NO_METHOD),
        (403, "no", PERMANENT),
        (413, "no", TOO_WIDE),
        (503, "no", BUSY),
        (-32000, "backend is down", UNKNOWN),
    ],
)
def test_an_error_means_the_same_at_every_provider(code: int, text: str, meaning: Meaning) -> None:
    assert meaning_of(code, text) is meaning


@pytest.mark.parametrize(
    ("code", "text", "exit_code"),
    [
        (-32000, "backend is down", EXIT_TRANSIENT),
        (-32016, "over rate limit", EXIT_TRANSIENT),
        (-32601, "Method not found", EXIT_MISCONFIGURED),
        (-32600, "invalid api key", EXIT_MISCONFIGURED),
        (-32000, "missing trie node 0c3e (path )", EXIT_MISCONFIGURED),
    ],
)
def test_only_what_may_pass_is_worth_another_try(code: int, text: str, exit_code: int) -> None:
    assert RpcRefused("It refused.", code, text, None).exit_code == exit_code


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    paused: list[float] = []
    monkeypatch.setattr(module.time, "sleep", paused.append)
    return paused


RATE_LIMITS = [
    error(429, "slow down"),
    error(-32005, "project ID request rate exceeded"),
    error(-32007, "50/second request limit reached"),
    error(-32016, "over rate limit"),
    error(-32097, "no"),
    error(-32000, "Too many requests"),
]


class TestRateLimits:
    """Told in an answer of status 200, they are waited for as HTTP 429 is."""

    @pytest.mark.parametrize("limit", RATE_LIMITS)
    def test_are_waited_for(self, proxy: Proxy, pauses: list[float], limit: Fault) -> None:
        proxy.lay("eth_chainId", limit, limit)
        with connected(proxy.url, 31337) as client:
            assert client.chain_id == 31337
        assert pauses == [0.125, 0.25]

    def test_within_a_batch_too(self, proxy: Proxy, pauses: list[float]) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_gasPrice", *[error(-32016, "over rate limit")] * 3)
            chain_id, price = client.rpc.batch([("eth_chainId", []), ("eth_gasPrice", [])])
            assert (chain_id, int(price, 16) > 0, len(pauses)) == ("0x7a69", True, 2)

    def test_do_not_narrow_the_range_of_logs(
        self, contracts: Contracts, proxy: Proxy, pauses: list[float]
    ) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_getLogs", *[error(-32005, "request rate exceeded")] * 3)
            list(all_logs(client, [contracts.book.staking], 0, 10))
            assert client.log_range.now == 10_000

    def test_that_last_are_told(self, proxy: Proxy, pauses: list[float]) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_chainId", *[error(-32016, "over rate limit")] * 4)
            with pytest.raises(RpcRefused, match="over rate limit") as told:
                client.rpc.request("eth_chainId")
            assert told.value.exit_code == EXIT_TRANSIENT


class TestRefusedBatches:
    @pytest.mark.parametrize(
        "refusal",
        [
            raw(200, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'),
            raw(400, b'{"error":{"code":-32600,"message":"batch of 2 exceeds the limit of 1"}}'),
            raw(405, b"<html>Method Not Allowed</html>"),
            raw(413, b""),
            raw(500, b"<html>Internal Server Error</html>"),
            raw(200, b"[]"),
            raw(200, b'[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}]'),
            error(-32600, "batch requests are not supported"),
        ],
    )
    def test_are_asked_one_by_one(self, proxy: Proxy, refusal: Fault) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_chainId", refusal)
            proxy.lay("eth_gasPrice", *([refusal] if "error" in refusal.__qualname__ else []))
            chain_id, price = client.rpc.batch([("eth_chainId", []), ("eth_gasPrice", [])])
            assert (chain_id, price[:2]) == ("0x7a69", "0x")

    def test_are_remembered(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.refuses_batches = True
            client.rpc.batch([("eth_chainId", [])] * 4)
            client.rpc.batch([("eth_chainId", [])] * 4)
            assert client.rpc._batch_size.now == 1

    def test_may_be_answered_in_part_and_in_any_order(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.spoils_batches = lambda answers: answers[::-1][1:]
            chain_id, price, number = client.rpc.batch(
                [("eth_chainId", []), ("eth_gasPrice", []), ("eth_blockNumber", [])]
            )
        assert (chain_id, int(price, 16) > 0, int(number, 16) >= 0) == ("0x7a69", True, True)


MISSING = [
    error(-32601, "the method does not exist/is not available"),
    error(-32600, "Unsupported method"),
    error(-32602, "it is unsupported"),
    error(-32000, "method is disabled"),
    raw(404, b"<html>Not Found</html>"),
    raw(405, b""),
]


@pytest.mark.parametrize("lack", MISSING)
class TestMethodsThatAreNotThere:
    """What flock can do without, it does without, however the endpoint says that it lacks it."""

    def test_the_tip(self, proxy: Proxy, lack: Fault) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_maxPriorityFeePerGas", lack, lack)
            block, tip = client.rpc.batch(MARKET)
            assert prices(client, block, tip)[1:] == (USUAL_TIP, False)

    def test_the_version(self, proxy: Proxy, lack: Fault) -> None:
        with connected(proxy.url) as client:
            proxy.lay("web3_clientVersion", lack)
            assert client.version == "unknown"

    def test_the_simulation(self, contracts: Contracts, proxy: Proxy, lack: Fault) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_simulateV1", lack)
            assert simulate(client, contracts.book.staking, [], []).after is None


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_wrong_address_is_the_operators_to_correct(proxy: Proxy, status: int) -> None:
    proxy.lay("eth_chainId", raw(status, b"<html>no</html>"))
    with pytest.raises(RpcUnavailable, match="no JSON-RPC: check the address") as told:
        Client(proxy.url)
    assert told.value.exit_code == EXIT_MISCONFIGURED


def test_state_that_is_pruned_takes_an_archive_node(proxy: Proxy, pauses: list[float]) -> None:
    with connected(proxy.url) as client:
        proxy.lay("eth_call", *[error(-32000, "missing trie node 0c3e (path )")] * ATTEMPTS)
        with pytest.raises(
            RpcRefused, match="keeps no state of blocks that old: use an archive node"
        ) as told:
            client.call("0x" + "11" * 20, b"", block=1)
    assert told.value.exit_code == EXIT_MISCONFIGURED


def test_a_node_that_is_a_block_behind_the_one_asked_before_is_asked_again(
    contracts: Contracts, proxy: Proxy
) -> None:
    """Behind one address are nodes that do not have each block at the same moment."""
    with connected(proxy.url) as client:
        scanner = Scanner(client, [contracts.book.access_manager], 0)
        proxy.lay("eth_getBlockByNumber", *[forwarded] * 3, result(None), result(None))
        assert scanner.next([]) is None
        assert isinstance(scanner.next([]), Batch)


def forwarded(proxy: Proxy, call: Call) -> Call:
    return proxy.forward(call)


def limited_to(blocks: int) -> Fault:
    def fault(proxy: Proxy, call: Call) -> Call:
        asked = call["params"][0]
        if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= blocks:
            return error(-32600, f"up to a {blocks} block range")(proxy, call)
        return {"jsonrpc": "2.0", "id": call["id"], "result": []}

    return fault


class TestWidth:
    @pytest.mark.parametrize("limit", [1, 7, 10, 500, 2_000, 10_000])
    def test_that_works_is_found_and_kept(self, limit: int) -> None:
        """Nearly as few requests as if the limit were known."""
        width, asked, refused, block = LearnedWidth(10_000), 0, 0, 0
        while block < 18_000:
            asked, wanted = asked + 1, width.now
            if wanted > limit:
                refused += 1
                width.refuse(wanted)
            else:
                width.fits(wanted)
                block += wanted
        assert asked <= 1.15 * 18_000 / limit + 20
        assert refused <= 20 + asked // 20

    def test_grows_again_now_and_then(self) -> None:
        width = LearnedWidth(1_000)
        while width.now > 10:
            width.refuse(width.now)
        for _ in range(200):
            width.fits(width.now)
        assert width.now > 500

    def test_of_logs_is_shared_by_all_who_read_the_chain(self, contracts: Contracts, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_getLogs", *itertools.repeat(limited_to(10), 400))
            list(all_logs(client, [contracts.book.staking], 0, 2_000))
            assert proxy.seen.count("eth_getLogs") < 260
            assert client.log_range.now < 20

    def test_of_ten_blocks_a_scan_that_was_killed_goes_on_where_it_was(
        self, contracts: Contracts, proxy: Proxy
    ) -> None:
        """Each step is one that fits, so what was read is never read again."""
        contracts.client.rpc.request("anvil_mine", hex(40))
        proxy.lay("eth_getLogs", *itertools.repeat(limited_to(10), 400))
        marks: list[ProcessedBlock] = []
        for _ in range(3):
            with connected(proxy.url) as client:  # one that has learned nothing yet
                step = Scanner(client, [contracts.book.access_manager], 0).next(marks)
                assert isinstance(step, Batch)
                assert not marks or step.mark.number in range(marks[0].number + 1, marks[0].number + 11)
                marks.insert(0, step.mark)

    def test_of_the_scanner_gives_way_to_answers_without_end(
        self, contracts: Contracts, proxy: Proxy
    ) -> None:
        with connected(proxy.url) as client:
            client.rpc.largest_answer = 50_000
            proxy.lay("eth_getLogs", result("0x" + "00" * 50_000))
            batch = Scanner(client, [contracts.book.access_manager], 0).next([])
            assert isinstance(batch, Batch)
            assert client.log_range.now < 10_000
