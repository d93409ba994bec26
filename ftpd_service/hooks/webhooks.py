"""The action that posts an event as JSON to a web service.

A request may arrive twice, because its answer may be lost: the header ``Idempotency-Key`` is the same each time.  No
text of a client stands in a header or in the URL.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from zope.interface import implementer

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import FoundAction, HookParts
from ftpd_service.hooks.event_json import event_json
from ftpd_service.hooks.settings import HttpAction
from ftpd_service.hooks.web_calls import WebCalls, WebTarget, read_target
from ftpd_service.web.measured_pool import NoAnswer
from ftpd_service.web.retry_after import retry_after
from ftpd_service.web.web_service import WebAnswer

_LATER = frozenset({302, 303, 307, 408, 421, 425, 429})
"""The statuses below 500 that may be others at the next try."""


def find_webhook(settings: HttpAction) -> FoundAction:
    """Read the files of an action.

    :raises PluginProblem: a file cannot be read, or is wrong.
    """
    target = read_target(
        settings.url, networks=settings.networks, secret_file=settings.secret_file, authorities=settings.authorities
    )
    return FoundAction(
        name=target.name,
        settings=replace(settings, contents=target.contents),
        make=partial(_make, settings, target),
    )


def _make(settings: HttpAction, target: WebTarget, parts: HookParts) -> Webhook:
    return Webhook(WebCalls(target, parts, timeout_seconds=settings.timeout_seconds, turn="action"), parts)


@implementer(IAction)
class Webhook:
    """An action that posts events to a web service."""

    def __init__(self, calls: WebCalls, parts: HookParts) -> None:
        self._calls = calls
        self._parts = parts

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Post an event; an answer 2xx is a success.

        :raises ActionFailed: of all other answers, those that will not change are final.
        """
        body = event_json(event, attempt)
        headers = (
            (b"Ftpd-Event", event.trigger.value.encode("ascii")),
            (b"Idempotency-Key", b'"%s"' % event.id.encode("ascii")),
        )
        try:
            answer = await self._calls.post(body, headers, signed=body)
        except NoAnswer as problem:
            raise ActionFailed(str(problem)) from None
        self._judge(answer)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._calls.close()

    def _judge(self, answer: WebAnswer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        redirect = ", and redirects are not followed" if 300 <= status < 400 else ""
        final = status < 500 and status not in _LATER
        raise ActionFailed(
            f"the service answers {status}{redirect}",
            retry_after=None if final else retry_after(answer.headers, self._parts.now()),
            final=final,
        )
