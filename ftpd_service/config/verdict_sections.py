"""The declarations of ``hooks.verdicts``: the stages that judge an upload before its reply.

A stage has exactly one key that names its kind, and the keys that every stage may have; the record of its settings is
in `STAGES`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import forms, hook_words
from ftpd_service.config.clamd_sections import CLAMD_ADDRESS, ClamdSection, clamd_section_of, in_clamd
from ftpd_service.config.forms import Form, choice, either, member
from ftpd_service.config.hook_sections import HookId, WhenSection
from ftpd_service.config.problems import KeyPath, found
from ftpd_service.config.section import Section, absent, key, required
from ftpd_service.hooks.stage_settings import ClamdStage, StageFallback, StageSettings

STAGES: Mapping[str, type[StageSettings]] = {record.kind: record for record in (ClamdStage,)}
"""The kinds of stages by their keys, with the records of their settings."""


def _code(value: object) -> int:
    if value not in (550, 553):
        raise ValueError(f"expected 553 or 550, found {found(value)}")
    return int(str(value))


Fallback = Annotated[StageFallback, member(StageFallback), choice(StageFallback)]


class StageSection(Section):
    """A stage of the verdict."""

    kinds = tuple(STAGES)
    named_by = "id"

    id: HookId = required("The name of the stage in the log and in metrics.", to="id")
    when: Annotated[WhenSection, BeforeValidator(absent)] = key(
        {}, "The uploads that the stage judges, by the conditions of rules.", to="when"
    )
    clamd: Annotated[ClamdSection | None, BeforeValidator(clamd_section_of), CLAMD_ADDRESS] = key(
        None,
        "The virus scanner clamd, by its address or as a mapping with further keys: docs/hooks.rst.",
        example="/run/clamav/clamd.ctl",
    )
    timeout: forms.Duration = key("20s", "The time for a judgment; clients wait for the reply.", to="timeout_seconds")
    on_error: Fallback = key(
        "refuse",
        "What happens if the stage fails. ``refuse``: nothing of the upload is kept, and the client gets 451. "
        "``accept``: the next stage judges. ``quarantine``: the upload ends in ``uploads.quarantine``, with 226.",
        to="on_error",
    )
    on_timeout: Fallback = key("refuse", "What happens after ``timeout``, as with ``on_error``.", to="on_timeout")
    code: Annotated[int, PlainValidator(_code), Form("553 or 550", {"enum": [553, 550]})] = key(
        553, "The code of the reply to an upload that the stage refuses.", to="code"
    )

    def settings_record(self) -> type[StageSettings]:
        """Return the record that takes the settings of the entry."""
        return next(record for kind, record in STAGES.items() if getattr(self, kind) is not None)


StageList = Annotated[list[StageSection], BeforeValidator(hook_words.with_own_ids), Form("list of stages", told=None)]

VERDICTS = key(
    [],
    "Stages that judge an upload behind its last byte and before its reply, in their order: docs/hooks.rst. A file "
    "gets its name only if all of them accept it.",
    to="hooks.stages",
    example="[{id: scan, clamd: /run/clamav/clamd.ctl, on_timeout: quarantine}]",
)


def in_verdicts(section: object) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of stages, from the plain values of ``hooks``; values of a wrong shape are skipped."""
    stages = section.get("verdicts") if isinstance(section, dict) else None
    for number, stage in enumerate(stages if isinstance(stages, list) else []):
        if not isinstance(stage, dict):
            continue
        path: KeyPath = ("hooks", "verdicts", number)
        kinds = [kind for kind in STAGES if kind in stage]
        if len(kinds) != 1 and set(stage) <= set(StageSection.model_fields):
            text = f"expected {either(tuple(STAGES))}"
            yield path, text + (f", found {' and '.join(kinds)}" if kinds else "")
            continue
        yield from in_clamd(stage.get("clamd"), (*path, "clamd"))


def about_stages(stages: tuple[StageSettings, ...], *, quarantine: bool) -> Iterator[tuple[KeyPath, str]]:
    """Yield warnings about stages on this host.

    :param quarantine: whether ``uploads.quarantine`` is set.
    """
    for number, stage in enumerate(stages):
        if isinstance(stage, ClamdStage) and stage.address.startswith("/") and not os.path.exists(stage.address):
            yield (
                ("hooks", "verdicts", number, "clamd"),
                f"{stage.address} is missing now: on_error decides until it is there",
            )
    if stages and not quarantine:
        text = "without uploads.quarantine, APPE and uploads behind REST that a stage may judge are refused (553)"
        yield ("hooks", "verdicts"), text
