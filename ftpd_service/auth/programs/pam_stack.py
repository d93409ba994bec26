"""Our program for PAM: ``python -m ftpd_service.auth.programs.pam_stack SERVICE``.

It reads a request a line, asks the stack of the service, and answers.  It imports nothing of the server, so that its
processes stay small.  The account must be valid too: an expired account or password is a refusal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

import pam  # type: ignore[import-untyped]  # python-pam has no types

REFUSED = frozenset({pam.PAM_AUTH_ERR, pam.PAM_PERM_DENIED, pam.PAM_MAXTRIES, pam.PAM_ACCT_EXPIRED})
REFUSED |= {pam.PAM_NEW_AUTHTOK_REQD, pam.PAM_AUTHTOK_EXPIRED, pam.PAM_CRED_EXPIRED, pam.PAM_SYSTEM_ERR}
"""The results that refuse a login; all others but success and an unknown user are failures.

A system error is pam_exec's result if its script refuses: as a failure it would cost a guesser nothing.
"""


def answer_of(request: dict[str, Any], service: str) -> dict[str, object]:  # Any: JSON
    """Return the answer of a stack."""
    name, password = request["user"], request["password"]
    if not name or "\0" in name + password:
        # C ends a text at NUL: the rest of a password would count for nothing.
        return {"accept": None}
    stack = pam.PamAuthenticator()
    stack.pam_authenticate = _from_host(stack, request["address"], stack.pam_authenticate)
    accepted = stack.authenticate(name, password, service=service, resetcreds=False)
    if accepted:
        return {"accept": True}
    if stack.code == pam.PAM_USER_UNKNOWN:
        return {"accept": None}
    if stack.code in REFUSED:
        return {"accept": False}
    return {"error": f"PAM service {service}: {stack.reason}"}


def _from_host(stack: Any, address: str, authenticate: Callable[[Any, int], int]) -> Callable[[Any, int], int]:
    # Any: python-pam's handle
    """Return the call that asks the stack, which first tells the client's address to its modules."""

    def call(handle: Any, flags: int) -> int:  # Any: see above
        stack.pam_set_item(handle, pam.PAM_RHOST, address.encode("ascii"))
        stack.pam_set_item(handle, pam.PAM_TTY, b"ftp")
        return authenticate(handle, flags)

    return call


def main(service: str, requests: TextIO, answers: TextIO) -> None:
    """Answer requests up to the end of the input."""
    for line in requests:
        answers.write(json.dumps(answer_of(json.loads(line), service)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin, sys.stdout)
