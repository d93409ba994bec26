"""An installed package that offers checkers or actions as entry points, for tests."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cases import SynchronousTestCase


def install(test: SynchronousTestCase, **checkers: str) -> None:
    """Let a package be installed while a test runs, with the dotted paths of its checkers by name."""
    offer(test, "ftpd_service.checkers", checkers)


def offer(test: SynchronousTestCase, group: str, paths: dict[str, str]) -> None:
    """Let a package be installed while a test runs, with the dotted paths of its entry points by name."""
    folder = Path(test.mktemp()).resolve()
    metadata = folder / "acme_plugins-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugins\nVersion: 1.0\n")
    lines = "".join(f"{name} = {path}\n" for name, path in paths.items())
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    sys.path.insert(0, str(folder))
    test.addCleanup(sys.path.remove, str(folder))
