"""One local run, from its state directory to the exit status of its command."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import servers, show
from local.failure import Failure


def exit_status(state: Path, run: Callable[[Path, ExitStack], None]) -> int:
    """Runs `run` with an empty directory and the stack that stops what it starts."""
    try:
        with servers.state_directory(state) as directory, ExitStack() as running:
            run(directory, running)
    except (Failure, ClientError, BotoCoreError) as error:
        show.failure(f"{error}\nThe logs of this run are in {state}.")
        return 1
    except KeyboardInterrupt:
        show.failure("interrupted; all started processes are stopped")
        return 130
    return 0
