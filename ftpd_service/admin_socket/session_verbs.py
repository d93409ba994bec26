"""The verbs about sessions: the list, the end, the dialogue, and the rates."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_network

from ftpd_service.admin_socket.asked import ANSWER_BEGIN, ANSWER_END, NotDone, encoded, result_line, traced_line
from ftpd_service.admin_socket.session_rows import row_of
from ftpd_service.admin_socket.session_steps import SessionSteps
from ftpd_service.admin_socket.task import Task
from ftpd_service.admin_socket.told_rights import rights_of
from ftpd_service.admin_socket.trace_queue import TraceQueue
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.registry import LiveSession
from ftpd_service.values import Direction, Networks, SessionId
from ftpd_service.wire import replies

HOLDS = "until the next reload or restart, or until the session ends"
HOLDS_FOR_ACCOUNT = "until the next reload or restart"

MOST_RATE = 1 << 60
"""The highest rate, in bytes a second; throttles calculate with floats, which are too small for some JSON numbers."""

READER_SECONDS = 300.0
"""The time in which the reader of a trace must take a line; meanwhile the trace drops lines."""

_DIRECTIONS = {"upload": Direction.UPLOAD, "download": Direction.DOWNLOAD}


async def sessions(task: Task) -> None:
    """Write a row for each session, in pieces."""
    rows: list[str] = []
    steps = SessionSteps(task.parts, lambda live: rows.append(encoded(row_of(live))))
    before = f"{ANSWER_BEGIN}["
    while await steps.go_on():
        if rows:
            await task.conversation.write((before + ",".join(rows)).encode("ascii"))
            before = ","
            rows.clear()
    end = "]" if before == "," else f"{before}]"
    await task.conversation.write((end + ANSWER_END).encode("ascii"))


async def kick(task: Task) -> object:
    """End a session, or all sessions of an account or an address, and return their number.

    :raises NotDone: there is no such session.
    """
    matches = _matches(task, task.only("id", "account", "address"))
    ended = 0

    def end(live: LiveSession) -> None:
        nonlocal ended
        if matches(live):
            live.end(replies.ended_by_operator())
            ended += 1

    steps = SessionSteps(task.parts, end)
    while await steps.go_on():
        pass
    if not ended:
        raise NotDone("there is no such session")
    await task.tell(f"done: {ended} sessions")
    return {"sessions": ended}


def _matches(task: Task, name: str) -> Callable[[LiveSession], bool]:
    wanted = task.asked.get(name, str) or ""
    if name == "account":
        return lambda live: live.session.account_name == wanted
    if name == "id":
        return lambda live: live.session.id == wanted
    return partial(_is_in, _network(wanted))


def _network(text: str) -> Networks:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise NotDone(f"{encoded(text[:80])} is no address and no network") from None
    mapped = network.network_address.ipv4_mapped if network.version == 6 else None
    if mapped is not None and network.prefixlen >= 96:
        network = ip_network(f"{mapped}/{network.prefixlen - 96}")
    return (network,)


def _is_in(networks: Networks, live: LiveSession) -> bool:
    return any(network is None or live.session.peer.address in network for network in networks)


async def limit(task: Task) -> object:
    """Replace the rates of a session, or of an account's sessions together.

    :raises NotDone: there is no such session, or no rate is given.
    """
    rates = {name: task.asked.get(name, int) for name in _DIRECTIONS if name in task.asked.arguments}
    if not rates:
        raise NotDone("limit needs upload or download")
    if any(rate is not None and not 1 <= rate <= MOST_RATE for rate in rates.values()):
        raise NotDone(f"a rate is at least 1 byte and at most {MOST_RATE} bytes a second")
    matches = _matches(task, task.only("id", "account"))
    found: list[LiveSession] = []
    steps = SessionSteps(task.parts, lambda live: found.append(live) if matches(live) else None)
    while await steps.go_on():
        pass
    if not found:
        raise NotDone("there is no such session")
    account = task.asked.get("account", str)
    for name, rate in rates.items():
        if account is not None:
            task.parts.rates.replace_account(account, _DIRECTIONS[name], rate)
        elif found[0].throttle is not None:
            task.parts.rates.replace_session(found[0].throttle, _DIRECTIONS[name], rate)
    await task.tell()
    return {"sessions": len(found), "holds": HOLDS if account is None else HOLDS_FOR_ACCOUNT}


def _named(task: Task) -> LiveSession:
    task.only("id")
    live = task.parts.sessions.get(SessionId(task.asked.get("id", str) or ""))
    if live is None:
        raise NotDone("there is no such session")
    return live


async def rights(task: Task) -> object:
    """Return the row of a session, and the rights of its account that are in force.

    :raises NotDone: there is no such session, or it has no login.
    """
    live = _named(task)
    login = live.session.login
    if not isinstance(login, LoggedIn):
        raise NotDone("the session has no login")
    return {"session": row_of(live), "rights": rights_of(login.account)}


async def trace(task: Task) -> None:
    """Write the commands and replies of a session until the session ends or the program leaves.

    :raises NotDone: there is no such session.
    """
    parts, conversation = task.parts, task.conversation
    live = _named(task)
    queue = TraceQueue(parts.clock, parts.now)
    live.trace(queue)
    conversation.tell_end(queue.close)
    try:
        await task.tell()
        await conversation.write(result_line(row_of(live)))
        while (lines := await queue.take()) is not None:
            await conversation.write(b"".join(map(traced_line, lines)), seconds=READER_SECONDS)
        await conversation.write(traced_line({"ended": True}))
    finally:
        live.untrace(queue)
        conversation.tell_end(None)
