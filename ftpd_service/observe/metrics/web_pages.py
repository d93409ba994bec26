"""The pages of the endpoint: ``/metrics``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftpd_service.observe.metrics.exposition import CONTENT_TYPE, Exposition

_PLAIN = b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answer to a request."""

    code: int
    text: bytes
    content_type: bytes = _PLAIN


METHODS = (b"GET", b"HEAD")
WRONG_METHOD = Page(code=405, text=b"GET or HEAD only\n")
NOT_FOUND = Page(code=404, text=b"/metrics, /healthz or /readyz\n")
FAILED = Page(code=500, text=b"see the log\n")


class Pages:
    """Answers requests.

    :param unready: returns the reasons why the service is not ready for new sessions; none if it is ready.
    """

    def __init__(self, exposition: Exposition, unready: Callable[[], Sequence[str]]) -> None:
        self._exposition = exposition
        self._unready = unready

    async def page(self, method: bytes, path: bytes) -> Page:
        """Return the answer to a method and a path without its query."""
        if method not in METHODS:
            return WRONG_METHOD
        if path == b"/metrics":
            return Page(code=200, text=await self._exposition.text(), content_type=CONTENT_TYPE)
        if path == b"/healthz":
            return Page(code=200, text=b"ok\n")
        return self._ready() if path == b"/readyz" else NOT_FOUND

    def _ready(self) -> Page:
        reasons = self._unready()
        if not reasons:
            return Page(code=200, text=b"ready\n")
        return Page(code=503, text="".join(f"{reason}\n" for reason in reasons).encode("utf-8", "replace"))
