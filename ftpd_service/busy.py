"""What a call says of itself to `ftpd_service.interfaces.Blocking`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Busy(Generic[T]):
    """Marks a call that computes for milliseconds, and hardly ever waits: it takes its turn for a core."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], T]) -> None:
        self.call = call

    def __call__(self) -> T:
        """Make the call."""
        return self.call()
