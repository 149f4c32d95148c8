"""The organization that the local AWS has, and the seed that tells the simulator about it."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

ORGANIZATION = "o-exampleorg1"
MANAGEMENT_ACCOUNT = "111111111111"
LOG_ARCHIVE_ACCOUNT = "222222222222"
MEMBER_ACCOUNT = "333333333333"
REGION = "us-east-1"


def write_seed(path: Path, surroundings: dict) -> Path:
    """Writes the simulator's seed: the organization, and what else there is in AWS."""
    names = {
        MANAGEMENT_ACCOUNT: "management",
        LOG_ARCHIVE_ACCOUNT: "log-archive",
        MEMBER_ACCOUNT: "workload",
    }
    seed = {
        "default_account": MANAGEMENT_ACCOUNT,
        "organization": {"id": ORGANIZATION, "management_account": MANAGEMENT_ACCOUNT},
        "accounts": {
            account: {"name": name, "email": f"{name}@example.com"}
            for account, name in names.items()
        },
    }
    path.write_text(json.dumps(seed | surroundings, indent=2))
    return path


def seeded_bucket(s3, bucket: str, account: str) -> dict:
    """A bucket that is in the local S3, with its real policy, as the simulator's seed has it."""
    region = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    return {"account": account, "region": region, "policy": {"Document": json.loads(policy)}}


def seeded_key(kms, arn: str) -> dict:
    """A key that is in the local KMS, with its real policy, as the simulator's seed has it."""
    _, _, _, region, account, resource = arn.split(":")
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    return {
        "account": account,
        "region": region,
        "id": resource.removeprefix("key/"),
        "policy": {"Document": json.loads(policy)},
    }


def seeded_role(iam, name: str, function_role_arn: str) -> dict:
    """A role that is in the local IAM, as the simulator's seed has it.

    The simulator knows a caller's account, not the caller's role. So the real trust's condition on
    the role is judged here, for the one role that calls.
    """
    role = iam.get_role(RoleName=name)["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    condition = statement["Condition"]
    _, _, _, _, account, resource = statement["Principal"]["AWS"].split(":")
    trusted = resource == "root" and arn_like(
        condition["ArnLike"]["aws:PrincipalArn"], function_role_arn
    )
    return {
        "arn": role["Arn"],
        "trusted_accounts": [account] if trusted else [],
        "external_id": condition["StringEquals"]["sts:ExternalId"],
    }


def arn_like(pattern: str, arn: str) -> bool:
    """IAM's ArnLike, where a wildcard never stands for a colon."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))


def delivery(outcome: dict, unseen_looks: int = 0) -> dict:
    """What becomes of a trail's logs once it logs and was looked at `unseen_looks` times."""
    return {"unseen_looks": unseen_looks, "outcome": outcome}


def log_files_of(*accounts: str, regions: Iterable[str] = (REGION,)) -> dict:
    """A delivery that brings a log file of each of these accounts in each of these Regions."""
    return {"LogFiles": {"accounts": list(accounts), "regions": list(regions)}}


def refused_with(code: str) -> dict:
    """A delivery that the bucket refuses."""
    return {"Refused": code}


def named_by(event: dict, region: str) -> dict:
    """What a request names: the bucket and the key, with policies that let everything through, and
    the trail whose delivery is to be proved, which delivers.
    """
    properties = event.get("ResourceProperties") or {}
    bucket, key = properties.get("S3BucketName"), properties.get("KMSKeyId", "")
    open_to_all = {"policy": "AllowsEverything"}
    keys = []
    if key.startswith("arn:") and ":key/" in key:
        _, _, _, region, account, resource = key.split(":")
        keys = [
            {"account": account, "region": region, "id": resource.removeprefix("key/")}
            | open_to_all
        ]
    # CloudTrail insists on a key in the bucket's Region.
    buckets = {bucket: {"account": LOG_ARCHIVE_ACCOUNT, "region": region} | open_to_all}
    if arn := properties.get("TrailArn"):
        return delivering_trail(arn, properties.get("Regions"))
    return {"buckets": buckets if bucket else {}, "keys": keys}


def delivering_trail(arn: str, regions: list[str] | None) -> dict:
    """An organization trail with its bucket, and logs of all accounts there."""
    _, _, _, region, _, resource = arn.split(":")
    bucket = {"account": LOG_ARCHIVE_ACCOUNT, "region": region, "policy": "AllowsEverything"}
    accounts = [MANAGEMENT_ACCOUNT, LOG_ARCHIVE_ACCOUNT, MEMBER_ACCOUNT]
    logs = log_files_of(*accounts, regions=regions or [region])
    trail = {
        "account": MANAGEMENT_ACCOUNT,
        "home_region": region,
        "name": resource.removeprefix("trail/"),
        "s3_bucket_name": "log-archive",
        "deliveries": [delivery(logs)],
        "is_multi_region_trail": True,
        "is_organization_trail": True,
        "is_logging": True,
    }
    return {"buckets": {"log-archive": bucket}, "trails": [trail]}
