"""The words of the key ``tls.data_resumption``."""

from __future__ import annotations

from enum import Enum


class ResumptionMode(Enum):
    """The demand that protected data connections resume TLS sessions; the values are the configuration's words."""

    OFF = "off"
    """There is no demand, and nothing is counted."""
    REPORT = "report"
    """There is no demand; connections that ``required`` would refuse are counted for the log."""
    STICKY = "sticky"
    """A client that has resumed once must keep resuming, as long as it can."""
    REQUIRED = "required"
    """Every data connection must resume."""
