"""The declaration of ``metrics``: the pages for Prometheus."""

from __future__ import annotations

from ftpd_service.config import forms
from ftpd_service.config.section import Section, key
from ftpd_service.observe.settings import METRICS_ENDPOINT


class MetricsSection(Section):
    """The pages for Prometheus."""

    endpoint: forms.AnyEndpoint = key(
        METRICS_ENDPOINT,
        "The address of the pages ``/metrics``, ``/healthz`` and ``/readyz``: any Twisted server endpoint, such as "
        "``tcp:``, ``tcp6:``, ``ssl:``, ``unix:`` or ``systemd:``. Everybody who reaches it can read them.",
        to="metrics.endpoint",
    )
