"""Digests of an upload, taken of its bytes while they arrive."""

from __future__ import annotations

from collections.abc import Iterable

from ftpd_service.policy.checksums import ALGORITHMS


class TakenDigests:
    """Provides `ftpd_service.taken_bytes.TakenBytes`.

    The first bytes are held until more come: most small uploads have no more, and none of them is worth a digest.

    :ivar byte_count: how many bytes were taken.
    """

    __slots__ = ("_held", "_running", "byte_count")

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._running = {algorithm: ALGORITHMS[algorithm]() for algorithm in algorithms}
        self._held = b""
        self.byte_count = 0

    def put_off(self, data: bytes) -> None:
        self._held += data
        self.byte_count += len(data)

    def take(self, data: bytes | memoryview) -> None:
        held, self._held = self._held, b""
        for running in self._running.values():
            if held:
                running.update(held)
            running.update(data)
        self.byte_count += len(data)

    def digests(self) -> dict[str, str]:
        """Return the digests of all bytes by algorithm."""
        if self._held:
            self.take(b"")
        return {algorithm: running.hexdigest() for algorithm, running in self._running.items()}
