"""A trail of examples/organization-trail.yaml: made, repaired, left behind and adopted."""

from local import show
from local.function import FUNCTION_SECONDS
from local.local_aws import LocalAws, trail_arn
from local.stack import Stack, reasons, seconds_until, skipped_by
from local.world import LOG_ARCHIVE_ACCOUNT, MEMBER_ACCOUNT, REGION

ABSENT_KEY = f"arn:aws:kms:{REGION}:{LOG_ARCHIVE_ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
CLOUDTRAIL = "cloudtrail.amazonaws.com"


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
        show.heading("A stack of all four types")
        self.stack.create(self.template, self.parameters())
        outputs = self.stack.outputs()
        show.table(outputs)
        show.check(
            self.stack.physical_id("Trail") == outputs["TrailArn"] == trail_arn(self.name),
            "the trail's physical id is its ARN",
        )
        show.check(outputs["AccountsDelivering"] == "1", "the gate saw a log file")
        show.check(
            self.observed.delegated_administrators() == [LOG_ARCHIVE_ACCOUNT],
            f"account {LOG_ARCHIVE_ACCOUNT} is CloudTrail's delegated administrator",
        )

    def report(self) -> None:
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
            tags.get("OrgTrail/Stack", "").startswith(f"{self.stack.name}/")
            and tags.get("OrgTrail/LogicalId") == "Trail",
            "its tags say whose it is",
        )
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is on")

    def put_right(self) -> None:
        show.heading("Somebody stops logging by hand; the next update puts it right")
        self.observed.cloudtrail.stop_logging(Name=trail_arn(self.name))
        show.check(not self.observed.is_logging(), "it does not log")
        # MiniStack sends an Update to every custom resource of the stack. CloudFormation itself
        # would leave TrustedAccess alone, because none of its properties has changed.
        self.stack.update(self.template, self.parameters(ManagementEvents="WriteOnly"))
        show.check(self.observed.is_logging(), "it logs again")
        show.check(self.observed.management_events() == "WriteOnly", "now only what writes")
        show.check(self.stack.physical_id("Trail") == trail_arn(self.name), "it is the same trail")

    def wait_for_account_in_vain(self) -> None:
        show.heading("An update that wants the logs of all accounts, of which one never delivers")
        events = self.stack.update_that_fails(
            self.template,
            self.parameters(ManagementEvents="WriteOnly", DeliveryAccounts="All"),
        )
        (reason,) = reasons(events, "Delivery", "UPDATE_FAILED")
        show.check(
            f"1 of 3 accounts have not delivered yet: {MEMBER_ACCOUNT} " in reason,
            "the stack's events name the account that is missing",
        )
        show.check(self.observed.is_logging(), "the rollback went through, and the trail logs")

    def fail_and_roll_back(self) -> None:
        show.heading("An update that fails: there is no such KMS key")
        before = self.observed.trail()
        events = self.stack.update_that_fails(
            self.template, self.parameters(ManagementEvents="All", KmsKeyArn=ABSENT_KEY)
        )
        (reason,) = reasons(events, "Trail", "UPDATE_FAILED")
        show.check("KmsKeyNotFoundException" in reason, "the stack's events say why AWS refused")
        show.check(ABSENT_KEY in reason, "and which key it was")
        show.check(self.observed.trail() == before, "the trail is as it was before")
        show.check(self.observed.management_events() == "WriteOnly", "and so are its selectors")
        show.check(self.observed.is_logging(), "it logs")

    def leave_behind(self) -> None:
        show.heading("The stack is deleted, the trail stays")
        skipped = skipped_by(self.stack.delete())
        show.check(skipped == {"Trail"}, "CloudFormation leaves the trail alone")
        show.check(self.observed.is_logging(), "it logs")
        show.check(CLOUDTRAIL in self.observed.trusted_services(), "trusted access is still on")
        show.check(
            not self.observed.delegated_administrators(), "there is no delegated administrator"
        )

    def adopt(self) -> None:
        show.heading("A new stack takes the trail up again")
        stack = self.aws.stack(f"{self.name}-trail-again")
        stack.create(self.template, self.parameters(ExistingTrail="Adopt", ManagementEvents="All"))
        tags = self.observed.tags()
        show.check(
            tags["OrgTrail/Stack"].startswith(f"{stack.name}/")
            and tags["OrgTrail/Adopted"] == "true",
            "its tags say whose it is now",
        )
        show.check(self.observed.management_events() == "All", "it is as the new stack wants it")
        skipped = skipped_by(stack.delete())
        show.check(skipped == {"Trail"} and self.observed.is_logging(), "and outlives it as well")

    def fail_to_deliver(self) -> None:
        show.heading("A stack whose trail cannot deliver: the bucket refuses the logs")
        events = self.stack.create_that_fails(self.template, self.parameters())
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        show.check(
            "(AccessDenied)" in reason and self.archive["BucketName"] in reason,
            "the stack's events say what CloudTrail reports",
        )
        show.check(
            seconds_until(events, "Delivery", "CREATE_FAILED") < FUNCTION_SECONDS / 4,
            "at once: nobody waits for what cannot come",
        )
        show.check("s3:PutObject" in reason, "and what the bucket policy has to allow")
        self.delete_failed()

    def wait_for_delivery_in_vain(self) -> None:
        show.heading("A stack whose trail never delivers")
        events = self.stack.create_that_fails(self.template, self.parameters())
        (reason,) = reasons(events, "Delivery", "CREATE_FAILED")
        show.check(
            "no log file has been delivered yet" in reason,
            "the stack's events say what was waited for in vain",
        )
        self.delete_failed()

    def delete_failed(self) -> None:
        arns = self.observed.trail_arns()
        show.check(trail_arn(self.name) not in arns, "the trail is gone again")
        self.stack.delete()
