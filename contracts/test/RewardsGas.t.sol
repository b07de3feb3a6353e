// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RewardTree } from "./RewardTree.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

/// @notice What rewards cost: whole transactions, storage cold (foundry.toml: isolate). The tree has 16,384 accounts, a
/// proof 14 hashes; amounts fill nine or ten bytes, as real amounts do after divisions.
contract RewardsGasTest is RewardsBase {
    using RewardTree for bytes32[];

    string private constant GROUP = "rewards";
    uint256 private constant ACCOUNTS = 16_384;
    uint256 private constant MANY = 100;
    /// @dev Indices of the accounts that claim; delegators have nothing that vests.
    uint256 private constant OPERATOR = 5_000;
    uint256 private constant DELEGATOR = 5_001;
    uint256 private constant FIRST_OF_MANY = 17;
    uint256 private constant STEP = 163;

    function test_gas_ofClaims() public {
        fund(100_000_000e18);
        bytes32[] memory tree = _serve(1, 1);
        _claim(OPERATOR, 1, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim, first, with a stream");
        _claim(DELEGATOR, 1, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim, first, delegator");
        _claimMany(0, MANY, 1, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim many, first, 100");
        tree = _serve(2, 1);
        _claim(OPERATOR, 2, 1, tree);
        assertAtMost(vm.snapshotGasLastCall(GROUP, "claim, repeat"), 57_000, "claim");
        _claim(DELEGATOR, 2, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim, repeat, delegator");
        _claimMany(0, 2, 2, 1, tree);
        assertAtMost(vm.snapshotGasLastCall(GROUP, "claim many, repeat, 2"), 2 * 53_000, "two claims");
        _claimMany(2, 10, 2, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim many, repeat, 10");
        _claimMany(12, MANY - 12, 2, 1, tree);
        vm.snapshotGasLastCall(GROUP, "claim many, repeat, 88");
        tree = _serve(3, 2);
        _claim(OPERATOR, 3, 2, tree);
        vm.snapshotGasLastCall(GROUP, "claim, repeat, with a stream");
    }

    function test_gas_ofStreams() public {
        access.grantRole(STREAMER_ROLE, address(this), 0);
        give(address(this), 100e18);
        token.approve(address(vesting), 100e18);
        vesting.open(settler, 30e18 + 1);
        give(settler, 1);
        passDays(10);
        vesting.open(settler, 30e18 + 1);
        vesting.release(settler);
        passDays(10);
        vesting.release(settler);
        vm.snapshotGasLastCall(GROUP, "release, two streams");
        passDays(10);
        vesting.release(settler);
        passDays(5);
        vesting.release(settler);
        vm.snapshotGasLastCall(GROUP, "release, one stream");
    }

    function test_gas_ofRoots() public {
        emitDay(1_000_000e18);
        deposit(settler, 10 * BOND);
        deposit(challenger, 10 * BOND);
        _post(1);
        vm.snapshotGasLastCall(GROUP, "post root, the first");
        nextDay();
        _post(2);
        nextDay();
        _post(3);
        assertAtMost(vm.snapshotGasLastCall(GROUP, "post root, serving the last"), 120_000, "post");
        nextDay();
        settlement.activate();
        vm.snapshotGasLastCall(GROUP, "activate");
        uint256 id = _post(4);
        vm.snapshotGasLastCall(GROUP, "post root, none pending");
        vm.prank(challenger);
        settlement.dispute(id, keccak256("evidence"));
        vm.snapshotGasLastCall(GROUP, "dispute");
        settlement.resolve(id, true);
        vm.snapshotGasLastCall(GROUP, "resolve");
    }

    function test_gas_ofEmissions() public {
        stakedTask(100);
        passDays(1);
        emissions.emitDue();
        passDays(1);
        emissions.emitDue();
        vm.snapshotGasLastCall(GROUP, "emit, 1 task");
        for (uint256 i = 0; i < 7; ++i) {
            stakedTask(100);
        }
        passDays(1);
        emissions.emitDue();
        vm.snapshotGasLastCall(GROUP, "emit, 8 tasks");
        passDays(30);
        emissions.emitDue();
        vm.snapshotGasLastCall(GROUP, "emit, 8 tasks, 30 days");
        for (uint256 i = 0; i < 56; ++i) {
            stakedTask(100);
        }
        passDays(9);
        emissions.emitDue();
        vm.snapshotGasLastCall(GROUP, "emit, 64 tasks, 8 days");
    }

    // --- Steps ---

    /// @dev Cumulative amounts after `liquid` and `toVest` equal settlements.
    function _earnedBy(uint256 place, uint256 liquid, uint256 toVest) private pure returns (Earned memory) {
        uint256 amount = 1_234.567890123456789e18 + place * 1e15 + 7;
        uint256 later = place == DELEGATOR ? 0 : toVest * (amount / 3);
        return Earned(member(place), uint128(liquid * amount), uint128(later));
    }

    function _serve(uint256 liquid, uint256 toVest) private returns (bytes32[] memory tree) {
        bytes32[] memory leaves = new bytes32[](ACCOUNTS);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            leaves[i] = _leaf(i, liquid, toVest);
        }
        tree = leaves.build();
        serve(tree[0]);
    }

    /// @dev Frees the memory it takes, as thousands of leaves would need too much.
    function _leaf(uint256 place, uint256 liquid, uint256 toVest) private view returns (bytes32 leaf) {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        Earned memory e = _earnedBy(place, liquid, toVest);
        leaf = keccak256(abi.encode(block.chainid, address(distributor), e.account, e.liquid, e.vesting));
        leaf = keccak256(bytes.concat(leaf));
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    function _claim(uint256 place, uint256 liquid, uint256 toVest, bytes32[] memory tree) private {
        claim(_earnedBy(place, liquid, toVest), tree.proofOf(place));
    }

    /// @dev For `count` accounts spread over the tree of MANY.
    function _claimMany(uint256 first, uint256 count, uint256 liquid, uint256 toVest, bytes32[] memory tree)
        private
    {
        uint256[] memory places = new uint256[](count);
        Earned[] memory earned = new Earned[](count);
        for (uint256 i = 0; i < count; ++i) {
            places[i] = FIRST_OF_MANY + (first + i) * STEP;
            earned[i] = _earnedBy(places[i], liquid, toVest);
        }
        claimMany(earned, tree.multiproofOf(places));
    }

    function _post(uint256 number) private returns (uint256 id) {
        bytes32 tree = keccak256(abi.encode("tree", number));
        vm.prank(settler);
        return
            settlement.post(keccak256(abi.encode(number)), tree, uint128(number * 123_456e18 + 89), today());
    }
}
