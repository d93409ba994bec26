"""``ftpd-service events list``, ``show``, ``replay`` and ``drop``, on a database of SQLite."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select, update

from ftpd_service.admin.database_of_file import opened
from ftpd_service.database.connecting import reading, writing
from ftpd_service.database.tables import outbox
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.event_json import event_facts, stored_text
from ftpd_service.values import VirtualPath
from tests.admin.accounts import AccountsCase


def upload(key: str, account: str = "alice", path: str = "/in/a") -> HookEvent:
    """An upload."""
    origin = HookOrigin(node="n", account=account)
    return HookEvent(id=key, trigger=HookTrigger.UPLOADED, time=5.0, origin=origin, path=VirtualPath(path))


class EventsTests(AccountsCase):
    """The events of a database."""

    def put(self, event: HookEvent, rule: str = "r", state: str = "ready", **more: object) -> None:
        """Make a row."""
        row = {
            "id": event.id,
            "rule": rule,
            "node": "n",
            "owner": "o",
            "state": state,
            "account": event.origin.account,
            "path": event.path,
            "event": stored_text(event),
            "step": 0,
            "tries": 0,
            "due": 0.0,
            "reason": "",
            "created": 5.0,
            **more,
        }
        self.sql(insert(outbox).values(**row))

    def sql(self, statement: Any) -> None:  # Any: SQLAlchemy's statements
        """Carry out a statement."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with writing(engine) as connection:
            connection.execute(statement)

    def states(self) -> list[tuple[object, ...]]:
        """Id, state, action, tries and reason of each row."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        columns = (outbox.c.id, outbox.c.state, outbox.c.step, outbox.c.tries, outbox.c.due, outbox.c.failing_since)
        with reading(engine) as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(outbox.c.sequence))]

    def listed(self, *words: str) -> list[dict[str, Any]]:  # Any: JSON
        """The events as JSON."""
        told: list[dict[str, Any]] = json.loads(self.ok("events", "list", "--json", *words))  # Any: JSON
        return told

    def ids(self, *words: str) -> list[str]:
        """The ids of the list."""
        return [one["id"] for one in self.listed(*words)]

    def test_an_empty_list(self) -> None:
        """Also as JSON."""
        self.assertEqual((self.ok("events", "list"), self.listed()), ("", []))

    def test_the_list_has_the_object_of_each_event(self) -> None:
        """With the facts of its delivery beside it."""
        self.put(upload("a"), state="dead", step=1, tries=2, due=5.5, reason="no answer")
        facts = event_facts(upload("a"), 3)
        delivery = {
            "rule": "r",
            "state": "dead",
            "action": 2,
            "tries": 2,
            "next_try": "1970-01-01T00:00:05.500Z",
            "reason": "no answer",
        }
        self.assertEqual(self.listed(), [{**facts, **delivery}])

    def test_the_list_in_lines(self) -> None:
        """Tabs between the facts."""
        self.put(upload("a"), tries=2, reason="no answer")
        line = "a\tr\tready\t1970-01-01T00:00:05.000Z\tuploaded\talice\t/in/a\ttries 2\tno answer\n"
        self.assertEqual(self.ok("events", "list"), line)

    def test_filters(self) -> None:
        """All that are given have to fit."""
        self.put(upload("a"), "r", "dead")
        self.put(upload("a"), "s")
        self.put(upload("b", account="bob"), "r", "intent")
        self.assertEqual(self.ids("--state", "dead"), ["a"])
        self.assertEqual(self.ids("--rule", "r"), ["a", "b"])
        self.assertEqual(self.ids("--account", "alice", "--rule", "s"), ["a"])

    def test_an_event_that_cannot_be_read_is_listed(self) -> None:
        """With the facts that have columns of their own."""
        self.put(upload("a"))
        self.sql(update(outbox).values(event="[}"))
        row = self.listed()[0]
        self.assertEqual((row["id"], row["path"], row["event"]), ("a", "/in/a", None))
        self.assertEqual(list(row)[:16], list(event_facts(upload("a"), 1)))

    def test_a_name_does_not_reach_the_terminal_unescaped(self) -> None:
        """Clients choose paths."""
        self.put(upload("a", path="/in/\x1b[2J\n"))
        for output in (self.ok("events", "list"), self.ok("events", "show", "a"), self.ok("events", "list", "--json")):
            self.assertTrue(output.replace("\n", "").replace("\t", "").isprintable())
        self.assertEqual(self.ok("events", "list").count("\n"), 1)

    def test_show_tells_each_rule(self) -> None:
        """Once the facts of the event."""
        self.put(upload("a"), "r", "dead", tries=3, reason="no answer")
        self.put(upload("a"), "s", step=1, tries=1, due=9.0)
        self.put(upload("b"))
        output = self.ok("events", "show", "a")
        self.assertEqual(output.count("path: /in/a\n"), 1)
        self.assertIn("rule r: dead, action 1, tries 3: no answer\n", output)
        self.assertIn("rule s: ready, action 2, tries 1, next try 1970-01-01T00:00:09.000Z\n", output)
        self.assertEqual([one["rule"] for one in json.loads(self.ok("events", "show", "a", "--json"))], ["r", "s"])

    def test_an_event_that_is_not_there(self) -> None:
        """Each command says so."""
        for command in ("show", "replay", "drop"):
            self.assertIn("no ", self.refused("events", command, "a"))

    def test_replay_begins_with_the_action_that_failed(self) -> None:
        """The tries are counted anew."""
        self.put(upload("a"), state="dead", step=1, tries=9, due=7.0, failing_since=1.0, reason="no answer")
        self.put(upload("b"), state="dead")
        self.ok("events", "replay", "a")
        self.assertEqual(self.states(), [("a", "ready", 1, 0, 0.0, None), ("b", "dead", 0, 0, 0.0, None)])

    def test_an_event_that_waits_is_not_replayed(self) -> None:
        """The pauses between its tries stay."""
        self.put(upload("a"), tries=1, due=7.0)
        self.refused("events", "replay", "a")
        self.assertEqual(self.states(), [("a", "ready", 0, 1, 7.0, None)])

    def test_all_dead_letters_of_a_rule(self) -> None:
        """Those of others stay dead."""
        self.put(upload("a"), "r", "dead")
        self.put(upload("a"), "s", "dead")
        self.ok("events", "replay", "--all", "--rule", "s")
        self.assertEqual([row[1] for row in self.states()], ["dead", "ready"])

    def test_an_event_is_dropped_in_each_state_but_that_of_an_intent(self) -> None:
        """The service writes the mark of an intent within a moment."""
        for key, state in (("a", "ready"), ("b", "dead"), ("c", "intent"), ("d", "ready")):
            self.put(upload(key), state=state)
        self.assertEqual(self.ok("events", "drop", "a", "b", "c"), "2 events dropped\n")
        self.assertEqual(self.ids(), ["c", "d"])

    def test_drop_all_drops_dead_letters_only(self) -> None:
        """Events that wait would be lost."""
        self.put(upload("a"))
        self.put(upload("b"), state="dead")
        self.ok("events", "drop", "--all")
        self.assertEqual(self.ids(), ["a"])

    def test_all_has_to_be_said(self) -> None:
        """And no id beside it."""
        for words in ([], ["a", "--all"]):
            self.assertEqual(self.command("events", "drop", *words).exit_code, 2)
