"""The series that events count.

Each series has a closed set of values for each label, so no client can add series: verbs are those of the table or
`OTHER_VERB`, codes are those of the catalogue or `OTHER_CODE`, and all other values are classes of ``reasons.py`` or
kinds of checkers.  Names, paths and addresses are never labels.  `hook_counts` has the series of hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from zope.interface import implementer

from ftpd_service import events
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.metrics.children import Children
from ftpd_service.observe.metrics.hook_counts import count_hooks, count_verdicts
from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal, TransferOutcome, UploadGrade
from ftpd_service.values import Direction

OTHER_VERB = "other"
"""The label of all verbs that the server does not have."""

OTHER_CODE = "other"
"""The label of codes that no reply of the catalogue has."""

NO_CHECKER = "none"
"""The label of logins that no checker decided."""

PROXY = "proxy"
"""The label of connections that were refused because their address is not that of a proxy."""

TRANSFER_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""The upper ends of the buckets of the duration of transfers."""

TRANSFER_VERBS = ("RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD")
"""The verbs of which `events.TransferFinished` tells."""

BAN_KINDS = ("host", "subnet", "account")


@implementer(IObserver)
class EventCounts:
    """The observer that counts events.

    :param verbs: the verbs of the server.
    :param codes: the codes of its replies.
    """

    def __init__(self, registry: CollectorRegistry, *, verbs: Collection[str], codes: Collection[int]) -> None:
        self._verbs = frozenset(verbs)
        self._codes = frozenset(codes)
        self._on: dict[type[events.Event], Callable[[Any], None]] = {}  # Any: each takes the events of its key
        self._count_sessions(registry)
        self._count_logins(registry)
        self._count_commands(registry)
        self._count_transfers(registry)
        self._count_the_server(registry)
        count_hooks(registry, self._on)
        count_verdicts(registry, self._on)

    def observe(self, event: events.Event) -> None:
        """Count an event."""
        count = self._on.get(type(event))
        if count is not None:
            count(event)

    def wants(self, kind: type[events.Event]) -> bool:
        """Return whether events of this class are counted."""
        return kind in self._on

    def _count_sessions(self, registry: CollectorRegistry) -> None:
        started = Counter("ftpd_sessions_started", "Connections that became sessions.", registry=registry)
        refused = Children(
            Counter(
                "ftpd_sessions_refused",
                "Connections that were refused before their greeting, by the limit that refused.",
                ("reason",),
                registry=registry,
            ),
            [*((cause.value,) for cause in SessionRefusal), (PROXY,)],
        )
        failed = Counter("ftpd_tls_failures", "TLS handshakes of control connections that failed.", registry=registry)
        self._on[events.SessionStarted] = lambda event: started.inc()
        self._on[events.SessionRefused] = lambda event: refused.of((event.cause.value,)).inc()
        self._on[events.ProxyRefused] = lambda event: refused.of((PROXY,)).inc()
        self._on[events.TlsFailed] = lambda event: failed.inc()

    def _count_logins(self, registry: CollectorRegistry) -> None:
        logins = Children(
            Counter(
                "ftpd_logins",
                "Logins by their outcome, and by the kind of the checker that decided.",
                ("outcome", "checker"),
                registry=registry,
            ),
            [(outcome.value, NO_CHECKER) for outcome in LoginOutcome if outcome is not LoginOutcome.ACCEPTED],
        )

        def succeeded(event: events.LoginSucceeded) -> None:
            logins.of((LoginOutcome.ACCEPTED.value, event.checker or NO_CHECKER)).inc()

        def failed(event: events.LoginFailed) -> None:
            logins.of((event.outcome.value, event.checker or NO_CHECKER)).inc()

        self._on[events.LoginSucceeded] = succeeded
        self._on[events.LoginFailed] = failed

    def _count_commands(self, registry: CollectorRegistry) -> None:
        commands = Children(
            Counter(
                "ftpd_commands", "Commands by verb and by the code of their reply.", ("verb", "code"), registry=registry
            )
        )
        quota = Counter(
            "ftpd_quota_refusals", "Commands that a quota or the largest size of a file refused.", registry=registry
        )
        # The key is the pair as it comes, once the pair is known: this is the event that comes most often.
        known: dict[tuple[str, int], Any] = {}  # Any: see `Children`
        verbs, codes = self._verbs, self._codes

        def finished(event: events.CommandFinished) -> None:
            child = known.get((event.verb, event.code))
            if child is None:
                verb = event.verb if event.verb in verbs else OTHER_VERB
                code = str(event.code) if event.code in codes else OTHER_CODE
                child = commands.of((verb, code))
                if verb is not OTHER_VERB and code is not OTHER_CODE:
                    known[event.verb, event.code] = child
            child.inc()

        def refused(event: events.Refused) -> None:
            if event.quota:
                quota.inc()

        self._on[events.CommandFinished] = finished
        self._on[events.Refused] = refused

    def _count_transfers(self, registry: CollectorRegistry) -> None:
        transfers = Children(
            Counter(
                "ftpd_transfers",
                "Transfers of files and listings that have ended, by verb and outcome.",
                ("verb", "outcome"),
                registry=registry,
            ),
            [(verb, TransferOutcome.COMPLETE.value) for verb in TRANSFER_VERBS],
        )
        uploads = Children(
            Counter("ftpd_uploads", "Uploads that have ended, by their grade.", ("grade",), registry=registry),
            [(grade.value,) for grade in UploadGrade],
        )
        seconds = Children(
            Histogram(
                "ftpd_transfer_duration_seconds",
                "The time from the preliminary reply of a transfer to its end.",
                ("direction",),
                buckets=TRANSFER_SECONDS,
                registry=registry,
            ),
            [(direction.value,) for direction in Direction],
        )
        failures = Children(
            Counter(
                "ftpd_data_connection_failures",
                "Data connections that failed to open, by reason.",
                ("reason",),
                registry=registry,
            ),
            [(cause.value,) for cause in DataFailure],
        )

        def finished(event: events.TransferFinished) -> None:
            transfers.of((event.verb, event.kind.value)).inc()
            seconds.of((event.direction.value,)).observe(event.seconds)
            if event.grade is not None:
                uploads.of((event.grade.value,)).inc()

        self._on[events.TransferFinished] = finished
        self._on[events.DataConnectionFailed] = lambda event: failures.of((event.cause.value,)).inc()

    def _count_the_server(self, registry: CollectorRegistry) -> None:
        bans = Children(
            Counter("ftpd_bans_made", "Bans by what was banned.", ("kind",), registry=registry),
            [(kind,) for kind in BAN_KINDS],
        )
        reloads = Children(
            Counter("ftpd_reloads", "Reloads of the configuration by their outcome.", ("outcome",), registry=registry),
            [("applied",), ("failed",)],
        )
        certificates = Children(
            Counter(
                "ftpd_certificate_changes",
                "Changes of the certificate's files by their outcome.",
                ("outcome",),
                registry=registry,
            ),
            [("applied",), ("failed",)],
        )
        exhausted = Counter(
            "ftpd_resources_exhausted",
            "Commands that failed because the server was short of descriptors, memory or threads.",
            registry=registry,
        )
        errors = Counter(
            "ftpd_unexpected_errors", "Commands that failed with a traceback in the log.", registry=registry
        )
        self._on[events.BanMade] = lambda event: bans.of((event.kind,)).inc()
        self._on[events.ConfigurationReloaded] = lambda event: reloads.of(("applied",)).inc()
        self._on[events.ReloadFailed] = lambda event: reloads.of(("failed",)).inc()
        self._on[events.CertificatesReplaced] = lambda event: certificates.of(("applied",)).inc()
        self._on[events.CertificatesRefused] = lambda event: certificates.of(("failed",)).inc()
        self._on[events.ResourcesExhausted] = lambda event: exhausted.inc()
        self._on[events.UnexpectedError] = lambda event: errors.inc()
