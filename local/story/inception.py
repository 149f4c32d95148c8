"""The Inception Pipeline, from the management role to a trail that delivers log files."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local import function, pipeline, plan, show, world
from local.intrinsics import Scope
from local.local_aws import LocalAws, trail_arn
from local.pipeline import Action, Deployment
from local.stack import Stack, seconds_until, skipped_by
from local.story.archives import delete as delete_archive
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT, ORGANIZATION

# The parameter files of the pipeline contain these names.
TRAIL = "organization"
MANAGEMENT_ROLE = "orgtrail-management"
PLAN_ROLE = "orgtrail-management-plan"
ARCHIVE_STACK = "global-cloudtrail"
FUNCTION_STACK = "orgtrail"
TRAIL_STACK = "organization-trail"
FUNCTION_ROLES = f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/{FUNCTION_STACK}"

# MiniStack does not support them, and no other resource depends on them.
NOT_LOCAL = {"AWS::CodeCommit::Repository", "AWS::CodePipeline::Pipeline"}


class Inception:
    """The files of examples/inception-pipeline, and their stacks."""

    def __init__(self, aws: LocalAws):
        self.aws = aws
        self.source = aws.options.project / "examples" / "inception-pipeline"
        self.template = yaml_parse((self.source / "aws_seed.yml").read_text())
        self.stacks: dict[str, Stack] = {}
        self.events: dict[str, list[dict]] = {}
        self.packaged = ""
        self.plans: list[tuple[int, dict[str, dict]]] = []

    def deploy_management_role(self) -> None:
        show.heading(f"Manual deployment in account {MANAGEMENT_ACCOUNT}: management roles")
        self.role = self.aws.stack("orgtrail-management-role", MANAGEMENT_ACCOUNT)
        expected = parameters_in(self.source / "infrastructure" / "capability-function.json")
        self.role.create(
            self.aws.example("management-role"),
            self.management_role_parameters(f"{FUNCTION_ROLES}-FunctionRole-*"),
        )
        outputs = self.role.outputs()
        show.table(outputs)
        show.check(
            outputs["RoleArn"] == expected["ManagementRoleArn"]
            and outputs["PlanRoleArn"] == expected["ManagementPlanRoleArn"],
            "the roles have the ARNs that the functions assume",
        )

    def management_role_parameters(self, function_role: str) -> dict[str, str]:
        expected = parameters_in(self.source / "infrastructure" / "capability-function.json")
        return {
            "FunctionRoleArn": function_role,
            "PlanFunctionRoleArn": f"{FUNCTION_ROLES}-PlanFunctionRole-*",
            "ExternalId": expected["ManagementRoleExternalId"],
            "OrganizationId": ORGANIZATION,
            "TrailNames": "*",
        }

    def narrow_management_role(self) -> None:
        """Replaces the pattern in the trust policy, now that the function exists."""
        show.heading(
            f"Manual deployment in account {MANAGEMENT_ACCOUNT}: exact role of the function"
        )
        exact = self.function_role_arn()
        template = self.aws.example("management-role")
        self.role.update(template, self.management_role_parameters(exact))
        iam = self.aws.client("iam", MANAGEMENT_ACCOUNT)
        trust = iam.get_role(RoleName=MANAGEMENT_ROLE)["Role"]["AssumeRolePolicyDocument"]
        (statement,) = trust["Statement"]
        show.check(
            statement["Condition"]["ArnLike"] == {"aws:PrincipalArn": exact},
            "only the role of this function may assume the management role",
        )

    def plant_seed(self) -> None:
        show.heading(f"Manual deployment in account {LOG_ARCHIVE_ACCOUNT}: pipeline")
        rows = json.loads((self.source / "aws_seed.cli.json").read_text())
        parameters = {row["ParameterKey"]: row["ParameterValue"] for row in rows}
        self.seed = self.aws.stack(parameters["StageAdministerPipelineStackName"])
        template = local_part((self.source / "aws_seed.yml").read_text())
        self.seed.create(template, parameters)
        show.note(
            f"without the types that MiniStack does not support: {', '.join(sorted(NOT_LOCAL))}"
        )

    def run(self, name: str) -> Iterator[Action]:
        """Carries out the pipeline; yields each action just before its turn."""
        parameters = parameters_in(self.source / "aws_seed.json")
        scope = Scope(self.template, parameters, self.seed.physical_id)
        stages = scope.resolved(self.template["Resources"]["Pipeline"]["Properties"]["Stages"])
        for action in pipeline.walk(stages, self, self.aws.directory / name):
            show.heading(f"{name}: {action.stage}, {action.name}")
            yield action

    def fetch(self) -> Path:
        show.note("source: examples/inception-pipeline")
        return self.source

    def build(self, output: Path) -> None:
        """Builds for this machine, in place of CodeBuild. Once: the code does not change."""
        self.packaged = self.packaged or self.aws.packaged_function()
        (output / "template.json").write_text(self.packaged)

    def deploy(self, deployment: Deployment) -> dict[str, str]:
        _, _, role = deployment.role_arn.rpartition("/")
        self.aws.client("iam").get_role(RoleName=role)
        stack = self.stacks.setdefault(deployment.stack, self.aws.stack(deployment.stack))
        self.events[deployment.stack] = stack.create_or_update(
            local_part(deployment.template), deployment.parameters, deployment.capabilities
        )
        outputs = stack.outputs()
        show.table(outputs if self.events[deployment.stack] else {})
        return outputs

    def prepare(self, deployment: Deployment, change_set: str) -> None:
        stack = self.stacks.setdefault(deployment.stack, self.aws.stack(deployment.stack))
        template = local_part(deployment.template)
        stack.prepare(template, deployment.parameters, deployment.capabilities, change_set)
        self.prepared = (stack.name, change_set)

    def plan(self) -> None:
        stack, change_set = self.prepared
        function = self.function().outputs()["PlanFunctionArn"]
        arguments = ["--change-set", change_set, "--plan-function", function]
        self.plans.append(self.aws.plans().show(stack, *arguments))

    def execute(self, stack: str, change_set: str) -> None:
        self.events[stack] = self.stacks[stack].execute(change_set)
        show.table(self.stacks[stack].outputs() if self.events[stack] else {})

    def archive(self) -> Stack:
        return self.stacks[ARCHIVE_STACK]

    def function(self) -> Stack:
        return self.stacks[FUNCTION_STACK]

    def function_role_arn(self) -> str:
        return self.function().outputs()["FunctionRoleArn"]

    def assumable_roles(self) -> list[dict]:
        """The roles in the management account, for the seed of the simulator."""
        iam = self.aws.client("iam", MANAGEMENT_ACCOUNT)
        role, plan_role = (world.seeded_role(iam, name) for name in (MANAGEMENT_ROLE, PLAN_ROLE))
        (statement,) = plan_role["trust"]["Document"]["Statement"]
        condition = statement["Condition"]["ArnLike"]
        caller = self.function().outputs()["PlanFunctionRoleArn"]
        show.check(
            fnmatchcase(caller, condition["aws:PrincipalArn"]),
            "the plan role trusts the role of the plan function",
        )
        # The simulator knows one principal of each account, which is the role of the function.
        condition["aws:PrincipalArn"] = self.function_role_arn()
        return [role, plan_role]

    def keep_function_log(self) -> str:
        """Stores the log of the function, if the function was deployed."""
        if FUNCTION_STACK not in self.stacks:
            return ""
        group = self.function().outputs()["LogGroupName"]
        return function.keep_log(
            self.aws.client("logs"), group, self.aws.directory / "function.log"
        )

    def check_trail(self) -> None:
        ((status, planned),) = self.plans
        show.check(
            status == plan.CHANGES
            and plan.operations(planned["TrustedAccess"]) == ["EnableAWSServiceAccess"]
            and plan.operations(planned["Trail"]) == ["CreateTrail", "StartLogging"],
            "the plan contains trusted access and the trail",
        )
        observed = self.aws.observe(TRAIL)
        trail, archive = observed.trail(), self.archive().outputs()
        outputs = self.stacks[TRAIL_STACK].outputs()
        waited = seconds_until(self.events[TRAIL_STACK], "Delivery", "CREATE_COMPLETE")
        show.check(waited >= 1, f"the pipeline waited {waited:.1f} seconds for the first delivery")
        show.check(
            bool(outputs["LatestDelivery"]), "the outputs contain the time of the latest delivery"
        )
        show.check(outputs["TrailArn"] == trail_arn(TRAIL), "the trail has the expected ARN")
        show.check(
            trail["S3BucketName"] == archive["BucketName"] == "exampleorg1-log-archive-cloudtrail"
            and trail["KmsKeyId"] == archive["KmsKeyArn"],
            "the pipeline passed the bucket and the key to the trail",
        )
        show.check(
            outputs["LogLocation"] == f"s3://{archive['BucketName']}/AWSLogs/{ORGANIZATION}/",
            "the outputs contain the location of the log files",
        )
        show.check(
            trail["IsOrganizationTrail"] and trail["IsMultiRegionTrail"] and observed.is_logging(),
            "the trail logs the whole organization in every Region",
        )

    def check_nothing_changed(self) -> None:
        show.check(not any(self.events.values()), "a run without changes updates no stack")
        show.check(self.plans[-1] == (plan.NO_CHANGES, {}), "its plan is empty")

    def delete_trail(self) -> None:
        show.heading("Deletion of the stacks of the pipeline")
        skipped = skipped_by(self.stacks[TRAIL_STACK].delete())
        show.check(skipped == {"Trail"}, "CloudFormation retains the trail")
        show.check(self.aws.observe(TRAIL).is_logging(), "the trail is logging")

    def delete_rest(self) -> None:
        self.function().delete()
        delete_archive(self.archive())
        self.seed.delete()
        self.role.delete()


def local_part(template: str) -> str:
    """A template without the resources that MiniStack does not have, and their outputs."""
    document = yaml_parse(template)
    resources = document["Resources"]
    absent = [name for name, resource in resources.items() if resource["Type"] in NOT_LOCAL]
    for name in absent:
        del resources[name]
    outputs = document.get("Outputs", {})
    document["Outputs"] = {
        name: output
        for name, output in outputs.items()
        if not any(f'"{resource}"' in json.dumps(output) for resource in absent)
    }
    return json.dumps(document)


def parameters_in(file: Path) -> dict[str, str]:
    return json.loads(file.read_text())["Parameters"]
