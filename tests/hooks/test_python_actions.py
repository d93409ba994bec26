"""Actions of other packages."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import formatEvent

from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import FoundAction, find_action
from ftpd_service.hooks.settings import InstalledAction, PythonAction
from ftpd_service.runtime.imported import PluginProblem
from tests.auth.packages import offer
from tests.auth.strangers import Log
from tests.cases import SynchronousTestCase
from tests.hooks import plugged
from tests.hooks.making import UPLOADED, action_parts_by

PUBLISH = "tests.hooks.plugged:Publish"


class PluggedCase(SynchronousTestCase):
    """Actions of `tests.hooks.plugged`."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = Log(self)
        self.addCleanup(plugged.made.clear)

    def found(self, path: str = PUBLISH, **options: str) -> FoundAction:
        """A class or function, found."""
        return find_action(PythonAction(path=path, options=options, timeout_seconds=5.0))

    def action(self, topic: str, **options: str) -> IAction:
        """An action."""
        return self.found(topic=topic, **options).make(action_parts_by(self.clock))

    def started(self, action: IAction) -> Deferred[Any]:  # Any: nothing, or a failure
        """A try that runs."""
        return Deferred.fromCoroutine(action.run(UPLOADED, 2))

    def wrong(self, path: str = PUBLISH, **options: str) -> str:
        """The problem of a class or function that is not found."""
        return str(self.assertRaises(PluginProblem, self.found, path, **options))


class FindTests(PluggedCase):
    """Mistakes are found before any event: by --check, at the start, and by a reload."""

    def test_path_of_nothing(self) -> None:
        """The text names the path."""
        self.assertIn("tests.hooks.missing", self.wrong("tests.hooks.missing:Publish"))
        self.assertIn("has no Missing", self.wrong("tests.hooks.plugged:Missing"))

    def test_no_action(self) -> None:
        """A class that does not declare the interface, and something that cannot be called."""
        self.assertIn("IAction", self.wrong("tests.hooks.plugged:NoAction"))
        self.assertIn("no class or function", self.wrong("tests.hooks.plugged:number"))

    def test_options_of_another_signature(self) -> None:
        """The class is not called for that, and no value is shown."""
        text = self.wrong(topics="hunter2")
        self.assertIn("(topics)", text)
        self.assertNotIn("hunter2", text)
        self.assertIn("topic", self.wrong())
        self.assertEqual(plugged.made, [])

    def test_constructor_that_raises(self) -> None:
        """The text has names in place of values."""
        found = self.found(topic="refused", password="hunter2")
        text = str(self.assertRaises(PluginProblem, found.make, action_parts_by(self.clock)))
        self.assertIn("no topic for <password>", text)

    def test_function_that_makes_something_else(self) -> None:
        """It is refused when it is made."""
        found = self.found("tests.hooks.plugged:make", topic="other")
        self.assertIn("IAction", str(self.assertRaises(PluginProblem, found.make, action_parts_by(self.clock))))

    def test_action_of_an_installed_package(self) -> None:
        """Its name is the key, with the options as its value."""
        offer(self, "ftpd_service.actions", {"broker": PUBLISH})
        found = find_action(InstalledAction(name="broker", options={"topic": "files"}))
        found.make(action_parts_by(self.clock))
        self.assertEqual((found.name, plugged.made[0].topic), ("broker", "files"))

    def test_package_that_is_no_longer_installed(self) -> None:
        """The text says so."""
        problem = self.assertRaises(PluginProblem, find_action, InstalledAction(name="broker"))
        self.assertIn("no installed package", str(problem))


class RunTests(PluggedCase):
    """Tries of an action."""

    def test_event_and_attempt(self) -> None:
        """It gets the event itself."""
        self.successResultOf(self.started(self.action("files")))
        self.assertEqual(plugged.made[0].published, [(UPLOADED, 2)])

    def test_own_failure(self) -> None:
        """It is passed on as it is, and is no error of the code."""
        failure = self.failureResultOf(self.started(self.action("later")), ActionFailed).value
        self.assertEqual((str(failure), failure.retry_after, failure.final), ("the broker is busy", 7.0, False))
        self.assertEqual(self.log.events, [])

    def test_exception(self) -> None:
        """It is a failure; the traceback is in the log, and no value of an option is shown."""
        action = self.action("raises", password="hunter2")
        failure = self.failureResultOf(self.started(action), ActionFailed).value
        self.assertEqual((failure.final, "KeyError" in str(failure)), (False, True))
        (line,) = [formatEvent(event) for event in self.log.events]
        self.assertIn("plugged.py", line)
        self.assertNotIn("hunter2", line + str(failure))

    def test_exit(self) -> None:
        """It does not end the service."""
        self.failureResultOf(self.started(self.action("exits")), ActionFailed)

    def test_timeout(self) -> None:
        """The code is cancelled, and the try fails."""
        running = self.started(self.action("hangs"))
        self.clock.advance(4.9)
        self.assertNoResult(running)
        self.clock.advance(0.1)
        self.assertIn("within 5 s", str(self.failureResultOf(running, ActionFailed).value))
        self.assertEqual(plugged.made[0].cancelled, 1)

    def test_cancelled(self) -> None:
        """The code is cancelled."""
        running = self.started(self.action("hangs"))
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.assertEqual(plugged.made[0].cancelled, 1)

    def test_close(self) -> None:
        """The action is closed, and its failure stops nobody."""
        for topic in ("files", "raises"):
            self.successResultOf(Deferred.fromCoroutine(self.action(topic).close()))
        self.assertEqual([action.closed for action in plugged.made], [True, True])
