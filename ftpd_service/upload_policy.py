"""The policy of an upload: what the section ``uploads`` says, in general and of accounts, groups and folders.

A new key of all these sections is a field of `UploadPolicy` and a key in ``config/upload_sections.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any


class UploadMode(Enum):
    """The time at which a plain STOR becomes visible; the values are the configuration's words."""

    ATOMIC = "atomic"
    """At its commit: the upload is written hidden and renamed; a broken upload leaves no trace."""
    IN_PLACE = "in-place"
    """From the first byte, under the final name; a broken upload can be resumed."""
    RESUMABLE = "resumable"
    """At its commit, as with ATOMIC; a broken upload stays hidden, and its account can resume it."""


class GradeAction(Enum):
    """The treatment of an upload by its grade; the values are the configuration's words."""

    KEEP = "keep"
    QUARANTINE = "quarantine"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPolicy:
    """The policy of an upload, merged from all sections that apply to its path.  All values are hashable."""

    mode: UploadMode = UploadMode.ATOMIC
    durable: bool = False
    """Whether file and directory are on the disk before the reply."""
    keep_versions: int = 0
    """How many former files are kept of each file that uploads replace."""
    lock_readers: bool = False
    """Whether a file is not read while an upload changes it in place."""
    chmod_mask: int = 0o777
    """The permission bits that clients may set; 0 means that clients may set no mode at all."""
    if_likely: GradeAction = GradeAction.KEEP
    """The treatment of uploads that end in order, without a proof that all bytes have come."""
    if_doubtful: GradeAction = GradeAction.KEEP
    if_aborted: GradeAction = GradeAction.DISCARD
    """The treatment of broken uploads; never under the name of the file, unless they are written in place."""
    quarantine: str | None = None
    """The absolute host path of the directory for uploads that are put into quarantine, or None without it."""
    quarantine_bytes: int | None = 1024**3
    """The most bytes of an account in the quarantine, where a small file counts as 4 KiB; None means no limit."""
    resume_seconds: float = 86400.0
    """How long a broken upload of the mode RESUMABLE is kept after its last byte."""


GivenUploads = tuple[tuple[str, Any], ...]  # Any: the type of the field
"""The fields of `UploadPolicy` that a section gives, with their values; None is a value too."""


@lru_cache(maxsize=256)
def with_given(general: UploadPolicy, *layers: GivenUploads) -> UploadPolicy:
    """Return a policy with the values that some sections give; a later section goes before an earlier section."""
    return replace(general, **{name: value for given in layers for name, value in given})
