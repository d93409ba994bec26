"""Storages that block, for a service whose watchdog must see it; they are copied beside the service."""

from __future__ import annotations

import time
from typing import NoReturn


def hang(login: object) -> NoReturn:
    """Hang the thread that opens the storage, as a dead file server does."""
    _for_good()


def _for_good() -> NoReturn:
    while True:
        time.sleep(1000)


async def block_reactor(login: object) -> NoReturn:
    """Block the reactor, as a fault of the program does."""
    _for_good()
