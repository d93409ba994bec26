"""The origin of events: the session that causes them, as the operator's rules are told."""

from __future__ import annotations

from ftpd_service.hook_events import HookOrigin
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import SessionParts


def origin_of(parts: SessionParts) -> HookOrigin:
    """Return the origin of what a session does now."""
    session = parts.session
    login, peer = session.login, session.peer
    account = login.account if isinstance(login, LoggedIn) else None
    return HookOrigin(
        node=session.settings.node,
        session=session.id,
        account=None if account is None else account.name,
        group=None if account is None else account.group,
        address=peer.address_text,
        tls=parts.tls is not None and parts.tls.active(),
        listener=peer.listener or None,
    )
