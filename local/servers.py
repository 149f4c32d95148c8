"""Starts the local AWS's servers on free ports of 127.0.0.1 and stops them again."""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.failure import Failure
from local.listening import check_loopback

GUARD = Path(__file__).with_name("guard.py")
START_SECONDS = 60
POLL_SECONDS = 0.05


def free_port() -> int:
    """A port that is free now. A server fails to start if another process takes it first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def ministack(
    directory: Path, account: str, region: str, module: str = "local.ministack_cloudformation"
) -> Iterator[str]:
    """MiniStack: CloudFormation, Lambda, S3, KMS and IAM. Yields its endpoint.

    `module` starts it.
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    scratch = directory / "ministack"
    scratch.mkdir()
    environment = clean_environment(directory) | {
        # By default it binds every interface.
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        # With the package `cryptography`, which moto needs, it would serve MQTT on every interface.
        "IOT_MTLS_ENABLED": "0",
        # With the package `docker`, which moto needs, it would remove the containers of every
        # MiniStack on this machine.
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        # Functions inherit this. Without it, the SDK would call AWS.
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        # Where it unpacks the code of functions.
        "TMPDIR": str(scratch),
    }

    log = directory / "ministack.log"
    ready = answering(endpoint, "/_ministack/health")
    with serving([sys.executable, "-m", module], environment, log, ready) as address:
        yield address


@contextmanager
def moto(directory: Path, account: str) -> Iterator[str]:
    """moto: Organizations. Yields its endpoint."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = clean_environment(directory) | {"MOTO_ACCOUNT_ID": account}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = directory / "moto.log"
    with serving(command, environment, log, answering(endpoint, "/moto-api/")) as address:
        yield address


def answering(endpoint: str, path: str) -> Callable[[str], str | None]:
    """Checks whether a server responds at `endpoint`."""

    def ready(_log: str) -> str | None:
        try:
            with urllib.request.urlopen(f"{endpoint}{path}", timeout=1):
                return endpoint
        except OSError:
            return None

    return ready


@contextmanager
def simulator(program: Path, arguments: list[str], log: Path) -> Iterator[str]:
    """The simulator of this project, which prints its address. Yields its endpoint."""

    def ready(output: str) -> str | None:
        listening = re.search(
            r"^(?:listening on|waiting for answers at) (http://\S+)$", output, re.MULTILINE
        )
        return listening and listening[1]

    command = [str(program), *arguments]
    with serving(command, clean_environment(log.parent), log, ready) as address:
        yield address


@contextmanager
def serving(
    command: list[str],
    environment: dict[str, str] | None,
    log: Path,
    ready: Callable[[str], str | None],
) -> Iterator[str]:
    """Runs a server while the block runs; `ready` finds its address in its log, or elsewhere."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(GUARD), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl+C is for the run, which then stops its servers in order.
            start_new_session=True,
        )
    try:
        yield await_ready(process, log, ready)
        check_loopback(process.pid)
    finally:
        process.stdin.close()
        process.wait()


def await_ready(process: subprocess.Popen, log: Path, ready: Callable[[str], str | None]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        output = log.read_text(errors="replace")
        if process.poll() is not None:
            raise Failure(f"a server ended while it started:\n{output}")
        if address := ready(output):
            return address
        if time.monotonic() > deadline:
            raise Failure(f"a server did not start within {START_SECONDS} seconds:\n{output}")
        time.sleep(POLL_SECONDS)


def clean_environment(home: Path) -> dict[str, str]:
    """An environment without AWS profiles, credentials or proxies."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def state_directory(path: Path) -> Iterator[Path]:
    """An empty directory for the state of one run; its logs stay until the next."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another run uses {path}; wait until it ends") from None
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        yield path.resolve()
