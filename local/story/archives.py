"""The log archives of examples/log-archive.yaml, one for each trail of examples/."""

import json

from local import show
from local.local_aws import LocalAws
from local.stack import Stack, skipped_by
from local.world import (
    LOG_ARCHIVE_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    MEMBER_ACCOUNT,
    ORGANIZATION,
    REGION,
)

FUNCTION = f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/orgtrail-FunctionRole-*"
AUDITOR = f"arn:aws:iam::{MEMBER_ACCOUNT}:role/auditor"


def deploy(aws: LocalAws, trail: str, account: str = LOG_ARCHIVE_ACCOUNT, **options: str) -> Stack:
    show.heading(f"Log archive of the trail {trail} in account {account}")
    stack = aws.stack(f"log-archive-{trail}", account)
    stack.create(
        aws.example("log-archive"),
        {
            "OrganizationId": ORGANIZATION,
            "ManagementAccountId": MANAGEMENT_ACCOUNT,
            "TrailName": trail,
            "TrailRegion": REGION,
        }
        | options,
    )
    show.table(stack.outputs())
    show.check(
        ("ReaderPrincipalArns" in options) == ("ReaderRoleArn" in stack.outputs()),
        "a role for readers exists only if readers are specified",
    )
    return stack


def deploy_with_everything(aws: LocalAws, trail: str) -> Stack:
    """With all options, in another account than the function.

    MiniStack accepts the settings of the object lock and of access logs, but does not act on them.
    """
    stack = deploy(
        aws,
        trail,
        account=MEMBER_ACCOUNT,
        ReaderPrincipalArns=AUDITOR,
        FunctionRoleArn=FUNCTION,
        ObjectLockMode="GOVERNANCE",
        ObjectLockDays="30",
    )
    _, _, role = stack.outputs()["ReaderRoleArn"].rpartition("/")
    iam, s3 = (aws.client(service, MEMBER_ACCOUNT) for service in ("iam", "s3"))
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trusted = [statement["Principal"]["AWS"] for statement in trust["Statement"]]
    show.check(trusted in ([AUDITOR], [[AUDITOR]]), "only the auditor may read the log files")
    bucket = stack.outputs()["BucketName"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    admitted = {
        statement["Sid"]: statement["Principal"]["AWS"]
        for statement in policy["Statement"]
        if "AWS" in statement["Principal"]
    }
    show.check(
        admitted == {"FunctionListsLogs": f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:root"},
        "a function in another account may list the log files",
    )
    return stack


def account_of(archive: Stack) -> str:
    # `arn:aws:kms:<region>:<account>:key/<id>`
    return archive.outputs()["KmsKeyArn"].split(":")[4]


def delete(stack: Stack) -> None:
    skipped = skipped_by(stack.delete())
    show.check(
        skipped == {"AccessLogBucket", "AccessLogBucketPolicy", "Bucket", "BucketPolicy", "Key"},
        "the stack retained the buckets and the key",
    )
