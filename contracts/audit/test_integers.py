"""A satisfiable query must stay so in translation, or halmos would report a false claim as proved."""

from __future__ import annotations

import random
import tempfile
import unittest
from pathlib import Path

import z3
from integers import translate

WIDTHS = (8, 16, 96, 256)
OF_TWO = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "udiv": z3.UDiv,
    "xor": lambda a, b: a ^ b,
    "and": lambda a, b: a & b,
}
OPERATIONS = (*OF_TWO, "fmul", "fdiv", "not", "neg", "extract", "concat", "ite")
COMPARISONS = (z3.ULE, z3.ULT, z3.UGE, z3.UGT, lambda a, b: a == b, lambda a, b: a != b)


class Maker:
    """Random terms over a few variables."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.variables = [z3.BitVec(f"v{i}_{w}", w) for w in WIDTHS for i in range(2)]

    def constant(self, width: int) -> z3.BitVecRef:
        top = 2**width
        value = self.random.choice([0, 1, 2, top - 1, top - 2, top // 2, self.random.randrange(top), 219])
        return z3.BitVecVal(value, width)

    def term(self, width: int, depth: int) -> z3.BitVecRef:
        if depth == 0:
            if self.random.random() < 0.3:
                return self.constant(width)
            return self.random.choice([v for v in self.variables if v.size() == width])
        operation = self.random.choice(OPERATIONS)
        if operation in ("fmul", "fdiv"):
            if width != 256:
                return self.term(width, depth - 1)
            name = {"fmul": "f_evm_bvmul_256", "fdiv": "f_evm_bvudiv_256"}[operation]
            function = z3.Function(name, *[z3.BitVecSort(256)] * 3)
            return function(self.term(256, depth - 1), self.term(256, depth - 1))
        if operation == "extract":
            source = self.random.choice([w for w in WIDTHS if w >= width])
            low = self.random.randrange(source - width + 1)
            return z3.Extract(low + width - 1, low, self.term(source, depth - 1))
        if operation == "concat":
            if width == 8:
                return self.term(width, depth - 1)
            low = self.random.choice([w for w in WIDTHS if w < width])
            return z3.Concat(z3.BitVecVal(0, width - low), self.term(low, depth - 1))
        a = self.term(width, depth - 1)
        if operation in ("not", "neg"):
            return ~a if operation == "not" else -a
        b = self.term(width, depth - 1)
        if operation == "ite":
            return z3.If(self.comparison(a, b), a, b)
        return OF_TWO[operation](a, b)

    def comparison(self, a: z3.BitVecRef, b: z3.BitVecRef) -> z3.BoolRef:
        return self.random.choice(COMPARISONS)(a, b)


def meaning(term: z3.BitVecRef) -> z3.BitVecRef:
    """With halmos' names for products and quotients replaced by what they mean (a quotient by zero is zero)."""
    x, y = z3.Var(0, z3.BitVecSort(256)), z3.Var(1, z3.BitVecSort(256))
    product = z3.Function("f_evm_bvmul_256", *[z3.BitVecSort(256)] * 3)
    quotient = z3.Function("f_evm_bvudiv_256", *[z3.BitVecSort(256)] * 3)
    zero = z3.BitVecVal(0, 256)
    return z3.substitute_funs(term, (product, x * y), (quotient, z3.If(y == 0, zero, z3.UDiv(x, y))))


class TranslationTest(unittest.TestCase):
    def test_what_is_true_of_bit_vectors_stays_satisfiable_over_integers(self) -> None:
        for seed in range(200):
            with self.subTest(seed=seed):
                maker = Maker(seed)
                term = maker.term(maker.random.choice(WIDTHS), 4)
                values = [(v, maker.constant(v.size())) for v in maker.variables]
                value = z3.simplify(z3.substitute(meaning(term), *values))
                self.assertTrue(z3.is_bv_value(value))
                facts = [term == value, *(v == x for v, x in values)]
                self.assertNotEqual(self.check(facts), z3.unsat)

    def test_what_is_false_of_bit_vectors_is_mostly_found_out(self) -> None:
        """Otherwise a translation that says nothing would pass the test above."""
        found = 0
        for seed in range(60):
            maker = Maker(seed)
            term = maker.term(256, 3)
            values = [(v, maker.constant(v.size())) for v in maker.variables]
            value = z3.simplify(z3.substitute(meaning(term), *values))
            found += self.check([term != value, *(v == x for v, x in values)]) == z3.unsat
        self.assertGreater(found, 20)

    def check(self, facts: list[z3.BoolRef]) -> z3.CheckSatResult:
        solver = z3.Solver()
        solver.add(facts)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "query.smt2"
            path.write_text(solver.to_smt2())
            integers = z3.Solver()
            integers.set("timeout", 2_000)
            integers.add(translate(str(path)))
            return integers.check()


if __name__ == "__main__":
    unittest.main()
