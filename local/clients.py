"""boto3 clients of the local AWS, which ignore the AWS configuration of this machine."""

import os

import boto3
from botocore.config import Config

from local.world import REGION

# The developer's profile, proxy and endpoints must not be used.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def client(service: str, endpoint: str, account: str):
    """A client for `account`: both servers use the access key as the account ID."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(
            proxies={},
            # A retry would hide a failure.
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )
