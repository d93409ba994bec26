"""Many sessions at once: opening, working and leaving."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults

from ftpd_bench.session import Ground, Session, log_in

Result = TypeVar("Result")
Work = Coroutine[Deferred[Any], Any, Result]  # Any: as `Deferred.fromCoroutine` declares it

_DIALLING = 32
"""Sessions that connect at once; more would overflow a listener's backlog."""


async def together(works: Iterable[Work[Result]]) -> list[Result]:
    """Run coroutines beside each other: their results, in their order; the first failure cancels the others."""
    running = [Deferred.fromCoroutine(work) for work in works]
    try:
        return await gatherResults(running, consumeErrors=True)
    except FirstError as problem:
        for one in running:
            one.cancel()
        problem.subFailure.raiseException()
        raise


async def shared(count: int, workers: int, work: Callable[[int], Work[None]]) -> None:
    """Do numbered work, with so many at it at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    await together(worker() for _ in range(min(count, workers)))


async def open_sessions(ground: Ground, count: int) -> list[Session]:
    """So many sessions, logged in."""
    opened: list[Session] = []

    async def open_one(_number: int) -> None:
        opened.append(await log_in(ground))

    await shared(count, _DIALLING, open_one)
    return opened


async def leave(sessions: Iterable[Session]) -> None:
    """QUIT all of them."""
    await together(session.quit() for session in sessions)
