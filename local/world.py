"""The organization of the local AWS, and the seed of the simulator that contains it."""

import json
from collections.abc import Iterable
from pathlib import Path

ORGANIZATION = "o-exampleorg1"
MANAGEMENT_ACCOUNT = "111111111111"
LOG_ARCHIVE_ACCOUNT = "222222222222"
MEMBER_ACCOUNT = "333333333333"
REGION = "us-east-1"


def write_seed(path: Path, surroundings: dict) -> Path:
    """Writes the seed of the simulator: the organization and `surroundings`."""
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
    """A bucket of the local S3 with its policy, for the seed of the simulator."""
    region = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    return {"account": account, "region": region, "policy": {"Document": json.loads(policy)}}


def seeded_key(kms, arn: str) -> dict:
    """A key of the local KMS with its policy, for the seed of the simulator."""
    _, _, _, region, account, resource = arn.split(":")
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    return {
        "account": account,
        "region": region,
        "id": resource.removeprefix("key/"),
        "policy": {"Document": json.loads(policy)},
    }


def seeded_role(iam, name: str) -> dict:
    """A role of the local IAM with its trust policy, for the seed of the simulator."""
    role = iam.get_role(RoleName=name)["Role"]
    return {"arn": role["Arn"], "trust": {"Document": role["AssumeRolePolicyDocument"]}}


def delivery(outcome: dict, unseen_looks: int = 0) -> dict:
    """The outcome of a trail's delivery, which appears after `unseen_looks` status calls."""
    return {"unseen_looks": unseen_looks, "outcome": outcome}


def log_files_of(*accounts: str, regions: Iterable[str] = (REGION,)) -> dict:
    """A delivery of a log file for each of these accounts in each of these Regions."""
    return {"LogFiles": {"accounts": list(accounts), "regions": list(regions)}}


def refused_with(code: str) -> dict:
    """A delivery that the bucket rejects."""
    return {"Refused": code}


def named_by(event: dict, region: str) -> dict:
    """The objects that a request refers to: the bucket and the key, with policies that allow
    everything, or the trail of a delivery gate, which delivers.
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
    # CloudTrail requires a key in the Region of the bucket.
    buckets = {bucket: {"account": LOG_ARCHIVE_ACCOUNT, "region": region} | open_to_all}
    if arn := properties.get("TrailArn"):
        return delivering_trail(arn, properties.get("Regions"))
    return {"buckets": buckets if bucket else {}, "keys": keys}


def delivering_trail(arn: str, regions: list[str] | None) -> dict:
    """An organization trail with its bucket, which contains log files of all accounts."""
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
