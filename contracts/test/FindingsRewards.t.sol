// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { RewardDistributor } from "../src/RewardDistributor.sol";
import { IRewardDistributor } from "../src/interfaces/IRewardDistributor.sol";
import { ISettlement } from "../src/interfaces/ISettlement.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

/// @notice The findings that concern emission, roots, claims, streams and bonds.
contract FindingsRewardsTest is RewardsBase {
    using RewardTree for bytes32[];

    // --- Claims ---

    function test_F04_AClaimCannotBeRepeated() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        claim(all[3], tree.proofOf(3));
        expectError(IRewardDistributor.NothingToClaim.selector, member(3));
        claim(all[3], tree.proofOf(3));
        serve(keccak256("another"));
        serve(tree[0]);
        expectError(IRewardDistributor.NothingToClaim.selector, member(3));
        claim(all[3], tree.proofOf(3));
    }

    function test_F11_AStrangersClaimPaysTheAccountAlone() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        bytes32[] memory proof = tree.proofOf(3);
        vm.prank(stranger);
        distributor.claim(member(3), all[3].liquid, all[3].vesting, proof);
        assertEq(token.balanceOf(member(3)), all[3].liquid, "account");
        assertEq(vesting.streamsOf(member(3)).length, 1, "its stream");
        assertEq(token.balanceOf(stranger), 0, "stranger");
        expectError(IRewardDistributor.WrongProof.selector, stranger);
        vm.prank(stranger);
        distributor.claim(stranger, all[3].liquid, all[3].vesting, proof);
    }

    function test_F25_ClaimsTakeAtMostWhatIsThere() public {
        Earned[] memory all = earnings(2, 1_000);
        bytes32[] memory tree = treeOf(all);
        fund(2_000e18);
        serve(tree[0]);
        claim(all[0], tree.proofOf(0));
        vm.expectRevert();
        claim(all[1], tree.proofOf(1));
        assertEq(token.balanceOf(address(vesting)), 500e18, "the stream of the first");
        fund(2_500e18);
        claim(all[1], tree.proofOf(1));
        assertEq(token.balanceOf(address(distributor)), 0, "held");
    }

    function test_F25_TwoRootsDoNotShareTheSameFunds() public {
        emitDay(1_000e18);
        deposit(settler, 2 * BOND);
        _post(keccak256("first"), 1_000e18);
        nextDay();
        expectError(ISettlement.TotalAboveEmitted.selector, 2_000e18 + 1, 2_000e18);
        _post(keccak256("second"), 2_000e18 + 1);
        _post(keccak256("second"), 2_000e18);
        passDays(1);
        settlement.activate();
        assertEq(token.balanceOf(address(distributor)), 2_000e18, "what was emitted, once");
    }

    function test_F26_OneClaimIsForAllDaysAndTasks() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        claim(all[0], tree.proofOf(0));
        for (uint256 factor = 2; factor < 30; ++factor) {
            (all, tree) = _served(8, factor);
        }
        uint256 gas = gasleft();
        claim(all[7], tree.proofOf(7));
        gas -= gasleft();
        assertEq(token.balanceOf(member(7)), 8 * 29e18, "of 29 days");
        (all, tree) = _served(8, 30);
        uint256 ofOne = gasleft();
        claim(all[6], tree.proofOf(6));
        assertAtMost(gas, ofOne - gasleft() + 2_000, "gas of 29 days");
    }

    function test_F33_AWrongRootReachesNeitherBondsNorStreams() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(1, 100);
        claim(all[0], tree.proofOf(0));
        deposit(settler, BOND);
        Earned[] memory stolen = new Earned[](1);
        stolen[0] = Earned(stranger, uint128(GENESIS), 0);
        serve(treeOf(stolen)[0]);
        vm.expectRevert();
        claim(stolen[0], new bytes32[](0));
        assertEq(token.balanceOf(address(vesting)), 50e18, "streams");
        assertEq(token.balanceOf(address(settlement)), BOND, "bonds");
    }

    function test_F42_AnOldProofIsRefused() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        _served(8, 2);
        expectError(IRewardDistributor.WrongProof.selector, member(3));
        claim(all[3], tree.proofOf(3));
    }

    function test_F42_AProofOfAnotherChainIsRefused() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        bytes32[] memory proof = tree.proofOf(3);
        vm.chainId(8453);
        expectError(IRewardDistributor.WrongProof.selector, member(3));
        claim(all[3], proof);
    }

    function test_F42_AProofOfAnotherDistributorIsRefused() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(8, 1);
        RewardDistributor first = distributor;
        deployRewards(token, true);
        serve(first.root());
        expectError(IRewardDistributor.WrongProof.selector, member(3));
        claim(all[3], tree.proofOf(3));
    }

    /// @dev A leaf is hashed twice, so that an inner node cannot pass for a leaf.
    function test_F42_AnInnerNodeIsNoLeaf() public {
        (, bytes32[] memory tree) = _served(2, 1);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = tree[1];
        expectError(IRewardDistributor.WrongProof.selector, address(uint160(uint256(tree[2]))));
        distributor.claim(address(uint160(uint256(tree[2]))), 0, 0, proof);
        expectError(IRewardDistributor.WrongProof.selector, address(0));
        distributor.claimMany(new address[](1), new uint128[](1), new uint128[](1), proof, new bool[](1));
    }

    // --- Dust ---

    function test_F27_NoDustIsLeftBehind() public {
        stakedTask(1);
        stakedTask(1);
        stakedTask(1);
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET - 1, "what does not divide is not minted");
        assertEq(emissions.emitted(), BUDGET - 1, "emitted");
        assertEq(token.balanceOf(address(emissions)), BUDGET - 1, "held");
    }

    // --- Whose money it is ---

    function test_F01_ADonationEarnsNobodyAnything() public {
        emitDay(5e18);
        give(address(emissions), 77e18);
        give(address(distributor), 77e18);
        give(address(settlement), 77e18);
        assertEq(emissions.emitted(), 5e18, "emitted");
        deposit(settler, BOND);
        expectError(ISettlement.TotalAboveEmitted.selector, 5e18 + 1, 5e18);
        _post(keccak256("root"), 5e18 + 1);
        _post(keccak256("root"), 5e18);
        expectError(ISettlement.BondTooSmall.selector, 0, 1);
        settlement.withdrawBond(1);
    }

    function test_F43_NobodyRescuesRewardsStreamsOrBonds() public {
        _served(2, 1);
        emitDay(BUDGET);
        deposit(settler, BOND);
        bytes4[6] memory guesses = [
            bytes4(keccak256("rescue(address,uint256)")),
            bytes4(keccak256("recoverERC20(address,uint256)")),
            bytes4(keccak256("sweep(address,uint256)")),
            bytes4(keccak256("withdraw(uint256)")),
            IERC20.transfer.selector,
            IERC20.transferFrom.selector
        ];
        address[4] memory holders =
            [address(distributor), address(vesting), address(settlement), address(emissions)];
        for (uint256 i = 0; i < 24; ++i) {
            (bool done,) = holders[i / 6].call(abi.encodeWithSelector(guesses[i % 6], address(token), 1e18));
            assertTrue(!done, "the administrator moved what is others'");
        }
    }

    function test_F03_TheGuardianOnlyParksAndPauses() public {
        deposit(settler, BOND);
        emitDay(10e18);
        _post(keccak256("root"), 10e18);
        vm.prank(guardian);
        settlement.disable(1);
        vm.prank(guardian);
        vm.expectRevert();
        settlement.resolve(1, false);
        vm.prank(guardian);
        vm.expectRevert();
        distributor.serve(keccak256("mine"));
        vm.prank(guardian);
        vm.expectRevert();
        emissions.release(1);
        vm.prank(guardian);
        vm.expectRevert();
        settlement.replace(keccak256("mine"), 0, 0, 0, 0);
        vm.prank(guardian);
        vm.expectRevert();
        emissions.setWeight(1, 1);
    }

    // --- Pauses ---

    function test_F46_EverythingIsPaidWhileAllIsPaused() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(4, 1);
        emitDay(15e18);
        deposit(settler, 2 * BOND);
        deposit(challenger, BOND);
        uint256 lie = _post(keccak256("a lie"), 15e18);
        vm.prank(challenger);
        settlement.dispute(lie, 0);
        _pauseAll();
        claim(all[0], tree.proofOf(0));
        passDays(10);
        vesting.release(member(0));
        claim(all[1], tree.proofOf(1));
        settlement.resolve(lie, false);
        settlement.payTreasury();
        vm.prank(challenger);
        settlement.withdrawBond(BOND + BOND / 2);
        assertEq(token.balanceOf(challenger), BOND + BOND / 2, "challenger");
        _post(keccak256("the truth"), 15e18, FIRST_DAY + 1);
        passDays(1);
        settlement.activate();
        assertEq(distributor.root(), keccak256("the truth"), "root");
    }

    function test_F46_ThePreviousRootIsServedWhileOneIsParked() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(4, 1);
        emitDay(15e18);
        deposit(settler, BOND);
        uint256 id = _post(keccak256("the next"), 15e18);
        vm.prank(guardian);
        settlement.disable(id);
        passDays(10);
        claim(all[2], tree.proofOf(2));
        assertEq(token.balanceOf(member(2)), all[2].liquid, "paid");
    }

    /// @dev Also if governance takes the contract's own roles away.
    function test_F46_ClaimsOfLiquidRewardsAndStreamsNeedNobodysLeave() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(4, 1);
        claim(all[0], tree.proofOf(0));
        all[1].vesting = 0;
        tree = treeOf(all);
        serve(tree[0]);
        access.setTargetClosed(address(distributor), true);
        access.setTargetClosed(address(vesting), true);
        claim(all[1], tree.proofOf(1));
        passDays(30);
        vesting.release(member(0));
        assertEq(token.balanceOf(member(0)), all[0].liquid + all[0].vesting, "released");
    }

    // --- Steps ---

    function _pauseAll() private {
        staking.pause();
        tasks.pause();
        vm.prank(guardian);
        emissions.pause();
    }

    function _served(uint256 count, uint256 factor)
        private
        returns (Earned[] memory all, bytes32[] memory tree)
    {
        all = earnings(count, factor);
        tree = treeOf(all);
        fund(totalOf(all));
        serve(tree[0]);
    }

    function _post(bytes32 root, uint128 total) private returns (uint256) {
        return _post(root, total, today());
    }

    function _post(bytes32 root, uint128 total, uint32 day) private returns (uint256) {
        vm.prank(settler);
        return settlement.post(root, 0, total, day);
    }
}
