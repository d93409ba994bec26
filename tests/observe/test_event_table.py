"""The table of events: complete, and with names that all forms of lines can use."""

from __future__ import annotations

import re
from dataclasses import fields

from ftpd_service import events, hook_log_events
from ftpd_service.observe.event_table import EVENT_TABLE, LEVELS, PARTS, name_of
from tests.cases import SynchronousTestCase
from tests.observe.hostile_events import event_of, hostile_events

OTHER_NAMES = {"octets": "bytes", "source": "path", "text": "tls reason", "path": "path file", "peer": "address"}
"""Fields of events that have another name in lines."""


class TableTests(SynchronousTestCase):
    """All rows."""

    def test_every_event_has_a_row(self) -> None:
        """But for the two roots."""
        kinds = {
            kind
            for module in (events, hook_log_events)
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, events.Event)
        }
        self.assertEqual(kinds - set(EVENT_TABLE), {events.Event, events.SessionEvent})

    def test_levels_and_parts_are_known(self) -> None:
        """An operator may name each of them."""
        self.assertEqual(
            [row.name for row in EVENT_TABLE.values() if row.level not in LEVELS or row.part not in PARTS], []
        )

    def test_every_field_of_an_event_is_a_field_of_its_line(self) -> None:
        """Nothing that an event knows is lost."""
        lost = [
            (row.name, field.name)
            for kind, row in EVENT_TABLE.items()
            for field in fields(kind)
            if not {field.name, *OTHER_NAMES.get(field.name, "").split()} & set(row.names)
        ]
        self.assertEqual(lost, [])

    def test_names_of_fields_are_words(self) -> None:
        """The journal takes capitals, digits and underscores."""
        names = {name for row in EVENT_TABLE.values() for name in (row.name, *row.names)}
        self.assertEqual([name for name in names if not re.fullmatch("[a-z][a-z_]*", name)], [])

    def test_each_field_has_a_value(self) -> None:
        """Names and values go together."""
        wrong = [
            row.name for kind, row in EVENT_TABLE.items() if len(row.values(event_of(kind, "text"))) != len(row.names)
        ]
        self.assertEqual(wrong, [])

    def test_a_name_is_that_of_the_class(self) -> None:
        """In small letters."""
        self.assertEqual(name_of(events.LoginFailed), "login_failed")

    def test_texts_show_no_character_of_a_client_as_it_is(self) -> None:
        """Line ends between the lines of a text are the table's own."""
        shown = [EVENT_TABLE[type(event)].text(event) for event in hostile_events()]
        bad = [text for text in shown if not text.replace("\n", "").replace("\t", "").isprintable()]
        self.assertEqual(bad, [])

    def test_the_audit_has_logins_refusals_changes_and_administration(self) -> None:
        """And what hooks have done, and nothing else."""
        self.assertEqual(
            {row.name for row in EVENT_TABLE.values() if row.audit},
            {
                *("login_succeeded", "login_failed", "refused", "session_refused", "proxy_refused"),
                *("transfer_finished", "file_removed", "directory_changed", "attributes_changed", "renamed"),
                "file_copied",
                "tree_removed",
                *("ban_made", "ban_lifted", "administered", "configuration_reloaded", "reload_failed"),
                *("certificates_replaced", "certificates_refused"),
                *("hook_finished", "hook_failed", "hook_events_dropped", "verdict_given", "verdict_failed"),
            },
        )
