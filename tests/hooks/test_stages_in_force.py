"""Stages across reloads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.stage_parts import FoundStage
from ftpd_service.hooks.stage_settings import ClamdStage
from ftpd_service.hooks.stages_in_force import StagesInForce
from ftpd_service.hooks.verdicts import Verdicts
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.verdict_interfaces import ACCEPTED, IJudgedFile, IStage, JudgedUpload, Judgment
from tests.cases import SynchronousTestCase
from tests.hooks.fake_clamd import FakeFile
from tests.hooks.making import action_parts_by
from tests.hooks.test_clamd import UPLOAD


@implementer(IStage)
class FakeStage:
    """A stage that judges when the test says so."""

    def __init__(self) -> None:
        self.judgment: Deferred[Judgment] = Deferred()
        self.closed = 0

    async def judge(self, upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        """Judge."""
        return await self.judgment

    async def close(self) -> None:
        """Close."""
        self.closed += 1


class StagesInForceTests(SynchronousTestCase):
    """A reload changes the stages in place."""

    def setUp(self) -> None:
        self.made: list[FakeStage] = []
        reactor = cast(Any, Clock())  # Any: only the clock is used
        self.runs = BoundedRuns(1)
        parts = replace(action_parts_by(reactor), runs=self.runs)
        self.stages = StagesInForce(Verdicts(reactor), parts)

    def make(self, parts: HookParts) -> IStage:
        """Make a stage."""
        stage = FakeStage()
        self.made.append(stage)
        return stage

    def found(self, address: str) -> FoundStage:
        """A stage that can be made."""
        return FoundStage(name=address, settings=ClamdStage(id=address[1:], address=address), make=self.make)

    def use(self, *addresses: str) -> None:
        """Put stages into force."""
        self.stages.use(self.stages.made([self.found(one) for one in addresses]), concurrency=4)

    def judge(self) -> Deferred[Judgment]:
        """Begin a judgment by the first stage in force."""
        stage = self.stages.verdicts.stages[0].stage
        return Deferred.fromCoroutine(stage.judge(UPLOAD, FakeFile()))

    def test_order(self) -> None:
        """The stages are those of the configuration, in its order."""
        self.use("/a", "/b")
        self.use("/c", "/b", "/a")
        self.assertEqual([one.settings.id for one in self.stages.verdicts.stages], ["c", "b", "a"])

    def test_stage_that_stays(self) -> None:
        """It is not made anew."""
        self.use("/a", "/b")
        self.use("/b")
        self.assertEqual([stage.closed for stage in self.made], [1, 0])

    def test_stage_that_judges(self) -> None:
        """It ends behind its last judgment."""
        self.use("/a")
        judging = self.judge()
        self.use("/b")
        self.assertEqual(self.made[0].closed, 0)
        self.made[0].judgment.callback(ACCEPTED)
        self.assertEqual((self.successResultOf(judging), self.made[0].closed), (ACCEPTED, 1))

    def test_mistake(self) -> None:
        """The stages that were made for nothing are closed, and those in force stay."""
        self.use("/a")

        def fail(parts: HookParts) -> IStage:
            raise PluginProblem("no")

        wrong = replace(self.found("/c"), make=fail)
        self.assertRaises(PluginProblem, self.stages.made, [self.found("/a"), self.found("/b"), wrong])
        self.assertEqual([stage.closed for stage in self.made], [0, 1])
        self.assertEqual(len(self.stages.verdicts.stages), 1)

    def test_concurrency(self) -> None:
        """It follows the configuration."""
        self.use("/a")
        self.assertEqual(self.runs.most, 4)

    def test_end_of_the_service(self) -> None:
        """All stages are closed, once."""
        self.use("/a", "/b")
        self.successResultOf(Deferred.fromCoroutine(self.stages.close()))
        self.assertEqual([stage.closed for stage in self.made], [1, 1])
        self.assertFalse(self.stages.verdicts.active)
