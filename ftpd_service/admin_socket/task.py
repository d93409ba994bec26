"""One request that is carried out, and the parts that its verb may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ftpd_service.admin_socket.administration import Administration
from ftpd_service.admin_socket.asked import AdminRequest, NotDone
from ftpd_service.admin_socket.conversation import Conversation
from ftpd_service.events import Administered


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A request, the service, and the program that asks."""

    parts: Administration
    asked: AdminRequest
    conversation: Conversation
    who: Callable[[], Awaitable[str]]
    """Returns the operator's name for the log."""

    async def tell(self, outcome: str = "done") -> None:
        """Tell the log that the operator has asked for this verb, and the outcome."""
        words = [f"{name}={value!r}" for name, value in sorted(self.asked.arguments.items())]
        self.parts.emit(
            Administered(who=await self.who(), verb=self.asked.verb, argument=" ".join(words), outcome=outcome)
        )

    def only(self, *names: str) -> str:
        """Return the single name among some whose argument is given.

        :raises NotDone: no such argument is given, or several are.
        """
        given = [name for name in names if self.asked.arguments.get(name) is not None]
        if len(given) != 1:
            raise NotDone(f"{self.asked.verb} needs exactly one of {', '.join(names)}")
        return given[0]
