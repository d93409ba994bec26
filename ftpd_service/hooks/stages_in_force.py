"""The stages of the configuration in force, which a reload changes in place."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred, DeferredList
from zope.interface import implementer

from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.retiring import Retiring, retire_others
from ftpd_service.hooks.stage_parts import FoundStage
from ftpd_service.hooks.verdicts import PlacedStage, Verdicts
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.verdict_interfaces import IJudgedFile, IStage, JudgedUpload, Judgment


@implementer(IStage)
class LastingStage(Retiring):
    """A stage that ends when it is not in force any more, and judges no upload."""

    def __init__(self, name: str, inner: IStage) -> None:
        super().__init__(name, inner.close)
        self._inner = inner

    async def judge(self, upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        """Judge an upload."""
        with self.used():
            return await self._inner.judge(upload, file)


Stages = tuple[tuple[PlacedStage, LastingStage], ...]


class StagesInForce:
    """The stages of the configuration in force.

    :ivar verdicts: the stages as the verbs see them.
    """

    def __init__(self, verdicts: Verdicts, parts: HookParts) -> None:
        self.verdicts = verdicts
        self._parts = parts
        self._stages: Stages = ()

    def made(self, found: Sequence[FoundStage]) -> Stages:
        """Make the stages of a configuration; those with the settings in force are kept.

        :raises PluginProblem: a stage cannot be made.
        """
        made: list[tuple[PlacedStage, LastingStage]] = []
        try:
            for one in found:
                made.append(self._former(one) or self._new(one))
        except PluginProblem:
            self._retire(made)
            raise
        return tuple(made)

    def use(self, stages: Stages, *, concurrency: int) -> None:
        """Put stages into force: they count for the next upload."""
        former, self._stages = self._stages, stages
        self._parts.runs.most = concurrency
        self.verdicts.stages = tuple(placed for placed, _ in stages)
        self._retire(former)

    async def close(self) -> None:
        """Close all stages; the sessions are over."""
        former, self._stages, self.verdicts.stages = self._stages, (), ()
        await DeferredList([Deferred.fromCoroutine(stage.close()) for _, stage in former])

    def _former(self, found: FoundStage) -> tuple[PlacedStage, LastingStage] | None:
        return next((one for one in self._stages if one[0].settings == found.settings), None)

    def _new(self, found: FoundStage) -> tuple[PlacedStage, LastingStage]:
        stage = LastingStage(found.name, found.make(self._parts))
        return PlacedStage(settings=found.settings, stage=stage), stage

    def _retire(self, stages: Sequence[tuple[PlacedStage, LastingStage]]) -> None:
        retire_others((stage for _, stage in stages), kept=(stage for _, stage in self._stages))
