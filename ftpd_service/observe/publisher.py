"""The publisher passes each event to all observers, in order, and isolates their failures from the session."""

from __future__ import annotations

from twisted.logger import Logger

from ftpd_service.events import Event
from ftpd_service.interfaces import IObserver


class Publisher:
    """Provides `ftpd_service.interfaces.Emit` by being called.

    :ivar observers: all observers, in order.
    """

    _log = Logger()

    def __init__(self, *observers: IObserver) -> None:
        self.observers = observers
        self._wanting: dict[type[Event], tuple[IObserver, ...]] = {}

    def wants(self, kind: type[Event]) -> bool:
        """Return whether any observer wants events of this class; other events need not be made."""
        return any(observer.wants(kind) for observer in self.observers)

    def ask_anew(self) -> None:
        """Ask the observers again which events they want, because some of them want others than before."""
        self._wanting = {}

    def __call__(self, event: Event) -> None:
        """Pass an event to all observers that want it.

        If an observer raises, that is logged and the others still get the event.
        """
        wanting = self._wanting.get(type(event))
        if wanting is None:
            # Each observer would be asked again for each event, so the answers hold until `ask_anew`.
            kind = type(event)
            wanting = self._wanting[kind] = tuple(one for one in self.observers if one.wants(kind))
        for observer in wanting:
            try:
                observer.observe(event)
            except Exception:
                name = type(event).__name__
                self._log.failure("observer {observer} failed at {event}", observer=observer, event=name)
