"""The removal of a tree in the ledger of its account, which is right after each step."""

from __future__ import annotations

from twisted.internet.defer import CancelledError

from ftpd_service.errors import RemovedInPart, TemporarilyUnavailable
from ftpd_service.policy.quotas import Standing
from ftpd_service.storage.ledger import REFUSALS, Ledger
from ftpd_service.storage.passing import PassingRemoval
from ftpd_service.tree_interfaces import ITreeRemoval


class CountedRemoval(PassingRemoval):
    """A removal whose steps run alone among the changes of the account."""

    def __init__(self, ledger: Ledger, inner: ITreeRemoval) -> None:
        self._ledger = ledger
        super().__init__(inner)

    async def step(self) -> bool:
        problem: BaseException
        async with self._ledger.change():
            try:
                return await self._inner.step()
            except (CancelledError, RemovedInPart, TemporarilyUnavailable, *REFUSALS) as ended:
                # What the step has removed is known, so the totals are not in doubt.
                problem = ended
            finally:
                self._record()
        raise problem

    def _record(self) -> None:
        usage = self._ledger.usage
        for file in self._inner.removed():
            usage.removed(Standing(file.path, file.unique, file.size))
