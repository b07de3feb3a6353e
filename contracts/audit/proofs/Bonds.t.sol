// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Settlement } from "flock/Settlement.sol";
import { IEmissions } from "flock/interfaces/IEmissions.sol";
import { IRewardDistributor } from "flock/interfaces/IRewardDistributor.sol";
import { PlainAuthority, PlainDistributor, PlainEmissions, PlainToken, Vm } from "./Stubs.sol";

/// @notice The bonds of a root that is disputed, or disabled by the guardian, and then decided by governance.
contract BondProofs {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant TREASURY = address(0x7);
    address private constant SETTLER = address(0xa);
    address private constant CHALLENGER = address(0xb);

    PlainToken private token;
    PlainEmissions private emissions;
    Settlement private settlement;

    function setUp() public {
        token = new PlainToken();
        emissions = new PlainEmissions();
        settlement = new Settlement(
            IERC20(address(token)),
            IRewardDistributor(address(new PlainDistributor())),
            IEmissions(address(emissions)),
            TREASURY,
            address(new PlainAuthority())
        );
    }

    function check_disputed_bondsGoToTheWinnerAndTheTreasuryInHalves(uint96 bond, bool isRight) external {
        _post(bond);
        vm.prank(CHALLENGER);
        settlement.dispute(1, 0);
        settlement.resolve(1, isRight);
        (address winner, address loser) = isRight ? (SETTLER, CHALLENGER) : (CHALLENGER, SETTLER);
        uint256 toTreasury = settlement.owedToTreasury();
        assert(settlement.freeBondOf(loser) == 0);
        assert(settlement.freeBondOf(winner) + toTreasury == 2 * uint256(bond));
        assert(settlement.freeBondOf(winner) >= bond);
        assert(2 * toTreasury >= bond && 2 * toTreasury <= uint256(bond) + 1);
    }

    function check_disabled_aWrongRootsBondIsTheTreasurys(uint96 bond, bool isRight) external {
        _post(bond);
        settlement.disable(1);
        settlement.resolve(1, isRight);
        assert(settlement.freeBondOf(SETTLER) == (isRight ? bond : 0));
        assert(settlement.owedToTreasury() == (isRight ? 0 : bond));
    }

    function _post(uint96 bond) private {
        vm.warp(2 days);
        settlement.setBond(bond);
        _deposit(SETTLER, bond);
        _deposit(CHALLENGER, bond);
        vm.prank(SETTLER);
        settlement.post(bytes32(uint256(1)), 0, 1, 1);
    }

    function _deposit(address account, uint256 amount) private {
        token.mint(account, amount);
        vm.prank(account);
        settlement.depositBond(amount);
    }
}
