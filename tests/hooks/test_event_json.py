"""The JSON of events."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.event_json import event_json, event_of_stored, stored_text
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase

EVENT = HookEvent(
    id="0123",
    trigger=HookTrigger.RENAMED,
    time=1795000000.0625,
    origin=HookOrigin(node="n1", session="s7", account="alice", group="g", address="::1", tls=True, listener="tcp:21"),
    path=VirtualPath('/in/ä\udcff\r\n"x'),
    host_path='/srv/ä\udcff\r\n"x',
    size=7,
    grade=UploadGrade.LIKELY,
    digest="sha256:00",
    from_path=VirtualPath("/old"),
    outcome="complete",
)


class JsonTests(SynchronousTestCase):
    """The object that programs and web services get."""

    def test_every_key_is_there(self) -> None:
        """The keys and their order are fixed; an event without facts has nulls."""
        login = HookEvent(id="1", trigger=HookTrigger.LOGIN, time=0.0, origin=HookOrigin(node="n"))
        keys = "id event time node session account group address tls path host_path size grade digest from_path try"
        for event in (EVENT, login):
            self.assertEqual(" ".join(json.loads(event_json(event, 1))), keys)

    def test_values(self) -> None:
        """Words, numbers and a time in UTC with milliseconds."""
        told = json.loads(event_json(EVENT, 3))
        named = [told[key] for key in ("event", "time", "tls", "size", "grade", "digest", "try")]
        self.assertEqual(named, ["renamed", "2026-11-18T11:06:40.062Z", True, 7, "likely", "sha256:00", 3])

    def test_a_name_ends_no_line_and_no_text(self) -> None:
        """The text is one line of ASCII, whatever is in a name."""
        text = event_json(EVENT, 1)
        self.assertTrue(text.isascii() and b"\n" not in text and b"\r" not in text)
        self.assertEqual(json.loads(text)["path"], '/in/ä\\xff\r\n"x')


class StoredTests(SynchronousTestCase):
    """The text of a row."""

    def test_an_event_comes_back_as_it_was(self) -> None:
        """Also with bytes that are not UTF-8 in its names, and without facts."""
        login = HookEvent(id="1", trigger=HookTrigger.LOGIN, time=0.5, origin=HookOrigin(node="n"))
        for event in (EVENT, login):
            self.assertEqual(event_of_stored(stored_text(event)), event)

    def test_each_field_counts(self) -> None:
        """No field of an event is left out of the text."""
        plain = {"trigger": HookTrigger.LOGIN, "time": 1.0, "origin": HookOrigin(node="x"), "size": 8}
        for field in fields(HookEvent):
            other = replace(EVENT, **{field.name: plain.get(field.name)})  # type: ignore[arg-type]  # any value
            if field.name != "id":
                self.assertNotEqual(stored_text(other), stored_text(EVENT), field.name)

    def test_other_texts_are_no_events(self) -> None:
        """An operator may have changed a row."""
        wrong = ("", "[]", "7", "{}", '{"id": 1}', stored_text(EVENT).replace("renamed", "other"))
        for text in (*wrong, stored_text(EVENT).replace('"size":7', '"size":"7"'), "[" * 100000):
            self.assertRaises(ValueError, event_of_stored, text)
