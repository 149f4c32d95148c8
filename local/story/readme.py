"""The minimal stack of the README, with the log archive in another account than the function."""

import re

from local import show
from local.local_aws import LocalAws, trail_arn
from local.stack import Stack, skipped_by
from local.story import archives
from local.world import MEMBER_ACCOUNT

TRAIL = "minimal"


class MinimalStack:
    def __init__(self, aws: LocalAws):
        self.aws = aws
        self.archive = archives.deploy(
            aws, TRAIL, account=MEMBER_ACCOUNT, FunctionRoleArn=archives.FUNCTION
        )

    def deploy_and_delete(self) -> None:
        show.heading("Minimal stack of the README")
        page = (self.aws.options.project / "README.md").read_text()
        template = re.search(r"^```yaml\n(Resources:\n.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
        archive = self.archive.outputs()
        for written, value in {
            "TrailName: organization": f"TrailName: {TRAIL}",
            "S3BucketName: my-log-archive": f"S3BucketName: {archive['BucketName']}",
            "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab": archive[
                "KmsKeyArn"
            ],
        }.items():
            show.check(written in template, f"the template has {written}")
            template = template.replace(written, value)
        stack: Stack = self.aws.stack("minimal")
        stack.create(template, {})
        logs = stack.outputs()["Logs"]
        show.check(
            logs.startswith(f"s3://{archive['BucketName']}/"),
            "the delivery gate listed the log files in another account",
        )
        skipped = skipped_by(stack.delete())
        observed = self.aws.observe(TRAIL)
        show.check(
            skipped == {"Trail"} and trail_arn(TRAIL) in observed.trail_arns(),
            "the trail is retained",
        )
