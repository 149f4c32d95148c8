"""The organization that the local AWS has, and the seed that tells the simulator about it."""

import json
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


def named_by(event: dict, region: str) -> dict:
    """The bucket and the key that a request names, with policies that let everything through."""
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
    return {"buckets": buckets if bucket else {}, "keys": keys}
