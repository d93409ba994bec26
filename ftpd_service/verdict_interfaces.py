"""The seams of verdicts: stages that judge an upload behind its last byte and before its commit and reply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from zope.interface import Interface

from ftpd_service.hook_events import HookEvent
from ftpd_service.interfaces import IInspectable, IReadHandle
from ftpd_service.values import VirtualPath, WriteMode


class Ruling(Enum):
    """The kinds of judgments."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    RENAME = "rename"
    QUARANTINE = "quarantine"
    """The upload ends in the quarantine, and the client gets 226."""
    LATER = "later"
    """Nothing of the upload is kept, and the client gets 451, so that it tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """The judgment of a stage, or of all stages together, about an upload."""

    ruling: Ruling
    stage: str = ""
    """The id of the stage that has decided, for the log."""
    text: str = ""
    """Why, in one line: the client sees it with REFUSE."""
    code: int = 553
    """The reply of REFUSE: 553 or 550."""
    path: VirtualPath | None = None
    """The new path, of RENAME."""


ACCEPTED = Judgment(ruling=Ruling.ACCEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedUpload:
    """The facts of an upload that stages judge."""

    event: HookEvent
    """The event that its commit would be: account, path, size, grade and the like."""
    verb: str
    mode: WriteMode


class StageFailed(Exception):
    """A stage could not judge; the text says why, for the log, and `on_error` of the stage decides."""


class IJudgedFile(Interface):
    """The settled file of an upload, as stages read it."""

    size: int

    async def open() -> IReadHandle:
        """Open the file for reading, from its first byte on; the caller closes the handle.

        A handle that provides `IReadDescriptor` has a descriptor, which is only for reading.  It raises StorageFailed.
        """


class IStage(Interface):
    """A stage of the verdict."""

    async def judge(upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        """Judge an upload.  Cancelling ends everything that the stage has begun, such as connections and programs.

        :raises StageFailed:
        """

    async def close() -> None:
        """End what the stage keeps open."""


class IUploadPlace(Interface):
    """The place of a judged upload in the tree of its account, within the account's permissions."""

    async def choose(path: VirtualPath) -> None:
        """Take a new path of the upload, in place of an earlier one.

        :raises StorageError: the account may not write a file there, or the storage cannot.
        """


class IVerdicts(Interface):
    """The stages of the configuration in force, as the verbs of uploads see them."""

    active: bool
    """Whether there are any stages."""

    def concern(upload: JudgedUpload) -> bool:
        """Return whether any stage may judge an upload at this path, before its first byte and without its size."""

    async def judge(upload: JudgedUpload, handle: IInspectable, place: IUploadPlace) -> Judgment:
        """Judge a settled upload by all stages that concern it, in order, until one neither accepts nor renames it.

        Errors and timeouts of stages are judgments too: `on_error` and `on_timeout` say which.

        :param place: takes the new path that a stage gives the file; a path that it refuses is an error of the stage.
        """
