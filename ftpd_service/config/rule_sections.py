"""The declarations of an account's rules, folders and names: the keys that say what may be done where."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms, rule_words, upload_sections
from ftpd_service.config.forms import Form
from ftpd_service.config.section import Section, key, required


class RuleSection(Section):
    """A rule about the paths that match a pattern."""

    path: forms.Pattern = required(
        "The pattern: ``/in/**`` is everything below ``/in``, ``**/.ssh/**`` everything below any directory ``.ssh``, "
        "``*.exe`` every name that ends so. ``*`` stands for any characters of a name, ``?`` for one, ``**`` for any "
        "number of names. Upper and lower case differ, unless ``names.case`` is ``insensitive``.",
        to="path",
    )
    allow: forms.Rights = key(None, "The only permissions at these paths, in a form of ``permissions``.", to="allow")
    deny: forms.Rights = key(
        None,
        "The permissions that these paths lack; the others are those of ``permissions``. A rule has either ``allow`` "
        "or ``deny``.",
        to="deny",
    )
    id: forms.RuleId = key(
        None, "The name of the rule in the log and in ``explain``. Without a name: its number, from 1 on.", to="id"
    )


RuleList = Annotated[
    list[Annotated[RuleSection, BeforeValidator(rule_words.one_of_allow_and_deny)]] | None,
    BeforeValidator(rule_words.with_different_ids),
    Form("list of rules", {"type": "array"}, told=None),
]


class FolderSection(Section):
    """A directory of this host at a place of the account's tree."""

    path: forms.HomePath = required(
        "The directory of this host. ``{name}`` stands for the account's name, as in ``home``.", to="host"
    )
    permissions: forms.Rights = key(
        None, "The permissions in the folder. Without a value: those of the account.", to="permissions"
    )
    rules: RuleList = key(
        None,
        "Rules for paths in the folder, which go before those of the account. Their patterns are of the whole path, "
        "such as ``/shared/in/**``.",
        to="rules",
    )
    uploads: upload_sections.OwnUploads = upload_sections.OF_FOLDER


FolderMap = Annotated[
    dict[str, FolderSection] | None,
    BeforeValidator(rule_words.folder_places),
    Form("mapping of places", {"type": "object"}, told=None),
]


# The keys of accounts, groups and defaults; account_sections.py has their order.

RULES = key(
    None,
    "Permissions by path: the first rule that matches a path decides, otherwise ``permissions`` do. The list of an "
    "account takes the place of that of its group.",
    to="rules",
    example='[{path: "/in/**", allow: [list, create], id: drop-box}, {path: "**/.ssh/**", deny: all}]',
)

FOLDERS = key(
    None,
    "Other directories of this host, by their places in the account's tree. A folder is in the listing above it, "
    "also if the home has no such directory, and no client can remove or rename it. A file is renamed "
    "between the home and a folder, or between two folders, by a copy; directories are not.",
    to="folders",
    example="{/shared: {path: /srv/shared, permissions: read}}",
)

HIDE = key(
    None,
    "Patterns of names that clients do not see, with everything below them: every verb answers as for a missing "
    "name, and no client can make such a name.",
    to="hide",
    example='["**/.*"]',
)

REFUSE = key(
    None,
    "Patterns of names that no client can make or write, by an upload, MKD or a rename (553).",
    to="refuse",
    example='["*.exe"]',
)

UMASK = key(
    None,
    "As ``uploads.umask``, for the account. Without a value: that of ``uploads``.",
    to="umask",
    example='"027"',
)

MODE = key(
    None,
    "The permission bits of new files, whatever the umask. Without a value: 666 without the bits of the umask.",
    to="mode",
    example='"640"',
)

OWNER = key(
    None,
    "The owner of new files and directories: ``user``, ``user:group`` or ``:group``, by name or number. Only a "
    "service with the capability CAP_CHOWN can give files to another user; every service can give them to a group "
    "of its own. Where the system refuses, the file keeps the owner of the service, and the log says so.",
    to="owner",
    example='":customers"',
)
