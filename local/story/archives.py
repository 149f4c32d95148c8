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

FUNCTION_ELSEWHERE = f"arn:aws:iam::{MEMBER_ACCOUNT}:role/orgtrail-FunctionRole-*"
AUDITOR = f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/auditor"


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
    """With all options. MiniStack accepts the settings of the object lock, but does not lock."""
    stack = deploy(
        aws,
        trail,
        ReaderPrincipalArns=AUDITOR,
        FunctionRoleArn=FUNCTION_ELSEWHERE,
        ObjectLockMode="GOVERNANCE",
        ObjectLockDays="30",
    )
    _, _, role = stack.outputs()["ReaderRoleArn"].rpartition("/")
    trust = aws.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trusted = [statement["Principal"]["AWS"] for statement in trust["Statement"]]
    show.check(trusted in ([AUDITOR], [[AUDITOR]]), "only the auditor may read the log files")
    bucket = stack.outputs()["BucketName"]
    policy = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    admitted = {
        statement["Sid"]: statement["Principal"]["AWS"]
        for statement in policy["Statement"]
        if "AWS" in statement["Principal"]
    }
    show.check(
        admitted == {"FunctionListsLogs": f"arn:aws:iam::{MEMBER_ACCOUNT}:root"},
        "a function in another account may list the log files",
    )
    return stack


def delete(stack: Stack) -> None:
    skipped = skipped_by(stack.delete())
    show.check(
        {"Bucket", "BucketPolicy", "Key"} == skipped, "the stack retained the bucket and its key"
    )
