"""The stages of the configuration in force: they judge an upload in order, each in its time.

A stage that fails, answers nonsense or takes too long decides by its `on_error` or `on_timeout`; no failure of a stage
accepts an upload unless the operator has said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.errors import FtpdError
from ftpd_service.hooks.event_json import readable
from ftpd_service.hooks.stage_settings import StageFallback, StageSettings
from ftpd_service.interfaces import IInspectable, IReadHandle
from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.values import ROOT
from ftpd_service.verdict_interfaces import (
    ACCEPTED,
    IJudgedFile,
    IStage,
    IUploadPlace,
    IVerdicts,
    JudgedUpload,
    Judgment,
    Ruling,
    StageFailed,
)
from ftpd_service.wire import paths

_log = Logger(namespace="ftpd.hooks")

JUDGED_AT_ONCE = 8
"""The most uploads of an account that are judged at once; the others wait, in the time of their stage."""

LONGEST_TEXT = 200
"""The most characters of a stage's text in a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStage:
    """A stage with its settings."""

    settings: StageSettings
    stage: IStage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """The judgment of a stage about an upload, as the log and the metrics are told."""

    upload: JudgedUpload
    judgment: Judgment
    """The judgment of the stage, or of its settings if it failed or was late."""
    seconds: float
    failure: str | None = None
    """Why the stage has not judged, or None if it has."""
    timed_out: bool = False


Told = Callable[[StageRun], object]


@implementer(IVerdicts)
class Verdicts:
    """All stages, which a reload replaces in place.

    :param told: is told each judgment of a stage.
    :ivar stages: the stages in force; uploads that are judged meanwhile keep theirs.
    """

    def __init__(self, clock: IReactorTime, told: Told = lambda run: None) -> None:
        self.stages: Sequence[PlacedStage] = ()
        self._clock = clock
        self._told = told
        self._runs = BoundedRuns(JUDGED_AT_ONCE)

    @property
    def active(self) -> bool:
        """Return whether there are any stages."""
        return bool(self.stages)

    def concern(self, upload: JudgedUpload) -> bool:
        return any(one.settings.when.may_concern(upload.event) for one in self.stages)

    async def judge(self, upload: JudgedUpload, handle: IInspectable, place: IUploadPlace) -> Judgment:
        file = _SettledUpload(handle, upload.event.size or 0)
        renamed: Judgment | None = None
        for one in self.stages:
            if one.settings.when.failing(upload.event) is not None:
                continue
            judgment = await self._judged(one, upload, file, place)
            if judgment.ruling is Ruling.RENAME and judgment.path is not None:
                renamed = judgment
                upload = replace(upload, event=upload.event.at(judgment.path, None))
            elif judgment.ruling is not Ruling.ACCEPT:
                return judgment
        return renamed or ACCEPTED

    async def _judged(self, one: PlacedStage, upload: JudgedUpload, file: IJudgedFile, place: IUploadPlace) -> Judgment:
        """Return the judgment of a stage, or that of its settings if it fails."""
        began, settings, fallback = self._clock.seconds(), one.settings, one.settings.on_error
        failure, late = None, False
        try:
            judgment = _sound(await self._in_time(one, upload, file), settings)
            if judgment.path is not None:
                await place.choose(judgment.path)
        except _TooLate:
            failure, late, fallback = f"no answer in {settings.timeout_seconds:g} s", True, settings.on_timeout
        except CancelledError:
            raise
        except (StageFailed, FtpdError) as problem:
            failure = str(problem) or type(problem).__name__
        except Exception as problem:
            _log.failure("verdict stage {stage} failed", stage=settings.id)
            failure = type(problem).__name__
        if failure is not None:
            judgment = _instead(settings, fallback)
        seconds = self._clock.seconds() - began
        self._told(StageRun(upload=upload, judgment=judgment, seconds=seconds, failure=failure, timed_out=late))
        return judgment

    async def _in_time(self, one: PlacedStage, upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        account = upload.event.origin.account
        work = self._runs.run(account, lambda: one.stage.judge(upload, file))
        attempt = abandonable(Deferred.fromCoroutine(work))
        return await attempt.addTimeout(one.settings.timeout_seconds, self._clock, onTimeoutCancel=_too_late)


class _TooLate(Exception):
    """The time of a stage is over."""


def _too_late(result: object, seconds: float) -> NoReturn:
    raise _TooLate


@implementer(IJudgedFile)
class _SettledUpload:
    """The file of an upload, as stages read it."""

    def __init__(self, handle: IInspectable, size: int) -> None:
        self._handle = handle
        self.size = size

    async def open(self) -> IReadHandle:
        return await self._handle.open_settled()


def _instead(settings: StageSettings, fallback: StageFallback) -> Judgment:
    """Return the judgment in place of that of a stage that failed."""
    return Judgment(ruling=fallback.ruling, stage=settings.id, text="it could not be judged", code=settings.code)


def _sound(judgment: object, settings: StageSettings) -> Judgment:
    """Return the judgment of a stage with its id, its code and a text of one line.

    :raises StageFailed: it is none.
    """
    if not isinstance(judgment, Judgment) or not isinstance(judgment.ruling, Ruling):
        raise StageFailed(f"its answer is no judgment: {type(judgment).__name__}")
    if (judgment.ruling is Ruling.RENAME) is not (judgment.path is not None):
        raise StageFailed("a judgment has a path if it renames the file, and only then")
    if judgment.path is not None and paths.join(ROOT, judgment.path) != judgment.path:
        raise StageFailed("the new path is not normalised")
    return replace(judgment, stage=settings.id, code=settings.code, text=line_of(judgment.text))


def line_of(text: object) -> str:
    """Return a text as one line that can stand in a reply."""
    plain = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return " ".join(readable(plain).split())[:LONGEST_TEXT]
