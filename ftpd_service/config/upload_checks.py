"""The check of the policies of uploads, as they are merged from the sections that apply to a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from ftpd_service.account import Account, AccountSettings
from ftpd_service.accounts.layers import Layers
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.schema import Config
from ftpd_service.errors import LoginRefused
from ftpd_service.upload_policy import GivenUploads, GradeAction, UploadMode, UploadPolicy, with_given

_GRADES = {"if_likely": "likely", "if_doubtful": "doubtful", "if_aborted": "aborted"}
"""The fields of the actions by grade, with their keys."""

_NO_PART = "with mode: atomic no broken file has a name: write grades: {aborted: discard}, or another mode"
_RESUMED = "with mode: resumable a broken upload stays for its account: write grades: {aborted: keep}, or another mode"
_NO_PLACE = "needs the key quarantine, which names the directory: no section that applies here has it"


def in_uploads(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key and the text of each section of a policy that cannot be followed."""
    general = config.storage.uploads
    yield from _remarks(("uploads",), general, tuple((one.name, None) for one in fields(UploadPolicy)))
    for path, entry, account in _accounts(config.accounts):
        policy = with_given(general, account.uploads)
        yield from _remarks((*path, "uploads"), policy, entry.uploads)
        for folder in account.folders:
            own = entry.folders is not None
            place = (*path, "folders", folder.path, "uploads") if own else (*path, "uploads")
            given = folder.uploads if own else entry.uploads
            yield from _remarks(place, with_given(policy, folder.uploads), given)


def _accounts(settings: AccountsSettings) -> Iterator[tuple[KeyPath, AccountSettings, Account]]:
    """Yield each entry, and the account that it makes."""
    defaults = settings.defaults or AccountSettings()
    of_others = replace(defaults, group=None)
    yield ("account_defaults",), defaults, _made(Layers(), of_others)
    for name, entry in settings.groups.items():
        yield ("groups", name), entry, _made(Layers(defaults=of_others), entry)
    for name, entry in settings.accounts.items():
        yield ("accounts", name), entry, _made(Layers(groups=settings.groups, defaults=defaults), entry)


def _made(layers: Layers, entry: AccountSettings) -> Account:
    try:
        return layers.account("", entry)
    except LoginRefused:
        # Its group is not defined, which is a mistake of its own.
        return Account(name="", uploads=entry.uploads)


def _remarks(path: KeyPath, policy: UploadPolicy, given: GivenUploads) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of a policy in which the given fields have a part."""
    names = {name for name, _ in given}
    if policy.mode is UploadMode.ATOMIC and policy.if_aborted is GradeAction.KEEP:
        yield from _at(path, names, "if_aborted", "mode", _NO_PART)
    if policy.mode is UploadMode.RESUMABLE and policy.if_aborted is GradeAction.QUARANTINE:
        yield from _at(path, names, "if_aborted", "mode", _RESUMED)
    for name in _GRADES:
        if getattr(policy, name) is GradeAction.QUARANTINE and policy.quarantine is None:
            yield from _at(path, names, name, "quarantine", _NO_PLACE)


def _at(path: KeyPath, names: set[str], grade: str, other: str, text: str) -> Iterator[tuple[KeyPath, str]]:
    """Yield a remark at the key of a grade, or at the other key, whichever is given."""
    if grade in names:
        yield (*path, "grades", _GRADES[grade]), text
    elif other in names:
        yield (*path, other), text
