// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IModelMarket } from "../interfaces/IModelMarket.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";
import { SplitMath } from "./SplitMath.sol";

/// @title Where payments for one version by way of one host go, and from which each payee is paid its part
/// @notice Payees are numbered: 0 the treasury, 1 the host, 2 the model's owner, from 3 on the makers, parents and
/// accounts with a share. Each is paid by itself, so one that a token refuses stops nobody else.
/// @dev A clone of this code (EIP-1167) with its terms behind it, in words: market, fee, host's part and model; host,
/// version and owner's part; then a payee and its part each. They never change, and the address follows from them.
/// What came in is the balance and what was paid out, so any ERC-20 can be split; a token that takes a fee on the way is
/// counted by what arrives. Whatever loses balance by itself (a token that rebases) pays first come, first served.
/// The owner's part belongs to who owned the model when this contract was last called in that token: after a transfer
/// the first call credits the seller with all that came in. So a seller loses nothing, and a buyer calls `sync`.
contract Splitter is ReentrancyGuardTransient {
    using TokenTransfers for IERC20;

    /// @dev `opened` is 1 more than the era whose owner the owner's part belongs to now, 0 before the first call;
    /// `credited` is what of the owner's part has been credited or paid.
    struct Ownership {
        uint32 opened;
        uint224 credited;
    }

    /// @dev The fixed terms, as read from behind the code.
    struct Terms {
        IModelMarket market;
        uint256 feeBps;
        uint256 hostBps;
        uint256 model;
        address host;
        uint256 version;
        uint256 ownerBps;
    }

    uint256 internal constant TREASURY = 0;
    uint256 internal constant HOST = 1;
    uint256 internal constant OWNER = 2;
    uint256 private constant FIRST_SHARE = 3;
    uint256 private constant HEAD_WORDS = 2;

    /// @notice What a token has paid out to all payees.
    mapping(address token => uint256 amount) public released;
    /// @notice What a token has paid out to a payee other than the owner, by its number.
    mapping(address token => mapping(uint256 payee => uint256 amount)) public releasedTo;
    /// @notice What a former owner can still be paid, beside the owner's part of what comes in.
    mapping(address token => mapping(address account => uint256 amount)) public owedTo;
    mapping(address token => Ownership) private _ownership;

    /// @notice A payee was paid.
    /// @param token The token.
    /// @param payee Its number.
    /// @param account Receiver.
    /// @param amount What was paid.
    event Released(address indexed token, uint256 payee, address account, uint256 amount);

    /// @notice What came in for the owner was credited to the one who owned the model then.
    /// @param token The token.
    /// @param account Who was credited.
    /// @param amount What it was credited.
    event OwnerCredited(address indexed token, address indexed account, uint256 amount);

    /// @notice There is nothing to pay out.
    /// @param token The token.
    /// @param payee The payee's number.
    error NothingToRelease(address token, uint256 payee);

    /// @notice There is no payee with this number.
    /// @param payee The number.
    error UnknownPayee(uint256 payee);

    // --- For everybody ---

    /// @notice Pays a payee all that is due to it in a token.
    /// @dev Anyone can call; it always pays the payee, the owner being the one of now. Reverts with UnknownPayee and
    /// NothingToRelease.
    /// @param token The token.
    /// @param payee The payee's number.
    /// @return amount What was paid.
    function release(IERC20 token, uint256 payee) external nonReentrant returns (uint256 amount) {
        bytes memory words = Clones.fetchCloneArgs(address(this));
        address account;
        uint256 paidOut = released[address(token)];
        uint256 paid = token.balanceOf(address(this)) + paidOut;
        if (payee == OWNER) {
            account = _creditOwner(token, _termsIn(words), paid);
            amount = owedTo[address(token)][account];
            owedTo[address(token)][account] = 0;
        } else {
            uint256 due;
            (account, due) = _dueOf(words, payee, paid);
            amount = Math.saturatingSub(due, releasedTo[address(token)][payee]);
            releasedTo[address(token)][payee] += amount;
        }
        require(amount != 0, NothingToRelease(address(token), payee));
        released[address(token)] = paidOut + amount;
        emit Released(address(token), payee, account, amount);
        token.send(account, amount);
    }

    /// @notice Pays a former owner what came in while it owned the model.
    /// @dev Anyone can call; it always pays the account. Reverts with NothingToRelease.
    /// @param token The token.
    /// @param account The former owner.
    /// @return amount What was paid.
    function releaseFormer(IERC20 token, address account) external nonReentrant returns (uint256 amount) {
        _sync(token);
        amount = owedTo[address(token)][account];
        require(amount != 0, NothingToRelease(address(token), OWNER));
        owedTo[address(token)][account] = 0;
        released[address(token)] += amount;
        emit Released(address(token), OWNER, account, amount);
        token.send(account, amount);
    }

    /// @notice Credits the owner's part of all that came in to the one who owned the model then; from here on it is the
    /// present owner's.
    /// @dev Anyone can call. A buyer of a model does so for each splitter and token that it cares about.
    /// @param token The token.
    function sync(IERC20 token) external nonReentrant {
        _sync(token);
    }

    // --- Views ---

    /// @notice What `release` would pay a payee now.
    /// @param token The token.
    /// @param payee The payee's number.
    /// @return account Who would be paid.
    /// @return amount What it would be paid.
    function releasable(IERC20 token, uint256 payee) external view returns (address account, uint256 amount) {
        bytes memory words = Clones.fetchCloneArgs(address(this));
        uint256 paid = token.balanceOf(address(this)) + released[address(token)];
        if (payee != OWNER) {
            uint256 due;
            (account, due) = _dueOf(words, payee, paid);
            return (account, Math.saturatingSub(due, releasedTo[address(token)][payee]));
        }
        Terms memory terms = _termsIn(words);
        (address holder, uint256 fresh) = _freshOf(token, terms, paid);
        account = terms.market.ownerIn(terms.model, terms.market.eraOf(terms.model));
        amount = owedTo[address(token)][account] + (holder == account ? fresh : 0);
    }

    /// @notice How many payees there are; their numbers are 0 to one less than this.
    /// @return The number of payees.
    function payeeCount() external view returns (uint256) {
        return Clones.fetchCloneArgs(address(this)).length / 32 - HEAD_WORDS + FIRST_SHARE;
    }

    // --- Inside ---

    function _sync(IERC20 token) private {
        Terms memory terms = _termsIn(Clones.fetchCloneArgs(address(this)));
        _creditOwner(token, terms, token.balanceOf(address(this)) + released[address(token)]);
    }

    /// @dev Credits what is fresh to whom the owner's part belongs, and opens the era of now.
    /// @return owner Who owns the model now.
    function _creditOwner(IERC20 token, Terms memory terms, uint256 paid) private returns (address owner) {
        (address holder, uint256 fresh) = _freshOf(token, terms, paid);
        uint32 era = terms.market.eraOf(terms.model);
        owner = terms.market.ownerIn(terms.model, era);
        Ownership storage ownership = _ownership[address(token)];
        (ownership.opened, ownership.credited) = (era + 1, ownership.credited + uint224(fresh));
        if (fresh == 0) return owner;
        owedTo[address(token)][holder] += fresh;
        emit OwnerCredited(address(token), holder, fresh);
    }

    /// @dev What of the owner's part nobody was credited yet, and to whom it belongs.
    function _freshOf(IERC20 token, Terms memory terms, uint256 paid)
        private
        view
        returns (address holder, uint256 fresh)
    {
        Ownership memory ownership = _ownership[address(token)];
        uint256 era = ownership.opened == 0
            ? terms.market.openingEraOf(terms.version, terms.host)
            : ownership.opened - 1;
        holder = terms.market.ownerIn(terms.model, era);
        uint256 due = SplitMath.share(paid, terms.feeBps, terms.hostBps, terms.ownerBps);
        fresh = Math.saturatingSub(due, ownership.credited);
    }

    /// @dev What is due in all to a payee other than the owner, when `paid` has come in.
    function _dueOf(bytes memory words, uint256 payee, uint256 paid)
        private
        view
        returns (address account, uint256 due)
    {
        uint256 word = _word(words, 0);
        (uint256 feeBps, uint256 hostBps) = (uint16(word >> 160), uint16(word >> 176));
        if (payee == TREASURY) {
            return (IModelMarket(address(uint160(word))).treasury(), SplitMath.fee(paid, feeBps));
        }
        if (payee == HOST) {
            return (address(uint160(_word(words, 1))), SplitMath.host(paid, feeBps, hostBps));
        }
        uint256 at = payee - FIRST_SHARE + HEAD_WORDS;
        require(at < words.length / 32, UnknownPayee(payee));
        uint256 share = _word(words, at);
        return (address(uint160(share)), SplitMath.share(paid, feeBps, hostBps, share >> 160));
    }

    function _termsIn(bytes memory words) private pure returns (Terms memory terms) {
        uint256 word = _word(words, 0);
        terms.market = IModelMarket(address(uint160(word)));
        (terms.feeBps, terms.hostBps, terms.model) = (uint16(word >> 160), uint16(word >> 176), word >> 192);
        word = _word(words, 1);
        terms.host = address(uint160(word));
        (terms.version, terms.ownerBps) = (uint64(word >> 160), word >> 224);
    }

    function _word(bytes memory words, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 32), mul(index, 32)))
        }
    }
}
