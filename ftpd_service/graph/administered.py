"""Gives the admin socket the parts of the service that its verbs need."""

from __future__ import annotations

import time
from typing import cast

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.admin_socket.administration import Administration
from ftpd_service.graph.kept import Kept
from ftpd_service.running_service import IRunningService


def administration_of(service: IRunningService, reactor: PosixReactorBase) -> Administration:
    """Return the parts of a service that has started."""
    kept = cast(Kept, service.kept)  # the lower layer, which declares the interface, does not know the class
    return Administration(
        service=service,
        sessions=kept.sessions,
        rates=kept.pacing,
        transfers=lambda: kept.load.running,
        health=kept.health,
        turns=kept.load.turns,
        emit=kept.emit,
        blocking=kept.pool.service,
        clock=reactor,
        now=time.time,
    )
