"""A running service as the rest of the process sees it, and the parts that start, change and stop with the service.

Signals, systemd, the admin socket and ``/readyz`` ask a service through `IRunningService`, and learn of its changes
through `IServiceWatcher`.  A port, a socket or a file that the configuration names is an `IServicePart`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from zope.interface import Attribute, Interface

from ftpd_service.interfaces import Blocking


class CannotServe(Exception):
    """A part of the service cannot do what the configuration says; the text tells the operator the reason.

    :ivar where: the key of the file that is to blame, as keys and positions from the top; empty if none is.
    """

    def __init__(self, text: str, where: tuple[str | int, ...] = ()) -> None:
        super().__init__(text)
        self.where = where


class CannotUpgrade(Exception):
    """A new process has not replaced this process, which serves as before; the text tells the operator the reason."""


class ServiceState(Enum):
    """The state of a service."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadResult:
    """The outcome of a reload or of its dry run."""

    differences: tuple[str, ...] = ()
    """The differences from the configuration in force, a line for each, without secrets."""
    mistakes: tuple[str, ...] = ()
    """The reasons why nothing has changed, a line for each; empty after success."""
    applied: bool = False
    """Whether the configuration is in force now; false after a dry run."""


class IServicePart(Interface):
    """A part of the process that starts, changes and stops with the service.

    At the start and in a reload, all parts `prepare`.  If each of them has succeeded, each one gets `commit`; if one
    raises, those that are prepared get `undo`, in reverse order, and everything is as it was before.  A part that is
    also an `IObserver` gets all events.
    """

    async def prepare(settings: Any, blocking: Blocking) -> None:  # Any: each part has settings of its own
        """Get everything that other settings need, without a change to what is in use.

        The method runs on the reactor's thread.

        :param settings: the part's own settings.
        :param blocking: runs calls that may wait for a disk.  At the start no reactor runs: it makes the call itself.
        :raises CannotServe: the settings cannot be used; the part has closed what it opened.
        """

    def commit() -> None:
        """Use what is prepared, and close what is no longer needed.  The method does not fail."""

    def undo() -> None:
        """Close what was prepared.  The method does not fail."""

    async def attempt(settings: Any, blocking: Blocking) -> None:  # Any: as in `prepare`
        """Try as much of `prepare` as has no effect for anybody, for a dry run.

        :raises CannotServe: the settings cannot be used.
        """

    async def stop() -> None:
        """Close everything; the sessions are over.  A part that was never prepared has nothing to close."""


class IHasLogFile(Interface):
    """A part that appends to a file which logrotate may move away."""

    def reopen() -> int:
        """Open the file anew, and return how many files that are; nobody waits for the disk."""


class IServiceWatcher(Interface):
    """Learns of the changes of a service, on the reactor's thread; its methods do not fail."""

    def state_changed(state: ServiceState) -> None:
        """Note that the service serves (the reactor runs by then), or drains."""

    def reload_began() -> None:
        """Note that the service reads the configuration again, and goes on to serve meanwhile."""

    def reload_ended(result: ReloadResult) -> None:
        """Note that the reload is over; a dry run is not told."""


class IRunningService(Interface):
    """A running service, which signals, the admin socket and ``/readyz`` ask; all calls are on the reactor's thread."""

    state: ServiceState = Attribute("The state.")
    kept: object = Attribute("The `Kept` of the service: its live sessions, pool, accounts, bans.")
    certificates: object = Attribute("The `Loaded` certificates in force, or None without TLS.")
    started: float = Attribute("The time of the start, in seconds since 1970.")

    def reload(*, dry_run: bool = False) -> Awaitable[ReloadResult]:
        """Read the configuration again, and apply all of it or nothing.

        The result never fails, and comes from a reading that began after this call.

        :param dry_run: tell the differences and mistakes, and change nothing.
        """

    def drain(*, keep_listening: bool = False, seconds: float | None = None) -> None:
        """Begin to end the sessions; the process ends when they are over.  A second call changes the way of draining.

        :param keep_listening: answer new clients 421 until then, instead of closing the ports.
        :param seconds: the time for running transfers; None means ``limits.drain_timeout``.
        """

    def upgrade() -> Awaitable[int]:
        """Replace this process by a new process that takes the sockets over, and leave when the sessions have ended.

        The result is the id of the new process, and comes when that serves.

        :raises CannotUpgrade: this process serves as before.
        """

    def cut_off(reason: str) -> None:
        """End all sessions at once, in a drain."""
