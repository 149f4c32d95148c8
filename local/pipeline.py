"""Carries out the definition of a pipeline as CodePipeline does, with the same checks.

Artifacts are folders. The caller provides the implementation that fetches, builds and deploys: that
of the local AWS, or that of a check that only reads.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Protocol

from samtranslator.yaml_helper import yaml_parse

from local.failure import Failure

# CodePipeline's limit for the value of ParameterOverrides.
LONGEST_OVERRIDES = 1000
CONFIGURATION_SECTIONS = {"Parameters", "StackPolicy", "Tags"}
STACK_SETTINGS = {
    "ActionMode",
    "Capabilities",
    "ParameterOverrides",
    "RoleArn",
    "StackName",
    "TemplateConfiguration",
    "TemplatePath",
}
SETTINGS = {
    "CREATE_UPDATE": STACK_SETTINGS | {"OutputFileName"},
    "CHANGE_SET_REPLACE": STACK_SETTINGS | {"ChangeSetName"},
    "CHANGE_SET_EXECUTE": {"ActionMode", "ChangeSetName", "StackName"},
}


@cache
def parsed(template: str) -> dict:
    """A template, to be read only: parsing a long one takes a third of a second."""
    return yaml_parse(template)


class Refusal(Failure):
    """A definition that CodePipeline would reject."""


@dataclass(frozen=True)
class Deployment:
    """The input of a CloudFormation action."""

    stack: str
    template: str
    parameters: dict[str, str]
    capabilities: list[str]
    role_arn: str


class Hands(Protocol):
    """The implementation of the actions."""

    def fetch(self) -> Path:
        """The folder that a source action gets from the repository."""

    def build(self, output: Path) -> None:
        """Fills the output artifact of a build action."""

    def deploy(self, deployment: Deployment) -> dict[str, str]:
        """Creates or updates a stack; returns its outputs."""

    def prepare(self, deployment: Deployment, change_set: str) -> None:
        """Creates a change set of a stack."""

    def plan(self) -> None:
        """Shows the plan of the change set."""

    def execute(self, stack: str, change_set: str) -> None:
        """Deploys the change set."""


@dataclass(frozen=True)
class Action:
    """One action of a pipeline's definition."""

    stage: str
    name: str
    provider: str
    run_order: int
    configuration: dict[str, str]
    inputs: list[str]
    outputs: list[str]

    @classmethod
    def parsed(cls, stage: str, action: dict) -> "Action":
        return cls(
            stage=stage,
            name=action["Name"],
            provider=action["ActionTypeId"]["Provider"],
            run_order=int(action.get("RunOrder", 1)),
            configuration=action.get("Configuration", {}),
            inputs=[artifact["Name"] for artifact in action.get("InputArtifacts", [])],
            outputs=[artifact["Name"] for artifact in action.get("OutputArtifacts", [])],
        )

    def refuses(self, why: str) -> Refusal:
        return Refusal(f"{self.stage}, {self.name}: {why}")


def walk(stages: list[dict], hands: Hands, workspace: Path) -> Iterator[Action]:
    """Carries out the actions in order; yields each just before its turn."""
    artifacts: dict[str, Path] = {}
    for stage in stages:
        actions = [Action.parsed(stage["Name"], action) for action in stage["Actions"]]
        actions.sort(key=lambda action: action.run_order)
        for _, at_once in groupby(actions, lambda action: action.run_order):
            # Actions with the same RunOrder run in parallel, without the artifacts of each other.
            made: dict[str, Path] = {}
            for action in at_once:
                yield action
                for name, folder in carried_out(action, artifacts, hands, workspace).items():
                    if name in artifacts or name in made:
                        raise action.refuses(f"the artifact {name} is made twice")
                    made[name] = folder
            artifacts |= made


def carried_out(
    action: Action, artifacts: dict[str, Path], hands: Hands, workspace: Path
) -> dict[str, Path]:
    """Does what the action says; returns the artifacts that it makes."""
    if unknown := [name for name in action.inputs if name not in artifacts]:
        raise action.refuses(f"no action before it makes the artifact {unknown[0]}")
    inputs = {name: artifacts[name] for name in action.inputs}
    match action.provider, action.outputs:
        case "CodeCommit" | "CodeStarSourceConnection", [output]:
            return {output: hands.fetch()}
        case "CodeBuild", [output]:
            folder = new_folder(workspace, output)
            hands.build(folder)
            return {output: folder}
        case "CodeBuild", []:
            if action.configuration["PrimarySource"] not in inputs:
                raise action.refuses("PrimarySource is not among its input artifacts")
            hands.plan()
            return {}
        case "Manual", []:
            return {}
        case "CloudFormation", _:
            return deployed(action, inputs, hands, workspace)
    raise action.refuses(
        f"unsupported: {action.provider} with the output artifacts {action.outputs}"
    )


