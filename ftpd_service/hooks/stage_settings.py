"""The frozen settings of verdict stages, a record for each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from ftpd_service.policy.triggers import Condition
from ftpd_service.verdict_interfaces import Ruling


class StageFallback(Enum):
    """The treatment of an upload that a stage cannot judge."""

    REFUSE = "refuse"
    """Nothing of it is kept, and the client gets 451."""
    ACCEPT = "accept"
    QUARANTINE = "quarantine"

    @property
    def ruling(self) -> Ruling:
        """Return the ruling in place of the stage's."""
        return {"refuse": Ruling.LATER, "accept": Ruling.ACCEPT, "quarantine": Ruling.QUARANTINE}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """The settings that every stage has."""

    kind: ClassVar[str]
    """The key of its kind in the file."""
    finder: ClassVar[str]
    """The dotted path of a function that takes these settings and returns a `FoundStage`."""
    id: str
    when: Condition = field(default_factory=Condition)
    timeout_seconds: float = 20.0
    on_error: StageFallback = StageFallback.REFUSE
    on_timeout: StageFallback = StageFallback.REFUSE
    code: int = 553
    """The code of the reply to an upload that the stage refuses: 553 or 550."""


class ClamdMode(Enum):
    """The way in which a file comes to clamd."""

    AUTO = "auto"
    """By its descriptor where that is possible, otherwise by its bytes."""
    FILDES = "fildes"
    INSTREAM = "instream"


class OverSize(Enum):
    """The treatment of an upload that is too large to be scanned."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    QUARANTINE = "quarantine"


class WhenFound(Enum):
    """The treatment of an upload in which clamd has found something."""

    REFUSE = "refuse"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClamdStage(StageSettings):
    """A virus scanner that speaks clamd's protocol."""

    kind: ClassVar[str] = "clamd"
    finder: ClassVar[str] = "ftpd_service.hooks.clamd:find_clamd"
    address: str
    """The path of a UNIX socket, or ``tcp:host:port``."""
    mode: ClamdMode = ClamdMode.AUTO
    max_size: int = 25 * 1024 * 1024
    """The size of the largest file that is scanned."""
    over_size: OverSize = OverSize.REFUSE
    when_found: WhenFound = WhenFound.REFUSE
