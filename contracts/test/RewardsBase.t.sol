// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Emissions } from "../src/Emissions.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { RewardDistributor } from "../src/RewardDistributor.sol";
import { Settlement } from "../src/Settlement.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { Vesting } from "../src/Vesting.sol";
import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { Checks } from "./Checks.sol";
import { Deploy } from "./Deploy.sol";
import { PlainBoard } from "./PlainBoard.sol";
import { RewardTree } from "./RewardTree.sol";

/// @notice What a root says one account has earned.
struct Earned {
    address account;
    uint128 liquid;
    uint128 vesting;
}

/// @notice Deploys the contracts that rewards pass through, with their roles as on a chain, and a board without rounds.
/// The test itself is governance.
abstract contract RewardsBase is Checks {
    using RewardTree for bytes32[];

    uint64 internal constant GUARDIAN_ROLE = 2;
    uint64 internal constant MINTER_ROLE = 3;
    uint64 internal constant RELEASER_ROLE = 4;
    uint64 internal constant ROOTS_ROLE = 5;
    uint64 internal constant STREAMER_ROLE = 6;

    uint256 internal constant GENESIS = 500_000_000e18;
    uint256 internal constant BUDGET = 100_000e18;
    uint256 internal constant BOND = 10_000e18;
    uint256 internal constant WINDOW = 1 days;
    uint32 internal constant FIRST_DAY = 20_834;

    address internal immutable bank = actor("bank");
    address internal immutable guardian = actor("guardian");
    address internal immutable stranger = actor("stranger");
    address internal immutable treasury = actor("treasury");
    address internal immutable settler = actor("settler");
    address internal immutable challenger = actor("challenger");

    uint256 internal clock;
    AccessManager internal access;
    FlockToken internal token;
    TaskManager internal tasks;
    Staking internal staking;
    PlainBoard internal board;
    Vesting internal vesting;
    RewardDistributor internal distributor;
    Settlement internal settlement;
    Emissions internal emissions;
    /// @dev The task that `emitDay` emits to, once there is one.
    uint256 private _emittedTo;

    function setUp() public virtual {
        warp(uint256(FIRST_DAY) * 1 days + 1 hours);
        access = Deploy.accessManager(address(this));
        token = new FlockToken(address(access), bank, GENESIS);
        tasks = new TaskManager(token, treasury, address(access));
        staking = new Staking(token, tasks, treasury, address(access));
        board = new PlainBoard(tasks);
        tasks.setBoard(address(board), true);
        deployRewards(token, mints());
    }

    /// @dev Whether emissions are minted or paid from a reserve.
    function mints() internal pure virtual returns (bool) {
        return true;
    }

    /// @dev The contracts under test, with any token.
    function deployRewards(IERC20 on, bool isMinting) internal {
        address authority = address(access);
        vesting = new Vesting(on, authority);
        distributor = new RewardDistributor(on, vesting, authority);
        emissions = new Emissions(on, distributor, tasks, staking, authority, isMinting, BUDGET);
        settlement = new Settlement(on, distributor, emissions, treasury, authority);
        _emittedTo = 0;
        _allow(address(token), MINTER_ROLE, token.mint.selector, address(emissions));
        _allow(address(emissions), RELEASER_ROLE, emissions.release.selector, address(settlement));
        _allow(address(distributor), ROOTS_ROLE, distributor.serve.selector, address(settlement));
        _allow(address(vesting), STREAMER_ROLE, vesting.open.selector, address(distributor));
        _allow(address(settlement), GUARDIAN_ROLE, settlement.disable.selector, guardian);
        _allowAll(address(emissions), GUARDIAN_ROLE, emissions.pause.selector, emissions.unpause.selector);
    }

    // --- Money ---

    function member(uint256 index) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("member", index)))));
    }

    function give(address to, uint256 amount) internal {
        vm.prank(bank);
        token.transfer(to, amount);
    }

    function approve(address account, address spender, uint256 amount) internal {
        vm.prank(account);
        token.approve(spender, amount);
    }

    /// @dev Gives the distributor what served roots would bring it.
    function fund(uint256 amount) internal {
        give(address(distributor), amount);
    }

    /// @dev Lets a day pass and emits `amount` for each day that is due, to a task that is unrelated to the
    /// rest.
    function emitDay(uint256 amount) internal {
        if (_emittedTo == 0) _emittedTo = stakedTask(1);
        emissions.setDailyBudget(amount);
        nextDay();
    }

    function nextDay() internal {
        passDays(1);
        emissions.emitDue();
    }

    function deposit(address account, uint256 amount) internal {
        give(account, amount);
        approve(account, address(settlement), amount);
        vm.prank(account);
        settlement.depositBond(amount);
    }

    // --- Days, tasks and stake ---

    /// @dev The compiler can treat block.timestamp as constant, so the time is kept in storage.
    function warp(uint256 time) internal {
        clock = time;
        vm.warp(time);
    }

    function passDays(uint256 count) internal {
        warp(clock + count * 1 days);
    }

    function today() internal view returns (uint32) {
        return uint32(clock / 1 days);
    }

    function openTask() internal returns (uint256) {
        NewTask memory task;
        (task.board, task.minimumStake, task.metadata) = (address(board), 1_000e18, keccak256("metadata"));
        (task.startBy, task.endsAt) = (uint40(clock + 30 days), uint40(clock + 700 days));
        return tasks.create(task, "");
    }

    function runningTask() internal returns (uint256 taskId) {
        taskId = openTask();
        board.begin(taskId);
    }

    function stakedTask(uint256 weight) internal returns (uint256 taskId) {
        taskId = runningTask();
        stakeOn(taskId, 1_000e18);
        emissions.setWeight(taskId, weight);
    }

    function stakeOn(uint256 taskId, uint96 gm) internal {
        address account = member(taskId);
        give(account, gm);
        approve(account, address(staking), gm);
        vm.prank(account);
        staking.lock(gm, 365);
        vm.prank(account);
        staking.allocate(taskId, gm);
    }

    // --- Roots ---

    function leafOf(Earned memory earned) internal view returns (bytes32) {
        return distributor.leafOf(earned.account, earned.liquid, earned.vesting);
    }

    function treeOf(Earned[] memory all) internal view returns (bytes32[] memory) {
        bytes32[] memory leaves = new bytes32[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            leaves[i] = leafOf(all[i]);
        }
        return leaves.build();
    }

    /// @dev `count` accounts that earned 1, 2, 3, … FLOCK, times `factor`; half as much of it vests.
    function earnings(uint256 count, uint256 factor) internal pure returns (Earned[] memory all) {
        all = new Earned[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 amount = (i + 1) * factor * 1e18;
            all[i] = Earned(member(i), uint128(amount), uint128(amount / 2));
        }
    }

    function totalOf(Earned[] memory all) internal pure returns (uint256 total) {
        for (uint256 i = 0; i < all.length; ++i) {
            total += uint256(all[i].liquid) + all[i].vesting;
        }
    }

    /// @dev Serves a root without waiting for the window.
    function serve(bytes32 root) internal {
        vm.prank(address(settlement));
        distributor.serve(root);
    }

    function claim(Earned memory earned, bytes32[] memory proof) internal {
        distributor.claim(earned.account, earned.liquid, earned.vesting, proof);
    }

    /// @dev Claims all of `earned` at once; the multiproof takes them in this order.
    function claimMany(Earned[] memory earned, RewardTree.Multiproof memory multi) internal {
        address[] memory accounts = new address[](earned.length);
        uint128[] memory liquid = new uint128[](earned.length);
        uint128[] memory toVest = new uint128[](earned.length);
        for (uint256 i = 0; i < earned.length; ++i) {
            (accounts[i], liquid[i], toVest[i]) = (earned[i].account, earned[i].liquid, earned[i].vesting);
        }
        distributor.claimMany(accounts, liquid, toVest, multi.proof, multi.flags);
    }

    // --- Inside ---

    function _allow(address target, uint64 role, bytes4 selector, address who) private {
        _allowAll(target, role, selector, selector);
        access.grantRole(role, who, 0);
    }

    function _allowAll(address target, uint64 role, bytes4 first, bytes4 second) private {
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (first, second);
        access.setTargetFunctionRole(target, selectors, role);
    }
}
