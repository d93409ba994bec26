"""Events for the operator's rules that are made of the server's own events: logins, downloads, refusals, bans.

No reply waits for them, so they go into the outbox behind the fact.  Changes of files are recorded by their storage
instead, before they become visible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from zope.interface import implementer

from ftpd_service import events
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger, new_event_id
from ftpd_service.hook_interfaces import IOutbox
from ftpd_service.interfaces import IObserver
from ftpd_service.reasons import LoginOutcome, TransferOutcome
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.registry import Sessions
from ftpd_service.values import Direction, SessionId, VirtualPath


@implementer(IObserver)
class HookObserver:
    """Gives events to the outbox, if a rule is about them.

    :param node: the name of the host.
    :param group_of: returns the group of the account of an open session, or None.
    :param now: returns seconds since 1970.
    """

    def __init__(
        self,
        outbox: IOutbox,
        *,
        node: str,
        group_of: Callable[[SessionId], str | None],
        now: Callable[[], float],
        new_id: Callable[[], str] = new_event_id,
    ) -> None:
        self._outbox = outbox
        self._node = node
        self._group_of = group_of
        self._now = now
        self._new_id = new_id

    def wants(self, kind: type[events.Event]) -> bool:
        """Return whether a rule may be about events of this class; the answer holds until the rules change."""
        known = _MADE_OF.get(kind)
        return known is not None and self._outbox.wants(known[0])

    def observe(self, event: events.Event) -> None:
        """Give the outbox the event that this is for rules, if it is any."""
        known = _MADE_OF.get(type(event))
        made = None if known is None else known[1](self, event)
        if made is not None:
            self._outbox.happened(made)

    def _made(self, trigger: HookTrigger, origin: HookOrigin, outcome: str) -> HookEvent:
        return HookEvent(id=self._new_id(), trigger=trigger, time=self._now(), origin=origin, outcome=outcome)

    def _origin(self, event: events.SessionEvent, account: str | None) -> HookOrigin:
        peer = event.peer
        return HookOrigin(
            node=self._node,
            session=event.session,
            account=account,
            group=None if account is None else self._group_of(event.session),
            address=peer.address_text,
            tls=peer.secure,
            listener=peer.listener or None,
        )

    def _login(self, event: events.LoginSucceeded) -> HookEvent:
        return self._made(HookTrigger.LOGIN, self._origin(event, event.account), LoginOutcome.ACCEPTED.value)

    def _login_failed(self, event: events.LoginFailed) -> HookEvent:
        origin = replace(self._origin(event, None), account=event.name)
        return self._made(HookTrigger.LOGIN_FAILED, origin, event.outcome.value)

    def _session_ended(self, event: events.SessionEnded) -> HookEvent:
        return self._made(HookTrigger.SESSION_ENDED, self._origin(event, event.account), end_word(event.reason))

    def _transfer_finished(self, event: events.TransferFinished) -> HookEvent | None:
        if event.direction is not Direction.DOWNLOAD or event.kind is not TransferOutcome.COMPLETE:
            return None
        made = self._made(HookTrigger.DOWNLOADED, self._origin(event, event.account), event.kind.value)
        return replace(made, path=VirtualPath(event.path), size=event.octets)

    def _refused(self, event: events.Refused) -> HookEvent | None:
        if not event.quota:
            return None
        made = self._made(HookTrigger.QUOTA_REFUSED, self._origin(event, event.account), event.verb)
        return made if event.path is None else replace(made, path=VirtualPath(event.path))

    def _banned(self, event: events.BanMade) -> HookEvent:
        of_account = event.kind == "account"
        origin = HookOrigin(
            node=self._node,
            account=event.subject if of_account else None,
            address=None if of_account else event.subject,
        )
        return self._made(HookTrigger.BANNED, origin, event.kind)


_MADE_OF: Mapping[type[events.Event], tuple[HookTrigger, Callable[[HookObserver, Any], HookEvent | None]]] = {
    events.LoginSucceeded: (HookTrigger.LOGIN, HookObserver._login),
    events.LoginFailed: (HookTrigger.LOGIN_FAILED, HookObserver._login_failed),
    events.SessionEnded: (HookTrigger.SESSION_ENDED, HookObserver._session_ended),
    events.TransferFinished: (HookTrigger.DOWNLOADED, HookObserver._transfer_finished),
    events.Refused: (HookTrigger.QUOTA_REFUSED, HookObserver._refused),
    events.BanMade: (HookTrigger.BANNED, HookObserver._banned),
}  # Any: events of the key


def end_word(reason: str) -> str:
    """Return the outcome of an ended session: ``quit``, ``left``, ``lost``, or ``closed`` by the server."""
    if reason.startswith("QUIT answered"):
        return "quit"
    return {"client left": "left", "end of input": "left", "connection lost": "lost"}.get(reason, "closed")


def group_in(sessions: Sessions, session: SessionId) -> str | None:
    """Return the group of the account of an open session, or None."""
    live = sessions.get(session)
    login = None if live is None else live.session.login
    return login.account.group if isinstance(login, LoggedIn) else None
