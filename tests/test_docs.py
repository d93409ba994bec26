"""Pages of the documentation against the code that they speak of; `test_extending` runs the code that they show."""

from __future__ import annotations

import re
from pathlib import Path

from zope.interface.interface import InterfaceClass

from ftpd_service import (
    copy_interfaces,
    digest_interfaces,
    former_interfaces,
    interfaces,
    login_interfaces,
    quarantine_interfaces,
    tree_interfaces,
    upload_interfaces,
    version_interfaces,
)
from ftpd_service.auth import credentials
from ftpd_service.commands import reference
from ftpd_service.commands.table import standard_table
from ftpd_service.config.keys import all_keys
from ftpd_service.observe.event_table import COMMON, EVENT_TABLE
from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal, TransferOutcome
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import known_series

DOCS = Path(__file__).parent.parent / "docs"


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / f"{name}.rst").read_text("utf-8")


def second_cells(text: str) -> list[str]:
    """The second cell of each row of each list-table, one line each."""
    return re.findall(r"^   \* - .*\n     - (.*)$", text, re.MULTILINE)


class MigratingTests(SynchronousTestCase):
    """The page for users of other servers."""

    def test_every_key_that_it_names_exists(self) -> None:
        """A key is named in full, or by its last name behind another key of its section."""
        paths = {key.path for key in all_keys()} | {"accounts.*"}
        names = {path.rpartition(".")[2] for path in paths} | paths
        named = {
            key.partition(":")[0].replace("[]", ".*").replace(".NAME", ".*").replace(".anonymous", ".*")
            for cell in second_cells(page("migrating"))
            for key in re.findall(r"``([a-z_]+(?:\[\])?(?:\.[A-Za-z_\[\]]+)*(?:: [a-z-]+)?)``", cell)
        }
        self.assertGreater(len(named), 30)
        self.assertEqual(sorted(named - names), [])


class VerbsTests(SynchronousTestCase):
    """The table of verbs."""

    def test_the_page_is_what_the_declarations_say(self) -> None:
        """``make docs`` writes it."""
        self.assertEqual(page("verbs"), reference.page(standard_table()))


class ApiTests(SynchronousTestCase):
    """The page of public names."""

    def test_every_interface_is_documented(self) -> None:
        """Interfaces are not found by automodule, so each has its own line."""
        own = {
            value.__identifier__
            for module in (
                interfaces,
                login_interfaces,
                quarantine_interfaces,
                former_interfaces,
                version_interfaces,
                digest_interfaces,
                tree_interfaces,
                upload_interfaces,
                copy_interfaces,
                credentials,
            )
            for value in vars(module).values()
            if isinstance(value, InterfaceClass) and value.__module__ == module.__name__
        }
        listed = set(re.findall(r"^\.\. autointerface:: (\S+)$", page("api"), re.MULTILINE))
        self.assertEqual(listed, own)


class IndexTests(SynchronousTestCase):
    """The front page."""

    def test_every_page_is_reached(self) -> None:
        """Each page stands in a table of contents."""
        pages = {path.stem for path in DOCS.glob("*.rst")} - {"index"}
        listed = set(re.findall(r"^   ([a-z]+)$", page("index"), re.MULTILINE))
        self.assertEqual(listed, pages)


class MetricsTests(SynchronousTestCase):
    """The page of metrics."""

    def test_every_series_is_described_with_its_labels(self) -> None:
        """No series more, no series less."""
        rows = re.findall(r"^   \* - ``(ftpd_\w+)``\n     -(?: (.*))?$", page("metrics"), re.MULTILINE)
        described = {name: set(re.findall(r"``(\w+)``", labels)) for name, labels in rows}
        self.assertEqual(described, known_series())

    def test_every_class_is_described(self) -> None:
        """The words of the page are those of the labels."""
        words = set(re.findall(r"``([a-z_]+)``", page("metrics")))
        classes = {one.value for kind in (SessionRefusal, LoginOutcome, DataFailure, TransferOutcome) for one in kind}
        self.assertEqual(classes - words, set())


class LoggingTests(SynchronousTestCase):
    """The page of the log."""

    def test_every_event_has_a_row(self) -> None:
        """With its part, its level, its fields, and whether the audit has it."""
        wanted = {
            (
                f"``{telling.name}``",
                f"{telling.part}, {telling.level}",
                ", ".join(f"``{name}``" for name in telling.names if name not in COMMON) or "-",
                "yes" if telling.audit else "no",
            )
            for telling in EVENT_TABLE.values()
        }
        rows = re.findall(r"^   \* - (.*)\n     - (.*)\n     - (.*)\n     - (.*)$", page("logging"), re.MULTILINE)
        self.assertEqual(set(rows) - {("Event", "Part and level", "Its own fields", "Audit")}, wanted)
