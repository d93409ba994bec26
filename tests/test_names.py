"""Each name stands for one idea: no two modules, public classes or constants of the package have the same name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.cases import SynchronousTestCase
from tests.test_layers import PACKAGE, sources

PARALLEL_MODULES = frozenset({"__init__", "settings", "configured", "reference", "handles", "storage", "errors"})
"""Modules that say the same of different parts: ``settings.py`` of a folder, ``handles.py`` of a storage."""

PARALLEL_NAMES = frozenset({"COMMANDS"})
"""Constants that each module of a kind has, as ``commands/table.py`` collects them."""


def targets(node: ast.stmt) -> Iterator[ast.expr]:
    """The names, single or in a tuple, to which a statement assigns."""
    if isinstance(node, ast.AnnAssign):
        yield node.target
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from target.elts if isinstance(target, ast.Tuple) else [target]


def defined(tree: ast.Module) -> Iterator[str]:
    """The public classes and constants that a module defines; a type variable of one letter is neither."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        for target in targets(node):
            if isinstance(target, ast.Name) and target.id.isupper() and len(target.id) > 1:
                yield target.id


def repeated(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that stand in several modules, and these modules."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, module in names:
        found[name].append(module)
    return {name: modules for name, modules in found.items() if len(modules) > 1}


class NamesTests(SynchronousTestCase):
    """The names in the package, read from the sources."""

    def test_each_module_has_a_name_of_its_own(self) -> None:
        """A traceback and a reader name a module without its folder."""
        modules = [(module.rpartition(".")[2], module) for module, _ in sources(PACKAGE)]
        self.assertEqual(repeated(pair for pair in modules if pair[0] not in PARALLEL_MODULES), {})

    def test_each_public_class_and_constant_has_a_name_of_its_own(self) -> None:
        """Two ideas with the same name are told apart only by the import, far above where the name is used."""
        names = [(name, module) for module, tree in sources(PACKAGE) for name in defined(tree)]
        public = (pair for pair in names if not pair[0].startswith("_") and pair[0] not in PARALLEL_NAMES)
        self.assertEqual(repeated(public), {})

    def test_repeated_names_are_found(self) -> None:
        """Classes and constants, also several in a line; a type variable may be repeated."""
        source = "T = 1\n_OWN = 2\nclass Two: ...\nMOST, LEAST = 3, 4\nLONG: int = 5\nlower = 6\n"
        names = [(name, module) for module in ("a", "b") for name in defined(ast.parse(source))]
        self.assertEqual(sorted(repeated(names)), ["LEAST", "LONG", "MOST", "Two", "_OWN"])
