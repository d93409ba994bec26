"""The checks of quarantines: no client may see one, and the service must be able to write there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from enum import Enum

from ftpd_service.config.problems import KeyPath
from ftpd_service.config.schema import Config
from ftpd_service.hooks.stage_settings import ClamdStage
from ftpd_service.verdict_interfaces import Ruling

_TEMPLATE = "{name}"


def visible_quarantines(config: Config, real: Callable[[str], str] = str) -> Iterator[tuple[KeyPath, str]]:
    """Yield each quarantine in or around a home or folder, where clients could fetch its files.

    :param real: returns the path behind the links of a path; by default no link is looked at.
    """
    trees = {real(tree): tree for tree in _trees(config)}
    for path, quarantine in _quarantines(config):
        place = real(quarantine)
        for tree, named in trees.items():
            if _leads_into(tree, place) or _leads_into(place, tree):
                yield path, f"{quarantine} is in or around {named}, where clients can see it: choose a directory apart"
                break


def stages_without_quarantine(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield each key of a verdict stage that says quarantine, if no account has one."""
    if any(True for _ in _quarantines(config)):
        return
    for number, stage in enumerate(config.hooks.stages):
        place: KeyPath = ("hooks", "verdicts", number)
        words: list[tuple[KeyPath, Enum]] = [
            ((*place, "on_error"), stage.on_error),
            ((*place, "on_timeout"), stage.on_timeout),
        ]
        if isinstance(stage, ClamdStage):
            at = (*place, "clamd")
            words += [((*at, "over_size"), stage.over_size), ((*at, "when_found"), stage.when_found)]
        for path, word in words:
            if word.value == Ruling.QUARANTINE.value:
                yield path, "quarantine needs the key uploads.quarantine, which names the directory"


def about_quarantines(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield a warning for each quarantine that the user of this check cannot make or write; waits for disks."""
    for path, quarantine in _quarantines(config):
        problem = _unusable(quarantine)
        if problem is not None:
            yield path, f"{problem}: uploads that are put into quarantine get 451 or 550, and are not kept"


def _quarantines(config: Config) -> Iterator[tuple[KeyPath, str]]:
    if config.storage.uploads.quarantine is not None:
        yield ("uploads", "quarantine"), config.storage.uploads.quarantine
    for path, entry in config.accounts.entries():
        given = [((*path, "uploads", "quarantine"), dict(entry.uploads))]
        given += [
            ((*path, "folders", one.path, "uploads", "quarantine"), dict(one.uploads)) for one in entry.folders or ()
        ]
        for place, values in given:
            if values.get("quarantine") is not None:
                yield place, values["quarantine"]


def _trees(config: Config) -> Iterator[str]:
    """Yield the host paths of all homes and folders, with their templates."""
    for _, entry in config.accounts.entries():
        if entry.home is not None:
            yield entry.home
        yield from (folder.host for folder in entry.folders or ())


def _leads_into(tree: str, path: str) -> bool:
    """Return whether a path is a tree's root or below it, for any account's name in the place of the template."""
    own, below = os.path.normpath(tree).split("/"), path.split("/")
    return len(own) <= len(below) and all(map(_same, own, below))


def _same(own: str, name: str) -> bool:
    if _TEMPLATE not in own:
        return own == name
    begin, _, end = own.partition(_TEMPLATE)
    # No account has a name that begins with a dot.
    first = name[len(begin) : len(begin) + 1]
    return name.startswith(begin) and name.endswith(end) and len(name) > len(begin + end) and first != "."


def _unusable(quarantine: str) -> str | None:
    """Return why files cannot be put into a directory that exists, or that can be made."""
    place = quarantine
    while place != "/" and not os.path.lexists(place):
        place = os.path.dirname(place)
    try:
        mode = os.stat(place).st_mode
    except OSError as problem:
        return f"{place} cannot be looked at ({problem.strerror})"
    if not stat.S_ISDIR(mode):
        return f"{place} is no directory"
    if not os.access(place, os.W_OK | os.X_OK):
        return f"{place} may not be written by the user of this check; run it as the user of the service"
    return None