def deployed(
    action: Action, inputs: dict[str, Path], hands: Hands, workspace: Path
) -> dict[str, Path]:
    settings = action.configuration
    mode = settings["ActionMode"]
    if mode not in SETTINGS:
        raise action.refuses(f"unsupported: ActionMode {mode}")
    if unknown := settings.keys() - SETTINGS[mode]:
        raise action.refuses(f"unsupported: {', '.join(sorted(unknown))}")
    if mode == "CHANGE_SET_EXECUTE":
        hands.execute(settings["StackName"], settings["ChangeSetName"])
        return {}
    template = file_in(action, inputs, settings["TemplatePath"])
    deployment = Deployment(
        stack=settings["StackName"],
        template=template,
        parameters=parameters_for(action, inputs, parsed(template).get("Parameters", {})),
        capabilities=[name for name in settings.get("Capabilities", "").split(",") if name],
        role_arn=settings["RoleArn"],
    )
    if mode == "CHANGE_SET_REPLACE":
        hands.prepare(deployment, settings["ChangeSetName"])
        return {}
    outputs = hands.deploy(deployment)
    match action.outputs, settings.get("OutputFileName"):
        case [], None:
            return {}
        case [artifact], str(name):
            folder = new_folder(workspace, artifact)
            (folder / name).write_text(json.dumps(outputs))
            return {artifact: folder}
    raise action.refuses("an output artifact and an OutputFileName require each other")


def file_in(action: Action, inputs: dict[str, Path], location: str) -> str:
    """The file at `artifact::path`."""
    artifact, separator, path = location.partition("::")
    if not separator:
        raise action.refuses(f"{location} does not have the form artifact::path")
    return text_of(action, inputs, artifact, path)


def text_of(action: Action, inputs: dict[str, Path], artifact: str, path: str) -> str:
    if artifact not in inputs:
        raise action.refuses(f"{artifact} is not among its input artifacts")
    try:
        return (inputs[artifact] / path).read_text()
    except FileNotFoundError:
        raise action.refuses(f"there is no {path} in the artifact {artifact}") from None


def configured(action: Action, inputs: dict[str, Path]) -> dict[str, str]:
    """The parameters of the TemplateConfiguration."""
    if "TemplateConfiguration" not in action.configuration:
        return {}
    location = action.configuration["TemplateConfiguration"]
    document = json.loads(file_in(action, inputs, location))
    if unknown := document.keys() - CONFIGURATION_SECTIONS:
        raise action.refuses(f"{location} has {', '.join(sorted(unknown))}")
    parameters = document.get("Parameters", {})
    if unfit := [name for name, value in parameters.items() if not isinstance(value, str)]:
        raise action.refuses(f"{unfit[0]} in {location} is not a string")
    return parameters


def overrides(action: Action, inputs: dict[str, Path]) -> dict[str, str]:
    """The parameters of ParameterOverrides, with the outputs of earlier stacks."""
    text = action.configuration.get("ParameterOverrides", "{}")
    if len(text) > LONGEST_OVERRIDES:
        raise action.refuses(
            f"ParameterOverrides has {len(text)} characters, more than {LONGEST_OVERRIDES}"
        )
    return {name: override(action, inputs, name, value) for name, value in json.loads(text).items()}


def override(action: Action, inputs: dict[str, Path], name: str, value: object) -> str:
    match value:
        case str():
            return value
        case {"Fn::GetParam": [str(artifact), str(path), str(key)]}:
            handed_on = json.loads(text_of(action, inputs, artifact, path))
            if key not in handed_on:
                raise action.refuses(f"there is no {key} in {path} of the artifact {artifact}")
            return handed_on[key]
    raise action.refuses(f"the override of {name} is neither a string nor a Fn::GetParam")


def parameters_for(
    action: Action, inputs: dict[str, Path], declared: dict[str, dict]
) -> dict[str, str]:
    """The parameters of the stack, checked as CloudFormation checks them before anything else."""
    written = configured(action, inputs)
    given = written | overrides(action, inputs)
    if unknown := given.keys() - declared.keys():
        raise action.refuses(f"the template has no parameter {', '.join(sorted(unknown))}")
    required = {name for name, parameter in declared.items() if "Default" not in parameter}
    if missing := required - given.keys():
        raise action.refuses(f"no value for {', '.join(sorted(missing))}")
    for name, value in written.items():
        if not is_allowed(declared[name], value):
            raise action.refuses(f"{value!r} is not allowed for {name}")
    return given


def is_allowed(parameter: dict, value: str) -> bool:
    values = value.split(",") if parameter["Type"] == "CommaDelimitedList" else [value]
    allowed = list(map(str, parameter.get("AllowedValues", values)))
    pattern = parameter.get("AllowedPattern", "(?s:.*)")
    return all(item in allowed and re.fullmatch(pattern, item) for item in values)


def new_folder(workspace: Path, artifact: str) -> Path:
    folder = workspace / artifact
    folder.mkdir(parents=True)
    return folder
