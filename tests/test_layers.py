"""Imports point down the layers only, and the traps that style and experience name are not in the code."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

from tests.cases import SynchronousTestCase

PACKAGE = Path(__file__).resolve().parent.parent / "ftpd_service"
TESTS = Path(__file__).resolve().parent

LAYERS: dict[str, float] = {
    "account": 0,
    "errors": 0,
    "errnos": 0,
    "events": 0,
    "values": 0,
    "closing": 0,
    "placed": 0,
    "login_hours": 0,
    "interfaces": 0,
    "hook_events": 0,
    "hook_interfaces": 0,
    "hook_log_events": 0,
    "verdict_interfaces": 0,
    "taken_bytes": 0,
    "copied_bytes": 0,
    "login_interfaces": 0,
    "copy_interfaces": 0,
    "tree_interfaces": 0,
    "version_interfaces": 0,
    "digest_interfaces": 0,
    "quarantine_interfaces": 0,
    "former_interfaces": 0,
    "path_rules": 0,
    "upload_interfaces": 0,
    "upload_policy": 0,
    "naming": 0,
    "reasons": 0,
    "resumption_mode": 0,
    "wire": 1,
    "policy": 1,
    "session": 2,
    "running_service": 2,
    "commands": 3,
    "kernel": 3.5,
    "control": 4,
    "data": 4,
    "storage": 4,
    "auth": 4,
    "accounts": 4,
    "admin_socket": 4,
    "observe": 4,
    "tls": 3.5,
    "runtime": 3.5,
    "web": 3.5,
    "database": 3.5,
    "digests": 4,
    "hooks": 4,
    "config": 5,
    "admin": 6,
    "__main__": 6,
    "graph": 6,
    "local_homes": 6,
    "manual": 6,
    "login_storages": 6,
    "metrics_part": 6,
    "listening": 6,
    "descriptor_limit": 6,
    "draining": 6,
    "shared_places": 6,
    "log_part": 6,
    "audit_part": 6,
    "log_place": 6,
    "transfer_log_part": 6,
    "service_parts": 6,
    "succession": 6,
    "reload": 6,
    "service": 6,
    "signals": 6,
    "tap": 6,
    "systemd": 6,
    "systemd_states": 6,
    "versions": 6,
    "testing": 6,
}
SIBLINGS_APART = {1, 4, 5}
"""Layers whose parts do not import each other."""

PURE = 3
"""Up to this layer: no Twisted, no OpenSSL, no clock, no files, no logging."""
FORBIDDEN_BELOW = {"twisted", "OpenSSL", "os", "logging", "random", "socket", "threading"}


def part_of(module: str) -> str:
    """The top-level part of the package that a dotted name belongs to."""
    return module.split(".")[1] if "." in module else ""


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is ``if TYPE_CHECKING:``, below which a name is allowed."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(tree: ast.AST) -> list[str]:
    """All modules that a tree imports at run time."""
    found: list[str] = []
    skipped = {id(inner) for node in ast.walk(tree) if is_type_checking(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            if node.module == "ftpd_service":
                found.extend(f"ftpd_service.{alias.name}" for alias in node.names)
    return found


@cache
def sources(folder: Path) -> list[tuple[str, ast.Module]]:
    """All modules below a folder, by their dotted name; the trees are many megabytes, and `cache_clear` frees them."""
    return [
        (".".join(path.relative_to(folder.parent).with_suffix("").parts), ast.parse(path.read_text()))
        for path in sorted(folder.rglob("*.py"))
    ]


def upward(module: str, imported: str) -> bool:
    """Whether an import breaks the order of the layers."""
    here, there = part_of(module), part_of(imported)
    if not there or there == "__init__" or here == there:
        return False
    low, high = LAYERS[there], LAYERS[here]
    return low > high or (low == high and low in SIBLINGS_APART)


def foreign(module: str, imported: str) -> bool:
    """Whether a pure layer imports what it must not."""
    return LAYERS.get(part_of(module), 9) <= PURE and imported.split(".")[0] in FORBIDDEN_BELOW


def reads_clock(node: ast.AST) -> bool:
    """Whether a call asks for the time: ``time.time``, ``monotonic``, ``datetime.now`` and their like."""
    names = {"time", "monotonic", "perf_counter", "now", "today", "utcnow", "open"}
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id == "open"
    return (
        isinstance(called, ast.Attribute)
        and called.attr in names
        and isinstance(called.value, ast.Name)
        and called.value.id in {"time", "datetime", "date", "io"}
    )


class LayerTests(SynchronousTestCase):
    """The order of the layers, read from the sources."""

    def test_imports_point_down(self) -> None:
        """No module imports from a layer above, nor from a part beside it where parts stay apart."""
        broken = [
            f"{module} imports {imported}"
            for module, tree in sources(PACKAGE)
            for imported in imports(tree)
            if imported.startswith("ftpd_service.") and part_of(module) in LAYERS and upward(module, imported)
        ]
        self.assertEqual(broken, [])

    def test_every_part_has_a_layer(self) -> None:
        """A new folder or module at the top has to be given its place."""
        parts = {part_of(module) for module, _ in sources(PACKAGE)} - {"", "__init__"}
        self.assertEqual(parts - set(LAYERS), set())

    def test_lower_layers_know_no_twisted(self) -> None:
        """Layers 0 to 3 import neither Twisted nor OpenSSL, and touch no file, clock, log or thread."""
        broken = [
            f"{module} imports {imported}"
            for module, tree in sources(PACKAGE)
            for imported in imports(tree)
            if foreign(module, imported)
        ]
        self.assertEqual(broken, [])

    def test_lower_layers_read_no_clock_and_open_no_file(self) -> None:
        """Time comes in as a value; ``time.gmtime`` of such a value is arithmetic."""
        broken = [
            f"{module}:{node.lineno}"
            for module, tree in sources(PACKAGE)
            for node in ast.walk(tree)
            if LAYERS.get(part_of(module), 9) <= PURE and isinstance(node, ast.Call) and reads_clock(node)
        ]
        self.assertEqual(broken, [])

    def test_pydantic_stays_in_config(self) -> None:
        """Only config/ knows how settings are validated."""
        users = {
            part_of(module)
            for module, tree in sources(PACKAGE)
            for imported in imports(tree)
            if imported.split(".")[0] in {"pydantic", "pydantic_core", "yaml"}
        }
        self.assertEqual(users, {"config"})

    def test_the_reactor_is_imported_where_things_are_put_together_only(self) -> None:
        """Elsewhere clock and reactor are parameters."""
        users = {
            module
            for module, tree in sources(PACKAGE)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.module == "twisted.internet"
            and any(alias.name == "reactor" for alias in node.names)
        }
        self.assertLessEqual({part_of(module) for module in users}, {"tap", "service"})

    def test_kernel_imports_the_standard_library_only(self) -> None:
        """System calls stand below all adapters, and know nothing of the server."""
        broken = [
            f"{module} imports {imported}"
            for module, tree in sources(PACKAGE)
            for imported in imports(tree)
            if part_of(module) == "kernel"
            and imported.split(".")[0] not in sys.stdlib_module_names
            and not imported.startswith("ftpd_service.kernel")
        ]
        self.assertEqual(broken, [])

    def test_ctypes_stays_in_kernel(self) -> None:
        """Calls that Python does not have are made in one folder."""
        users = {part_of(module) for module, tree in sources(PACKAGE) if "ctypes" in imports(tree)}
        self.assertEqual(users, {"kernel"})

    def test_no_import_inside_functions(self) -> None:
        """What a module needs is seen at its top."""
        inner = [
            f"{module}:{node.name}"
            for module, tree in sources(PACKAGE)
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and any(isinstance(child, (ast.Import, ast.ImportFrom)) for child in ast.walk(node))
        ]
        self.assertEqual(inner, [])

    def test_no_file_is_longer_than_its_idea(self) -> None:
        """350 lines are the most."""
        long = [
            path.relative_to(PACKAGE.parent).as_posix()
            for folder in (PACKAGE, TESTS)
            for path in folder.rglob("*.py")
            if len(path.read_text().splitlines()) > 350
        ]
        self.assertEqual(long, [])

    def test_synchronous_test_cases_have_no_coroutine_tests(self) -> None:
        """An ``async def test_...`` in a SynchronousTestCase is never awaited and passes."""
        wrong = [
            f"{module}:{node.name}.{child.name}"
            for module, tree in sources(TESTS)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and any("SynchronousTestCase" in ast.dump(base) for base in node.bases)
            for child in node.body
            if isinstance(child, ast.AsyncFunctionDef) and child.name.startswith("test")
        ]
        self.assertEqual(wrong, [])
