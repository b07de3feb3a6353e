// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { RewardDistributor } from "flock/RewardDistributor.sol";
import { Vesting } from "flock/Vesting.sol";
import { PlainAuthority, PlainToken, Vm } from "./Stubs.sol";

/// @notice Claims against roots of one leaf, and streams, in the unmodified contracts.
contract ClaimProofs {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    PlainToken private token;
    Vesting private vesting;
    RewardDistributor private distributor;

    function setUp() public {
        token = new PlainToken();
        address authority = address(new PlainAuthority());
        vesting = new Vesting(IERC20(address(token)), authority);
        distributor = new RewardDistributor(IERC20(address(token)), vesting, authority);
        token.mint(address(distributor), 2 ** 100);
    }

    function check_claim_ofTheSameLeaf_paysNothingTheSecondTime(
        address account,
        uint96 liquid,
        uint96 streamed
    ) external {
        if (account == address(distributor) || account == address(vesting)) return;
        distributor.serve(distributor.leafOf(account, liquid, streamed));
        bytes32[] memory proof;
        try distributor.claim(account, liquid, streamed, proof) {
            assert(token.balanceOf(account) == liquid);
            assert(token.balanceOf(address(vesting)) == streamed);
        } catch {
            assert(liquid == 0 && streamed == 0);
        }
        try distributor.claim(account, liquid, streamed, proof) {
            assert(false);
        } catch { }
    }

    /// @dev Whatever a later root says, lower or higher: an account has had the most that any root said, and no more.
    function check_claim_ofALaterRoot_paysWhatIsMoreAndNeverFalls(uint96 first, uint96 second) external {
        address account = address(0xa);
        bytes32[] memory proof;
        distributor.serve(distributor.leafOf(account, first, 0));
        try distributor.claim(account, first, 0, proof) { } catch { }
        distributor.serve(distributor.leafOf(account, second, 0));
        try distributor.claim(account, second, 0, proof) { } catch { }
        (uint256 had,) = distributor.claimedOf(account);
        assert(had == (first > second ? first : second));
        assert(token.balanceOf(account) == had);
    }

    /// @dev A stream at two moments: never more than its amount, never less than before, all of it in the end.
    function check_stream_paysAllOfItAndNoMore(uint96 amount, uint32 atFirst, uint32 later) external {
        address account = address(0xa);
        if (amount == 0 || later < atFirst) return;
        vm.warp(1 days);
        token.mint(address(this), amount);
        vesting.open(account, amount);
        uint256 end = 1 days + vesting.vestingSeconds();
        vm.warp(1 days + uint256(atFirst));
        try vesting.release(account) { } catch { }
        uint256 before = token.balanceOf(account);
        vm.warp(1 days + uint256(later));
        try vesting.release(account) { } catch { }
        uint256 afterwards = token.balanceOf(account);
        assert(before <= afterwards && afterwards <= amount);
        assert(1 days + uint256(later) < end || afterwards == amount);
    }
}
