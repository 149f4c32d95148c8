"""`make run`: the function, its stack and a trail in a local AWS, from nothing to nothing.

Every part is the real one: the binary that cargo-lambda built, the project's template, the
examples, a CloudFormation engine with its rollbacks. Only CloudTrail and Organizations, which no
emulator has with their rules, the role sessions that they are called with and the logs that
CloudTrail delivers are the project's own simulator.
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
from local.stack import Stack, reasons, seconds_until, skipped_by
from local.world import (
    LOG_ARCHIVE_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    MEMBER_ACCOUNT,
    ORGANIZATION,
    REGION,
)

# Its logs come late.
TRAIL = "organization"
# The bucket refuses its logs.
REFUSED_TRAIL = "refused"
# No log of it ever comes.
SILENT_TRAIL = "silent"
MANAGEMENT_ROLE = "orgtrail-management"
MANAGEMENT_ROLE_ARN = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/{MANAGEMENT_ROLE}"
EXTERNAL_ID = "orgtrail-local"
# As CloudFormation will name it.
FUNCTION_ROLE = f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/orgtrail-FunctionRole-*"
# Short, so that what never comes is given up soon.
FUNCTION_SECONDS = 20
# How often the status of a trail that logs still shows nothing; it is the gate that asks.
LATE_LOOKS = 3
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
        archives = [self.deploy_log_archive(name) for name in (TRAIL, REFUSED_TRAIL, SILENT_TRAIL)]
        self.archives = {name: stack.outputs() for name, stack in archives}
        self.archive = self.archives[TRAIL]
        self.simulator = f"http://127.0.0.1:{servers.free_port()}"
        role = self.deploy_management_role()
        handler = self.deploy_function()
        self.start_simulator(handler.outputs()["FunctionRoleArn"])
        self.observed = self.observe(TRAIL)
        try:
            trail = self.create_trail()
            self.report_trail()
            self.put_right(trail)
            self.wait_for_account_in_vain(trail)
            self.fail_and_roll_back(trail)
            self.delete_trail(trail)
            self.adopt_trail()
            self.fail_to_deliver()
            self.wait_for_delivery_in_vain()
        finally:
            log = self.keep_function_log(handler)
        show.check("/cfn-response/" not in log, "no response URL is in the function's log")
        self.delete_rest(role, handler, [stack for _, stack in archives])

    def start_ministack(self) -> str:
        show.heading("A local AWS")
        endpoint = self.running.enter_context(
            servers.ministack(self.directory, MANAGEMENT_ACCOUNT, REGION)
        )
        show.note(f"CloudFormation, Lambda, S3, KMS and IAM by MiniStack at {endpoint}")
        return endpoint

    def deploy_log_archive(self, trail: str) -> tuple[str, Stack]:
        show.heading(f"The log archive of trail {trail} in account {LOG_ARCHIVE_ACCOUNT}")
        stack = self.stack(f"log-archive-{trail}")
        stack.create(
            self.example("log-archive"),
            {
                "OrganizationId": ORGANIZATION,
                "ManagementAccountId": MANAGEMENT_ACCOUNT,
                "TrailName": trail,
                "TrailRegion": REGION,
                "ObjectLockMode": "GOVERNANCE",
                "ReaderPrincipalArns": f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/auditor",
            },
        )
        show.table(stack.outputs())
        return trail, stack

    def deploy_function(self) -> Stack:
        show.heading(f"The function in account {LOG_ARCHIVE_ACCOUNT}")
        code = package.zipped(self.options.bootstrap)
        show.note(f"{self.options.bootstrap} is {len(code) / 1e6:.1f} MB as a zip")
        services = ["CLOUDTRAIL", "ORGANIZATIONS", "STS", "S3"]
        template = package.packaged(
            self.options.project / "template.yaml",
            self.aws("s3"),
            code,
            {f"AWS_ENDPOINT_URL_{service}": self.simulator for service in services}
            | {
                # MiniStack's response URLs are http, on its own port.
                "ALLOW_HTTP_RESPONSE_URL": "true",
                # Lambda sets it from the template's LoggingConfig; MiniStack does not.
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
            },
            FUNCTION_SECONDS,
        )
        stack = self.stack("orgtrail")
        stack.create(
            template,
            {
                "Architecture": package.architecture(),
                "ManagementRoleArn": MANAGEMENT_ROLE_ARN,
                "ManagementRoleExternalId": EXTERNAL_ID,
                "LogBucketName": self.archive["BucketName"],
            },
        )
        show.table(stack.outputs())
        return stack

    def deploy_management_role(self) -> Stack:
        show.heading(f"The role that the function will assume in account {MANAGEMENT_ACCOUNT}")
        stack = self.stack("management-role", MANAGEMENT_ACCOUNT)
        stack.create(
            self.example("management-role"),
            {
                "FunctionRoleArn": FUNCTION_ROLE,
                "ExternalId": EXTERNAL_ID,
                "RoleName": MANAGEMENT_ROLE,
            },
        )
        show.table(stack.outputs())
        show.check(
            stack.outputs()["RoleArn"] == MANAGEMENT_ROLE_ARN,
            "it is there before the function, under the name that the function will look for",
        )
        return stack

    def start_simulator(self, function_role_arn: str) -> None:
        # It judges the policies that are really on the buckets, on the keys and on the role.
        s3, kms = self.aws("s3"), self.aws("kms")
        iam = self.aws("iam", MANAGEMENT_ACCOUNT)
        buckets = {name: archive["BucketName"] for name, archive in self.archives.items()}
        late = world.log_files_of(MANAGEMENT_ACCOUNT, LOG_ARCHIVE_ACCOUNT)
        refused = world.refused_with("AccessDenied")
        seed = world.write_seed(
            self.directory / "world.json",
            {
                "buckets": {
                    bucket: world.seeded_bucket(s3, bucket, LOG_ARCHIVE_ACCOUNT)
                    for bucket in buckets.values()
                },
                "keys": [
                    world.seeded_key(kms, archive["KmsKeyArn"])
                    for archive in self.archives.values()
                ],
                "assumable_roles": [world.seeded_role(iam, MANAGEMENT_ROLE, function_role_arn)],
                "deliveries_of_new_trails": {
                    TRAIL: [world.delivery(late, LATE_LOOKS)],
                    REFUSED_TRAIL: [world.delivery(refused)],
                },
            },
        )
        # The function has the address already; should somebody else have taken it, this fails.
        arguments = ["aws", "--world", str(seed), "--port", self.simulator.rpartition(":")[2]]
        endpoint = self.running.enter_context(
            servers.simulator(self.options.simulator, arguments, self.directory / "simulator.log")
        )
        show.note(f"CloudTrail, Organizations, STS and the logs by the simulator at {endpoint}")

    def create_trail(self) -> Stack:
        show.heading(
            "A stack of all four types, which succeeds only when logs arrive: they are late"
        )
        stack = self.stack("organization-trail")
        events = stack.create(self.example("organization-trail"), self.parameters())
        outputs = stack.outputs()
        show.table(outputs)
        show.check(
            stack.physical_id("Trail") == outputs["TrailArn"] == trail_arn(TRAIL),
            "the trail's physical id is its ARN",
        )
        show.check(
            outputs["LogLocation"] == f"s3://{self.archive['BucketName']}/AWSLogs/{ORGANIZATION}/",
            "the outputs say where the logs are",
        )
        waited = seconds_until(events, "Delivery", "CREATE_COMPLETE")
        show.check(waited >= 1, f"the stack waited for the first delivery, {waited:.1f} s")
        show.check(
            bool(outputs["LatestDelivery"]) and outputs["AccountsDelivering"] == "1",
            "the gate saw a log file, and when it was delivered",
        )
        show.check(
            self.observed.delegated_administrators() == [LOG_ARCHIVE_ACCOUNT],
            f"account {LOG_ARCHIVE_ACCOUNT} is CloudTrail's delegated administrator",
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
        self.observed.cloudtrail.stop_logging(Name=trail_arn(TRAIL))
        show.check(not self.observed.is_logging(), "it does not log")
        # MiniStack sends an Update to every custom resource of the stack. CloudFormation itself
        # would leave TrustedAccess alone, because none of its properties has changed.
        stack.update(
            self.example("organization-trail"), self.parameters(ManagementEvents="WriteOnly")
        )
        show.check(self.observed.is_logging(), "it logs again")
        show.check(self.observed.management_events() == "WriteOnly", "now only what writes")
        show.check(stack.physical_id("Trail") == trail_arn(TRAIL), "it is the same trail")

    def wait_for_account_in_vain(self, stack: Stack) -> None:
        show.heading("An update that wants the logs of all accounts, of which one never delivers")
        events = stack.update_that_fails(
            self.example("organization-trail"),
            self.parameters(ManagementEvents="WriteOnly", DeliveryAccounts="All"),
        )
        (reason,) = reasons(events, "Delivery", "UPDATE_FAILED")
        show.check(
            f"1 of 3 accounts have not delivered yet: {MEMBER_ACCOUNT} " in reason,
            "the stack's events name the account that is missing",
        )
        show.check(self.observed.is_logging(), "the rollback went through, and the trail logs")

    def fail_and_roll_back(self, stack: Stack) -> None:
        show.heading("An update that fails: there is no such KMS key")
        before = self.observed.trail()
        events = stack.update_that_fails(
            self.example("organization-trail"),
            self.parameters(ManagementEvents="All", KmsKeyArn=ABSENT_KEY),
        )
        (reason,) = reasons(events, "Trail", "UPDATE_FAILED")
        show.check("KmsKeyNotFoundException" in reason, "the stack's events say why AWS refused")
        show.check(ABSENT_KEY in reason, "and which key it was")
        show.check(self.observed.trail() == before, "the trail is as it was before")
        show.check(self.observed.management_events() == "WriteOnly", "and so are its selectors")
        show.check(self.observed.is_logging(), "it logs")

    def delete_trail(self, stack: Stack) -> None:
        show.heading("The stack is deleted, the trail stays")
        skipped = skipped_by(stack.delete())
        show.check(skipped == {"Trail"}, "CloudFormation leaves the trail alone")
        show.check(self.observed.is_logging(), "it logs")
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is still on")
        show.check(
            not self.observed.delegated_administrators(), "there is no delegated administrator"
        )

    def adopt_trail(self) -> None:
        show.heading("A new stack takes the trail up again")
        stack = self.stack("organization-trail-again")
        stack.create(
            self.example("organization-trail"),
            self.parameters(ExistingTrail="Adopt", ManagementEvents="All"),
        )
        tags = self.observed.tags()
        show.check(
            tags["OrgTrail/Stack"].startswith("organization-trail-again/")
            and tags["OrgTrail/Adopted"] == "true",
            "its tags say whose it is now",
        )
        show.check(self.observed.management_events() == "All", "it is as the new stack wants it")
        skipped = skipped_by(stack.delete())
        show.check(skipped == {"Trail"} and self.observed.is_logging(), "and outlives it as well")

    def fail_to_deliver(self) -> None:
        show.heading("A stack whose trail cannot deliver: the bucket refuses the logs")
        stack = self.stack("refused-delivery")
        events = stack.create_that_fails(
            self.example("organization-trail"), self.parameters(REFUSED_TRAIL)
        )
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        bucket = self.archives[REFUSED_TRAIL]["BucketName"]
        show.check(
            "(AccessDenied)" in reason and bucket in reason,
            "the stack's events say what CloudTrail reports",
        )
        show.check(
            seconds_until(events, "Delivery", "CREATE_FAILED") < FUNCTION_SECONDS / 4,
            "at once: nobody waits for what cannot come",
        )
        show.check("s3:PutObject" in reason, "and what the bucket policy has to allow")
        show.check(
            trail_arn(REFUSED_TRAIL) not in self.observed.trail_arns(), "the trail is gone again"
        )
        stack.delete()

    def wait_for_delivery_in_vain(self) -> None:
        show.heading("A stack whose trail never delivers")
        stack = self.stack("never-delivered")
        events = stack.create_that_fails(
            self.example("organization-trail"), self.parameters(SILENT_TRAIL)
        )
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        show.check(
            "no log file has been delivered yet" in reason,
            "the stack's events say what was waited for in vain",
        )
        show.check(
            trail_arn(SILENT_TRAIL) not in self.observed.trail_arns(), "the trail is gone again"
        )
        stack.delete()

    def delete_rest(self, role: Stack, handler: Stack, archives: list[Stack]) -> None:
        show.heading("And so are the role, the function and the archives, but for the evidence")
        role.delete()
        handler.delete()
        for archive in archives:
            skipped = skipped_by(archive.delete())
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

    def parameters(self, trail: str = TRAIL, **changed: str) -> dict[str, str]:
        return {
            "TrailName": trail,
            "BucketName": self.archives[trail]["BucketName"],
            "KmsKeyArn": self.archives[trail]["KmsKeyArn"],
            "DelegatedAdministratorId": LOG_ARCHIVE_ACCOUNT,
            "DeliveryTimeout": str(FUNCTION_SECONDS),
        } | changed

    def observe(self, trail: str) -> Observed:
        return Observed(self.simulator, MANAGEMENT_ACCOUNT, trail_arn(trail))

    def aws(self, service: str, account: str = LOG_ARCHIVE_ACCOUNT):
        return client(service, self.ministack, account)

    def stack(self, name: str, account: str = LOG_ARCHIVE_ACCOUNT) -> Stack:
        return Stack(self.aws("cloudformation", account), name)

    def example(self, name: str) -> str:
        return (self.options.project / "examples" / f"{name}.yaml").read_text()


def trail_arn(name: str) -> str:
    return f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT_ACCOUNT}:trail/{name}"


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
