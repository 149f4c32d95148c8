"""`make smoke`: the function against emulators that other projects wrote.

MiniStack is CloudFormation, Lambda and CloudTrail; moto is Organizations. No simulator of this
project takes part, so the checks show that independent implementations accept the function's calls
and that the function reads their responses. They do not have the rules of organization trails:
`make run` covers those.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from local import function, servers, show
from local.clients import client
from local.local_aws import trail_arn
from local.observed import Observed
from local.session import exit_status
from local.stack import Stack, of_resource, reasons
from local.world import MANAGEMENT_ACCOUNT, REGION

BUCKET = "smoke-logs"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
SERVICE = "config-multiaccountsetup.amazonaws.com"
# moto does not list it.
UNKNOWN_SERVICE = "unknown.amazonaws.com"
TRAIL, RENAMED_TRAIL, OTHER_TRAIL = "smoke", "smoke-renamed", "smoke-other"


class Smoke:
    """The servers, the stack of the function, and the stack of its custom resources."""

    def __init__(self, options: argparse.Namespace, directory: Path, running: ExitStack):
        self.options = options
        self.directory = directory
        show.heading("Local AWS of MiniStack and moto")
        self.ministack = running.enter_context(
            servers.ministack(
                directory, MANAGEMENT_ACCOUNT, REGION, module="local.ministack_cloudtrail"
            )
        )
        show.note(f"MiniStack (CloudFormation, Lambda, CloudTrail): {self.ministack}")
        self.moto = running.enter_context(servers.moto(directory, MANAGEMENT_ACCOUNT))
        show.note(f"moto (Organizations): {self.moto}")
        self.cloudtrail = self.client("cloudtrail")
        self.organizations = client("organizations", self.moto, MANAGEMENT_ACCOUNT)
        self.template = (options.project / "local" / "smoke.yaml").read_text()
        self.function = self.stack("orgtrail")
        self.resources = self.stack("smoke")

    def client(self, service: str):
        return client(service, self.ministack, MANAGEMENT_ACCOUNT)

    def stack(self, name: str) -> Stack:
        return Stack(self.client("cloudformation"), name)

    def observe(self, trail: str) -> Observed:
        return Observed(self.cloudtrail, self.organizations, trail_arn(trail))

    def parameters(self, **changed: str) -> dict[str, str]:
        return {
            "TrailName": TRAIL,
            "BucketName": BUCKET,
            "KeyPrefix": "",
            "KeyId": self.key["KeyId"],
            "ManagementEvents": "All",
            "ServicePrincipal": SERVICE,
            "AdministratorId": self.member,
        } | changed

    def run(self) -> None:
        self.prepare()
        try:
            self.create()
            self.update()
            self.roll_back()
            self.refuse_rename()
            self.rename()
            self.delete()
        finally:
            group = self.function.outputs()["LogGroupName"]
            log = function.keep_log(self.client("logs"), group, self.directory / "function.log")
        function.check_log(log)

    def prepare(self) -> None:
        show.heading("An organization, a bucket, a key and the function")
        organization = self.organizations.create_organization(FeatureSet="ALL")["Organization"]
        self.organization = organization["Id"]
        request = {"AccountName": "security", "Email": "security@example.com"}
        status = self.organizations.create_account(**request)["CreateAccountStatus"]
        self.member = status["AccountId"]
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        self.key = self.client("kms").create_key()["KeyMetadata"]
        endpoints = {"ORGANIZATIONS": self.moto}
        options = self.options
        template = function.packaged(options.project, options.bootstrap, s3, "artifacts", endpoints)
        self.function.create(template, {"ServicePrincipals": f"{CLOUDTRAIL},{SERVICE}"})

    def create(self) -> None:
        show.heading("Create")
        self.resources.create(self.template, self.parameters())
        observed, outputs = self.observe(TRAIL), self.resources.outputs()
        show.table(outputs)
        trail = observed.trail()
        show.check(
            self.resources.physical_id("Trail") == outputs["TrailArn"] == trail["TrailARN"],
            "the physical ID of the trail is its ARN",
        )
        show.check(
            trail["IsOrganizationTrail"] and trail["IsMultiRegionTrail"],
            "it is a trail of the whole organization, in every Region",
        )
        show.check(
            trail["S3BucketName"] == BUCKET
            and trail["KmsKeyId"] == self.key["Arn"]
            and trail["LogFileValidationEnabled"]
            and trail["IncludeGlobalServiceEvents"],
            "it has the template's bucket and key, and the defaults",
        )
        show.check(
            self.selectors() == self.expected_selectors("All"),
            "it has the template's event selectors",
        )
        show.check(observed.is_logging() and outputs["IsLogging"] == "true", "the trail is logging")
        show.check(self.tags(TRAIL) == self.expected_tags("All"), "its tags contain the owner")
        show.check(
            outputs["OrganizationId"] == self.organization
            and outputs["ManagementAccountId"] == MANAGEMENT_ACCOUNT
            and outputs["LogPrefix"] == f"AWSLogs/{self.organization}/",
            "the attributes name the organization",
        )
        show.check(
            set(observed.trusted_services()) == {CLOUDTRAIL, SERVICE},
            "trusted access is enabled for both services",
        )
        show.check(
            outputs["ServicePreexisting"] == "false",
            "the attributes show that the stack enabled it",
        )
        show.check(
            observed.delegated_administrators(SERVICE) == [self.member],
            f"account {self.member} is the delegated administrator of the other service",
        )

    def update(self) -> None:
        show.heading("Update, after logging was stopped outside CloudFormation")
        self.cloudtrail.stop_logging(Name=trail_arn(TRAIL))
        changed = self.parameters(KeyPrefix="prefix", ManagementEvents="WriteOnly")
        self.resources.update(self.template, changed)
        observed = self.observe(TRAIL)
        show.check(self.resources.physical_id("Trail") == trail_arn(TRAIL), "it is the same trail")
        show.check(observed.trail().get("S3KeyPrefix") == "prefix", "log files have the new prefix")
        show.check(
            self.selectors() == self.expected_selectors("WriteOnly"),
            "the event selectors are the new ones",
        )
        show.check(
            self.tags(TRAIL) == self.expected_tags("WriteOnly"),
            "its tag is the new one, and its owner is the same",
        )
        show.check(observed.is_logging(), "the trail is logging again")
        show.check(
            self.resources.outputs()["LogPrefix"] == f"prefix/AWSLogs/{self.organization}/",
            "the attributes have the new prefix",
        )
        self.resources.update(self.template, self.parameters())
        show.check("S3KeyPrefix" not in observed.trail(), "the next update removes the prefix")

    def roll_back(self) -> None:
        show.heading("Update that fails after the trail was updated, and its rollback")
        before = self.everything()
        events = self.resources.update_that_fails(
            self.template,
            self.parameters(
                KeyPrefix="prefix", ManagementEvents="ReadOnly", ServicePrincipal=UNKNOWN_SERVICE
            ),
        )
        (reason,) = reasons(events, "ServiceAccess", "UPDATE_FAILED")
        show.check(
            "InvalidInputException" in reason and UNKNOWN_SERVICE in reason,
            "the stack's events have the error of Organizations",
        )
        show.check(
            len(of_resource(events, "Trail", "UPDATE_COMPLETE")) == 2,
            "the trail was updated, and updated again by the rollback",
        )
        show.check(self.everything() == before, "everything is as it was before")

    def refuse_rename(self) -> None:
        show.heading("Rename to a name that another trail has, and its rollback")
        self.cloudtrail.create_trail(Name=OTHER_TRAIL, S3BucketName=BUCKET)
        other, before = self.observe(OTHER_TRAIL).trail(), self.everything()
        events = self.resources.update_that_fails(
            self.template, self.parameters(TrailName=OTHER_TRAIL)
        )
        (reason,) = reasons(events, "Trail", "UPDATE_FAILED")
        show.check(
            trail_arn(OTHER_TRAIL) in reason and "ExistingTrail" in reason,
            "the stack's events name that trail and the property to set",
        )
        show.check(
            self.observe(OTHER_TRAIL).trail() == other and not self.tags(OTHER_TRAIL),
            "the other trail was not changed",
        )
        show.check(self.everything() == before, "everything else is as it was before")

    def rename(self) -> None:
        show.heading("Rename")
        self.resources.update(self.template, self.parameters(TrailName=RENAMED_TRAIL))
        observed = self.observe(RENAMED_TRAIL)
        show.check(
            self.resources.physical_id("Trail") == trail_arn(RENAMED_TRAIL),
            "the physical ID is the ARN of the new trail",
        )
        show.check(
            observed.trail()["IsOrganizationTrail"] and observed.is_logging(),
            "the new trail logs the whole organization",
        )
        show.check(
            self.tags(RENAMED_TRAIL) == self.expected_tags("All"), "its tags contain the same owner"
        )
        show.check(
            set(observed.trail_arns()) == {trail_arn(RENAMED_TRAIL), trail_arn(OTHER_TRAIL)},
            "the old trail was deleted",
        )

    def delete(self) -> None:
        show.heading("Delete")
        self.resources.delete()
        observed = self.observe(RENAMED_TRAIL)
        show.check(
            observed.trail_arns() == [trail_arn(OTHER_TRAIL)],
            "the trail was deleted, and the other trail was not",
        )
        show.check(
            observed.delegated_administrators(SERVICE) == [], "the administrator is deregistered"
        )
        show.check(
            observed.trusted_services() == [CLOUDTRAIL],
            "trusted access is disabled, except for CloudTrail, where DeleteBehavior is Keep",
        )

    def selectors(self) -> list[dict]:
        return self.cloudtrail.get_event_selectors(TrailName=trail_arn(TRAIL))["EventSelectors"]

    def expected_selectors(self, management_events: str) -> list[dict]:
        return [
            {
                "ReadWriteType": management_events,
                "IncludeManagementEvents": True,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                "DataResources": [
                    {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{BUCKET}/"]}
                ],
            }
        ]

    def tags(self, trail: str) -> dict[str, str]:
        return self.observe(trail).tags()

    def expected_tags(self, management_events: str) -> dict[str, str]:
        # arn:aws:cloudformation:<region>:<account>:stack/<name>/<uuid>
        _, _, stack = self.resources.id.partition(":stack/")
        return {
            "OrgTrail/Stack": stack,
            "OrgTrail/LogicalId": "Trail",
            "Events": management_events,
        }

    def everything(self) -> dict:
        """All that the stack has created, as CloudTrail and Organizations report it."""
        observed = self.observe(TRAIL)
        return {
            "trail": observed.trail(),
            "selectors": self.selectors(),
            "tags": observed.tags(),
            "logging": observed.is_logging(),
            "trusted services": observed.trusted_services(),
            "administrators": observed.delegated_administrators(SERVICE),
            "physical IDs": [
                self.resources.physical_id(name)
                for name in ("CloudTrailAccess", "Trail", "ServiceAccess", "Administrator")
            ],
        }


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument("--project", type=Path, default=Path.cwd())
    parser.add_argument("--bootstrap", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    options = parsed_arguments()

    def run(directory: Path, running: ExitStack) -> None:
        Smoke(options, directory, running).run()

    return exit_status(options.state, run)


if __name__ == "__main__":
    sys.exit(main())
