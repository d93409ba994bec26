"""The environment variable for a successor."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.succession.handover_text import (
    BrokenHandover,
    Handover,
    PassedSocket,
    read_handover,
    written_handover,
)
from tests.cases import SynchronousTestCase

SOCKETS = st.builds(
    PassedSocket,
    descriptor=st.integers(0, 2**20),
    endpoint=st.text(),
    index=st.none() | st.integers(0, 99),
    name=st.text(),
)


class HandoverTextTests(SynchronousTestCase):
    """Written by a process, read by its successor."""

    @given(st.lists(SOCKETS))
    def test_is_read_as_it_was_written(self, sockets: list[PassedSocket]) -> None:
        """Descriptions may have colons, backslashes and any letter."""
        handover = Handover(channel=7, errors=8, sockets=tuple(sockets))
        self.assertEqual(read_handover(written_handover(handover)), handover)

    def test_fields_of_a_later_version_are_ignored(self) -> None:
        """The older of two versions writes the text, and either may be the newer."""
        handover = Handover(channel=7, errors=8, sockets=(PassedSocket(descriptor=9, endpoint="tcp:21"),))
        fields = json.loads(written_handover(handover))
        fields["later"] = fields["sockets"][0]["later"] = 1
        self.assertEqual(read_handover(json.dumps(fields)), handover)

    def test_text_that_is_not_json(self) -> None:
        """It is refused, and the text names the variable."""
        problem = self.assertRaises(BrokenHandover, read_handover, "{")
        self.assertIn("FTPD_HANDOVER", str(problem))

    def test_descriptor_that_is_no_number(self) -> None:
        """It is refused."""
        self.assertRaises(BrokenHandover, read_handover, '{"channel": "7", "errors": 8, "sockets": []}')

    def test_negative_descriptor(self) -> None:
        """It is refused."""
        self.assertRaises(BrokenHandover, read_handover, '{"channel": 7, "errors": -1, "sockets": []}')

    def test_field_that_is_missing(self) -> None:
        """It is refused."""
        self.assertRaises(BrokenHandover, read_handover, '{"channel": 7, "errors": 8}')
