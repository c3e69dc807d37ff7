"""What each function, the state machine and each kind of person may do, as the transformed template says it."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.template.loading import ROOT, as_list, load_template

REGION, ACCOUNT, STACK = "eu-central-1", "123456789012", "team"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1a2b3c4d",
    "AWS::URLSuffix": "amazonaws.com",
}


def _secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"


PARAMETERS: dict[str, Any] = {
    "GeoapifySecretArn": _secret("geoapify"),
    "HereBatchV7SecretArn": _secret("here-batch-v7"),
    "HereGeocoderV6SecretArn": _secret("here-geocoder-v6"),
    "HereTrackingV4SecretArn": _secret("here-tracking-v4"),
    "ExtraSecretArns": [_secret("customer-a"), _secret("customer-b")],
    "WebhookUrl": "https://hooks.example.com/batchdrop",
    "WebhookSecretArn": _secret("webhook"),
    "InboxKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/inbox",
    "SecretsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/secrets",
}
"""Every option of the template that gives a right is in use."""

_ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
}
_REF_IS_ARN = {
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
    "AWS::SecretsManager::Secret",
    "AWS::IAM::ManagedPolicy",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody with policies."""

    policies: dict[str, dict[str, Any]]
    """Policy documents by name."""
    variables: dict[str, str] = field(default_factory=dict)
    """A function's environment."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The transformed template with values for everything that it refers to."""

    template: dict[str, Any]

    def value(self, node: Any) -> Any:
        """Return a part of the template with its intrinsic functions carried out."""
        if isinstance(node, list):
            return [each for each in map(self.value, node) if each is not None]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, given),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._carry_out(name.removeprefix("Fn::"), given)
        found = {name: self.value(each) for name, each in node.items()}
        return {name: each for name, each in found.items() if each is not None}

    def _carry_out(self, name: str, given: Any) -> Any:
        if name == "Ref":
            return self._ref(given)
        if name == "GetAtt":
            return self._attribute(*(given if isinstance(given, list) else given.split(".", 1)))
        if name == "If":
            condition, then, otherwise = given
            return self.value(then if self._condition(condition) else otherwise)
        if name == "Join":
            separator, parts = given
            return separator.join(self.value(parts))
        if name == "Sub":
            return self._sub(given)
        raise NotImplementedError(name)

    def _condition(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._condition(self.template["Conditions"][condition])
        ((name, given),) = condition.items()
        if name == "Condition":
            return self._condition(given)
        if name == "Fn::Not":
            return not self._condition(given[0])
        if name == "Fn::And":
            return all(map(self._condition, given))
        if name == "Fn::Equals":
            first, second = map(self.value, given)
            return bool(first == second)
        raise NotImplementedError(name)

    def _sub(self, given: Any) -> str:
        text, more = given if isinstance(given, list) else (given, {})
        while "${" in text:
            before, _, rest = text.partition("${")
            name, _, after = rest.partition("}")
            if name in more:
                value = self.value(more[name])
            else:
                value = self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)
            text = f"{before}{value}{after}"
        return str(text)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.template["Parameters"]:
            default = self.template["Parameters"][name]["Default"]
            kind = self.template["Parameters"][name]["Type"]
            return PARAMETERS.get(name, [default] if kind == "CommaDelimitedList" else default)
        kind = self.template["Resources"][name]["Type"]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name.lower()}"
        return self._arn(name) if kind in _REF_IS_ARN else self._name(name)

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "Arn":
            return self._arn(name)
        if attribute == "StreamArn":
            return f"{self._arn(name)}/stream/2026-01-01T00:00:00.000"
        return self._name(name)

    def _arn(self, name: str) -> str:
        kind = self.template["Resources"][name]["Type"]
        return _ARNS[kind].format(region=REGION, account=ACCOUNT, name=self._name(name))

    def _name(self, name: str) -> str:
        properties = self.template["Resources"][name].get("Properties", {})
        given = properties.get("StateMachineName") or properties.get("LogGroupName")
        return str(self.value(given)) if given else name.lower()


@cache
def deployed() -> Deployed:
    """Return template.yaml as CloudFormation sees it, with every option in use."""
    template = _with_lists(load_template())
    for each in template["Resources"].values():
        properties = each.get("Properties", {})
        for where in ("CodeUri", "ContentUri"):
            if where in properties:
                properties[where] = "s3://code/of-this"
        if "DefinitionUri" in properties:
            properties["Definition"] = json.loads((ROOT / properties.pop("DefinitionUri")).read_text())
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    return Deployed(translator.translate(template, {}))


def _with_lists(node: Any) -> Any:
    """Return a template whose GetAtt is a list, as SAM's transform wants it."""
    if isinstance(node, list):
        return [_with_lists(each) for each in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Fn::GetAtt"} and isinstance(node["Fn::GetAtt"], str):
        return {"Fn::GetAtt": node["Fn::GetAtt"].split(".", 1)}
    return {name: _with_lists(each) for name, each in deepcopy(node).items()}


def principals() -> dict[str, Principal]:
    """Return functions by the name of their folder, `machine`, and the policies for people by their logical id."""
    found = {}
    stack = deployed()
    resources = stack.template["Resources"]
    for name, each in resources.items():
        properties = each["Properties"]
        if each["Type"] == "AWS::Lambda::Function":
            words = name.removesuffix("Function")
            folder = "".join(f"_{one.lower()}" if one.isupper() else one for one in words).lstrip("_")
            variables = stack.value(properties["Environment"]["Variables"])
            found[folder] = Principal(_of_role(properties["Role"]), variables)
        elif each["Type"] == "AWS::StepFunctions::StateMachine":
            found["machine"] = Principal(_of_role(properties["RoleArn"]))
        elif each["Type"] == "AWS::IAM::ManagedPolicy" and name != "NeverWriteInbox":
            found[name] = Principal({name: stack.value(properties["PolicyDocument"])})
    return found


def _of_role(reference: Any) -> dict[str, dict[str, Any]]:
    stack = deployed()
    role = stack.template["Resources"][reference["Fn::GetAtt"][0]]["Properties"]
    documents = {each["PolicyName"]: stack.value(each["PolicyDocument"]) for each in role.get("Policies", [])}
    for attached in as_list(role.get("ManagedPolicyArns", [])):
        if isinstance(attached, dict) and "Ref" in attached:
            policy = stack.template["Resources"][attached["Ref"]]["Properties"]
            documents[attached["Ref"]] = stack.value(policy["PolicyDocument"])
    return documents
