"""Runs a command for as long as standard input stays open: guard.py COMMAND...

A server must not outlive the run that started it. When the run ends, even by Ctrl+C or SIGKILL, the
system closes its end of the pipe. This process then ends the command and every process that the
command started.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

# The time for a server to end after SIGTERM.
GRACE_SECONDS = 5


def main(command: list[str]) -> int:
    # A new session creates a process group: one signal reaches all processes in it.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=stop_at_end_of_input, args=[server], daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: signal_group(server, signal.SIGTERM))
    status = server.wait()
    # Processes that the server did not end, such as the environments of its functions.
    signal_group(server, signal.SIGKILL)
    return status


def stop_at_end_of_input(server: subprocess.Popen) -> None:
    sys.stdin.buffer.read()
    signal_group(server, signal.SIGTERM)
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        signal_group(server, signal.SIGKILL)


def signal_group(server: subprocess.Popen, number: signal.Signals) -> None:
    # All processes may have ended already.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
