"""Checks that the files of the examples fit together, which cfn-lint cannot. For `make check`."""

import json
import re
import sys
import tempfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local import package, pipeline, show
from local.failure import Failure
from local.intrinsics import Scope
from local.pipeline import Deployment, Refusal
from local.world import ORGANIZATION

INCEPTION = Path("examples/inception-pipeline")
# In the pipeline the parameters of the log archive have the article's names.
ARTICLE_NAMES = {
    "OrganizationId": "ParamOrganizationId",
    "ManagementAccountId": "ParamMasterAccount",
    "TrailName": "ParamTrailName",
    "TrailRegion": "AWS::Region",
    "GlacierAfterDays": "ParamTransitionLogsToGlacierAfterThisManyDays",
    "ExpireAfterDays": "ParamExpireLogsFromGlacierAfterThisManyDays",
    "ObjectLockMode": "ParamObjectLockMode",
    "ObjectLockDays": "ParamObjectLockDays",
    "ReaderPrincipalArns": "ParamReaderPrincipalArns",
    "PermissionsBoundaryArn": "ParamPermissionsBoundaryArn",
}


class OnPaper:
    """Deploys nothing: every stack succeeds with the outputs of its template."""

    def __init__(self, source: Path, seed: dict, function_template: Path):
        self.source = source
        self.function_template = function_template
        self.deployed: list[str] = []
        self.prepared: dict[str, str] = {}
        policies = seed["Resources"]["DeployRole"]["Properties"]["Policies"]
        self.services = {action.partition(":")[0] for action in actions_in(policies)}

    def fetch(self) -> Path:
        return self.source

    def build(self, output: Path) -> None:
        template = package.plain(self.function_template, package.architecture(), package.ZIP)
        (output / "template.json").write_text(json.dumps(template))

    def deploy(self, deployment: Deployment) -> dict[str, str]:
        template = pipeline.parsed(deployment.template)
        needed = needed_capability(template)
        if needed and not {needed, "CAPABILITY_NAMED_IAM"} & set(deployment.capabilities):
            raise Refusal(f"{deployment.stack} needs {needed}")
        for resource in template["Resources"].values():
            origin, service, *_ = resource["Type"].split("::")
            if origin == "AWS" and service.lower() not in self.services:
                raise Refusal(f"{deployment.stack}: DeployRole does not allow {resource['Type']}")
        self.deployed.append(deployment.stack)
        return {name: f"{deployment.stack}.{name}" for name in template.get("Outputs", {})}

    def prepare(self, deployment: Deployment, change_set: str) -> None:
        self.deploy(deployment)
        self.prepared[deployment.stack] = change_set

    def plan(self) -> None:
        if not self.prepared:
            raise Refusal("there is no change set to plan")

    def execute(self, stack: str, change_set: str) -> None:
        if self.prepared.get(stack) != change_set:
            raise Refusal(f"no action before it creates the change set {change_set} of {stack}")


def actions_in(policy) -> list[str]:
    """The actions of all statements, under whatever condition they are there."""
    match policy:
        case {"Action": str(action)}:
            return [action]
        case {"Action": list(actions)}:
            return actions
        case dict():
            return actions_in(list(policy.values()))
        case list():
            return [action for item in policy for action in actions_in(item)]
    return []


def needed_capability(template: dict) -> str | None:
    roles = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
    ]
    if any("RoleName" in role for role in roles):
        return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM" if roles else None


def walk_on_paper(source: Path, project: Path) -> list[str]:
    """Carries out the pipeline without AWS; returns the names of the stacks in their order."""
    template = pipeline.parsed((source / "aws_seed.yml").read_text())
    parameters = json.loads((source / "aws_seed.json").read_text())["Parameters"]
    scope = Scope(template, parameters, physical_id=str)
    stages = scope.resolved(template["Resources"]["Pipeline"]["Properties"]["Stages"])
    hands = OnPaper(source, template, project / "template.yaml")
    with tempfile.TemporaryDirectory() as workspace:
        for _ in pipeline.walk(stages, hands, Path(workspace)):
            pass
    return hands.deployed


def compare_seeds(source: Path) -> None:
    """The two forms of the seed's parameters."""
    of_pipeline = json.loads((source / "aws_seed.json").read_text())["Parameters"]
    rows = json.loads((source / "aws_seed.cli.json").read_text())
    of_cli = {row["ParameterKey"]: row["ParameterValue"] for row in rows}
    if of_cli != of_pipeline:
        differing = sorted({name for name, _ in of_cli.items() ^ of_pipeline.items()})
        raise Failure(f"aws_seed.json and aws_seed.cli.json differ in {', '.join(differing)}")


def compare_archives(examples: Path) -> None:
    """The log archive by itself and in the pipeline: the same resources."""
    alone = yaml_parse((examples / "log-archive.yaml").read_text())["Resources"]
    capability = "inception-pipeline/infrastructure/capability-global-cloudtrail.yml"
    piped = yaml_parse((examples / capability).read_text())["Resources"]
    # The pipeline has the function in the same account, and gives names as the article does.
    statements = alone["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    statements[:] = [statement for statement in statements if "Fn::If" not in statement]
    for resources in (alone, piped):
        del resources["KeyAlias"]["Properties"]["AliasName"]
    for bucket in ("Bucket", "AccessLogBucket"):
        del piped[bucket]["Properties"]["BucketName"]
    alone = renamed(alone)
    if differing := [name for name in alone.keys() | piped if alone.get(name) != piped.get(name)]:
        raise Failure(f"the two log archives differ in {', '.join(sorted(differing))}")


def compare_external_ids(project: Path) -> None:
    """The walk-through and the files of the pipeline: a reader may follow both."""
    walk_through = (project / "docs" / "walk-through.md").read_text()
    documented = re.search(r"^external_id=(\S+)$", walk_through, re.MULTILINE)[1]
    function = project / INCEPTION / "infrastructure" / "capability-function.json"
    expected = json.loads(function.read_text())["Parameters"]["ManagementRoleExternalId"]
    if documented.replace("$organization", ORGANIZATION) != expected:
        raise Failure(
            f"the external ID is {documented} in the walk-through and {expected} in {function}"
        )
    page = (project / INCEPTION / "README.md").read_text()
    if f"ExternalId={expected} " not in page:
        raise Failure(f"the README of the pipeline has another external ID than {expected}")


def renamed(value):
    match value:
        case {"Ref": str(name)}:
            return {"Ref": ARTICLE_NAMES.get(name, name)}
        case dict():
            return {name: renamed(item) for name, item in value.items()}
        case list():
            return [renamed(item) for item in value]
        case str():
            for name, article_name in ARTICLE_NAMES.items():
                value = value.replace(f"${{{name}}}", f"${{{article_name}}}")
    return value


def main() -> int:
    project = Path.cwd()
    try:
        compare_seeds(project / INCEPTION)
        compare_archives(project / "examples")
        compare_external_ids(project)
        stacks = walk_on_paper(project / INCEPTION, project)
    except Failure as failure:
        show.failure(str(failure))
        return 1
    print(f"the Inception Pipeline is consistent: {', '.join(stacks)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
