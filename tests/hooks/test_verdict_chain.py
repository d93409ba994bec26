"""The stages of a verdict: their order, their failures, and the new names that they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.errors import NameNotAllowed
from ftpd_service.hooks.stage_settings import ClamdStage, StageFallback
from ftpd_service.hooks.verdicts import LONGEST_TEXT, PlacedStage, Verdicts
from ftpd_service.policy.triggers import Condition
from ftpd_service.values import VirtualPath
from ftpd_service.verdict_interfaces import (
    ACCEPTED,
    IJudgedFile,
    IStage,
    IUploadPlace,
    JudgedUpload,
    Judgment,
    Ruling,
    StageFailed,
)
from tests.cases import SynchronousTestCase
from tests.hooks.test_clamd import UPLOAD

REFUSED = Judgment(ruling=Ruling.REFUSE, text="no")
RENAMED = Judgment(ruling=Ruling.RENAME, path=VirtualPath("/new"))


@implementer(IStage)
class Saying:
    """A stage with one answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.paths: list[str | None] = []

    async def judge(self, upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        self.paths.append(upload.event.path)
        if isinstance(self.answer, Exception):
            raise self.answer
        return cast(Judgment, await self.answer if isinstance(self.answer, Deferred) else self.answer)

    async def close(self) -> None:
        return None


@implementer(IUploadPlace)
class Home:
    """A place in which some names are not allowed."""

    def __init__(self) -> None:
        self.chosen: list[str] = []

    async def choose(self, path: VirtualPath) -> None:
        if path.startswith("/."):
            raise NameNotAllowed("hidden")
        self.chosen.append(path)


class ChainTests(SynchronousTestCase):
    """Several stages and one upload."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.home = Home()
        self.verdicts = Verdicts(self.clock)

    def judging(self, *stages: Saying, **given: Any) -> Deferred[Judgment]:  # Any: each test gives the right type
        """A judgment that goes on."""
        named = [ClamdStage(id=f"s{number}", address="/x", **given) for number in range(len(stages))]
        self.verdicts.stages = [
            PlacedStage(settings=one, stage=stage) for one, stage in zip(named, stages, strict=True)
        ]
        handle = cast(Any, None)  # Any: no stage of these tests opens the file
        return Deferred.fromCoroutine(self.verdicts.judge(UPLOAD, handle, self.home))

    def judged(self, *stages: Saying, **settings: Any) -> Judgment:  # Any: likewise
        """The judgment of all stages."""
        return self.successResultOf(self.judging(*stages, **settings))

    def test_all_have_to_accept(self) -> None:
        """And all are asked."""
        stages = [Saying(ACCEPTED), Saying(ACCEPTED)]
        self.assertEqual(self.judged(*stages).ruling, Ruling.ACCEPT)
        self.assertEqual([len(stage.paths) for stage in stages], [1, 1])

    def test_the_first_refusal_ends_it(self) -> None:
        """With the id of its stage, and the code of its settings."""
        last = Saying(ACCEPTED)
        judgment = self.judged(Saying(ACCEPTED), Saying(REFUSED), last, code=550)
        self.assertEqual((judgment.ruling, judgment.stage, judgment.code, last.paths), (Ruling.REFUSE, "s1", 550, []))

    def test_later_stages_judge_the_new_name(self) -> None:
        """A new name gets nobody around them."""
        last = Saying(ACCEPTED)
        judgment = self.judged(Saying(RENAMED), last)
        self.assertEqual((judgment.path, last.paths, self.home.chosen), ("/new", ["/new"], ["/new"]))
        self.assertEqual(self.judged(Saying(RENAMED), Saying(REFUSED)).ruling, Ruling.REFUSE)

    def test_a_name_that_is_not_allowed_is_an_error_of_the_stage(self) -> None:
        """Its on_error decides."""
        hidden = Saying(replace(RENAMED, path=VirtualPath("/.ftpd-x")))
        self.assertEqual(self.judged(hidden).ruling, Ruling.LATER)
        self.assertEqual(self.judged(hidden, on_error=StageFallback.QUARANTINE).ruling, Ruling.QUARANTINE)

    def test_a_new_path_leads_nowhere_else(self) -> None:
        """One that is relative, or has empty names or ``..`` in it, is an error of the stage."""
        for text in ("../x", "/../x", "x", "/a//b", "/a/", "/a/../b", ""):
            judgment = self.judged(Saying(replace(RENAMED, path=VirtualPath(text))))
            self.assertEqual((judgment.ruling, self.home.chosen), (Ruling.LATER, []), text)

    def test_nothing_but_a_judgment_accepts(self) -> None:
        """Failures, exceptions and nonsense are errors of the stage."""
        for answer in (None, True, "accept", StageFailed("x"), ZeroDivisionError(), replace(RENAMED, path=None)):
            self.assertEqual(self.judged(Saying(answer)).ruling, Ruling.LATER, answer)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_a_late_stage(self) -> None:
        """Its on_timeout decides, even if it never ends; an answer in time counts."""
        late = self.judging(Saying(Deferred(lambda waiting: None)), on_timeout=StageFallback.ACCEPT)
        self.clock.advance(19.9)
        self.assertNoResult(late)
        self.clock.advance(0.1)
        self.assertEqual(self.successResultOf(late).ruling, Ruling.ACCEPT)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_cancelled_upload_cancels_its_stage(self) -> None:
        """Whatever on_error says."""
        cancelled: list[bool] = []
        answer: Deferred[Judgment] = Deferred(lambda waiting: cancelled.append(True))
        judging = self.judging(Saying(answer), on_error=StageFallback.ACCEPT)
        judging.addErrback(lambda failure: cancelled.append(False))
        judging.cancel()
        self.assertEqual((cancelled, self.clock.getDelayedCalls()), ([True, False], []))

    def test_a_text_forges_no_reply(self) -> None:
        """It is one short line."""
        told = self.judged(Saying(replace(REFUSED, text="a\r\n230 in\x00\udcff" + "x" * 5000))).text
        self.assertTrue(told.isprintable() and told.startswith("a 230 in"))
        self.assertLessEqual(len(told), LONGEST_TEXT)

    def test_conditions_choose_the_uploads(self) -> None:
        """A stage that is about others is not asked."""
        stage = Saying(REFUSED)
        for when, ruling in ((Condition(accounts=("nobody",)), Ruling.ACCEPT), (Condition(), Ruling.REFUSE)):
            self.assertEqual(self.judged(stage, when=when).ruling, ruling)
            self.assertIs(self.verdicts.concern(UPLOAD), ruling is Ruling.REFUSE)

    def test_uploads_of_one_account_wait_for_each_other(self) -> None:
        """Beyond a bound; others do not."""
        waiting: list[Deferred[Judgment]] = [Deferred() for _ in range(9)]
        stages: list[Callable[[], Deferred[Judgment]]] = [lambda one=one: self.judging(Saying(one)) for one in waiting]  # type: ignore[misc]  # mypy knows no default of a lambda
        judging = [begin() for begin in stages]
        waiting[8].callback(ACCEPTED)
        self.assertNoResult(judging[8])
        waiting[0].callback(ACCEPTED)
        self.assertEqual(self.successResultOf(judging[8]).ruling, Ruling.ACCEPT)
        for one in waiting[1:8]:
            one.callback(ACCEPTED)
        self.assertEqual([self.successResultOf(one).ruling for one in judging[:8]], [Ruling.ACCEPT] * 8)
