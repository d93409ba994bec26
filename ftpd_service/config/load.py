"""Reading a configuration file: the result is a `Config`, or every problem of the file at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ftpd_service.config import host
from ftpd_service.config.build import build
from ftpd_service.config.checks import Remark, contradictions, impossible, warnings
from ftpd_service.config.document import document_of
from ftpd_service.config.environment import expand_all
from ftpd_service.config.host_trees import unfit_folders
from ftpd_service.config.keys import unknown_key
from ftpd_service.config.problems import ConfigError, KeyPath, Problem, dotted, kind
from ftpd_service.config.quarantine_checks import visible_quarantines
from ftpd_service.config.schema import Config
from ftpd_service.config.sections import FileSections
from ftpd_service.config.yaml_text import Document

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def load(path: str, environ: Mapping[str, str]) -> Config:
    """Read a file.

    :param path: as the operator gave it; relative paths inside the file are taken from its directory.
    :param environ: the variables for ``${NAME}``.
    :raises ConfigError: with all problems of the file.
    """
    document = document_of(path)
    if not isinstance(document.values, (dict, type(None))):
        problem = Problem(document.line(()), "", f"expected a mapping of sections, found {kind(document.values)}")
        raise ConfigError(path, [problem, *document.problems])
    values, references = expand_all(document.values or {}, environ)
    remarks: list[tuple[KeyPath, str]] = [(where, str(error)) for where, error in references]
    remarks += contradictions(values)
    sections = None
    try:
        sections = FileSections.model_validate(values, context=os.path.dirname(os.path.abspath(path)))
    except ValidationError as error:
        remarks += [(_place(one), text_of(one)) for one in error.errors(include_url=False)]
    problems = _first_of_each_place(document, remarks)
    if sections is None or problems:
        raise ConfigError(path, problems)
    config = build(sections, source=path)
    problems = _first_of_each_place(document, impossible(config))
    if problems:
        raise ConfigError(path, problems)
    return replace(config, warnings=tuple(_told(path, document, warnings(config))))


def inspected(path: str, config: Config) -> Iterable[str]:
    """Return a text for each warning about this host, for ``--check``.  The function reads disks and may block.

    :param config: the configuration from the file.
    :raises ConfigError: the file has disappeared or changed meanwhile.
    """
    document = document_of(path)
    return _told(path, document, host.remarks(config, document.values, os.path.dirname(os.path.abspath(path))))


def unfit(path: str, config: Config) -> list[str]:
    """Return a text for each directory of this host that the file names and that cannot be used, for ``--check``.

    :raises ConfigError: the file has disappeared or changed meanwhile.
    """
    found = (*unfit_folders(config.accounts), *visible_quarantines(config, os.path.realpath))
    problems = _first_of_each_place(document_of(path), found)
    return [problem.describe(path) for problem in problems]


def line_of(path: str, where: KeyPath) -> int:
    """Return the line of a value, for problems found after loading, or 0 if the file can no longer be read."""
    try:
        return document_of(path).line(where)
    except ConfigError:
        return 0


def _told(source: str, document: Document, found: Iterable[Remark]) -> Iterable[str]:
    for path, text in found:
        line = document.line(path) if path[:1] in document.lines else 0
        yield Problem(line, dotted(_own(document, path)), text).describe(source)


def _own(document: Document, path: KeyPath) -> KeyPath:
    """Return the key that the file has: a stored password may come from `password_file`."""
    other = (*path[:-1], "password_file")
    return other if path[-1:] == ("password",) and path not in document.lines and other in document.lines else path


def _first_of_each_place(document: Document, remarks: Iterable[tuple[KeyPath, str]]) -> list[Problem]:
    """Return a single problem for each place, so a value that cannot be read is not also of the wrong kind."""
    problems = list(document.problems)
    known = {(problem.line, problem.path) for problem in problems}
    for path, text in remarks:
        path = _own(document, path)
        problem = Problem(document.line(path), dotted(path), text)
        if (problem.line, problem.path) not in known:
            known.add((problem.line, problem.path))
            problems.append(problem)
    return problems


def _place(error: ErrorDetails) -> KeyPath:
    # The check of a value does not name its path; pydantic marks keys of mappings with a final "[key]".
    return tuple(part for part in error["loc"] if part != "[key]")


def text_of(error: ErrorDetails) -> str:
    """Translate a problem that pydantic found; only our own checks put the value itself into the text."""
    wanted = {
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "list_type": "a list",
    }
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        return unknown_key(_place(error))
    if error["type"] == "missing":
        return "missing"
    if error["type"] in wanted:
        return f"expected {wanted[error['type']]}, found {kind(error['input'])}"
    return error["msg"]
