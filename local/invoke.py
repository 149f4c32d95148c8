"""`make invoke`: sends events to the function with plain `cargo lambda`, as events/README.md says.

The local AWS and the response endpoint listen on the ports that events/local.env and the events
contain. All twelve events in their order are the life of a stack, and must leave nothing behind.
"""

import argparse
import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from local import servers, show
from local.clients import client
from local.failure import Failure
from local.observed import Observed
from local.session import exit_status
from local.world import MANAGEMENT_ACCOUNT

EVENTS = Path("events")
WORLD = EVENTS / "world.json"
ENVIRONMENT = EVENTS / "local.env"
PAGE = EVENTS / "README.md"
# The order in which a stack would send them.
LIFE_OF_A_STACK = [
    "org-trusted-access.create",
    "org-trusted-access.update",
    "org-delegated-administrator.create",
    "org-delegated-administrator.update",
    "org-trail.create",
    "org-trail.update",
    "org-trail-delivery.create",
    "org-trail-delivery.update",
    "org-trail-delivery.delete",
    "org-trail.delete",
    "org-delegated-administrator.delete",
    "org-trusted-access.delete",
]
INVOKE_SECONDS = 300
RESPONSE_SECONDS = 5
CARGO_LAMBDA = ["cargo", "lambda"]
VERDICT = re.compile(r"^(well formed|CloudFormation would not take)", re.MULTILINE)


def play(options: argparse.Namespace, directory: Path, running: ExitStack) -> None:
    events = [read_event(file) for file in options.events]
    show.heading("Local AWS")
    aws = variables(ENVIRONMENT)["AWS_ENDPOINT_URL"]
    start(options, ["aws", "--world", str(WORLD)], aws, directory / "simulator.log", running)
    responses = directory / "responses.log"
    (endpoint,) = {origin(str(event.get("ResponseURL", ""))) for event in events}
    start(options, ["responses"], endpoint, responses, running)
    port = running.enter_context(watching(directory / "function.log"))
    for file, event in zip(options.events, events, strict=True):
        show.heading(f"{file}: {event.get('RequestType')} of {event.get('ResourceType')}")
        received = len(responses.read_text())
        result = invoke(file, port)
        show.note((result.stdout or result.stderr).strip())
        if result.returncode != 0:
            raise Failure("the function returned an error")
        response = next_response(responses, received)
        show.note(response.replace("\n", "\n  "))
        check_response(response, event)
    if options.events == [EVENTS / f"{name}.json" for name in LIFE_OF_A_STACK]:
        check_nothing_is_left(aws, events)


def read_event(file: Path) -> dict:
    """The request in a file."""
    try:
        event = json.loads(file.read_text())
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise Failure(f"{file} is not JSON: {error}") from None
    if not isinstance(event, dict):
        raise Failure(f"{file} is not a request: it is not a JSON object")
    return event


def variables(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.port is None:
        raise Failure(
            "the ResponseURL of an event must be that of the response endpoint, with its port"
        )
    return f"{parts.scheme}://{parts.netloc}"


def start(
    options: argparse.Namespace, arguments: list[str], address: str, log: Path, running: ExitStack
) -> None:
    """Starts the simulator with the arguments of the documented command."""
    arguments = [*arguments, "--port", str(urlsplit(address).port)]
    documented = f"cargo run --bin simulator -- {shlex.join(arguments)}"
    show.check(documented in PAGE.read_text(), f"{PAGE} has the command: {documented}")
    running.enter_context(servers.simulator(options.simulator, arguments, log))
    show.note(f"listening on {address}")


@contextmanager
def watching(log: Path) -> Iterator[int]:
    """`cargo lambda watch` with the environment file; yields its port."""
    port = servers.free_port()
    command = [*CARGO_LAMBDA, "watch", "--env-file", str(ENVIRONMENT), *listening_on(port)]
    show.note(shlex.join(command))

    def ready(_log: str) -> str | None:
        # cargo-lambda takes any HTTP request for an event, so this only connects.
        with socket.socket() as probe:
            return str(port) if probe.connect_ex(("127.0.0.1", port)) == 0 else None

    with servers.serving(command, None, log, ready):
        yield port


def listening_on(port: int) -> list[str]:
    """By default it is port 9000 of every interface."""
    return ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]


def invoke(event: Path, port: int) -> subprocess.CompletedProcess:
    command = [*CARGO_LAMBDA, "invoke", "--data-file", str(event), *listening_on(port)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=INVOKE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"the function did not return within {INVOKE_SECONDS} s") from None


def next_response(log: Path, received: int) -> str:
    """The next response that the endpoint prints, with the result of its checks."""
    deadline = time.monotonic() + RESPONSE_SECONDS
    while not VERDICT.search(printed := log.read_text()[received:]):
        if time.monotonic() > deadline:
            raise Failure("the function succeeded but submitted no response")
        time.sleep(servers.POLL_SECONDS)
    return printed.strip()


def check_response(response: str, event: dict) -> None:
    body, _, verdict = response.rpartition("\n")
    show.check(verdict.startswith("well formed"), "CloudFormation accepts the response")
    document = json.loads(body)
    show.check(document["Status"] == "SUCCESS", "the request succeeded")
    show.check(document["RequestId"] == event["RequestId"], "the response is for this request")


def check_nothing_is_left(endpoint: str, events: list[dict]) -> None:
    show.heading("After the last event")
    ids = {event.get("PhysicalResourceId", "") for event in events}
    (arn,) = (physical_id for physical_id in ids if physical_id.startswith("arn:"))
    services = ("cloudtrail", "organizations")
    observed = Observed(*(client(name, endpoint, MANAGEMENT_ACCOUNT) for name in services), arn)
    show.check(not observed.trail_arns(), "the trail was deleted")
    show.check(not observed.trusted_services(), "trusted access is disabled")
    show.check(
        not observed.delegated_administrators(), "the delegated administrator is deregistered"
    )


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make invoke", description=__doc__)
    parser.add_argument("--simulator", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    everything = [EVENTS / f"{name}.json" for name in LIFE_OF_A_STACK]
    parser.add_argument("events", type=Path, nargs="*", default=everything)
    return parser.parse_args()


def main() -> int:
    options = parsed_arguments()

    def run(directory: Path, running: ExitStack) -> None:
        play(options, directory, running)

    return exit_status(options.state, run)


if __name__ == "__main__":
    sys.exit(main())
