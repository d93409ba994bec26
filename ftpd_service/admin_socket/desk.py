"""The desk at which operators ask: who may, how many at once, and which verb answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TookTooLong

from ftpd_service.admin_socket.administration import Administration
from ftpd_service.admin_socket.asked import BadRequest, NotDone, error_line, parsed, result_line, unknown_verb
from ftpd_service.admin_socket.callers import user_name
from ftpd_service.admin_socket.conversation import Conversation
from ftpd_service.admin_socket.task import Task
from ftpd_service.admin_socket.verbs import VERBS
from ftpd_service.events import Administered
from ftpd_service.policy.first_time import FirstTime

MOST_CONNECTIONS = 64
"""The most connections at once."""

MOST_OF_USER = 24
"""The most connections of a user."""

LAST_ANSWERS_SECONDS = 2.0
"""The time in which programs must take the rest of their answers when the service ends."""

NAME_SECONDS = 2.0
"""The time for the look-up of a user's name; after this time the log has the number alone."""


class Desk:
    """Admits connections and answers their requests.

    :param parts: returns the parts of the service.
    :param group_id: returns the group whose members may ask.
    """

    def __init__(self, parts: Callable[[], Administration], group_id: Callable[[], int | None]) -> None:
        self._parts = parts
        self._group_id = group_id
        self._of_users: Counter[int] = Counter()
        self._untold: FirstTime[int] = FirstTime()
        self._open: dict[Conversation, None] = {}
        self._closed: Deferred[None] | None = None

    def admit(self, conversation: Conversation) -> None:
        """Count a connection.

        :raises BadRequest: the user may not ask, or has too many connections.
        """
        caller = conversation.caller
        if not caller.may_ask(self._group_id()):
            if self._untold(caller.user_id):
                refusal = Administered(who=caller.described(None), verb="connect", outcome="refused: no right to ask")
                self._parts().emit(refusal)
            raise BadRequest("forbidden", "only root, the service's user and members of the socket's group may ask")
        if self._of_users[caller.user_id] >= MOST_OF_USER or self._of_users.total() >= MOST_CONNECTIONS:
            raise BadRequest("too-many", "too many connections are open at the admin socket")
        self._of_users[caller.user_id] += 1
        self._open[conversation] = None

    def dismiss(self, conversation: Conversation) -> None:
        """Discount a connection that was admitted."""
        del self._open[conversation]
        user_id = conversation.caller.user_id
        self._of_users[user_id] -= 1
        if not self._of_users[user_id]:
            del self._of_users[user_id]
        if not self._open and self._closed is not None:
            self._closed.callback(None)

    async def close(self) -> None:
        """End all connections after the answers that are due; programs get some seconds to take them."""
        if not self._open:
            return
        self._closed = Deferred()
        timer = self._parts().clock.callLater(LAST_ANSWERS_SECONDS, self._abort)
        for conversation in tuple(self._open):
            conversation.finish()
        await self._closed
        if timer.active():
            timer.cancel()

    def _abort(self) -> None:
        for conversation in tuple(self._open):
            conversation.abort()

    async def answer(self, line: bytes, conversation: Conversation) -> None:
        """Answer a request.

        :raises BadRequest: the line is no request.
        :raises Left: the program has left.
        """
        asked = parsed(line)
        verb = VERBS.get(asked.verb)
        if verb is None:
            raise unknown_verb(asked.verb, VERBS)
        asked.demand(verb.arguments)
        parts = self._parts()
        task = Task(parts=parts, asked=asked, conversation=conversation, who=partial(self._who, parts, conversation))
        try:
            result = await verb.run(task)
        except NotDone as refusal:
            if verb.told:
                await task.tell(f"refused: {refusal}")
            await conversation.write(error_line("refused", str(refusal)))
        else:
            if result is not None:
                await conversation.write(result_line(result))

    async def _who(self, parts: Administration, conversation: Conversation) -> str:
        """Return the operator's name for the log; a directory server that hangs delays nobody for long."""
        caller = conversation.caller
        asking: Deferred[str | None] = Deferred.fromCoroutine(
            parts.blocking(partial(user_name, caller.user_id), discard=bool)
        )
        try:
            name = await asking.addTimeout(NAME_SECONDS, parts.clock)
        except TookTooLong:
            name = None
        return caller.described(name)
