"""Calls of other packages' code that the configuration names: within a time, and with every exception caught.

Code that blocks the reactor cannot be stopped: it needs threads or processes of its own for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.runtime.imported import told, traced

_log = Logger()


class CodeFailed(Exception):
    """Other packages' code has failed, or has not answered in time; the text says so in one line."""


async def isolated(
    call: Callable[[], object],
    *,
    label: str,
    timeout_seconds: float,
    clock: IReactorTime,
    answers: tuple[type[Exception], ...] = (),
    values: Mapping[str, object],
) -> object:
    """Return the result of a call, which may be a coroutine or a Deferred; cancelling ends the wait at once.

    :param label: the words of the log for the code.
    :param answers: the exceptions that are passed on; all others are failures, whose traceback is logged here.
    :param values: the options of the code, whose values the log does not show.
    :raises CodeFailed:
    """
    attempt: Deferred[object] = maybeDeferred(call)
    try:
        outcome = abandonable(attempt)
        return await (outcome if outcome.called else outcome.addTimeout(timeout_seconds, clock))
    except CancelledError:
        raise
    except TimeoutError:
        raise CodeFailed(f"{label}: no answer within {timeout_seconds:g} s") from None
    except (Exception, SystemExit) as problem:  # a program's own code may leave by sys.exit
        if isinstance(problem, answers):
            raise
        _log.error("{code} failed: {text}", code=label, text=traced(problem, values))
        raise CodeFailed(f"{label} failed: {' '.join(told(problem, values).split())}") from None
