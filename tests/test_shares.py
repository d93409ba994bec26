"""The table of shares in docs/architecture.rst: each bound exists, and everything that can grow has a row."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ftpd_service.config.keys import all_keys
from tests.cases import SynchronousTestCase
from tests.share_rows import OF_THE_SERVICE, ROW_OF

TREE = Path(__file__).parent.parent
PACKAGE = TREE / "ftpd_service"

GROWING = frozenset(
    {
        "dict",
        "list",
        "set",
        "bytearray",
        "deque",
        "OrderedDict",
        "defaultdict",
        "Counter",
        "WeakValueDictionary",
        "WeakSet",
        "WeakKeyDictionary",
    }
)
"""What makes a container that may grow."""

NOT_CLIENTS = frozenset({"admin", "config", "testing"})
"""Parts that no client reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table."""

    resource: str
    bounds: tuple[str, ...]
    test: str


def rows() -> list[Row]:
    """The table."""
    section = (TREE / "docs" / "architecture.rst").read_text("utf-8").split("\nShares\n------\n", 1)[1]
    section = section.split("\n\n\n", 1)[0].split("Dependencies, and why each", 1)[0]
    cells = [re.split(r"\n     - ", row) for row in section.split("\n   * - ")[2:]]
    return [
        Row(resource=resource, bounds=tuple(re.findall(r"``([\w.]+)``", bound)), test=test.strip().strip("`"))
        for resource, _, bound, _, test in cells
    ]


def value_of(name: str) -> object:
    """The value of a constant or field below the package, or None where there is no such name."""
    parts = name.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(["ftpd_service", *parts[:split]]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            # Fields of settings are slots of the class, and values of an object.
            found = getattr(found() if isinstance(found, type) else found, part, None)
        return found
    return None


def grows(value: ast.expr) -> bool:
    """Whether an expression makes an empty container that may be filled."""
    if isinstance(value, ast.List | ast.Dict | ast.Set):
        return True
    if not isinstance(value, ast.Call):
        return False
    called = value.func.value if isinstance(value.func, ast.Subscript) else value.func
    name = called.id if isinstance(called, ast.Name) else ""
    factories = [word.value for word in value.keywords if name == "field" and word.arg == "default_factory"]
    return name in GROWING or any(isinstance(made, ast.Name) and made.id in GROWING for made in factories)


def containers() -> Iterator[str]:
    """Every attribute of every object that is made as an empty container, where clients may reach it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if module.split(".")[0] in NOT_CLIENTS:
            continue
        for owner in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(owner, ast.ClassDef):
                yield from (f"{module}.{owner.name}.{name}" for name in _attributes(owner))


def _attributes(owner: ast.ClassDef) -> set[str]:
    found = set()
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if not grows(value):
            continue
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            found.add(target.attr)
        elif isinstance(target, ast.Name) and node in owner.body and isinstance(node, ast.AnnAssign):
            found.add(target.id)
    return found


class SharesTests(SynchronousTestCase):
    """The table and the code."""

    def test_every_bound_exists(self) -> None:
        """Each name is a key of the configuration, or has a value that bounds something."""
        keys = {key.path for key in all_keys()}
        named = [(row.resource, name) for row in rows() for name in row.bounds]
        self.assertGreater(len(named), 40)
        self.assertEqual([pair for pair in named if pair[1] not in keys and not value_of(pair[1])], [])

    def test_every_row_has_a_bound_and_a_test(self) -> None:
        """The test's module exists."""
        wrong = [
            row.resource
            for row in rows()
            if not row.bounds or not (TREE / f"{row.test.replace('.', '/')}.py").is_file()
        ]
        self.assertEqual(wrong, [])

    def test_everything_that_grows_has_a_row(self) -> None:
        """A new container needs a row that says who shares it and what bounds it."""
        self.assertEqual(sorted(set(containers())), sorted(ROW_OF))

    def test_every_row_that_is_named_is_there(self) -> None:
        """And no row of the table bounds nothing that is known here, but for those without containers."""
        self.assertEqual(set(ROW_OF.values()) - {row.resource for row in rows()}, {OF_THE_SERVICE})
