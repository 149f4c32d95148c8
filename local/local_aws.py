"""The servers of the local AWS of one run, and their clients."""

import argparse
from contextlib import ExitStack
from pathlib import Path

from local import function, servers, show
from local.clients import client
from local.observed import Observed
from local.plan import Plans
from local.stack import Stack
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT, REGION


class LocalAws:
    """MiniStack and, once its seed is known, the simulator."""

    def __init__(self, options: argparse.Namespace, directory: Path, running: ExitStack):
        self.options = options
        self.directory = directory
        self.running = running
        # The function's stack needs the address before the simulator starts. The simulator fails to
        # start if another process takes the port in the meantime.
        self.simulator = f"http://127.0.0.1:{servers.free_port()}"

    def start(self) -> None:
        show.heading("Local AWS")
        self.ministack = self.running.enter_context(
            servers.ministack(self.directory, MANAGEMENT_ACCOUNT, REGION)
        )
        show.note(f"MiniStack (CloudFormation, Lambda, S3, KMS, IAM): {self.ministack}")

    def start_simulator(self, seed: Path) -> None:
        arguments = ["aws", "--world", str(seed), "--port", self.simulator.rpartition(":")[2]]
        endpoint = self.running.enter_context(
            servers.simulator(self.options.simulator, arguments, self.directory / "simulator.log")
        )
        show.note(f"simulator (CloudTrail, Organizations, STS, log files): {endpoint}")

    def client(self, service: str, account: str = LOG_ARCHIVE_ACCOUNT):
        return client(service, self.ministack, account)

    def stack(self, name: str, account: str = LOG_ARCHIVE_ACCOUNT) -> Stack:
        return Stack(self.client("cloudformation", account), name)

    def plans(self, account: str = LOG_ARCHIVE_ACCOUNT) -> Plans:
        return Plans(self.options.project, self.ministack, account)

    def observe(self, trail: str) -> Observed:
        """A trail as the two services report it."""
        cloudtrail, organizations = (
            client(service, self.simulator, MANAGEMENT_ACCOUNT)
            for service in ("cloudtrail", "organizations")
        )
        return Observed(cloudtrail, organizations, trail_arn(trail))

    def packaged_function(self, account: str = LOG_ARCHIVE_ACCOUNT) -> str:
        """The function's template for an account, with the code in a bucket of this account."""
        endpoints = dict.fromkeys(["CLOUDTRAIL", "ORGANIZATIONS", "STS", "S3"], self.simulator)
        s3, bucket = self.client("s3", account), f"artifacts-{account}"
        return function.packaged(
            self.options.project, self.options.bootstrap, s3, bucket, endpoints
        )

    def example(self, name: str) -> str:
        return (self.options.project / "examples" / f"{name}.yaml").read_text()


def trail_arn(name: str) -> str:
    return f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT_ACCOUNT}:trail/{name}"
