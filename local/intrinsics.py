"""CloudFormation's intrinsic functions, as far as a pipeline's definition uses them."""

import re
from collections.abc import Callable, Mapping

from local.failure import Failure
from local.world import LOG_ARCHIVE_ACCOUNT, REGION

PSEUDO_PARAMETERS = {
    "AWS::AccountId": LOG_ARCHIVE_ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}


# In place of a value, it removes the entry or the property.
NO_VALUE = object()


class Scope:
    """The values of the references of a template in one stack."""

    def __init__(
        self, template: dict, parameters: Mapping[str, str], physical_id: Callable[[str], str]
    ):
        defaults = {
            name: str(parameter["Default"])
            for name, parameter in template.get("Parameters", {}).items()
            if "Default" in parameter
        }
        self.names = PSEUDO_PARAMETERS | defaults | dict(parameters)
        self.resources = template["Resources"]
        self.conditions = template.get("Conditions", {})
        self.physical_id = physical_id

    def resolved(self, value):
        """The value without functions."""
        match value:
            case {"Ref": "AWS::NoValue"}:
                return NO_VALUE
            case {"Ref": name}:
                return self.referred(name)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([A-Za-z0-9:]+)\}", lambda found: self.referred(found[1]), text)
            case {"Fn::GetAtt": [str(resource), "Arn"]}:
                return self.role_arn(resource)
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolved(then if self.holds(condition) else otherwise)
            case dict() if any(name.startswith("Fn::") for name in value):
                raise Failure(f"unsupported intrinsic function: {value}")
            case dict():
                return {name: self.resolved(item) for name, item in value.items()}
            case list():
                items = (self.resolved(item) for item in value)
                return [item for item in items if item is not NO_VALUE]
        return value

    def referred(self, name: str) -> str:
        if name in self.names:
            return self.names[name]
        if name in self.resources:
            return self.physical_id(name)
        raise Failure(f"the template has no parameter or resource {name}")

    def role_arn(self, resource: str) -> str:
        if self.resources[resource]["Type"] != "AWS::IAM::Role":
            raise Failure(f"unsupported attribute: {resource}.Arn")
        return f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/{self.physical_id(resource)}"

    def holds(self, condition: str | dict) -> bool:
        match condition:
            case str():
                return self.holds(self.conditions[condition])
            case {"Fn::Not": [negated]}:
                return not self.holds(negated)
            case {"Fn::Equals": [one, other]}:
                return self.resolved(one) == self.resolved(other)
        raise Failure(f"unsupported condition: {condition}")
