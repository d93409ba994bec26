"""The processes of a program that checks passwords: as many as the configuration says, each with one login at a time.

Processes start when logins need them.  A process that ends in the middle of an answer is replaced, and its login is
asked once more.  A process that is out of step (its answer is no answer, it writes without being asked, its login was
given up) is ended, because its next line could be taken for the answer to the next login.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from ftpd_service.errors import LoginUnavailable
from ftpd_service.policy.login_queue import LoginQueue
from ftpd_service.runtime.running_program import ProgramReactor, RunningProgram

A = TypeVar("A")

ATTEMPTS = 2
"""How often a login is asked if processes end in the middle of its answer."""

SOON_SECONDS = 1.0
"""A process that ends within this time without an answer ended at once: the next start waits."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
"""The pause before the next start, which doubles each time."""

MESSAGES_BETWEEN_ANSWERS = 20
"""The most lines of a process's standard error that are logged between two answers."""

LINGERING_SECONDS = 5.0
"""How long a process that gets one login may go on behind its answer."""

ENDING_SECONDS = 3.0
"""How long the end of the service waits for processes: a process that a disk holds cannot be killed."""

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """The program and its processes."""

    label: str
    """The words of the log for the program."""
    command: tuple[str, ...]
    processes: int
    persistent: bool = True
    """Whether a process answers many logins; otherwise it gets one, and the end of its input behind it."""


class _Question(Generic[A]):
    """A login that is asked."""

    __slots__ = ("answer", "asked", "request")

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.answer: Deferred[A] = Deferred()
        self.asked = 0


class _Worker(Generic[A]):
    """A process, and the login that it is asked."""

    __slots__ = ("answered", "expected", "gone", "lingering", "messages", "program", "question", "started")

    def __init__(self, question: _Question[A], started: float) -> None:
        self.program: RunningProgram | None = None
        self.question: _Question[A] | None = question
        self.started = started
        self.answered = False
        self.expected = False
        self.messages = 0
        self.lingering: IDelayedCall | None = None
        self.gone: Deferred[None] = Deferred()

    def end(self, reason: str) -> None:
        """End the process; its place is free when it is gone."""
        self.expected = True
        if self.program is not None:
            self.program.end(reason)


