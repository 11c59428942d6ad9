"""The alert rules: one for each row of the table in docs/deploy.md, and what each looks at."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from local.paths import ROOT
from tests.deploy import arm_schemas
from tests.deploy.arm_templates import Json, Resource
from tests.deploy.our_templates import (
    ACTION_GROUP,
    everything,
    expanded,
    of_type,
    subscriptions,
    template,
)

pytestmark = pytest.mark.deploy

METRIC_RULES = "Microsoft.Insights/metricAlerts"
QUERY_RULES = "Microsoft.Insights/scheduledQueryRules"
WINDOWS = {
    "PT15M": "a quarter of an hour",
    "PT1H": "an hour",
    "PT6H": "six hours",
    "P1D": "a day",
}


class Row(NamedTuple):
    """A line of the table, or what a rule says of the same."""

    name: str
    """Of the rule, behind that of the app."""
    looks_at: str
    """A metric; or the words that a query looks for."""
    when: str


def documented() -> set[Row]:
    """The rows of the table."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| alert | on | when | means |\n|---|---|---|---|\n")
    rows = [line.strip("|").split("|") for line in table.partition("\n\n")[0].splitlines()]
    return {
        Row(re.findall("`(.+?)`", name)[0], re.findall("`(.+?)`", on)[0], when.strip())
        for name, on, when, _ in rows
    }


def deployed(resources: list[Resource]) -> set[Row]:
    """What the rules of the templates say."""
    found = set()
    for one in of_type(resources, METRIC_RULES) + of_type(resources, QUERY_RULES):
        properties = one.body["properties"]
        (criterion,) = properties["criteria"]["allOf"]
        looks_at = criterion.get("metricName") or re.findall("'(.+)'", criterion["query"])[0]
        when = f"above {criterion['threshold']:,} in {WINDOWS[properties['windowSize']]}"
        assert criterion["operator"] == "GreaterThan"
        found.add(Row(one.body["name"].removeprefix("my-app-"), looks_at, when))
    return found


def receivers(resources: list[Resource]) -> set[str]:
    """The action groups that an alert notifies."""
    actions = [one.body["properties"]["actions"] for one in of_type(resources, METRIC_RULES)]
    notified = {action["actionGroupId"] for rule in actions for action in rule}
    for one in of_type(resources, QUERY_RULES):
        notified |= set(one.body["properties"]["actions"]["actionGroups"])
    return notified


def test_every_row_of_the_table_has_its_rule() -> None:
    """And every rule its row: the same name, metric, limit and time."""
    assert documented() == deployed(everything())


def _rules(document: Json, kind: str) -> list[Json]:
    return [one for one in document["resources"] if one["type"] == kind]


def _other_window(document: Json) -> None:
    document["variables"]["alerts"][0]["window"] = "PT15M"


def _other_query(document: Json) -> None:
    (rule,) = _rules(document, QUERY_RULES)
    (criterion,) = rule["properties"]["criteria"]["allOf"]
    criterion["query"] = "traces | where message has 'outcome=ignored'"


