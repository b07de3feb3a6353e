// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IRewardDistributor } from "../src/interfaces/IRewardDistributor.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

contract DistributorTest is RewardsBase {
    using RewardTree for bytes32[];

    function test_AClaimPaysWhatIsLiquidAndStreamsWhatVests() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(5, 1);
        claim(all[2], tree.proofOf(2));
        assertEq(token.balanceOf(member(2)), 3e18, "liquid");
        assertEq(vesting.streamsOf(member(2))[0].amount, 1.5e18, "vesting");
        (uint128 liquid, uint128 toVest) = distributor.claimedOf(member(2));
        assertEq(liquid, 3e18, "booked liquid");
        assertEq(toVest, 1.5e18, "booked vesting");
    }

    function test_TheNextRootPaysTheDifference() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(5, 1);
        claim(all[2], tree.proofOf(2));
        (all, tree) = _served(5, 3);
        claim(all[2], tree.proofOf(2));
        assertEq(token.balanceOf(member(2)), 9e18, "liquid");
        assertEq(vesting.streamsOf(member(2))[1].amount, 3e18, "the second stream");
    }

    function test_AnyoneClaimsForAnotherAndTheAccountIsPaid() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(5, 1);
        vm.prank(stranger);
        distributor.claim(member(4), all[4].liquid, all[4].vesting, tree.proofOf(4));
        assertEq(token.balanceOf(member(4)), 5e18, "account");
        assertEq(token.balanceOf(stranger), 0, "stranger");
    }

    function test_ALeafIsOfOneAccountAndItsAmounts() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(5, 1);
        bytes32[] memory proof = tree.proofOf(2);
        expectError(IRewardDistributor.WrongProof.selector, stranger);
        distributor.claim(stranger, all[2].liquid, all[2].vesting, proof);
        expectError(IRewardDistributor.WrongProof.selector, member(2));
        distributor.claim(member(2), all[2].liquid + 1, all[2].vesting, proof);
        expectError(IRewardDistributor.WrongProof.selector, member(2));
        distributor.claim(member(2), all[2].liquid, all[2].vesting + 1, proof);
        expectError(IRewardDistributor.WrongProof.selector, member(2));
        distributor.claim(member(2), all[2].vesting, all[2].liquid, proof);
    }

    function test_NobodyClaimsBeforeThereIsARoot() public {
        expectError(IRewardDistributor.WrongProof.selector, stranger);
        distributor.claim(stranger, 1e18, 0, new bytes32[](0));
    }

    function test_ATreeOfOneAccountNeedsNoProof() public {
        (Earned[] memory all,) = _served(1, 1);
        claim(all[0], new bytes32[](0));
        assertEq(token.balanceOf(member(0)), 1e18, "liquid");
    }

    function test_AClaimIsPaidOnce() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(5, 1);
        claim(all[0], tree.proofOf(0));
        expectError(IRewardDistributor.NothingToClaim.selector, member(0));
        claim(all[0], tree.proofOf(0));
    }

    // --- Many ---

    function test_ManyAreClaimedAtOnce() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(9, 1);
        _claimMany(all, tree, _places(1, 4, 7));
        assertEq(token.balanceOf(member(1)), 2e18, "the second");
        assertEq(token.balanceOf(member(4)), 5e18, "the fifth");
        assertEq(token.balanceOf(member(7)), 8e18, "the eighth");
        assertEq(vesting.streamsOf(member(7))[0].amount, 4e18, "vesting of the eighth");
    }

    function test_WhoHasHadEverythingIsPassedOver() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(9, 1);
        claim(all[4], tree.proofOf(4));
        _claimMany(all, tree, _places(1, 4, 7));
        assertEq(token.balanceOf(member(4)), 5e18, "once");
        assertEq(token.balanceOf(member(7)), 8e18, "the others");
        _claimMany(all, tree, _places(1, 4, 7));
        assertEq(token.balanceOf(member(7)), 8e18, "once");
    }

    function test_OneWrongAmountRefusesThemAll() public {
        (Earned[] memory all, bytes32[] memory tree) = _served(9, 1);
        all[4].liquid += 1;
        RewardTree.Multiproof memory multi = tree.multiproofOf(_places(1, 4, 7));
        expectError(IRewardDistributor.WrongProof.selector, address(0));
        claimMany(_at(all, _places(1, 4, 7)), multi);
    }

    function test_ColumnsOfDifferentLengthsAreRefused() public {
        (, bytes32[] memory tree) = _served(9, 1);
        RewardTree.Multiproof memory multi = tree.multiproofOf(_places(1, 4, 7));
        expectError(IRewardDistributor.LengthsDiffer.selector);
        distributor.claimMany(new address[](3), new uint128[](2), new uint128[](3), multi.proof, multi.flags);
        expectError(IRewardDistributor.LengthsDiffer.selector);
        distributor.claimMany(new address[](3), new uint128[](3), new uint128[](4), multi.proof, multi.flags);
    }

    function test_AMultiproofOfNobodyPaysNobody() public {
        (, bytes32[] memory tree) = _served(9, 1);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = tree[0];
        uint256 before = token.balanceOf(address(distributor));
        distributor.claimMany(new address[](0), new uint128[](0), new uint128[](0), proof, new bool[](0));
        assertEq(token.balanceOf(address(distributor)), before, "held");
    }

    // --- Roots ---

    function test_OnlySettlementServesRoots() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        distributor.serve(keccak256("mine"));
    }

    function testFuzz_EverybodyIsPaidWhatItsLeavesSay(
        uint64[7] memory first,
        uint64[7] memory more,
        uint8 skipped
    ) public {
        Earned[] memory all = new Earned[](7);
        for (uint256 i = 0; i < 7; ++i) {
            all[i] = Earned(member(i), first[i], more[i]);
        }
        uint256 funded = totalOf(all);
        _serveAndClaim(all, skipped);
        for (uint256 i = 0; i < 7; ++i) {
            all[i] = Earned(member(i), uint128(first[i]) + more[i], uint128(more[i]) + first[i]);
        }
        funded += totalOf(all);
        _serveAndClaim(all, type(uint8).max);
        for (uint256 i = 0; i < 7; ++i) {
            assertEq(token.balanceOf(member(i)), all[i].liquid, "liquid");
        }
        assertEq(token.balanceOf(address(distributor)), funded - totalOf(all), "held");
    }

    function testFuzz_AnyChoiceOfAccountsHasAMultiproof(uint8 chosen, uint8 count) public {
        (Earned[] memory all, bytes32[] memory tree) = _served(1 + count % 8, 1);
        uint256[] memory places = new uint256[](8);
        uint256 found;
        for (uint256 i = 0; i < all.length; ++i) {
            if (chosen & (1 << i) != 0) places[found++] = i;
        }
        assembly ("memory-safe") {
            mstore(places, found)
        }
        if (found == 0) return;
        _claimMany(all, tree, places);
        for (uint256 i = 0; i < all.length; ++i) {
            assertEq(token.balanceOf(member(i)), chosen & (1 << i) != 0 ? all[i].liquid : 0, "liquid");
        }
    }

    // --- Steps ---

    function _served(uint256 count, uint256 factor)
        private
        returns (Earned[] memory all, bytes32[] memory tree)
    {
        all = earnings(count, factor);
        tree = treeOf(all);
        fund(totalOf(all));
        serve(tree[0]);
    }

    /// @dev The bits of `who` say who claims.
    function _serveAndClaim(Earned[] memory all, uint256 who) private {
        bytes32[] memory tree = treeOf(all);
        if (totalOf(all) != 0) fund(totalOf(all));
        serve(tree[0]);
        for (uint256 i = 0; i < all.length; ++i) {
            (uint128 liquid, uint128 toVest) = distributor.claimedOf(member(i));
            bool isDue = all[i].liquid > liquid || all[i].vesting > toVest;
            if (isDue && who & (1 << i) != 0) claim(all[i], tree.proofOf(i));
        }
    }

    function _claimMany(Earned[] memory all, bytes32[] memory tree, uint256[] memory places) private {
        claimMany(_at(all, places), tree.multiproofOf(places));
    }

    function _at(Earned[] memory all, uint256[] memory places) private pure returns (Earned[] memory some) {
        some = new Earned[](places.length);
        for (uint256 i = 0; i < places.length; ++i) {
            some[i] = all[places[i]];
        }
    }

    function _places(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory places) {
        places = new uint256[](3);
        (places[0], places[1], places[2]) = (a, b, c);
    }
}
