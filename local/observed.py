"""A trail and its organization, as CloudTrail and Organizations report them."""


class Observed:
    """The responses of the two services, from the same calls that the AWS CLI makes."""

    def __init__(self, cloudtrail, organizations, trail_arn: str):
        self.cloudtrail = cloudtrail
        self.organizations = organizations
        self.trail_arn = trail_arn

    def trail(self) -> dict:
        return self.cloudtrail.get_trail(Name=self.trail_arn)["Trail"]

    def trail_arns(self) -> list[str]:
        return [trail["TrailARN"] for trail in self.cloudtrail.list_trails()["Trails"]]

    def is_logging(self) -> bool:
        return self.cloudtrail.get_trail_status(Name=self.trail_arn)["IsLogging"]

    def management_events(self) -> str:
        """`All`, `ReadOnly` or `WriteOnly`, from the only event selector."""
        selectors = self.cloudtrail.get_event_selectors(TrailName=self.trail_arn)
        (selector,) = selectors["EventSelectors"]
        return selector["ReadWriteType"]

    def tags(self) -> dict[str, str]:
        answer = self.cloudtrail.list_tags(ResourceIdList=[self.trail_arn])
        (resource,) = answer["ResourceTagList"]
        return {tag["Key"]: tag["Value"] for tag in resource["TagsList"]}

    def delegated_administrators(self, service: str = "cloudtrail.amazonaws.com") -> list[str]:
        """The accounts that administer the service for the organization."""
        answer = self.organizations.list_delegated_administrators(ServicePrincipal=service)
        return [account["Id"] for account in answer["DelegatedAdministrators"]]

    def trusted_services(self) -> list[str]:
        answer = self.organizations.list_aws_service_access_for_organization()
        return [service["ServicePrincipal"] for service in answer["EnabledServicePrincipals"]]
