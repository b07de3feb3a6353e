"""The solver that halmos asks here: reads a query over bit vectors and proves it over the integers.

The arithmetic of money is products and quotients of numbers far below 2^256. Bit by bit they are hopeless; over the
integers they are school algebra, and z3 is good at it. The translation is exact where it can be, and says less than
the query where it cannot: a term that it does not know may be anything of its width. So what it finds contradictory
is contradictory, and halmos is told `unsat`. Everything else goes to Yices, which reads the query as it is.

A number of n bits becomes an integer with the range that it can be seen to have. What cannot leave the n bits needs
no remainder; that is what makes the difference.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import z3

MILLISECONDS = 60_000
YICES = Path(sys.executable).parent / "yices-smt2"
YICES_OPTIONS = ("--smt2-model-format", "--bvconst-in-decimal")  # as halmos reads its answers


def main() -> None:
    query = sys.argv[1]
    solver = z3.Solver()
    solver.set("timeout", MILLISECONDS)
    solver.add(translate(query))
    if solver.check() == z3.unsat:
        sys.stdout.write("unsat\n")
    else:
        os.execv(YICES, [str(YICES), *YICES_OPTIONS, query])


def translate(path: str) -> list[z3.BoolRef]:
    translator = Translator()
    claims = [translator.claim(claim) for claim in z3.parse_smt2_file(path)]
    return claims + translator.facts


class Number(NamedTuple):
    """An integer that stands for the unsigned value of a bit vector, and the least and most that it can be."""

    value: z3.ArithRef
    least: int
    most: int

    def plus(self, other: Number) -> Number:
        return Number(self.value + other.value, self.least + other.least, self.most + other.most)

    def minus(self, other: Number) -> Number:
        return Number(self.value - other.value, self.least - other.most, self.most - other.least)

    def times(self, other: Number) -> Number:
        """The product of two numbers that are not negative."""
        return Number(self.value * other.value, self.least * other.least, self.most * other.most)


def exactly(value: int) -> Number:
    return Number(z3.IntVal(value), value, value)


class Translator:
    """Translates claims and gathers the facts that hold of the numbers it makes up on the way."""

    def __init__(self) -> None:
        self.facts: list[z3.BoolRef] = []
        self._names = 0
        # Terms are kept with their translation: z3 gives the id of a freed term to another.
        self._numbers: dict[int, tuple[z3.BitVecRef, Number]] = {}
        self._claims: dict[int, tuple[z3.BoolRef, z3.BoolRef]] = {}
        self._quotients: dict[tuple[int, int, int], Number] = {}

    # --- Claims ---

    def claim(self, claim: z3.BoolRef) -> z3.BoolRef:
        key = claim.get_id()
        if key not in self._claims:
            self._claims[key] = (claim, self._claim(claim))
        return self._claims[key][1]

    def _claim(self, claim: z3.BoolRef) -> z3.BoolRef:
        kind, parts = claim.decl().kind(), claim.children()
        if kind in CONNECTIVES:
            return CONNECTIVES[kind](*[self.claim(part) for part in parts])
        if kind == z3.Z3_OP_EQ and z3.is_bool(parts[0]):
            return self.claim(parts[0]) == self.claim(parts[1])
        if kind in COMPARISONS and len(parts) == 2 and z3.is_bv(parts[0]):
            return COMPARISONS[kind](*[self.number(part).value for part in parts])
        if z3.is_true(claim) or z3.is_false(claim):
            return claim
        return z3.Bool(self._name("unknown"))

    # --- Numbers ---

    def number(self, term: z3.BitVecRef) -> Number:
        key = term.get_id()
        if key not in self._numbers:
            self._numbers[key] = (term, self._number(term))
        return self._numbers[key][1]

    def _number(self, term: z3.BitVecRef) -> Number:
        if z3.is_bv_value(term):
            return exactly(term.as_long())
        match term.decl().kind():
            case z3.Z3_OP_ITE:
                return self._either(*term.children())
            case z3.Z3_OP_BADD | z3.Z3_OP_BSUB | z3.Z3_OP_BNEG:
                return self._within(self._sum(term), term.size())
            case z3.Z3_OP_BNOT:
                return exactly(2 ** term.size() - 1).minus(self.number(term.arg(0)))
            case z3.Z3_OP_CONCAT:
                return self._joined(term.children())
            case z3.Z3_OP_EXTRACT:
                return self._extracted(*term.params(), term.arg(0))
        if is_product(term):
            return self._within(self._summand(term), term.size())
        if is_quotient(term):
            return self._quotient(term)
        return self._new("any", 0, 2 ** term.size() - 1)

    def _either(self, condition: z3.BoolRef, one: z3.BitVecRef, other: z3.BitVecRef) -> Number:
        a, b = self.number(one), self.number(other)
        value = z3.If(self.claim(condition), a.value, b.value)
        return Number(value, min(a.least, b.least), max(a.most, b.most))

    def _sum(self, term: z3.BitVecRef) -> Number:
        first, *rest = [self._summand(part) for part in term.children()]
        if term.decl().kind() == z3.Z3_OP_BNEG:
            return exactly(0).minus(first)
        for part in rest:
            first = first.minus(part) if term.decl().kind() == z3.Z3_OP_BSUB else first.plus(part)
        return first

    def _summand(self, term: z3.BitVecRef) -> Number:
        """With its sign: z3 writes a − b as a + (2^n − 1)·b or a + ~b + 1, and a − 1 as a + (2^n − 1)."""
        top = 2 ** term.size()
        if z3.is_bv_value(term) and term.as_long() >= top // 2:
            return exactly(term.as_long() - top)
        if term.decl().kind() == z3.Z3_OP_BNOT:
            return exactly(-1).minus(self.number(term.arg(0)))
        if not is_product(term):
            return self.number(term)
        factor, *rest = term.children()
        if z3.is_bv_value(factor) and factor.as_long() >= top // 2:
            value, least, most = self._product(rest)
            sign = factor.as_long() - top
            return Number(value * sign, most * sign, least * sign)
        return self._product(term.children())

    def _product(self, factors: list[z3.BitVecRef]) -> Number:
        product = exactly(1)
        for factor in factors:
            product = product.times(self.number(factor))
        return product

    def _joined(self, parts: list[z3.BitVecRef]) -> Number:
        joined = exactly(0)
        for part in parts:
            joined = joined.times(exactly(2 ** part.size())).plus(self.number(part))
        return joined

    def _extracted(self, high: int, low: int, term: z3.BitVecRef) -> Number:
        number = self.number(term)
        if low != 0:
            number = self._floor(term, number, 2**low)
        return self._within(number, high - low + 1)

    def _quotient(self, term: z3.BitVecRef) -> Number:
        """EVM's quotient by zero, as halmos names it, is zero; that of bit vectors has all bits set."""
        dividend, divisor = term.children()
        by_zero = 0 if term.decl().name().startswith("f_evm_") else 2 ** term.size() - 1
        above, below = self.number(dividend), self.number(divisor)
        if below.least == below.most != 0:
            return self._floor(dividend, above, below.most)
        key = (dividend.get_id(), divisor.get_id(), by_zero)
        if key not in self._quotients:
            quotient = self._new("quotient", 0, max(above.most, by_zero))
            q, x, y = quotient.value, above.value, below.value
            self.facts.append(z3.If(y == 0, q == by_zero, z3.And(q * y <= x, x < q * y + y, q <= x)))
            self._undo_product(dividend, divisor, q)
            self._quotients[key] = quotient
        return self._quotients[key]

    def _undo_product(self, dividend: z3.BitVecRef, divisor: z3.BitVecRef, quotient: z3.ArithRef) -> None:
        """a·b / a = b, as the compiler checks every product; not needed, but z3 need not find it then."""
        factors = dividend.children() if is_product(dividend) else []
        others = [factor for factor in factors if not factor.eq(divisor)]
        if len(others) == len(factors) - 1 and self._product(factors).most < 2 ** dividend.size():
            divides = self.number(divisor).value != 0
            self.facts.append(z3.Implies(divides, quotient == self._product(others).value))

    def _floor(self, term: z3.BitVecRef, number: Number, divisor: int) -> Number:
        key = (term.get_id(), -1, divisor)
        if key not in self._quotients:
            quotient = self._new("quotient", number.least // divisor, number.most // divisor)
            self.facts.append(divisor * quotient.value <= number.value)
            self.facts.append(number.value < divisor * quotient.value + divisor)
            self._quotients[key] = quotient
        return self._quotients[key]

    def _within(self, number: Number, width: int) -> Number:
        """What is left of a number in so many bits: itself, if it cannot leave them."""
        top = 2**width
        if number.least >= 0 and number.most < top:
            return number
        wraps = self._new("wraps", number.least // top, number.most // top)
        rest = self._new("rest", 0, top - 1)
        self.facts.append(rest.value == number.value - top * wraps.value)
        return rest

    def _new(self, name: str, least: int, most: int) -> Number:
        value = z3.Int(self._name(name))
        self.facts += [least <= value, value <= most]
        return Number(value, least, most)

    def _name(self, name: str) -> str:
        self._names += 1
        return f"{name}{self._names}"


def is_product(term: z3.BitVecRef) -> bool:
    return term.decl().kind() == z3.Z3_OP_BMUL or term.decl().name().startswith("f_evm_bvmul_")


def is_quotient(term: z3.BitVecRef) -> bool:
    kinds = (z3.Z3_OP_BUDIV, z3.Z3_OP_BUDIV_I)
    return term.decl().kind() in kinds or term.decl().name().startswith("f_evm_bvudiv_")


CONNECTIVES = {
    z3.Z3_OP_NOT: z3.Not,
    z3.Z3_OP_AND: z3.And,
    z3.Z3_OP_OR: z3.Or,
    z3.Z3_OP_XOR: z3.Xor,
    z3.Z3_OP_IMPLIES: z3.Implies,
    z3.Z3_OP_ITE: z3.If,
}
COMPARISONS = {
    z3.Z3_OP_EQ: lambda a, b: a == b,
    z3.Z3_OP_DISTINCT: lambda a, b: a != b,
    z3.Z3_OP_ULEQ: lambda a, b: a <= b,
    z3.Z3_OP_ULT: lambda a, b: a < b,
    z3.Z3_OP_UGEQ: lambda a, b: a >= b,
    z3.Z3_OP_UGT: lambda a, b: a > b,
}

if __name__ == "__main__":
    main()