class ProgramPool(Generic[A]):
    """The processes of a program.

    :param environment: the variables that the program gets.
    :param read: reads an answer; a ValueError means that the process is out of step.
    """

    def __init__(
        self,
        settings: PoolSettings,
        environment: Mapping[str, str],
        reactor: ProgramReactor,
        read: Callable[[bytes], A],
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._reactor = reactor
        self._read = read
        self._queue: LoginQueue[_Question[A]] = LoginQueue(asked_of_host=(settings.processes + 1) // 2)
        self._workers: list[_Worker[A]] = []
        self._idle: list[_Worker[A]] = []
        self._pause = 0.0
        self._start_at = 0.0
        self._timer: IDelayedCall | None = None
        self._ended = False

    async def ask(self, request: bytes, *, host: Hashable, name: bytes) -> A:
        """Return the answer to a request.  Cancelling ends the process that has the request.

        :raises LoginsSaturated: the queue is full.
        :raises LoginUnavailable: the program did not answer, or is no longer in force.
        """
        if self._ended:
            raise LoginUnavailable("the program is no longer in force")
        question: _Question[A] = _Question(request)
        self._queue.add(question, host, name)
        self._serve()
        try:
            return await question.answer
        except CancelledError:
            for worker in self._workers:
                if worker.question is question:
                    worker.question = None
                    worker.end("its login was given up")
            raise
        finally:
            self._queue.over(question)
            self._serve()

    async def end(self) -> None:
        """End all processes, and wait for them a while; open questions fail."""
        self._ended = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        gone = [worker.gone for worker in self._workers]
        for worker in self._workers:
            worker.question = None
            worker.end("the program is no longer in force")
        for question in self._queue.questions():
            if not question.answer.called:
                question.answer.errback(LoginUnavailable("the program is no longer in force"))
        all_gone = DeferredList(gone, consumeErrors=True)
        timer = self._reactor.callLater(ENDING_SECONDS, all_gone.cancel)
        await all_gone
        if timer.active():
            timer.cancel()

    def _serve(self) -> None:
        """Give waiting questions to processes, as far as both are there."""
        while len(self._queue) and not self._ended and self._has_room():
            question = self._queue.next()
            if question is None:
                return
            question.asked += 1
            if self._idle:
                self._give(question, self._idle.pop())
            else:
                self._start(question)

    def _has_room(self) -> bool:
        """Return whether a process is idle or may start; a start that must wait is planned."""
        if self._idle or len(self._workers) >= self._settings.processes:
            return bool(self._idle)
        pause = self._start_at - self._reactor.seconds()
        if pause > 0 and (self._timer is None or not self._timer.active()):
            self._timer = self._reactor.callLater(pause, self._serve)
        return pause <= 0

    def _start(self, question: _Question[A]) -> None:
        worker = _Worker(question, self._reactor.seconds())
        self._workers.append(worker)
        try:
            worker.program = RunningProgram(
                self._settings.command,
                self._environment,
                self._reactor,
                line=partial(self._answered, worker),
                told=partial(self._told, worker),
                ended=partial(self._gone, worker),
            )
        except OSError as problem:
            question.asked = ATTEMPTS
            self._gone(worker, f"no process can be started: {problem.strerror}")
        else:
            # The process may be gone already.
            if worker.question is question:
                self._give(question, worker)

    def _give(self, question: _Question[A], worker: _Worker[A]) -> None:
        worker.question = question
        if worker.program is not None:  # always: a worker without a program is given nothing
            worker.program.write(question.request)
            if not self._settings.persistent:
                worker.program.close_input()

    def _answered(self, worker: _Worker[A], line: bytes) -> None:
        """Take a line of output, which is the answer to the worker's question."""
        question, worker.question = worker.question, None
        if question is None:
            if worker in self._idle:
                self._idle.remove(worker)
                worker.end("it wrote without being asked")
            return
        try:
            answer = self._read(line)
        except ValueError as problem:
            worker.end(f"its answer is wrong: {problem}")
            question.answer.errback(LoginUnavailable(f"wrong answer: {problem}"))
            return
        worker.answered, worker.messages, self._pause = True, 0, 0.0
        self._after_answer(worker)
        question.answer.callback(answer)

    def _after_answer(self, worker: _Worker[A]) -> None:
        if not self._settings.persistent:
            worker.expected = True
            worker.lingering = self._reactor.callLater(LINGERING_SECONDS, worker.end, "it did not exit")
        elif worker.program is not None and worker.program.has_more:
            worker.end("it wrote more than an answer")
        else:
            self._idle.append(worker)

    def _told(self, worker: _Worker[A], line: bytes) -> None:
        """Log a line of a process's standard error."""
        worker.messages += 1
        if worker.messages <= MESSAGES_BETWEEN_ANSWERS:
            text = repr(line.decode("utf-8", "backslashreplace"))
            _log.warn("{program} says: {text}", program=self._settings.label, text=text)
        elif worker.messages == MESSAGES_BETWEEN_ANSWERS + 1:
            _log.warn("{program} says more, which is left out up to its next answer", program=self._settings.label)

    def _gone(self, worker: _Worker[A], reason: str) -> None:
        """Take the end of a process: its question is asked once more."""
        self._workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.lingering is not None and worker.lingering.active():
            worker.lingering.cancel()
        if not worker.expected and not self._ended:
            _log.warn("a process of {program} ended: {reason}", program=self._settings.label, reason=reason)
        now = self._reactor.seconds()
        if not worker.answered and now - worker.started < SOON_SECONDS:
            self._pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, self._pause * 2))
            self._start_at = now + self._pause
        question, worker.question = worker.question, None
        worker.gone.callback(None)
        if question is not None and question.asked < ATTEMPTS:
            self._queue.again(question)
        elif question is not None:
            question.answer.errback(LoginUnavailable(f"the program ended before its answer: {reason}"))
        self._serve()
