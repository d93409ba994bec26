"""Prints the table of verbs as reStructuredText: ``python -m ftpd_service.commands.reference``."""

from __future__ import annotations

import sys

from ftpd_service.commands import site
from ftpd_service.commands.command import AnyCommand
from ftpd_service.commands.table import DISABLED, Table, standard_table


def page(table: Table) -> str:
    """Return the whole page."""
    rows = "".join(_row(command) for command in table.commands())
    return (
        "Verbs\n"
        "=====\n\n"
        "Written by ``make docs`` from the declarations in ``ftpd_service/commands``.\n\n"
        ".. list-table::\n"
        "   :header-rows: 1\n\n"
        "   * - Verb\n     - Argument\n     - Before login\n     - Permissions\n     - Source\n"
        "     - In FEAT\n"
        f"{rows}\n"
        "Sub-verbs of SITE\n"
        "-----------------\n\n"
        f"{_definitions()}\n"
        "Known and refused on purpose (502): "
        f"{', '.join(sorted(DISABLED))}.\n\n"
        "Refused by value: MODE B and C, STRU R and P, TYPE E (504); SITE SYMLINK and every other sub-verb (500).\n"
    )


def _definitions() -> str:
    return "".join(
        f"* ``{f'{name} {one.facts.help}'.rstrip()}`` ({one.facts.source})\n" for name, one in site.SUB_VERBS.items()
    )


def _row(command: AnyCommand) -> str:
    facts = command.facts
    names = ", ".join((facts.verb, *facts.aliases))
    shown = f"``{facts.help}``" if facts.help else ""
    feature = "yes" if facts.features is not None else ""
    before = "" if facts.needs_login else "yes"
    needed = "" if facts.access is None else facts.access.text()
    cells = (names, shown, before, needed, facts.source, feature)
    return "".join(f"   {'* -' if place == 0 else '  -'} {cell}".rstrip() + "\n" for place, cell in enumerate(cells))


if __name__ == "__main__":
    sys.stdout.write(page(standard_table()))
