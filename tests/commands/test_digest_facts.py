"""Facts of digests in MLST: the key ``digests.facts``."""

from __future__ import annotations

from ftpd_service.digest_interfaces import IDigests
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.versioned_files import Content, NotedDigests, session


class FactTests(SynchronousTestCase):
    """OPTS MLST, FEAT and MLST."""

    def session(self, digests: IDigests, *, facts: bool = True, asked: str = "size;x.md5;") -> Dialogue:
        """A session that has asked for facts."""
        self.content = Content(b"abc")
        settings = SessionSettings(digest_facts=facts, digests=("sha256", "md5"))
        dialogue = session(self.content, digests, settings=settings)
        self.opts = dialogue.say(f"OPTS MLST {asked}", 200)
        return dialogue

    def test_a_known_digest_is_told(self) -> None:
        """Only those that were asked for, and nothing is read."""
        digests = NotedDigests("ab" * 16)
        dialogue = self.session(digests)
        self.assertEqual(self.opts, ["200 MLST OPTS size;x.md5;"])
        self.assertIn(f" size=3;x.md5={'ab' * 16}; /f", dialogue.say("MLST f", 250))
        self.assertEqual((digests.asked, self.content.reads, self.content.closed), (["md5"], 0, 1))

    def test_the_algorithm_of_hash_is_asked_for_last(self) -> None:
        """Uploads are prepared for the last question."""
        digests = NotedDigests()
        self.session(digests, asked="x.sha256;x.md5;").say("MLST f", 250)
        self.assertEqual(digests.asked, ["md5", "sha256"])

    def test_an_unknown_digest_is_left_out(self) -> None:
        """It would have to be computed."""
        self.assertIn(" size=3; /f", self.session(NotedDigests()).say("MLST f", 250))

    def test_feat_names_the_facts(self) -> None:
        """They are off until a client asks."""
        lines = self.session(NotedDigests(), asked="size;X.SHA256").say("FEAT", 211)
        (line,) = (line for line in lines if line.startswith(" MLST"))
        self.assertTrue(line.endswith(";create;x.sha256*;x.md5;"), line)

    def test_without_the_key(self) -> None:
        """They are unknown facts, which are ignored."""
        digests = NotedDigests("ab" * 16)
        dialogue = self.session(digests, facts=False)
        self.assertEqual(self.opts, ["200 MLST OPTS size;"])
        self.assertIn(" size=3; /f", dialogue.say("MLST f", 250))
        self.assertFalse(any("x.md5" in line for line in dialogue.say("FEAT", 211)))

    def test_they_are_not_asked_for_by_default(self) -> None:
        """Nothing is opened."""
        digests = NotedDigests("ab" * 16)
        content = Content(b"abc")
        session(content, digests, settings=SessionSettings(digest_facts=True)).say("MLST f", 250)
        self.assertEqual((digests.asked, content.opened), ([], 0))

    def test_the_file_of_the_row_is_meant(self) -> None:
        """The digest of another version is left out."""
        dialogue = self.session(NotedDigests("ab" * 16))
        dialogue.replies()
        self.content.at_open = self.change
        self.assertIn(" size=3; /f", dialogue.say("MLST f", 250))

    def change(self) -> None:
        """Change the file between the look at it and its opening."""
        self.content.data = b"other"

    def test_mlsd_has_no_digests(self) -> None:
        """A directory of files would have to be opened."""
        dialogue = self.session(NotedDigests("ab" * 16))
        self.assertNotIn(b"x.md5", dialogue.download("MLSD"))
