"""boto3 clients of the local AWS that take nothing from the machine's own AWS configuration."""

import os

import boto3
from botocore.config import Config

from local.world import REGION

# A profile, a proxy or an endpoint of the developer's must not lead anywhere else.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def client(service: str, endpoint: str, account: str):
    """A client that acts in `account`: both servers take the access key for the account's id."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(
            proxies={},
            # What fails here fails for a reason; a second try would only hide it.
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        ),
    )
