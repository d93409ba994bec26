"""The rules of an account about parts of its tree, as the configuration and other sources of accounts give them.

These are records without behaviour: ``policy/permissions.py`` decides by them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Permissions, VirtualPath


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRule:
    """A rule about the paths that match a pattern; exactly one of `allow` and `deny` has a value."""

    path: str
    """The pattern: see `ftpd_service.policy.path_patterns`."""
    allow: Permissions | None = None
    """The only permissions at these paths."""
    deny: Permissions | None = None
    """The permissions that are taken away from those of the account, or of the folder."""
    id: str | None = None
    """The name of the rule in the log and in ``explain``; None stands for its number, from 1 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A directory of the host at a place of an account's tree."""

    path: VirtualPath
    """The place, which is never the root."""
    host: str
    """The host path, in which ``{name}`` stands for the avatar id."""
    permissions: Permissions | None = None
    """The permissions in the folder where no rule decides; None stands for those of the account."""
    rules: tuple[PathRule, ...] = ()
    """The rules of the folder, which go before those of the account."""
    uploads: GivenUploads = ()
    """The policy of uploads to the folder, which goes before that of the account."""
