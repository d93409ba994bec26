"""Uploads to which stages give other names, in a session."""

from __future__ import annotations

import contextlib

from zope.interface import implementer

from ftpd_service.errors import StorageError
from ftpd_service.interfaces import IInspectable
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions, VirtualPath
from ftpd_service.verdict_interfaces import ACCEPTED, IUploadPlace, IVerdicts, JudgedUpload, Judgment, Ruling
from tests.cases import SynchronousTestCase


@implementer(IVerdicts)
class Naming:
    """Stages that give an upload some names, one after the other; one that is refused does not count."""

    active = True

    def __init__(self, *names: str) -> None:
        self.names = names

    def concern(self, upload: JudgedUpload) -> bool:
        """Return that they judge it."""
        return True

    async def judge(self, upload: JudgedUpload, handle: IInspectable, place: IUploadPlace) -> Judgment:
        """Choose the names."""
        judgment = ACCEPTED
        for name in self.names:
            with contextlib.suppress(StorageError):
                await place.choose(VirtualPath(name))
                judgment = Judgment(ruling=Ruling.RENAME, path=VirtualPath(name))
        return judgment


class RenamedUploadTests(SynchronousTestCase):
    """What stands under which name behind the reply."""

    def setUp(self) -> None:
        """A file ``old``, and a directory ``d``, whose name no file can have."""
        self.dialogue = Dialogue()
        self.memory = self.dialogue.memory
        self.memory.put("/old", b"former")
        self.memory.put_directory("/d")
        self.dialogue.storage = Permitted(self.memory, Rules(Permissions.ALL))
        self.dialogue.log_in()
        self.dialogue.say("TYPE I", 200)

    def files(self, *names: str) -> dict[str, bytes]:
        """The files after an upload of ``old`` with these names."""
        self.dialogue.parts.verdicts = Naming(*names)
        self.dialogue.upload("STOR old", b"new")
        found = {name: self.memory.content(f"/{name}") for name in self.memory.names("/") if name != "d"}
        self.assertEqual(self.memory.names("/d"), [])
        return found

    def test_the_file_has_its_new_name_alone(self) -> None:
        """The former file of the name that the client said stays."""
        self.assertEqual(self.files("/moved"), {"old": b"former", "moved": b"new"})

    def test_the_last_name_counts(self) -> None:
        """Nothing is left under the names before it."""
        self.assertEqual(self.files("/one", "/two"), {"old": b"former", "two": b"new"})

    def test_a_name_that_is_refused_leaves_the_name_before_it(self) -> None:
        """The upload is there, and the former file did not move."""
        self.assertEqual(self.files("/moved", "/d"), {"old": b"former", "moved": b"new"})
