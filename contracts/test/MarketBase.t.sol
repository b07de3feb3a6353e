// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { FeedbackRoots } from "../src/FeedbackRoots.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { HostBonds } from "../src/HostBonds.sol";
import { HostTills } from "../src/HostTills.sol";
import { ModelMarket } from "../src/ModelMarket.sol";
import { Staking } from "../src/Staking.sol";
import { Subscriptions } from "../src/Subscriptions.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { IBatchSettlement } from "../src/interfaces/IBatchSettlement.sol";
import { NewVersion, Parent, Price, Share } from "../src/interfaces/IModelMarket.sol";
import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { LocalBatchSettlement } from "../src/local/LocalBatchSettlement.sol";
import { Makers } from "../src/market/Makers.sol";
import { Splitter } from "../src/market/Splitter.sol";
import { Till } from "../src/market/Till.sol";
import { Checks } from "./Checks.sol";
import { Deploy } from "./Deploy.sol";
import { Dollar, ResultBoard } from "./MarketParts.sol";

/// @notice Deploys the market with what it stands on, and has the small steps its tests are written in. The test itself
/// is governance.
abstract contract MarketBase is Checks {
    uint256 internal constant TREASURY = 0;
    uint256 internal constant HOST = 1;
    uint256 internal constant OWNER = 2;
    uint256 internal constant FIRST = 3;
    uint96 internal constant BOND = 10_000e18;
    bytes32 internal constant SALT = "salt";
    uint64 private constant JUDGE_ROLE = 7;

    address internal immutable bank = actor("bank");
    address internal immutable treasury = actor("treasury");
    address internal immutable creator = actor("creator");
    address internal immutable buyer = actor("buyer");
    address internal immutable payer = actor("payer");
    address internal immutable stranger = actor("stranger");
    address internal immutable trainer = actor("trainer");
    address internal immutable voter = actor("voter");
    address internal host;
    uint256 internal clock;

    AccessManager internal access;
    FlockToken internal token;
    TaskManager internal tasks;
    Staking internal staking;
    ResultBoard internal board;
    HostBonds internal bonds;
    ModelMarket internal market;
    HostTills internal tills;
    Subscriptions internal subscriptions;
    FeedbackRoots internal feedback;
    LocalBatchSettlement internal channels;
    Dollar internal dollar;

    function setUp() public virtual {
        host = vm.addr(0x4057);
        warp(1_800_000_000);
        access = Deploy.accessManager(address(this));
        token = new FlockToken(address(access), bank, 500_000_000e18);
        tasks = new TaskManager(token, treasury, address(access));
        staking = new Staking(token, tasks, treasury, address(access));
        board = new ResultBoard(tasks);
        bonds = new HostBonds(tasks, staking, address(access));
        tasks.setBoard(address(board), true);
        tasks.setBoard(address(bonds), true);
        market = new ModelMarket(
            tasks,
            bonds,
            address(new Splitter()),
            address(new Makers()),
            address(token),
            treasury,
            address(access)
        );
        channels = new LocalBatchSettlement();
        tills = new HostTills(market, address(new Till()), IBatchSettlement(channels));
        subscriptions = new Subscriptions(market);
        feedback = new FeedbackRoots(bonds);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = bonds.expel.selector;
        access.setTargetFunctionRole(address(bonds), selectors, JUDGE_ROLE);
        access.grantRole(JUDGE_ROLE, address(tills), 0);
        access.grantRole(JUDGE_ROLE, address(this), 0);
        dollar = new Dollar();
        market.setToken(address(dollar), true);
        bonds.openBonds();
        bondOf(host);
    }

    // --- Time and money ---

    function warp(uint256 time) internal {
        clock = time;
        vm.warp(time);
    }

    function pass(uint256 seconds_) internal {
        warp(clock + seconds_);
    }

    function give(address to, uint256 amount) internal {
        vm.prank(bank);
        token.transfer(to, amount);
    }

    /// @dev As a settled x402 payment: tokens arrive, and no contract of the market is called.
    function pay(uint256 version, address by, uint256 amount) internal {
        give(market.splitterOf(version, by), amount);
    }

    function bondOf(address account) internal {
        uint256 taskId = bonds.taskId();
        give(account, BOND);
        vm.prank(account);
        token.approve(address(staking), BOND);
        vm.prank(account);
        staking.lock(BOND, 30);
        vm.prank(account);
        staking.allocate(taskId, BOND);
        vm.prank(account);
        bonds.bond(account);
    }

    // --- Publishing ---

    function terms(bytes32 digest) internal pure returns (NewVersion memory v) {
        (v.digest, v.metadata, v.hostBps, v.royaltyBps) = (digest, "card", 2_000, 1_000);
    }

    function commitmentOf(address owner, bytes32 digest) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(market), owner, digest, SALT));
    }

    function publish(address owner, uint256 model, NewVersion memory v) internal returns (uint256) {
        market.commit(commitmentOf(owner, v.digest));
        pass(10);
        vm.prank(owner);
        return market.publish(model, v, SALT);
    }

    function upload(bytes32 digest) internal returns (uint256) {
        return publish(creator, 0, terms(digest));
    }

    function served(bytes32 digest) internal returns (uint256 version) {
        version = upload(digest);
        serve(version, host);
    }

    function serve(uint256 version, address by) internal {
        vm.prank(by);
        market.serve(version, by);
    }

    /// @dev A child of `parent`, as the next version of its model or a model of its own.
    function childOf(uint256 parent, bytes32 digest, uint16 bps) internal pure returns (NewVersion memory v) {
        v = terms(digest);
        v.parents = new Parent[](1);
        v.parents[0] = Parent(uint64(parent), bps);
    }

    function beganTask(uint16 makersBps) internal returns (uint256 taskId) {
        NewTask memory task;
        (task.board, task.startBy, task.endsAt) =
        (address(board), uint40(clock + 1 days), uint40(clock + 2 days));
        (task.minimumStake, task.makersBps) = (1e18, makersBps);
        vm.prank(creator);
        taskId = tasks.create(task, "");
        board.begin(taskId);
    }

    /// @dev Trainer and voter earned three to one.
    function closedTask(bytes32 model, uint16 makersBps) internal returns (uint256 taskId) {
        taskId = beganTask(makersBps);
        close(taskId, model);
    }

    function close(uint256 taskId, bytes32 model) internal {
        board.earn(taskId, trainer, 75e18);
        board.earn(taskId, voter, 25e18);
        board.make(taskId, model);
        board.close(taskId);
    }

    function setPrice(uint256 version, address token_, uint96 perPeriod) internal {
        vm.prank(creator);
        market.setPrice(version, token_, Price(1e18, perPeriod, 0, 0));
    }

    function price() internal pure returns (Price memory) {
        return Price(1e18, 30e18, 0, 0);
    }

    function splitter(uint256 version, address by) internal returns (Splitter) {
        return Splitter(market.deploySplitter(version, by));
    }

    function releaseAll(uint256 version, address by) internal {
        Splitter at = splitter(version, by);
        uint256 count = at.payeeCount();
        for (uint256 payee = 0; payee < count; ++payee) {
            (, uint256 due) = at.releasable(token, payee);
            if (due != 0) at.release(token, payee);
        }
    }
}
