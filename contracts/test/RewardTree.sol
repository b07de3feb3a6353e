// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A complete tree in one array, as OpenZeppelin's merkle-tree keeps it: node i has the children 2i + 1 and
/// 2i + 2, and the leaves are at the end in reverse order.
library RewardTree {
    struct Multiproof {
        bytes32[] proof;
        bool[] flags;
    }

    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory tree) {
        uint256 size = 2 * leaves.length - 1;
        tree = new bytes32[](size);
        for (uint256 i = 0; i < leaves.length; ++i) {
            tree[size - 1 - i] = leaves[i];
        }
        for (uint256 i = leaves.length - 1; i > 0; --i) {
            tree[i - 1] = Hashes.commutativeKeccak256(tree[2 * i - 1], tree[2 * i]);
        }
    }

    function proofOf(bytes32[] memory tree, uint256 leaf) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory nodes = new bytes32[](256);
        uint256 count;
        for (uint256 i = tree.length - 1 - leaf; i > 0; i = (i - 1) / 2) {
            nodes[count++] = tree[_sibling(i)];
        }
        return _first(nodes, count);
    }

    /// @param leaves Indices among the leaves, ascending; the multiproof takes them in this order.
    function multiproofOf(bytes32[] memory tree, uint256[] memory leaves)
        internal
        pure
        returns (Multiproof memory)
    {
        uint256[] memory queue = new uint256[](leaves.length * (Math.log2(tree.length) + 2));
        for (uint256 i = 0; i < leaves.length; ++i) {
            queue[i] = tree.length - 1 - leaves[i];
        }
        return _walk(tree, queue, leaves.length);
    }

    function _walk(bytes32[] memory tree, uint256[] memory queue, uint256 last)
        private
        pure
        returns (Multiproof memory multi)
    {
        bytes32[] memory proof = new bytes32[](queue.length);
        bool[] memory flags = new bool[](queue.length);
        uint256 next;
        uint256 proofs;
        uint256 steps;
        while (queue[next] != 0) {
            uint256 node = queue[next++];
            bool isPaired = next < last && queue[next] == _sibling(node);
            if (isPaired) ++next;
            else proof[proofs++] = tree[_sibling(node)];
            flags[steps++] = isPaired;
            queue[last++] = (node - 1) / 2;
        }
        multi.proof = _first(proof, proofs);
        multi.flags = new bool[](steps);
        for (uint256 i = 0; i < steps; ++i) {
            multi.flags[i] = flags[i];
        }
    }

    function _sibling(uint256 node) private pure returns (uint256) {
        return node % 2 == 0 ? node - 1 : node + 1;
    }

    function _first(bytes32[] memory nodes, uint256 count) private pure returns (bytes32[] memory some) {
        some = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = nodes[i];
        }
    }
}
