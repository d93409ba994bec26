"""The step from the valid sections of a file to the settings of each part of the server.

A key names the field that takes its value (``to`` in its declaration), so most of the work is to follow the names.
This module also computes the settings that depend on several keys.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from ftpd_service.account import AccountSettings
from ftpd_service.auth.settings import CheckerSettings
from ftpd_service.config.account_sections import GroupSection, RatesSection
from ftpd_service.config.auth_sections import CheckerSection
from ftpd_service.config.hook_sections import ActionSection, HookRuleSection, WhenSection
from ftpd_service.config.limit_sections import BansSection
from ftpd_service.config.rule_sections import FolderSection, RuleSection
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.config.section import Section, extra
from ftpd_service.config.sections import AddressSection, FileSections, ListenerSection
from ftpd_service.config.tls_sections import KeyPairSection, TlsSection
from ftpd_service.config.upload_sections import OwnUploadsSection, given_uploads
from ftpd_service.config.verdict_sections import StageSection
from ftpd_service.data.settings import AddressRule
from ftpd_service.hooks.settings import RuleSettings
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.bans import BanSettings
from ftpd_service.policy.triggers import Condition
from ftpd_service.session.settings import ListenerTls
from ftpd_service.tls.settings import KeyPair

R = TypeVar("R")


class Tree(dict[str, Any]):  # Any: a value of any key, or a branch
    """Values by the names of the fields that take them; a branch belongs to a field that is itself a record."""


_RATES = frozenset(RatesSection.model_fields)


def build(sections: FileSections, *, source: str) -> Config:
    """Return the configuration of a file whose sections are valid."""
    tree = _tree(sections)
    pair = _pair(sections.tls)
    if pair is None:
        tree.pop("tls", None)
    else:
        tree["tls"] |= {"pair": pair, "names": _names(sections.tls)}
    tree["listeners"] = tuple(_listener(one, pair) for one in sections.listeners)
    tree.setdefault("accounts", Tree()).update(_accounts(sections))
    if sections.limits.bans is not None:
        tree.setdefault("limits", Tree())["bans"] = _made(BanSettings, _tree(sections.limits.bans))
    tree |= {"source": source, "sections": sections}
    return _made(Config, tree)


def _tree(section: Section) -> Tree:
    """Return the values of a section by the fields that take them, without the keys that are left out."""
    tree = Tree()
    for path, value in _taken(section):
        branch = tree
        *above, name = path.split(".")
        for part in above:
            branch = branch.setdefault(part, Tree())
        branch[name] = value
    return tree


def _taken(section: Section) -> Iterator[tuple[str, object]]:
    for name, field in type(section).model_fields.items():
        value, to = getattr(section, name), extra(field, "to")
        if isinstance(value, (GroupSection, BansSection, OwnUploadsSection)):
            continue  # a part of the record of an entry, see `_accounts`
        if isinstance(value, WhenSection):
            yield to, _made(Condition, _tree(value))
        elif isinstance(value, Section):
            yield from _taken(value)
        elif to == "folders" and isinstance(value, dict):
            yield to, tuple(_folder(place, entry) for place, entry in value.items())
        elif to and value is not None:
            # Not by `map`, which a StopIteration of an entry would end without a word.
            yield to, tuple([_entry(one) for one in value]) if isinstance(value, list) else value


def _entry(value: object) -> object:
    """Return the record for one entry of a list."""
    if isinstance(value, RuleSection):
        return _made(PathRule, _tree(value))
    if isinstance(value, AddressSection):
        return _made(AddressRule, _tree(value))
    if isinstance(value, HookRuleSection):
        return _made(RuleSettings, _tree(value))
    if isinstance(value, (ActionSection, StageSection)):
        return _made(value.settings_record(), _tree(value))
    return _checker(value) if isinstance(value, CheckerSection) else value


def _folder(place: str, section: FolderSection) -> Folder:
    return _made(Folder, Tree(path=place, uploads=given_uploads(section.uploads), **_tree(section)))


def _made(record: type[R], tree: Tree) -> R:
    """Return a record; fields that are records themselves are built from the branches below them."""
    hints = _hints(cast("Hashable", record))  # a class is hashable, which mypy does not see in type[R]
    fields = {name: _made(_record(hints[name]), one) if isinstance(one, Tree) else one for name, one in tree.items()}
    return record(**fields)


@cache
def _hints(record: Hashable) -> Mapping[str, object]:
    """Return the types of a record's fields, which take most of the time where many accounts are read."""
    return get_type_hints(record)


def _record(hint: object) -> Any:  # Any: the class is known at run time only
    """Return the record class in an annotation, which may also allow None."""
    return next(one for one in (hint, *get_args(hint)) if isinstance(one, type) and is_dataclass(one))


def _listener(section: ListenerSection, pair: KeyPair | None) -> ListenerSettings:
    listener = _made(ListenerSettings, _tree(section))
    return replace(listener, tls=ListenerTls.EXPLICIT) if section.tls is None and pair is not None else listener


def _names(section: TlsSection) -> dict[str, KeyPair]:
    pairs = {name.lower(): _pair(other) for name, other in section.names.items()}
    return {name: pair for name, pair in pairs.items() if pair is not None}


def _pair(section: KeyPairSection) -> KeyPair | None:
    if section.certificate is None:
        return None
    return KeyPair(
        certificate=section.certificate,
        private_key=section.private_key,
        password_file=section.private_key_password_file,
    )


def _checker(section: CheckerSection) -> CheckerSettings:
    return _made(section.settings_record(), _tree(section))


def _accounts(sections: FileSections) -> dict[str, object]:
    defaults = sections.account_defaults
    return {
        "accounts": {name: account_settings(section) for name, section in sections.accounts.items()},
        "groups": {name: account_settings(section) for name, section in sections.groups.items()},
        "defaults": None if defaults is None else account_settings(defaults),
    }


def account_settings(section: GroupSection) -> AccountSettings:
    """Return the settings of an account, a group or the defaults; null is given for rates and uploads."""
    tree = _tree(section)
    tree.pop("rates", None)
    rates = {name: getattr(section.limits, name) for name in sorted(_RATES & section.limits.model_fields_set)}
    return replace(_made(AccountSettings, tree), rates=rates, uploads=given_uploads(section.uploads))
