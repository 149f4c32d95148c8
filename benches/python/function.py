"""The function in Python of `make bench`: the same job with boto3 and crhelper.

It enables trusted access and creates an organization trail. It makes fewer calls than OrgTrail: it
does not check the owner of a trail, and an Update sends all settings.
"""

import logging
import time

import boto3
from crhelper import CfnResource

logger = logging.getLogger(__name__)
helper = CfnResource(json_logging=True, log_level="INFO", boto_level="CRITICAL", sleep_on_delete=0)

CLOUDTRAIL = "cloudtrail.amazonaws.com"
LISTINGS = 10

try:
    # During init, in which Lambda gives a full core.
    organizations = boto3.client("organizations")
    cloudtrail = boto3.client("cloudtrail")
except Exception as error:
    helper.init_failure(error)


def handler(event, context):
    helper(event, context)


@helper.create
@helper.update
def converge(event, _):
    return RESOURCES[event["ResourceType"]].converge(event)


@helper.delete
def retire(event, _):
    RESOURCES[event["ResourceType"]].retire(event)


class TrustedAccess:
    """Custom::OrgTrustedAccess."""

    @classmethod
    def converge(cls, event) -> str:
        service = event["ResourceProperties"].get("ServicePrincipal", CLOUDTRAIL)
        organizations.enable_aws_service_access(ServicePrincipal=service)
        for _ in range(LISTINGS):
            if cls.is_enabled(service):
                return service
            time.sleep(1)
        raise TimeoutError(f"trusted access for {service} is enabled but not listed")

    @staticmethod
    def is_enabled(service: str) -> bool:
        pages = organizations.get_paginator("list_aws_service_access_for_organization").paginate()
        return any(
            principal["ServicePrincipal"] == service
            for page in pages
            for principal in page["EnabledServicePrincipals"]
        )

    @staticmethod
    def retire(event) -> None:
        logger.info("Trusted access stays enabled")


class Trail:
    """Custom::OrgTrail."""

    @classmethod
    def converge(cls, event) -> str:
        properties = event["ResourceProperties"]
        settings = cls.settings(properties)
        name = settings["Name"]
        old = event.get("OldResourceProperties", {}).get("TrailName")
        if event["RequestType"] == "Update" and old == name:
            arn = cloudtrail.update_trail(**settings)["TrailARN"]
        else:
            tags = [{"Key": "StackId", "Value": event["StackId"]}]
            arn = cloudtrail.create_trail(**settings, TagsList=tags)["TrailARN"]
        if is_true(properties.get("IsLogging", "true")):
            cloudtrail.start_logging(Name=arn)
        else:
            cloudtrail.stop_logging(Name=arn)
        helper.Data["Arn"] = arn
        return arn

    @staticmethod
    def settings(properties: dict) -> dict:
        settings = {
            "Name": properties["TrailName"],
            "S3BucketName": properties["S3BucketName"],
            "IsOrganizationTrail": True,
            "IsMultiRegionTrail": is_true(properties.get("IsMultiRegionTrail", "true")),
            "IncludeGlobalServiceEvents": True,
            "EnableLogFileValidation": is_true(properties.get("EnableLogFileValidation", "true")),
        }
        optional = {"S3KeyPrefix": "S3KeyPrefix", "KMSKeyId": "KmsKeyId"}
        settings |= {
            parameter: properties[name]
            for name, parameter in optional.items()
            if name in properties
        }
        return settings

    @staticmethod
    def retire(event) -> None:
        try:
            cloudtrail.delete_trail(Name=event["PhysicalResourceId"])
        except cloudtrail.exceptions.TrailNotFoundException:
            logger.info("The trail does not exist")


def is_true(value: str) -> bool:
    return value.lower() == "true"


RESOURCES = {"Custom::OrgTrustedAccess": TrustedAccess, "Custom::OrgTrail": Trail}