MISTAKES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "a rule is gone": ("eventgrid.json", lambda t: t["variables"]["alerts"].pop()),
    "a rule without a row": (
        "eventgrid.json",
        lambda t: t["variables"]["alerts"].append(
            t["variables"]["alerts"][0] | {"name": "my-app-delivered"}
        ),
    ),
    "another window": ("eventgrid.json", _other_window),
    "another limit": (
        "main.json",
        lambda t: t["parameters"]["alertQueueMessages"].update(defaultValue=10),
    ),
    "another query": ("main.json", _other_query),
    "off": ("main.json", lambda t: t["parameters"]["alerts"].update(defaultValue=False)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_difference_is_found(mistake: str) -> None:
    """Between the table and what is deployed."""
    spoiled, spoil = MISTAKES[mistake]
    document = template(spoiled)
    spoil(document)
    resources = [
        one
        for name in ("main.json", "eventgrid.json")
        for one in expanded(name, document if name == spoiled else None)
    ]

    assert documented() != deployed(resources)


def test_every_rule_tells_the_action_group() -> None:
    """Which reaches the people that were named."""
    resources = expanded("main.json", alertEmails=["a@contoso.com", "b@contoso.com"])
    (group,) = of_type(resources, "Microsoft.Insights/actionGroups")
    people = [one["emailAddress"] for one in group.body["properties"]["emailReceivers"]]

    assert {ACTION_GROUP} == receivers(everything())
    assert ACTION_GROUP == group.id
    assert ["a@contoso.com", "b@contoso.com"] == people


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("main.json", {"alerts": False}),
        ("eventgrid.json", {"actionGroupId": ""}),
        ("eventgrid.json", {"createEventSubscriptions": False}),
    ],
)
def test_without_a_group_there_are_no_rules(name: str, given: dict[str, Any]) -> None:
    """Nor before there are subscriptions, which the rules on the topic name."""
    assert set() == deployed(expanded(name, **given))


def test_rules_on_the_topic_look_at_our_subscriptions_only() -> None:
    """Several apps may share a topic: each has alerts about its own events only."""
    names = [f"my-app-{one['name']}" for one in subscriptions()]
    rules = of_type(expanded("eventgrid.json", subscriptions=[]), METRIC_RULES)
    assert rules
    for rule in rules:
        (criterion,) = rule.body["properties"]["criteria"]["allOf"]
        (dimension,) = criterion["dimensions"]

        assert ("EventSubscriptionName", "Include") == (dimension["name"], dimension["operator"])
        assert names == dimension["values"]


def test_the_topic_logs_failed_deliveries() -> None:
    """Into the app's workspace; without one there is no log."""
    kind = "Microsoft.Insights/diagnosticSettings"
    (logs,) = of_type(expanded("eventgrid.json"), kind)

    assert [{"category": "DeliveryFailures", "enabled": True}] == logs.body["properties"]["logs"]
    assert "/systemTopics/contoso-acs-events/" in logs.id
    assert [] == of_type(expanded("eventgrid.json", logsWorkspaceId=""), kind)


MISSPELT: dict[str, tuple[str, Callable[[Json], object]]] = {
    "operator": ("main.json", lambda t: _criterion(t, METRIC_RULES).update(operator="MoreThan")),
    "aggregation": (
        "main.json",
        lambda t: _criterion(t, QUERY_RULES).update(timeAggregation="Sum"),
    ),
    "window": ("eventgrid.json", lambda t: t["variables"]["alerts"][0].update(window="PT10M")),
    "threshold": ("eventgrid.json", lambda t: t["variables"]["alerts"][1].update(threshold="0")),
    "receivers": (
        "main.json",
        lambda t: _rules(t, "Microsoft.Insights/actionGroups")[0]["properties"].update(
            emailReceiver=[]
        ),
    ),
    "short name": (
        "main.json",
        lambda t: _rules(t, "Microsoft.Insights/actionGroups")[0]["properties"].update(
            groupShortName="acs-event-records"
        ),
    ),
    "log": (
        "eventgrid.json",
        lambda t: _rules(t, "Microsoft.Insights/diagnosticSettings")[0]["properties"].update(
            logs=[{"categories": "DeliveryFailures", "enabled": True}]
        ),
    ),
}


def _criterion(document: Json, kind: str) -> Json:
    found: Json = _rules(document, kind)[0]["properties"]["criteria"]["allOf"][0]
    return found


@pytest.mark.parametrize("mistake", MISSPELT)
def test_a_misspelt_rule_is_found(mistake: str) -> None:
    """By the schemas."""
    name, spoil = MISSPELT[mistake]
    document = template(name)
    spoil(document)

    assert [problem for one in expanded(name, document) for problem in arm_schemas.problems(one)]
