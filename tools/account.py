"""Prints the AWS account and the Region of `make deploy`, or why it cannot deploy."""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError


def main() -> None:
    session = boto3.Session()
    if session.region_name is None:
        sys.exit("there is no AWS Region to deploy to: set AWS_DEFAULT_REGION, or AWS_PROFILE")
    identity = session.client("sts").get_caller_identity()
    print(f"to account {identity['Account']}, {session.region_name}, as {identity['Arn']}")


if __name__ == "__main__":
    try:
        main()
    except NoCredentialsError:
        sys.exit("there are no AWS credentials to deploy with: log in, or set AWS_PROFILE")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS does not say to whom the credentials belong: {error}")
