"""The sub-command ``completion``, which prints the code by which a shell completes words of ``ftpd-service``.

The code asks the command itself at each completion, so it knows every sub-command and option of the installed version.
"""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

PROGRAM = "ftpd-service"
_VARIABLE = "_FTPD_SERVICE_COMPLETE"
"""The variable of the environment in which the shell's code asks; click derives the same name from the command's."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the code that completes the words of this command in a shell.

    A line of ~/.bashrc for bash 4.4 and newer, or of ~/.zshrc behind compinit:

      eval "$(ftpd-service completion bash)"
      eval "$(ftpd-service completion zsh)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    # The class for bash would first run the shell to ask its version.
    source = ShellComplete.source(kind(context.find_root().command, {}, PROGRAM, _VARIABLE))
    click.echo(source.strip())
