"""`make run`: the function, its stack and a trail in a local AWS, from nothing to nothing.

Every part is the real one: the binary that cargo-lambda built, the project's template, the
examples, a CloudFormation engine with its rollbacks. Only CloudTrail and Organizations, which no
emulator has with their rules, are the project's own simulator.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import package, servers, show, world
from local.clients import client
from local.failure import Failure
from local.observed import Observed
from local.stack import Stack
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT, ORGANIZATION, REGION

TRAIL = "organization"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT_ACCOUNT}:trail/{TRAIL}"
ABSENT_KEY = f"arn:aws:kms:{REGION}:{LOG_ARCHIVE_ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
CLOUDTRAIL = "cloudtrail.amazonaws.com"


class LocalRun:
    """One run: its files, its servers and what a step hands on to the next."""

    def __init__(self, options: argparse.Namespace, directory: Path, running: ExitStack):
        self.options = options
        self.directory = directory
        self.running = running

    def whole_story(self) -> None:
        self.ministack = self.start_ministack()
        archive = self.deploy_log_archive()
        self.archive = archive.outputs()
        self.simulator = self.start_simulator()
        self.observed = Observed(self.simulator, MANAGEMENT_ACCOUNT, TRAIL_ARN)
        handler = self.deploy_function()
        try:
            trail = self.create_trail()
            self.report_trail()
            self.put_right(trail)
            self.fail_and_roll_back(trail)
            self.delete_trail(trail)
        finally:
            log = self.keep_function_log(handler)
        show.check("/cfn-response/" not in log, "no response URL is in the function's log")
        self.delete_rest(handler, archive)

    def start_ministack(self) -> str:
        show.heading("A local AWS")
        endpoint = self.running.enter_context(
            servers.ministack(self.directory, MANAGEMENT_ACCOUNT, REGION)
        )
        show.note(f"CloudFormation, Lambda, S3, KMS and IAM by MiniStack at {endpoint}")
        return endpoint

    def deploy_log_archive(self) -> Stack:
        show.heading(f"The log archive in account {LOG_ARCHIVE_ACCOUNT}")
        stack = self.stack("log-archive", LOG_ARCHIVE_ACCOUNT)
        stack.create(
            self.example("log-archive"),
            {
                "OrganizationId": ORGANIZATION,
                "ManagementAccountId": MANAGEMENT_ACCOUNT,
                "TrailName": TRAIL,
                "TrailRegion": REGION,
            },
        )
        show.table(stack.outputs())
        return stack

    def start_simulator(self) -> str:
        # Its CloudTrail judges the policies that are really on the bucket and on the key.
        bucket, key = self.archive["BucketName"], self.archive["KmsKeyArn"]
        s3, kms = self.aws("s3", LOG_ARCHIVE_ACCOUNT), self.aws("kms", LOG_ARCHIVE_ACCOUNT)
        seed = world.write_seed(
            self.directory / "world.json",
            {
                "buckets": {bucket: world.seeded_bucket(s3, bucket, LOG_ARCHIVE_ACCOUNT)},
                "keys": [world.seeded_key(kms, key)],
            },
        )
        arguments = ["aws", "--world", str(seed)]
        endpoint = self.running.enter_context(
            servers.simulator(self.options.simulator, arguments, self.directory / "simulator.log")
        )
        show.note(f"CloudTrail and Organizations by the simulator at {endpoint}")
        return endpoint

    def deploy_function(self) -> Stack:
        show.heading(f"The function in account {MANAGEMENT_ACCOUNT}")
        code = package.zipped(self.options.bootstrap)
        show.note(f"{self.options.bootstrap} is {len(code) / 1e6:.1f} MB as a zip")
        template = package.packaged(
            self.options.project / "template.yaml",
            self.aws("s3"),
            code,
            {
                "AWS_ENDPOINT_URL_CLOUDTRAIL": self.simulator,
                "AWS_ENDPOINT_URL_ORGANIZATIONS": self.simulator,
                # MiniStack's response URLs are http, on its own port.
                "ALLOW_HTTP_RESPONSE_URL": "true",
                # Lambda sets it from the template's LoggingConfig; MiniStack does not.
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
            },
        )
        stack = self.stack("orgtrail")
        stack.create(template, {"Architecture": package.architecture()})
        show.table(stack.outputs())
        return stack

    def create_trail(self) -> Stack:
        show.heading("A stack that declares an organization trail")
        stack = self.stack("organization-trail")
        stack.create(self.example("organization-trail"), self.parameters())
        outputs = stack.outputs()
        show.table(outputs)
        show.check(
            stack.physical_id("Trail") == outputs["TrailArn"] == TRAIL_ARN,
            "the trail's physical id is its ARN",
        )
        show.check(
            outputs["LogLocation"] == f"s3://{self.archive['BucketName']}/AWSLogs/{ORGANIZATION}/",
            "the outputs say where the logs are",
        )
        return stack

    def report_trail(self) -> None:
        show.heading("The trail as CloudTrail reports it")
        trail, tags = self.observed.trail(), self.observed.tags()
        is_logging, events = self.observed.is_logging(), self.observed.management_events()
        show.table(trail | {"IsLogging": is_logging, "Management events": events} | tags)
        show.check(
            trail["IsOrganizationTrail"] and trail["IsMultiRegionTrail"],
            "it is a trail of the whole organization, in every Region",
        )
        show.check(trail["LogFileValidationEnabled"], "log files are validated")
        show.check(trail["KmsKeyId"] == self.archive["KmsKeyArn"], "log files are encrypted")
        show.check(is_logging, "it logs")
        show.check(events == "All", "it logs all management events")
        show.check(tags.get("Purpose") == "audit", "it has the template's tag")
        show.check(
            tags.get("OrgTrail/Stack", "").startswith("organization-trail/")
            and tags.get("OrgTrail/LogicalId") == "Trail",
            "its tags say whose it is",
        )
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is on")

    def put_right(self, stack: Stack) -> None:
        show.heading("Somebody stops logging by hand; the next update puts it right")
        self.observed.cloudtrail.stop_logging(Name=TRAIL_ARN)
        show.check(not self.observed.is_logging(), "it does not log")
        # MiniStack sends an Update to every custom resource of the stack. CloudFormation itself
        # would leave TrustedAccess alone, because none of its properties has changed.
        stack.update(
            self.example("organization-trail"), self.parameters(ManagementEvents="WriteOnly")
        )
        show.check(self.observed.is_logging(), "it logs again")
        show.check(self.observed.management_events() == "WriteOnly", "now only what writes")
        show.check(stack.physical_id("Trail") == TRAIL_ARN, "it is the same trail")

    def fail_and_roll_back(self, stack: Stack) -> None:
        show.heading("An update that fails: there is no such KMS key")
        before = self.observed.trail()
        events = stack.update_that_fails(
            self.example("organization-trail"),
            self.parameters(ManagementEvents="All", KmsKeyArn=ABSENT_KEY),
        )
        # CloudFormation puts "Received response status [FAILED] from custom resource. Message
        # returned: " before the function's reason; MiniStack shows it bare.
        reasons = [
            event.get("ResourceStatusReason", "")
            for event in events
            if event["LogicalResourceId"] == "Trail" and event["ResourceStatus"] == "UPDATE_FAILED"
        ]
        show.check(
            len(reasons) == 1 and "KmsKeyNotFoundException" in reasons[0],
            "the stack's events say why AWS refused",
        )
        show.check(ABSENT_KEY in reasons[0], "and which key it was")
        show.check(self.observed.trail() == before, "the trail is as it was before")
        show.check(self.observed.management_events() == "WriteOnly", "and so are its selectors")
        show.check(self.observed.is_logging(), "it logs")

    def delete_trail(self, stack: Stack) -> None:
        show.heading("The stack is deleted")
        stack.delete()
        show.check(not self.observed.trails(), "the trail is gone")
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is still on")

    def delete_rest(self, handler: Stack, archive: Stack) -> None:
        show.heading("And so are the function and the log archive, but for the evidence")
        handler.delete()
        skipped = {
            event["LogicalResourceId"]
            for event in archive.delete()
            if event["ResourceStatus"] == "DELETE_SKIPPED"
        }
        show.check({"Bucket", "BucketPolicy", "Key"} == skipped, "the bucket and its key stay")

    def keep_function_log(self, handler: Stack) -> str:
        pages = (
            self.aws("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=handler.outputs()["LogGroupName"])
        )
        log = "".join(f"{event['message']}\n" for page in pages for event in page["events"])
        (self.directory / "function.log").write_text(log)
        return log

    def parameters(self, **changed: str) -> dict[str, str]:
        return {
            "TrailName": TRAIL,
            "BucketName": self.archive["BucketName"],
            "KmsKeyArn": self.archive["KmsKeyArn"],
        } | changed

    def aws(self, service: str, account: str = MANAGEMENT_ACCOUNT):
        return client(service, self.ministack, account)

    def stack(self, name: str, account: str = MANAGEMENT_ACCOUNT) -> Stack:
        return Stack(self.aws("cloudformation", account), name)

    def example(self, name: str) -> str:
        return (self.options.project / "examples" / f"{name}.yaml").read_text()


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--project", type=Path, default=Path.cwd())
    parser.add_argument("--bootstrap", type=Path, required=True)
    parser.add_argument("--simulator", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    options = parsed_arguments()
    try:
        with servers.state_directory(options.state) as directory, ExitStack() as running:
            LocalRun(options, directory, running).whole_story()
    except (Failure, ClientError, BotoCoreError) as error:
        show.failure(f"{error}\nThe logs of this run are in {options.state}.")
        return 1
    except KeyboardInterrupt:
        show.failure("interrupted; everything that was started is stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
