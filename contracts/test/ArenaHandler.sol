// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ArenaTerms, Stage, SubmissionState } from "../src/interfaces/IArenaBoard.sol";
import { ValidatorView, WindowView } from "../src/interfaces/IArenaPanels.sol";
import { Panels } from "../src/libraries/Panels.sol";
import { Outcome, ScoreMath } from "../src/libraries/ScoreMath.sol";
import { ArenaPlay } from "./ArenaPlay.t.sol";

/// @notice Random trainers and validators on one Arena: honest, absent, lying, keeping back; keepers, and time. What
/// cannot be done now is refused, and changes nothing. Each action takes a random word `r`.
contract ArenaHandler is ArenaPlay {
    uint256 public constant VALIDATORS = 5;
    uint256 public constant TRAINERS = 2;

    uint256 public taskId;
    uint256 public feesPaid;
    uint256 public withdrawn;
    uint256 private _now;
    uint256 private _block;
    mapping(uint256 window => mapping(uint256 order => uint256)) private _seen;

    /// @dev Time and block are kept here: forge forgets them between calls.
    modifier onTheClock() {
        vm.warp(_now);
        vm.roll(_block);
        _;
        _checkReveals();
        (_now, _block) = (block.timestamp, block.number);
    }

    constructor() {
        super.setUp();
        ArenaTerms memory t = arenaTerms();
        t.quotaADay = 30;
        taskId = running(t, VALIDATORS);
        (_now, _block) = (block.timestamp, block.number);
    }

    function setUp() public override { }

    function wait(uint256 r) external onTheClock {
        vm.roll(block.number + r % 20);
        vm.warp(block.timestamp + (r >> 8) % 130);
    }

    function submitOne(uint256 r) external onTheClock {
        try this.trySubmit(r % TRAINERS, 300_000 + (r >> 8) % 700_000) {
            feesPaid += FEE;
        } catch { }
    }

    function cancelOne(uint256 r) external onTheClock {
        uint256 count = arena.arenaView(taskId).submissions;
        if (count == 0) return;
        uint32 id = uint32(r % count + 1);
        vm.prank(arena.submissionOf(taskId, id).trainer);
        try arena.cancel(taskId, id) { } catch { }
    }

    function open(uint256) external onTheClock {
        try panels.openWindow(taskId) {
            vm.roll(block.number + 3);
            panels.draw(taskId);
        } catch { }
    }

    function commitOne(uint256 r) external onTheClock {
        address account = validator(r % VALIDATORS);
        _lie(account, r >> 8);
        try this.tryCommit(account) { } catch { }
    }

    function revealOne(uint256 r) external onTheClock {
        try this.tryReveal(validator(r % VALIDATORS)) { } catch { }
    }

    function judgeSome(uint256 r) external onTheClock {
        try panels.judge(taskId, r % 4) { } catch { }
    }

    /// @dev A void panel blames nobody who did not keep scores back.
    function settleOne(uint256 r) external onTheClock {
        address account = validator(r % VALIDATORS);
        ValidatorView memory before = standing(taskId, account);
        uint256 stakeBefore = stakeOf(taskId, account);
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        if (!before.isListed) return;
        panels.settle(taskId, accounts, 1);
        ValidatorView memory afterwards = standing(taskId, account);
        if (afterwards.settledWindow == before.settledWindow) return;
        bool keptBack = before.committedWindow != 0 && !before.hasRevealed;
        if (keptBack || !_areVoid(before, afterwards.settledWindow)) return;
        assertEq(afterwards.strikes, before.strikes, "strikes of a void panel");
        assertEq(stakeOf(taskId, account), stakeBefore, "stake after a void panel");
        require(afterwards.absences <= before.absences, "absence at a void panel");
    }

    function stream(uint256 r) external onTheClock {
        if (r % 4 == 0) vm.warp(block.timestamp + 1 days);
        try arena.streamBounty(taskId) { } catch { }
    }

    function withdrawOne(uint256 r) external onTheClock {
        address account = r % 3 == 0 ? address(this) : trainer(r % TRAINERS);
        uint256 owed = owedTo(taskId, account);
        try arena.withdraw(taskId, account) {
            withdrawn += owed;
        } catch { }
    }

    function trySubmit(uint256 index, uint256 score) external {
        submit(taskId, index, score);
    }

    function tryCommit(address account) external {
        commit(taskId, account);
    }

    function tryReveal(address account) external {
        reveal(taskId, account);
    }

    // --- What invariants read ---

    /// @notice What the board and the task hold, and what was sent to rewards.
    function held() external view returns (uint256) {
        uint256 atTask = tasks.taskOf(taskId).balance;
        return token.balanceOf(address(arena)) + atTask + emissions.emitted();
    }

    function heldByBoard() external view returns (uint256) {
        return token.balanceOf(address(arena));
    }

    function owedByBoard() external view returns (uint256 owed) {
        if (arena.arenaView(taskId).bonded) owed = CREATOR_BOND;
        for (uint256 i = 0; i < TRAINERS; ++i) {
            owed += owedTo(taskId, trainer(i));
        }
    }

    function paidIn() external view returns (uint256) {
        return uint256(BOUNTY) + CREATOR_BOND + feesPaid;
    }

    function rewardsAreThere() external view returns (bool) {
        return token.balanceOf(address(emissions)) == emissions.emitted();
    }

    /// @notice Whether every score of the last window is its seat's owner's, who has revealed.
    function areScoresRevealed() external view returns (bool) {
        uint16 number = last(taskId);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            ValidatorView memory v = standing(taskId, validator(i));
            if (v.settledWindow >= number || v.hasRevealed) continue;
            (uint256 seats, uint256 count) = panels.seatsOf(taskId, number, validator(i));
            for (uint256 at = 0; at < count; ++at) {
                uint256 slot = Panels.slotAt(seats, at);
                if (ScoreMath.codeAt(panels.scoresOf(taskId, number, slot / 3), slot % 3) != 0) return false;
            }
        }
        return true;
    }

    // --- Inside ---

    /// @dev Once for each validator and submission: honest, off by little or much, or a failure.
    function _lie(address account, uint256 r) private {
        WindowView memory w = lastWindow(taskId);
        for (uint256 order = 0; order < w.count; ++order) {
            uint32 id = arena.queuedAt(taskId, w.queue, w.first + order);
            if (ownCode[account][id] != 0) continue;
            uint256 kind = (r >> 4 * order) % 6;
            uint256 code = codeFor[id];
            if (kind == 1) code += TOLERANCE + 1;
            if (kind == 2) code += 11 * TOLERANCE;
            if (kind == 3) code = CRASHED;
            if (kind == 4) code = UNAVAILABLE;
            ownCode[account][id] = code + 1;
        }
    }

    /// @dev No score changes once it is revealed.
    function _checkReveals() private {
        uint16 number = last(taskId);
        uint256 count = lastWindow(taskId).count;
        for (uint256 order = 0; order < count; ++order) {
            uint256 word = panels.scoresOf(taskId, number, order);
            for (uint256 seat = 0; seat < 3; ++seat) {
                uint256 before = ScoreMath.codeAt(_seen[number][order], seat);
                require(before == 0 || before == ScoreMath.codeAt(word, seat), "a revealed score changed");
            }
            _seen[number][order] = word;
        }
    }

    function _areVoid(ValidatorView memory v, uint16 number) private view returns (bool) {
        WindowView memory w = panels.windowOf(taskId, number);
        if (w.seed == 0 || v.position >= w.validators) return true;
        (uint256 seats, uint256 count) =
            Panels.slotsOf(w.seed, v.position, 3 * uint256(w.count), w.validators);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = panels.scoresOf(taskId, number, Panels.slotAt(seats, i) / 3);
            if (ScoreMath.judge(word, 3).outcome != Outcome.Void) return false;
        }
        return true;
    }
}
