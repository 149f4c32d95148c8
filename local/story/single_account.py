"""Everything in the management account: the log archive, the function and the trail."""

from local import function, show
from local.function import FUNCTION_SECONDS
from local.local_aws import LocalAws, trail_arn
from local.stack import skipped_by
from local.story import archives
from local.world import MANAGEMENT_ACCOUNT

TRAIL = "single-account"


class SingleAccount:
    """The deployments of docs/single-account.md without a pipeline."""

    def __init__(self, aws: LocalAws):
        self.aws = aws
        self.archive = archives.deploy(aws, TRAIL, MANAGEMENT_ACCOUNT)
        self.function = aws.stack("orgtrail", MANAGEMENT_ACCOUNT)
        self.trail = aws.stack("organization-trail", MANAGEMENT_ACCOUNT)

    def deploy(self) -> None:
        show.heading(f"Single account: the function in account {MANAGEMENT_ACCOUNT}")
        template = self.aws.packaged_function(MANAGEMENT_ACCOUNT)
        bucket = self.archive.outputs()["BucketName"]
        self.function.create(template, {"TrailNames": TRAIL, "LogBucketName": bucket})
        show.table(self.function.outputs())

        show.heading(f"Single account: the trail in account {MANAGEMENT_ACCOUNT}")
        parameters = {
            "TrailName": TRAIL,
            "BucketName": bucket,
            "KmsKeyArn": self.archive.outputs()["KmsKeyArn"],
            "DeliveryTimeout": str(FUNCTION_SECONDS),
        }
        self.trail.create(self.aws.example("organization-trail"), parameters)
        outputs, observed = self.trail.outputs(), self.aws.observe(TRAIL)
        show.table(outputs)
        show.check(outputs["TrailArn"] == trail_arn(TRAIL), "the trail has the expected ARN")
        show.check(
            observed.trail()["IsOrganizationTrail"] and observed.is_logging(),
            "the trail logs the whole organization without a role in another account",
        )
        show.check(outputs["AccountsDelivering"] == "1", "the delivery gate found a log file")

    def delete(self) -> None:
        show.heading("Single account: deletion of the stacks")
        show.check(skipped_by(self.trail.delete()) == {"Trail"}, "CloudFormation retains the trail")
        show.check(self.aws.observe(TRAIL).is_logging(), "the trail is logging")
        logs, group = (
            self.aws.client("logs", MANAGEMENT_ACCOUNT),
            self.function.outputs()["LogGroupName"],
        )
        file = self.aws.directory / "single-account.log"
        function.check_log(function.keep_log(logs, group, file))
        self.function.delete()
        archives.delete(self.archive)
