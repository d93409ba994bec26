"""Real shells on a terminal, in which a test types the beginning of a line and has it completed."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.integration.plain_user import program

TREE = Path(__file__).resolve().parents[2]
PROMPT = b"ready> "
ALL, SHOWN = "\x1b*", "\x07"
"""The keys that put all completions into the line, and that write the line to the file ``line``."""
ANSWER_SECONDS = 60.0

_BASHRC = r"""
PS1='ready> '
. /usr/share/bash-completion/bash_completion
bind '"\e*": insert-completions'
bind -x '"\C-g": printf "%s" "$READLINE_LINE" > line.new && mv line.new line'
"""

_ZSHRC = r"""
PS1='ready> '
fpath=("$SITE_FUNCTIONS" $fpath)
autoload -U compinit && compinit -u -D
zstyle ':completion:every::::' completer _all_matches _complete
zstyle ':completion:every:*' insert true
zle -C every complete-word _generic
bindkey '\e*' every
shown() { print -rn -- "$BUFFER" > line.new && mv line.new line }
zle -N shown
bindkey '^G' shown
"""


class ShellCase(SynchronousTestCase):
    """A test of completion in a folder of its own, which is the working directory of the shells."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def in_bash(self, typed: str) -> list[str]:
        """The words of a line after all completions of its last word were put into it, by bash."""
        (self.folder / ".bashrc").write_text(_BASHRC)
        command = [program("bash"), "--noprofile", "--rcfile", ".bashrc", "-i"]
        return self._completed(command, {"XDG_DATA_DIRS": str(TREE / "share")}, typed)

    def in_zsh(self, typed: str) -> list[str]:
        """The words of a line after all completions of its last word were put into it, by zsh."""
        (self.folder / ".zshrc").write_text(_ZSHRC)
        functions = {"SITE_FUNCTIONS": str(TREE / "share" / "zsh" / "site-functions"), "ZDOTDIR": str(self.folder)}
        return self._completed([program("zsh"), "-i"], functions, typed)

    def _completed(self, command: list[str], more: Mapping[str, str], typed: str) -> list[str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.folder), "TERM": "dumb", "LANG": "C.UTF-8", **more}
        ours, theirs = pty.openpty()
        try:
            shell = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
            try:
                self._type(ours, typed)
            finally:
                shell.kill()
                shell.wait()
        finally:
            os.close(ours)
            os.close(theirs)
        return (self.folder / "line").read_text("utf-8").split()

    def _type(self, terminal: int, typed: str) -> None:
        """Type at the prompt, and wait for the line's file."""
        seen, ended = b"", time.monotonic() + ANSWER_SECONDS
        sent = False
        while not (self.folder / "line").exists() or not sent:
            if time.monotonic() > ended:
                self.fail(f"the shell has not answered: {seen!r}")
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65536)
            if not sent and PROMPT in seen:
                os.write(terminal, f"{typed}{ALL}{SHOWN}".encode())
                sent = True
