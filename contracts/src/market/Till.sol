// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Host, IHostBonds } from "../interfaces/IHostBonds.sol";
import { IModelMarket } from "../interfaces/IModelMarket.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";

/// @title The till of a host: what its channels pay, until the host says which versions earned it
/// @notice The host can send money to splitters of its own versions only, never to itself. What it attributes to none
/// goes to the treasury after UNATTRIBUTED_SECONDS.
/// @dev A clone of this code (EIP-1167), with the market and the host behind it.
contract Till is ReentrancyGuardTransient {
    using TokenTransfers for IERC20;

    /// @dev What was here at a time and has not been attributed since; the oldest money is attributed first.
    struct Mark {
        uint128 amount;
        uint40 at;
    }

    uint256 private constant UNATTRIBUTED_SECONDS = 30 days;
    /// @dev How long the host's bond must still be there to answer for what it attributes.
    uint256 private constant PROOF_SECONDS = 7 days;

    /// @notice What of a token was attributed to a version in all.
    mapping(address token => mapping(uint256 version => uint256 amount)) public attributedTo;
    mapping(address token => Mark) private _marks;

    /// @notice Money was attributed to a version, and went to its splitter.
    /// @param token The token.
    /// @param version The version.
    /// @param amount What it earned.
    event Attributed(address indexed token, uint256 indexed version, uint256 amount);

    /// @notice The time began after which what is here now and is not attributed is the treasury's.
    /// @param token The token.
    /// @param amount What is here.
    event Marked(address indexed token, uint256 amount);

    /// @notice What was not attributed in time went to the treasury.
    /// @param token The token.
    /// @param amount What was left.
    event Swept(address indexed token, uint256 amount);

    /// @notice The caller is neither the host nor its operator.
    /// @param account The host.
    /// @param caller Who tried.
    error NotActingFor(address account, address caller);

    /// @notice The host has no bond, or not for long enough, to answer for what it attributes.
    /// @param host The host.
    error BondIsGone(address host);

    /// @notice There must be one amount for each version, and at least one.
    error ListsDiffer();

    /// @notice More was attributed than was settled.
    /// @param sum What was attributed.
    /// @param settled What is here.
    error AboveSettled(uint256 sum, uint256 settled);

    /// @notice A mark stands already.
    /// @param at When it was set, in Unix seconds.
    error MarkedAlready(uint256 at);

    /// @notice There is nothing here.
    error NothingToMark();

    /// @notice There is nothing for the treasury yet.
    /// @param from From when there is if nothing is attributed, in Unix seconds; 0 if nothing is marked.
    error NothingToSweepBefore(uint256 from);

    /// @notice Attributes what was settled to the versions that earned it.
    /// @dev For the host, or its operator. All of it must be attributed within the delay; less can be at once, as
    /// anybody can send something here. A host that leaves can do so for the first half of the time: who claims after its
    /// bond is free would say anything. Reverts with NotActingFor, BondIsGone, ListsDiffer, AboveSettled and NeverServed.
    /// @param token The token.
    /// @param versions The versions.
    /// @param amounts What each earned.
    function distribute(IERC20 token, uint256[] calldata versions, uint256[] calldata amounts)
        external
        nonReentrant
    {
        (IModelMarket market, address host) = _terms();
        IHostBonds bonds = market.bonds();
        require(bonds.staking().actsFor(host, msg.sender), NotActingFor(host, msg.sender));
        require(_answers(bonds.hostOf(host)), BondIsGone(host));
        require(versions.length == amounts.length && versions.length != 0, ListsDiffer());
        uint256 sum = 0;
        for (uint256 i = 0; i < versions.length; ++i) {
            sum += amounts[i];
            attributedTo[address(token)][versions[i]] += amounts[i];
            emit Attributed(address(token), versions[i], amounts[i]);
        }
        uint256 settled = token.balanceOf(address(this));
        require(sum <= settled, AboveSettled(sum, settled));
        Mark storage mark_ = _marks[address(token)];
        mark_.amount = uint128(Math.saturatingSub(mark_.amount, sum));
        for (uint256 i = 0; i < versions.length; ++i) {
            market.openingEraOf(versions[i], host);
            token.send(market.splitterOf(versions[i], host), amounts[i]);
        }
    }

    /// @notice Begins the time after which what is here now is the treasury's if it is not attributed.
    /// @dev Anyone can call. Reverts with MarkedAlready and NothingToMark.
    /// @param token The token.
    function mark(IERC20 token) external {
        Mark memory standing = _marks[address(token)];
        require(standing.amount == 0, MarkedAlready(standing.at));
        uint256 amount = Math.min(token.balanceOf(address(this)), type(uint128).max);
        require(amount != 0, NothingToMark());
        _marks[address(token)] = Mark(uint128(amount), uint40(block.timestamp));
        emit Marked(address(token), amount);
    }

    /// @notice Sends the treasury what was marked and not attributed in time.
    /// @dev Anyone can call. Reverts with NothingToSweepBefore.
    /// @param token The token.
    function sweep(IERC20 token) external nonReentrant {
        Mark memory standing = _marks[address(token)];
        uint256 from = standing.amount == 0 ? 0 : standing.at + UNATTRIBUTED_SECONDS;
        require(from != 0 && block.timestamp >= from, NothingToSweepBefore(from));
        delete _marks[address(token)];
        uint256 amount = Math.min(standing.amount, token.balanceOf(address(this)));
        (IModelMarket market,) = _terms();
        emit Swept(address(token), amount);
        token.send(market.treasury(), amount);
    }

    /// @notice What is marked in a token.
    /// @param token The token.
    /// @return amount What is the treasury's once the time is over, if nothing more is attributed.
    /// @return at When the time began, in Unix seconds.
    function markOf(address token) external view returns (uint256 amount, uint256 at) {
        return (_marks[token].amount, _marks[token].at);
    }

    function _answers(Host memory bonded) private view returns (bool) {
        return bonded.isBonded && (bonded.leavesAt == 0 || block.timestamp + PROOF_SECONDS <= bonded.leavesAt);
    }

    function _terms() private view returns (IModelMarket market, address host) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (IModelMarket, address));
    }
}
