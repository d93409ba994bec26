"""The seam of middleware: coroutines of the operator that see a request before its verb, and the reply behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ftpd_service.commands.context import Context
    from ftpd_service.wire.reply import Final
    from ftpd_service.wire.request import Request

CarryOut = Callable[[], "Awaitable[Final]"]
"""Carries out the verb, or the next middleware."""


class IMiddleware(Interface):
    """All middleware of the configuration in force."""

    def concerns(verb: str) -> bool:
        """Return whether any middleware is about a verb."""

    async def run(context: Context, request: Request, proceed: CarryOut) -> Final:
        """Return the reply to a request whose guards, syntax and sequence are settled."""
