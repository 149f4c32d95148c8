"""Runs a command for as long as standard input stays open: guard.py COMMAND...

A server must not outlive the run that started it. Whatever ends the run, Ctrl-C and SIGKILL
included, the system closes the pipe that it held; then this process, which nothing else can reach
by accident, ends the command and every process that the command started.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

# What a server is given to end by itself after SIGTERM.
GRACE_SECONDS = 5


def main(command: list[str]) -> int:
    # Its own session makes its process group: one signal reaches all that it starts.
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=stop_at_end_of_input, args=[server], daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: signal_group(server, signal.SIGTERM))
    status = server.wait()
    # Those that the server left behind, such as the environments of its functions.
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
    # Unless all of it has ended already.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
