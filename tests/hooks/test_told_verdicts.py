"""The events of stages for the log, the audit and the metrics."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.errors import PermissionDenied
from ftpd_service.events import Event
from ftpd_service.graph.verdict_parts import LONGEST_STAGE_FAILURE, told_verdict
from ftpd_service.hook_log_events import VerdictFailed, VerdictGiven
from ftpd_service.hooks.stage_settings import ClamdStage, StageFallback
from ftpd_service.hooks.verdicts import PlacedStage, Verdicts
from ftpd_service.values import VirtualPath
from ftpd_service.verdict_interfaces import ACCEPTED, IUploadPlace, Judgment, Ruling, StageFailed
from tests.cases import SynchronousTestCase
from tests.hooks.test_clamd import UPLOAD
from tests.hooks.test_stages_in_force import FakeStage


@implementer(IUploadPlace)
class _Place:
    """A place of an upload that can be moved to some paths."""

    async def choose(self, path: VirtualPath) -> None:
        if path != "/new":
            raise PermissionDenied("create")


class ToldVerdictTests(SynchronousTestCase):
    """A stage that judges, fails or is late."""

    def setUp(self) -> None:
        self.told: list[Event] = []
        self.clock = Clock()
        self.stage = FakeStage()
        self.verdicts = Verdicts(self.clock, lambda run: self.told.append(told_verdict(run)))
        settings = ClamdStage(
            id="scan", address="/x", on_error=StageFallback.QUARANTINE, on_timeout=StageFallback.ACCEPT
        )
        self.verdicts.stages = [PlacedStage(settings=settings, stage=self.stage)]

    def begun(self) -> Deferred[Judgment]:
        """A judgment that goes on, after 2 seconds."""
        handle = cast(Any, None)  # Any: no stage of these tests opens the file
        judging = Deferred.fromCoroutine(self.verdicts.judge(UPLOAD, handle, _Place()))
        self.clock.advance(2)
        return judging

    def told_of(self, judgment: Judgment | Exception) -> Event:
        """The event behind an answer of the stage."""
        judging = self.begun()
        if isinstance(judgment, Exception):
            self.stage.judgment.errback(judgment)
        else:
            self.stage.judgment.callback(judgment)
        self.successResultOf(judging)
        return self.told.pop()

    def failed_by(self, answer: Judgment | Exception) -> VerdictFailed:
        """The event of a stage that has not judged."""
        told = self.told_of(answer)
        assert isinstance(told, VerdictFailed)
        return told

    def test_a_stage_that_accepts(self) -> None:
        """With its id and its seconds."""
        self.assertEqual(
            self.told_of(ACCEPTED),
            VerdictGiven(stage="scan", ruling=Ruling.ACCEPT, text="", seconds=2.0, id="e", path=None),
        )

    def test_a_stage_that_refuses(self) -> None:
        """With its text, in one line."""
        told = self.told_of(Judgment(ruling=Ruling.REFUSE, text="a\r\nvirus"))
        assert isinstance(told, VerdictGiven)
        self.assertEqual((told.ruling, told.text), (Ruling.REFUSE, "a virus"))

    def test_a_stage_that_renames(self) -> None:
        """With the new path."""
        told = self.told_of(Judgment(ruling=Ruling.RENAME, path=VirtualPath("/new")))
        assert isinstance(told, VerdictGiven)
        self.assertEqual((told.ruling, told.text), (Ruling.RENAME, "/new"))

    def test_a_rename_that_the_account_may_not_do(self) -> None:
        """It is a failure of the stage, and its settings decide."""
        told = self.failed_by(Judgment(ruling=Ruling.RENAME, path=VirtualPath("/forbidden")))
        self.assertEqual((told.ruling, told.timed_out), (Ruling.QUARANTINE, False))

    def test_a_stage_that_fails(self) -> None:
        """With its reason, which may not fill the log."""
        told = self.failed_by(StageFailed("x" * 5000))
        self.assertEqual((told.ruling, told.reason), (Ruling.QUARANTINE, "x" * LONGEST_STAGE_FAILURE))

    def test_a_stage_that_is_broken(self) -> None:
        """The text of its exception is in the log's traceback only."""
        told = self.failed_by(ZeroDivisionError("secret"))
        self.assertEqual((told.reason, len(self.flushLoggedErrors(ZeroDivisionError))), ("ZeroDivisionError", 1))

    def test_a_stage_that_is_late(self) -> None:
        """With the ruling of `on_timeout`."""
        judging = self.begun()
        self.clock.advance(18)
        self.assertEqual(self.successResultOf(judging).ruling, Ruling.ACCEPT)
        (told,) = self.told
        assert isinstance(told, VerdictFailed)
        self.assertEqual((told.ruling, told.timed_out, told.seconds), (Ruling.ACCEPT, True, 20.0))

    def test_a_cancelled_judgment(self) -> None:
        """The client has left, so there is no verdict to tell."""
        judging = self.begun()
        judging.addErrback(lambda failure: None)
        judging.cancel()
        self.assertEqual(self.told, [])
