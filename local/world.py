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


def organization_trail(name: str) -> dict:
    """An organization trail without tags, for the seed of the simulator."""
    return {
        "name": name,
        "home_region": REGION,
        "is_organization_trail": True,
        "is_multi_region_trail": True,
        "is_logging": True,
    }


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
