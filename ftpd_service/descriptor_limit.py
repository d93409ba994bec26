"""The limit of open files (RLIMIT_NOFILE) is raised to the number that ``limits.sessions`` may need."""

from __future__ import annotations

import resource

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.config.host import descriptors_for
from ftpd_service.interfaces import Blocking
from ftpd_service.running_service import IServicePart

_log = Logger(namespace="ftpd")


@implementer(IServicePart)
class DescriptorLimit:
    """Raises the soft limit of the process as far as the hard limit lets it, and never lowers it."""

    def __init__(self) -> None:
        self._sessions = 0

    async def prepare(self, settings: int, blocking: Blocking) -> None:
        """Take note of ``limits.sessions``."""
        self._sessions = settings

    async def attempt(self, settings: int, blocking: Blocking) -> None:
        """Try nothing: a limit that is too low is a warning only."""

    def commit(self) -> None:
        """Raise the limit, and warn if that does not suffice."""
        needed = descriptors_for(self._sessions)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < needed:
            _log.warn(
                "limits.sessions: {sessions} sessions with a transfer each need {needed} open files, and this process"
                " may have {most}: set LimitNOFILE={needed} in the unit, or raise 'ulimit -Hn', or lower this key",
                sessions=self._sessions,
                needed=needed,
                most=most,
            )

    def undo(self) -> None:
        """Leave the limit as it is."""

    async def stop(self) -> None:
        """Leave the limit as it is."""
