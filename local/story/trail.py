"""A trail of examples/organization-trail.yaml: created, corrected, retained and adopted."""

from local import function, plan, show
from local.function import FUNCTION_SECONDS
from local.local_aws import LocalAws, trail_arn
from local.stack import Stack, reasons, seconds_until, skipped_by
from local.world import LOG_ARCHIVE_ACCOUNT, MEMBER_ACCOUNT, REGION

ABSENT_KEY = f"arn:aws:kms:{REGION}:{LOG_ARCHIVE_ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
CONTROL_TOWER_TRAIL = "aws-controltower-BaselineCloudTrail"


class OrganizationTrail:
    """One trail with its log archive, and the stack that declares it."""

    def __init__(self, aws: LocalAws, name: str, archive: Stack):
        self.aws = aws
        self.name = name
        self.archive = archive.outputs()
        self.stack = aws.stack(f"{name}-trail")
        self.observed = aws.observe(name)
        self.template = aws.example("organization-trail")

    def parameters(self, **changed: str) -> dict[str, str]:
        return {
            "TrailName": self.name,
            "BucketName": self.archive["BucketName"],
            "KmsKeyArn": self.archive["KmsKeyArn"],
            "DelegatedAdministratorId": LOG_ARCHIVE_ACCOUNT,
            "DeliveryTimeout": str(FUNCTION_SECONDS),
        } | changed

    def create(self) -> None:
        show.heading("Create: a stack with all four types")
        self.stack.create(self.template, self.parameters())
        outputs = self.stack.outputs()
        show.table(outputs)
        show.check(
            self.stack.physical_id("Trail") == outputs["TrailArn"] == trail_arn(self.name),
            "the physical ID of the trail is its ARN",
        )
        show.check(outputs["AccountsDelivering"] == "1", "the delivery gate found a log file")
        show.check(
            self.observed.delegated_administrators() == [LOG_ARCHIVE_ACCOUNT],
            f"account {LOG_ARCHIVE_ACCOUNT} is CloudTrail's delegated administrator",
        )

    def report(self) -> None:
        show.heading("State of the trail in CloudTrail")
        trail, tags = self.observed.trail(), self.observed.tags()
        is_logging, events = self.observed.is_logging(), self.observed.management_events()
        show.table(trail | {"IsLogging": is_logging, "Management events": events} | tags)
        show.check(
            trail["IsOrganizationTrail"] and trail["IsMultiRegionTrail"],
            "the trail logs the whole organization in every Region",
        )
        show.check(trail["LogFileValidationEnabled"], "log file validation is enabled")
        show.check(trail["KmsKeyId"] == self.archive["KmsKeyArn"], "log files are encrypted")
        show.check(is_logging, "the trail is logging")
        show.check(events == "All", "the trail logs all management events")
        show.check(tags.get("Purpose") == "audit", "the trail has the tag of the template")
        show.check(
            tags.get("OrgTrail/Stack", "").startswith(f"{self.stack.name}/")
            and tags.get("OrgTrail/LogicalId") == "Trail",
            "its tags contain the owner",
        )
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is enabled")

    def plan(
        self, template: str | None = None, stack: str | None = None, **changed: str
    ) -> tuple[int, dict[str, dict]]:
        """The plan of this stack, or of another, with other parameters or another template."""
        file = self.aws.directory / "plan.yaml"
        file.write_text(template or self.template)
        values = plan.with_values(self.parameters(**changed))
        stack = stack or self.stack.name
        return self.aws.plans().show(stack, "--template-file", str(file), *values)

    def completed_steps(self) -> list[str]:
        group = self.aws.stack("orgtrail").outputs()["LogGroupName"]
        return function.completed_steps(self.aws.client("logs"), group, trail_arn(self.name))

    def correct(self) -> None:
        show.heading("Plan: logging was stopped outside of CloudFormation, and one change")
        self.observed.cloudtrail.stop_logging(Name=trail_arn(self.name))
        show.check(not self.observed.is_logging(), "logging is stopped")
        status, planned = self.plan(ManagementEvents="WriteOnly")
        expected = ["PutEventSelectors", "StartLogging"]
        show.check(
            status == plan.CHANGES and plan.operations(planned["Trail"]) == expected,
            "the plan contains the change and the correction",
        )
        show.check(not self.observed.is_logging(), "the plan changed nothing")
        show.heading("Update: corrects logging that was stopped outside of CloudFormation")
        # MiniStack sends an Update to every custom resource of the stack. CloudFormation would not
        # send one to TrustedAccess, because its properties have not changed.
        before = self.completed_steps()
        self.stack.update(self.template, self.parameters(ManagementEvents="WriteOnly"))
        after = self.completed_steps()
        show.check(after[len(before) :] == expected, "the function made the calls of the plan")
        show.check(self.observed.is_logging(), "the trail is logging again")
        show.check(
            self.observed.management_events() == "WriteOnly", "the trail logs only write events"
        )
        show.check(
            self.stack.physical_id("Trail") == trail_arn(self.name), "the trail was not replaced"
        )

    def plan_others(self) -> None:
        show.heading("Plan: no change")
        status, planned = self.plan(ManagementEvents="WriteOnly")
        show.check(status == plan.NO_CHANGES and not planned, "nothing would change")

        show.heading("Plan: another name")
        status, planned = self.plan(ManagementEvents="WriteOnly", TrailName=f"{self.name}-renamed")
        first, *_ = planned["Trail"]["Steps"]
        show.check(
            status == plan.CHANGES
            and first["Operation"] == "CreateTrail"
            and first["Replaces"] == trail_arn(self.name),
            "the trail would be replaced",
        )

        show.heading("Plan: a template that stops logging")
        settings = "      KMSKeyId: !Ref KmsKeyArn\n"
        stopped = self.template.replace(settings, f"{settings}      IsLogging: false\n")
        status, planned = self.plan(stopped, ManagementEvents="WriteOnly")
        show.check(
            status == plan.CHANGES and plan.operations(planned["Trail"]) == ["StopLogging"],
            "logging would stop",
        )

        show.heading("Plan: a new stack for a trail that another stack owns")
        stack = f"{self.name}-trail-again"
        status, planned = self.plan(stack=stack)
        (reason,) = planned["Trail"]["Refused"]
        show.check(
            status == plan.ERROR and f"the stack {self.stack.name}/" in reason,
            "the plan contains the owner of the trail",
        )
        show.check(not self.aws.stack(stack).exists(), "the stack of the change set was deleted")

        show.heading("Plan: the adoption of a trail that AWS Control Tower manages")
        adoption = {"TrailName": CONTROL_TOWER_TRAIL, "ExistingTrail": "Adopt"}
        status, planned = self.plan(stack=stack, **adoption)
        (reason,) = planned["Trail"]["Refused"]
        show.check(
            status == plan.ERROR and "Control Tower" in reason, "the adoption would be refused"
        )

    def wait_for_missing_account(self) -> None:
        show.heading("Update: requires log files of all accounts, but one account does not deliver")
        events = self.stack.update_that_fails(
            self.template,
            self.parameters(ManagementEvents="WriteOnly", DeliveryAccounts="All"),
        )
        (reason,) = reasons(events, "Delivery", "UPDATE_FAILED")
        show.check(
            "1 of 3 accounts" in reason and MEMBER_ACCOUNT in reason,
            "the stack events contain the missing account",
        )
        show.check(self.observed.is_logging(), "the rollback succeeded, and the trail is logging")

    def report_coverage(self) -> None:
        show.heading("Create: a coverage report of all accounts, which does not wait")
        stack = self.aws.stack(f"{self.name}-coverage")
        stack.create(self.aws.example("coverage-report"), {"TrailArn": trail_arn(self.name)})
        outputs = stack.outputs()
        show.table(outputs)
        show.check(
            outputs["AccountsDelivering"] == "2" and outputs["AccountsMissing"] == "1",
            "two accounts deliver, and one does not",
        )
        show.check(
            outputs["MissingAccountIds"] == MEMBER_ACCOUNT,
            "the outputs contain the missing account",
        )
        show.check("1 of 3 accounts" in outputs["Problem"], "the outputs contain the problem")
        stack.delete()

    def fail_and_roll_back(self) -> None:
        show.heading("Update: fails because the KMS key does not exist")
        before = self.observed.trail()
        events = self.stack.update_that_fails(
            self.template, self.parameters(ManagementEvents="All", KmsKeyArn=ABSENT_KEY)
        )
        (reason,) = reasons(events, "Trail", "UPDATE_FAILED")
        show.check(
            "KmsKeyNotFoundException" in reason, "the stack events contain the error code of AWS"
        )
        show.check(ABSENT_KEY in reason, "the stack events contain the key")
        show.check(self.observed.trail() == before, "the trail has its previous settings")
        show.check(
            self.observed.management_events() == "WriteOnly",
            "the trail has its previous event selectors",
        )
        show.check(self.observed.is_logging(), "the trail is logging")

    def retain(self) -> None:
        show.heading("Delete: the stack is deleted, the trail is retained")
        skipped = skipped_by(self.stack.delete())
        show.check(skipped == {"Trail"}, "CloudFormation retains the trail")
        show.check(self.observed.is_logging(), "the trail is logging")
        show.check(
            CLOUDTRAIL in self.observed.trusted_services(), "trusted access is still enabled"
        )
        show.check(
            not self.observed.delegated_administrators(),
            "the delegated administrator is deregistered",
        )

    def adopt(self) -> None:
        show.heading("Create: a new stack adopts the trail")
        stack = self.aws.stack(f"{self.name}-trail-again")
        stack.create(self.template, self.parameters(ExistingTrail="Adopt", ManagementEvents="All"))
        tags = self.observed.tags()
        show.check(
            tags["OrgTrail/Stack"].startswith(f"{stack.name}/")
            and tags["OrgTrail/Adopted"] == "true",
            "its tags contain the new owner",
        )
        show.check(
            self.observed.management_events() == "All",
            "the trail has the event selectors of the new stack",
        )
        skipped = skipped_by(stack.delete())
        show.check(
            skipped == {"Trail"} and self.observed.is_logging(), "the trail is retained again"
        )

    def fail_to_deliver(self) -> None:
        show.heading("Create: fails because the bucket rejects the log files")
        events = self.stack.create_that_fails(self.template, self.parameters())
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        show.check(
            "(AccessDenied)" in reason and self.archive["BucketName"] in reason,
            "the stack events contain the delivery error of CloudTrail",
        )
        show.check(
            seconds_until(events, "Delivery", "CREATE_FAILED") < FUNCTION_SECONDS / 4,
            "the request fails without waiting for the timeout",
        )
        show.check(
            "s3:PutObject" in reason,
            "the stack events contain the statements for the bucket policy",
        )
        self.delete_failed()

    def wait_for_missing_delivery(self) -> None:
        show.heading("Create: fails because the trail does not deliver")
        events = self.stack.create_that_fails(self.template, self.parameters())
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        show.check(
            "no log file has been delivered yet" in reason,
            "the stack events contain the missing delivery",
        )
        self.delete_failed()

    def delete_failed(self) -> None:
        arns = self.observed.trail_arns()
        show.check(trail_arn(self.name) not in arns, "the trail was deleted")
        exists, not_updatable = self.stack.refusals(self.template, self.parameters())
        show.check(
            "already exists" in exists and "ROLLBACK_COMPLETE" in not_updatable,
            "the stack must be deleted before the next deployment",
        )
        self.stack.delete()
