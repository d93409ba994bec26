"""A `Pacing` of which a test can tell that a transfer has moved what it was allowed, and waits for more."""

from __future__ import annotations

from ftpd_service.data.pace import Pacing
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.policy.throttles import Throttles
from ftpd_service.runtime.turns import Clock


class WatchedPacing(Pacing):
    """Remembers who asks and who waits.

    :ivar flows: all transfers, in the order in which they came.
    :ivar waiting: those that only time or a change of the rates lets go on.
    """

    def __init__(self, throttles: Throttles, clock: Clock) -> None:
        super().__init__(throttles, clock)
        self.flows: list[Flow] = []
        self.waiting: set[Flow] = set()

    def at_once(self, flow: Flow, wanted: int) -> int:
        """Remember who asks."""
        if flow not in self.flows:
            self.flows.append(flow)
        return super().at_once(flow, wanted)

    async def later(self, flow: Flow) -> int:
        """Remember who waits, for so long."""
        self.waiting.add(flow)
        try:
            return await super().later(flow)
        finally:
            self.waiting.discard(flow)
