"""Every function, event, error and struct of the contracts is documented in full; solc alone accepts gaps."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "contracts" / "src"
FILES = sorted(SOURCES.rglob("*.sol"))
INTERFACES = SOURCES / "interfaces"

DECLARATION = re.compile(
    r"(?P<comment>(?:^ *///.*\n)*)"
    r"^ *(?P<kind>function|event|error|struct) (?P<name>\w+)(?P<head>[^;{]*)(?:;|\{(?P<body>[^}]*))",
    re.MULTILINE,
)
LIST = re.compile(r"\s*\((?P<inside>[^()]*)\)")
RETURNS = re.compile(r"\breturns \(([^()]*)\)")
TYPE_WITH_PARENTHESES = re.compile(r"mapping\([^()]*\)")


@dataclass(frozen=True)
class Declaration:
    """What one declaration has to document, and its comment."""

    kind: str
    name: str
    parameters: tuple[str, ...]
    returned: tuple[str, ...]
    head: str
    comment: str

    def missing(self) -> Iterator[str]:
        if "@inheritdoc" in self.comment:
            return
        if not re.search(r"@notice \S", self.comment):
            yield f"{self.kind} {self.name}: @notice"
        documented = re.findall(r"@param (\w+) \S", self.comment)
        for name in sorted(set(self.parameters) ^ set(documented)):
            yield f"{self.kind} {self.name}: @param {name}"
        if len(re.findall(r"@return \S", self.comment)) != len(self.returned):
            yield f"{self.kind} {self.name}: @return"

    def is_called_from_outside(self) -> bool:
        return self.kind == "function" and bool(re.search(r"\b(external|public)\b", self.head))


def declarations(source: str) -> Iterator[Declaration]:
    for found in DECLARATION.finditer(source):
        head = TYPE_WITH_PARENTHESES.sub("mapping", found["head"])
        returned = RETURNS.search(head)
        parameters = LIST.match(head)
        members = (found["body"] or "").split(";") if found["kind"] == "struct" else []
        inside = parameters["inside"].split(",") if parameters else []
        yield Declaration(
            kind=found["kind"],
            name=found["name"],
            parameters=tuple(names_in(members or inside)),
            returned=tuple(returned[1].split(",")) if returned else (),
            head=head,
            comment=found["comment"],
        )


def names_in(members: list[str]) -> Iterator[str]:
    return (member.split()[-1] for member in members if member.strip())


def is_documented_here(path: Path, declaration: Declaration) -> bool:
    return path.is_relative_to(INTERFACES) or declaration.is_called_from_outside()


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCES)) for path in FILES])
def test_what_is_declared_is_documented(path: Path) -> None:
    found = [each for each in declarations(path.read_text()) if is_documented_here(path, each)]
    assert [line for each in found for line in each.missing()] == []


def test_every_interface_declares_something() -> None:
    assert all(list(declarations(path.read_text())) for path in INTERFACES.glob("*.sol"))


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("@notice Pays.", "function pay: @notice"),
        ("@param to Receiver.", "function pay: @param to"),
        ("@param amount Wei.", "function pay: @param amount"),
        ("@return left Wei.", "function pay: @return"),
    ],
)
def test_a_missing_tag_is_found(lacking: str, said: str) -> None:
    lines = ["@notice Pays.", "@param to Receiver.", "@param amount Wei.", "@return left Wei."]
    comment = "".join(f"    /// {line}\n" for line in lines if line != lacking)
    source = (
        comment
        + "    function pay(address to, uint96 amount)\n        external\n        returns (uint96 left);\n"
    )
    assert [line for each in declarations(source) for line in each.missing()] == [said]


def test_members_of_a_struct_are_its_parameters() -> None:
    source = (
        "/// @notice A pot.\n/// @param gone Wei.\nstruct Pot {\n    uint96 pool;\n    uint16 opened;\n}\n"
    )
    (pot,) = declarations(source)
    assert list(pot.missing()) == [
        "struct Pot: @param gone",
        "struct Pot: @param opened",
        "struct Pot: @param pool",
    ]
