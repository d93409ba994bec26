"""The declarations of ``service``: the process itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.section import Section, absent, key


class WatchdogSection(Section):
    """The values beyond which the service is unsound."""

    reactor_delay: forms.Duration = key(
        "5s",
        "The longest delay of the reactor, by which all timed work and all replies are late.",
        to="service.watchdog.reactor_delay_seconds",
    )
    pool_wait: forms.Duration = key(
        "30s",
        "The longest time for which calls may wait for a thread while no call begins, as on disks that hang. A service "
        "whose threads are busy, but get on, is sound.",
        to="service.watchdog.pool_wait_seconds",
    )


class ServiceSection(Section):
    """The process itself."""

    upgrade_timeout: forms.Duration = key(
        "30s",
        "The time that a new process has to be ready in an upgrade; after it, the old process goes on to serve.",
        to="service.upgrade_seconds",
    )
    allow_root: forms.Boolean = key(
        False,
        "Whether the service may run as root. If false, it ends at once if it still has root's rights when the ports "
        "are open: a fault of the program would have all rights on this host. twistd's ``--uid`` gives them up before.",
        to="service.allow_root",
        restart=True,
    )
    watchdog: Annotated[WatchdogSection, BeforeValidator(absent)] = key(
        {},
        "When the service counts as unsound: the log says so, and systemd's watchdog gets no sign of life until the "
        "service is sound again, so that systemd kills and restarts a service that stays unsound.",
    )
