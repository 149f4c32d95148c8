"""`make invoke`: sends one request to the function, and shows the response.

The request of the file is sent unchanged, except for its response URL. The run replaces it with the
URL of an endpoint of its own, with the current time.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from local import servers, show, world
from local.failure import Failure

FUNCTION = "bootstrap"
# The first of January 2026, in seconds since the epoch.
TRUSTED_SINCE = 1767225600
# A little more than the function's Timeout in template.yaml.
INVOKE_SECONDS = 930
ANSWER_SECONDS = 5
VERDICT = re.compile(r"^(well formed|CloudFormation would not take)", re.MULTILINE)


def serve_one_request(options: argparse.Namespace, directory: Path, running: ExitStack) -> None:
    event = read_event(options.event)
    region = region_of(event)
    show.heading(f"{event.get('RequestType')} of {event.get('ResourceType')} in {region}")

    surroundings = world.named_by(event, region) | {
        "trusted_access": {"cloudtrail.amazonaws.com": TRUSTED_SINCE}
    }
    seed = world.write_seed(directory / "world.json", surroundings)
    aws = running.enter_context(
        servers.simulator(
            options.simulator, ["aws", "--world", str(seed)], directory / "simulator.log"
        )
    )
    show.note(f"simulator of CloudTrail, Organizations and log files: {aws}")
    answers = directory / "responses.log"
    endpoint = running.enter_context(servers.simulator(options.simulator, ["responses"], answers))
    show.note(f"response endpoint of CloudFormation: {endpoint}")

    request = directory / "event.json"
    request.write_text(json.dumps(addressed_to(event, endpoint), indent=2))
    port = running.enter_context(watching(directory / "function.log", aws, region))
    show.note(f"function (cargo lambda watch): port {port}")
    result = invoke(port, request)

    show.heading("Result of the invocation")
    show.note((result.stdout or result.stderr).strip())
    show.heading("Response to CloudFormation")
    received = answer(answers) if result.returncode == 0 else answers.read_text().splitlines()[1:]
    for line in received or ["nothing"]:
        show.note(line)
    show.heading("Log of the function")
    print((directory / "function.log").read_text(errors="replace"), end="")
    if result.returncode != 0:
        raise Failure("the function returned an error")


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


def region_of(event: dict) -> str:
    parts = str(event.get("StackId", "")).split(":")
    return parts[3] if len(parts) > 3 else world.REGION


def addressed_to(event: dict, endpoint: str) -> dict:
    """The request with a response URL of `endpoint` and the current time.

    The function does not process a request that is hours old, because CloudFormation no longer
    waits for its response.
    """
    url = urlsplit(str(event.get("ResponseURL", "")))
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    query = re.sub(r"(?<=X-Amz-Date=)\w+", now, url.query)
    scheme, host, *_ = urlsplit(endpoint)
    return event | {"ResponseURL": urlunsplit((scheme, host, url.path, query, ""))}


@contextmanager
def watching(log: Path, aws: str, region: str) -> Iterator[int]:
    """`cargo lambda watch` with the function's environment; yields its port."""
    port = servers.free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = own | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": world.MANAGEMENT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": aws,
        "ALLOW_HTTP_RESPONSE_URL": "true",
    }
    command = ["cargo-lambda", "lambda", "watch", "--ignore-changes", "--locked"]
    # By default it listens on every interface.
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]

    def ready(_log: str) -> str | None:
        # cargo-lambda takes any HTTP request for an event, so this only connects.
        with socket.socket() as probe:
            return str(port) if probe.connect_ex(("127.0.0.1", port)) == 0 else None

    with servers.serving(command, environment, log, ready):
        yield port


def invoke(port: int, request: Path) -> subprocess.CompletedProcess:
    command = ["cargo-lambda", "lambda", "invoke", FUNCTION, "--data-file", str(request)]
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=INVOKE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"the function did not return within {INVOKE_SECONDS} seconds") from None


def answer(log: Path) -> list[str]:
    """The response that the function submitted, with the result of the endpoint's checks."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not VERDICT.search(printed := log.read_text()):
        if time.monotonic() > deadline:
            raise Failure("the function succeeded but submitted no response")
        time.sleep(servers.POLL_SECONDS)
    # Without the line that contains the address of the endpoint.
    return printed.splitlines()[1:]


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make invoke", description=__doc__)
    parser.add_argument("--event", type=Path, required=True)
    parser.add_argument("--simulator", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    options = parsed_arguments()
    try:
        with servers.state_directory(options.state) as directory, ExitStack() as running:
            serve_one_request(options, directory, running)
    except Failure as error:
        show.failure(f"{error}\nThe logs are in {options.state}.")
        return 1
    except KeyboardInterrupt:
        show.failure("interrupted; all started processes are stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
