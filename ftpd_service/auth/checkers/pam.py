"""The checker that asks PAM, in processes of its own, which speak the protocol of programs.

A stack of PAM cannot be cancelled, sleeps two seconds after a wrong password, and may crash or leak: on a thread of the
server each of this would hurt other sessions.  A process can be ended.
"""

from __future__ import annotations

import sys
from functools import partial

from ftpd_service.auth.checker_parts import FoundChecker
from ftpd_service.auth.checkers.program import environment, make_asking, require_program
from ftpd_service.auth.programs.program_pool import PoolSettings
from ftpd_service.auth.settings import PamChecker
from ftpd_service.runtime.imported import require

PAM_PROGRAM = "ftpd_service.auth.programs.pam_stack"
"""Our own program."""


def find_pam(settings: PamChecker) -> FoundChecker:
    """Find the program that asks PAM.

    :raises PluginProblem: it is missing, or our own lacks its library.
    """
    name = f"pam:{settings.service}"
    command, variables = settings.command, environment()
    if command is None:
        require("pam", needs=settings.needs, told=settings.kind)
        command, variables = (sys.executable, "-m", PAM_PROGRAM, settings.service), environment("PYTHONPATH")
    require_program(command[0], name)
    pool = PoolSettings(label=f"checker {name}", command=command, processes=settings.processes)
    return FoundChecker(name=name, settings=settings, make=partial(make_asking, pool, variables))
