"""The rights of an account in force, as they pass the admin socket: what a login may do, not whether it may begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from ftpd_service.account import Account
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.values import Permissions, VirtualPath

Told = dict[str, Any]  # Any: JSON


def rights_of(account: Account) -> Told:
    """Return the fields of an account that decide about its verbs and paths."""
    return {
        "account": account.name,
        "home": account.home,
        "permissions": list(account.permissions.words()),
        "rules": list(map(_rule_told, account.rules)),
        "folders": [
            {
                "path": folder.path,
                "host": folder.host,
                "permissions": _words_or_none(folder.permissions),
                "rules": list(map(_rule_told, folder.rules)),
            }
            for folder in account.folders
        ],
        "hide": list(account.hide),
        "refuse": list(account.refuse),
        "data_protection_required": account.data_protection_required,
    }


def account_with(told: Mapping[str, Any]) -> Account:  # Any: JSON
    """Return an account with these rights, whose login nothing refuses."""
    return Account(
        name=told["account"],
        home=told["home"],
        permissions=_permissions(told["permissions"]),
        rules=tuple(map(_rule, told["rules"])),
        folders=tuple(
            Folder(
                path=VirtualPath(folder["path"]),
                host=folder["host"],
                permissions=_permissions_or_none(folder["permissions"]),
                rules=tuple(map(_rule, folder["rules"])),
            )
            for folder in told["folders"]
        ),
        hide=tuple(told["hide"]),
        refuse=tuple(told["refuse"]),
        data_protection_required=told["data_protection_required"],
    )


def _rule_told(rule: PathRule) -> Told:
    return {"id": rule.id, "path": rule.path, "allow": _words_or_none(rule.allow), "deny": _words_or_none(rule.deny)}


def _rule(told: Mapping[str, Any]) -> PathRule:  # Any: JSON
    return PathRule(
        id=told["id"],
        path=told["path"],
        allow=_permissions_or_none(told["allow"]),
        deny=_permissions_or_none(told["deny"]),
    )


def _words_or_none(permissions: Permissions | None) -> list[str] | None:
    return None if permissions is None else list(permissions.words())


def _permissions_or_none(words: Iterable[str] | None) -> Permissions | None:
    return None if words is None else _permissions(words)


def _permissions(words: Iterable[str]) -> Permissions:
    named = (Permissions[word.upper().replace("-", "_")] for word in words)
    return reduce(lambda one, other: one | other, named, Permissions.NONE)
