// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { ISettlement } from "../interfaces/ISettlement.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";

/// @title The bonds that settlers and challengers put up, and what becomes of them
abstract contract SettlementBonds is ISettlement, ReentrancyGuardTransient {
    using TokenTransfers for IERC20;

    /// @dev The winner gets this fraction of the loser's bond. With all of it, an account on both sides of a dispute
    /// would lose nothing.
    uint256 private constant WINNERS_PART = 2;

    IERC20 public immutable token;
    address public immutable treasury;

    /// @inheritdoc ISettlement
    uint256 public owedToTreasury;
    /// @inheritdoc ISettlement
    mapping(address account => uint256) public freeBondOf;

    constructor(IERC20 token_, address treasury_) {
        require(treasury_ != address(0), TreasuryIsZero());
        (token, treasury) = (token_, treasury_);
    }

    /// @inheritdoc ISettlement
    function depositBond(uint256 amount) external nonReentrant {
        require(amount != 0, AmountIsZero());
        freeBondOf[msg.sender] += amount;
        emit BondDeposited(msg.sender, amount);
        token.pull(amount);
    }

    /// @inheritdoc ISettlement
    function withdrawBond(uint256 amount) external nonReentrant {
        require(amount != 0, AmountIsZero());
        _takeFree(msg.sender, amount);
        emit BondWithdrawn(msg.sender, amount);
        token.send(msg.sender, amount);
    }

    /// @inheritdoc ISettlement
    function payTreasury() external nonReentrant {
        uint256 amount = owedToTreasury;
        require(amount != 0, NothingToWithdraw());
        owedToTreasury = 0;
        emit TreasuryPaid(treasury, amount);
        token.send(treasury, amount);
    }

    // --- Inside ---

    function _takeFree(address account, uint256 amount) internal {
        uint256 free = freeBondOf[account];
        require(amount <= free, BondTooSmall(free, amount));
        freeBondOf[account] = free - amount;
    }

    /// @dev Returns the winner's own bond and adds its part of the lost one; the rest is the treasury's. If nobody won
    /// (the zero address), all of the lost bond is.
    function _award(uint256 id, address winner, uint256 own, uint256 lost) internal {
        uint256 won = winner == address(0) ? 0 : lost / WINNERS_PART;
        freeBondOf[winner] += own + won;
        if (won != 0) emit BondWon(winner, id, won);
        if (lost == won) return;
        owedToTreasury += lost - won;
        emit BondForfeited(id, lost - won);
    }
}
