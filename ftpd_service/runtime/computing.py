"""One thread at a time computes: a lock for threads that run Python code for some milliseconds beside the reactor.

Several of them take the interpreter's lock from each other and, for tens of milliseconds, from the reactor, and
together they get no more done than one of them.  Whoever computes holds the lock here, and never while a disk is waited
for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

COMPUTING = threading.Lock()
"""Held for a few milliseconds at most."""


def alone(call: Callable[[], T]) -> T:
    """The result of a call, made while no other thread computes."""
    with COMPUTING:
        return call()
