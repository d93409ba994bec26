"""Our program for PAM, with a stack in place of PAM's; tests/integration has the real one."""

from __future__ import annotations

import io
import json
from typing import Any

import pam  # type: ignore[import-untyped]  # python-pam has no types

from ftpd_service.auth.programs import pam_stack
from ftpd_service.auth.programs.answers import read_answer
from tests.cases import SynchronousTestCase

REQUEST = {"user": "alice", "password": "hunter2", "address": "192.0.2.1", "tls": True, "session": "s1"}


class Stack:
    """A stack that answers a code."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.reason = "as the test says"
        self.items: dict[int, object] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.pam_authenticate = self._authenticate

    def _authenticate(self, handle: Any, flags: int) -> int:  # Any: as python-pam's
        return self.code

    def pam_set_item(self, handle: Any, item: int, value: bytes) -> None:  # Any: as python-pam's
        """Keep an item."""
        self.items[item] = value

    def authenticate(self, name: str, password: str, *, service: str, resetcreds: bool) -> bool:
        """Ask, as python-pam does."""
        self.asked.append((name, password, service))
        self.code = self.pam_authenticate(None, 0)
        return bool(self.code == pam.PAM_SUCCESS)


class StackTests(SynchronousTestCase):
    """`answer_of`."""

    def answer(self, code: int, **request: object) -> dict[str, object]:
        """The answer to a request when the stack answers a code."""
        self.stack = Stack(code)
        self.patch(pam, "PamAuthenticator", lambda: self.stack)
        return pam_stack.answer_of({**REQUEST, **request}, "ftpd")

    def test_success(self) -> None:
        """Accepted, by the service that was named."""
        self.assertEqual(self.answer(pam.PAM_SUCCESS), {"accept": True})
        self.assertEqual(self.stack.asked, [("alice", "hunter2", "ftpd")])

    def test_wrong_password(self) -> None:
        """Refused; pam_exec has another code for it."""
        answers = [self.answer(code) for code in (pam.PAM_AUTH_ERR, pam.PAM_SYSTEM_ERR)]
        self.assertEqual(answers, [{"accept": False}] * 2)

    def test_account_that_is_not_valid(self) -> None:
        """Expired accounts and passwords are refused although the password is right."""
        codes = (pam.PAM_ACCT_EXPIRED, pam.PAM_NEW_AUTHTOK_REQD, pam.PAM_PERM_DENIED)
        self.assertEqual([self.answer(code) for code in codes], [{"accept": False}] * 3)

    def test_unknown_user(self) -> None:
        """The next checker may know the name."""
        self.assertEqual(self.answer(pam.PAM_USER_UNKNOWN), {"accept": None})

    def test_failure_of_the_stack(self) -> None:
        """Neither accepted nor refused."""
        answer = self.answer(pam.PAM_AUTHINFO_UNAVAIL)
        self.assertEqual(answer, {"error": "PAM service ftpd: as the test says"})

    def test_no_user_or_nul(self) -> None:
        """C would take another name or password: PAM is not asked."""
        answers = [self.answer(0, user=""), self.answer(0, user="al\0ice"), self.answer(0, password="h\0")]
        self.assertEqual((answers, self.stack.asked), ([{"accept": None}] * 3, []))

    def test_modules_learn_the_address(self) -> None:
        """Those that count failures by host, for example."""
        self.answer(pam.PAM_SUCCESS)
        self.assertEqual(self.stack.items, {pam.PAM_RHOST: b"192.0.2.1", pam.PAM_TTY: b"ftp"})

    def test_a_line_each(self) -> None:
        """In the protocol of programs."""
        self.patch(pam, "PamAuthenticator", lambda: Stack(pam.PAM_SUCCESS))
        answers = io.StringIO()
        pam_stack.main("ftpd", io.StringIO(f"{json.dumps(REQUEST)}\n" * 2), answers)
        lines = answers.getvalue().splitlines()
        self.assertEqual([read_answer(line.encode()).accept for line in lines], [True, True])
