"""`infra/desk.json`: what must hold of it, and that a mistake is found."""

import json
import re
from collections.abc import Callable

import pytest

from local.paths import ROOT
from tests.deploy.arm_expressions import TemplateError
from tests.deploy.arm_templates import Json
from tests.deploy.desk_rules import BLOB_OWNER, BLOB_READER, broken_rules, config
from tests.deploy.our_templates import (
    DATABASE,
    expanded,
    of_type,
    template,
)

pytestmark = pytest.mark.deploy


def test_it_keeps_the_rules() -> None:
    """Identity only, least roles, sign-in for all, PostgreSQL from a secret parameter."""
    assert set() == broken_rules(template("desk.json"))


def _sign_in(document: Json) -> Json:
    (found,) = (
        one["properties"] for one in document["resources"] if "/authsettingsV2" in one["name"]
    )
    return dict(found)


def _replace_setting(document: Json, old: str, new: str) -> None:
    (found,) = (one for one in document["resources"] if "/appsettings" in one["name"])
    assert old in found["properties"]
    found["properties"] = found["properties"].replace(old, new)


def _let_extra_settings_win(document: Json) -> None:
    document["parameters"]["extraSettings"]["defaultValue"] = {"DESK_DATABASE": "desk.sqlite3"}
    _replace_setting(document, "union(parameters('extraSettings'), ", "union(")
    _replace_setting(document, "AAD')))]", "AAD')), parameters('extraSettings'))]")


def _role(document: Json, index: int, **changes: str) -> None:
    document["variables"]["roles"][index].update(changes)


_WHOLE_ACCOUNT = "[variables('recordsScope')]"
_SHOWN = {"type": "string", "value": "[parameters('databaseUrl')]"}

MISTAKES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "authentication off": (
        "sign-in",
        lambda t: _sign_in(t)["platform"].update(enabled=False),
    ),
    "anonymous allowed": (
        "sign-in",
        lambda t: _sign_in(t)["globalValidation"].update(
            unauthenticatedClientAction="AllowAnonymous"
        ),
    ),
    "authentication not required": (
        "sign-in",
        lambda t: _sign_in(t)["globalValidation"].update(requireAuthentication=False),
    ),
    "the API without sign-in": (
        "sign-in",
        lambda t: _sign_in(t)["globalValidation"].update(excludedPaths=["/api/*"]),
    ),
    "every tenant": (
        "sign-in",
        lambda t: t["parameters"]["entraIssuer"].update(
            defaultValue="https://login.microsoftonline.com/common/v2.0"
        ),
    ),
    "client id may be missing": (
        "client id is required",
        lambda t: t["parameters"]["entraClientId"].update(defaultValue=""),
    ),
    "client id may be empty": (
        "client id is required",
        lambda t: t["parameters"]["entraClientId"].update(minLength=0),
    ),
    "SQLite": (
        "settings",
        lambda t: _replace_setting(t, "parameters('databaseUrl')", "'desk.sqlite3'"),
    ),
    "extra settings win": ("settings", _let_extra_settings_win),
    "a local run": ("settings", lambda t: t["variables"]["settings"].update(DESK_LOCAL="true")),
    "a key of storage": (
        "settings",
        lambda t: t["variables"]["settings"].update(AzureWebJobsStorage="AccountKey=x"),
    ),
    "no identity for blobs": (
        "settings",
        lambda t: _replace_setting(
            t,
            "'AZURE_CLIENT_ID', reference(variables('identityId'), '2023-01-31').clientId",
            "'AZURE_CLIENT_ID', ''",
        ),
    ),
    "database in the clear": (
        "secret parameters",
        lambda t: t["parameters"]["databaseUrl"].update(type="string"),
    ),
    "database optional": (
        "database is required",
        lambda t: t["parameters"]["databaseUrl"].update(defaultValue=DATABASE),
    ),
    "database shown": ("no secret is shown", lambda t: t["outputs"].update(database=_SHOWN)),
    "database in a tag": (
        "database only in its setting",
        lambda t: t["resources"][0].update(properties={"a": "[parameters('databaseUrl')]"}),
    ),
    "a role on the whole account": ("least roles", lambda t: _role(t, 1, scope=_WHOLE_ACCOUNT)),
    "a role too many": (
        "least roles",
        lambda t: t["variables"]["roles"].append(
            {"scope": _WHOLE_ACCOUNT, "role": BLOB_READER, "for": ""}
        ),
    ),
    "payloads may be written": ("least roles", lambda t: _role(t, 5, role=BLOB_OWNER)),
    "host's role on the records": ("least roles", lambda t: _role(t, 0, scope=_WHOLE_ACCOUNT)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_breaks_its_rule(mistake: str) -> None:
    """And no other one: a rule that is broken by anything would prove nothing."""
    rule, spoil = MISTAKES[mistake]
    document = template("desk.json")
    spoil(document)

    assert {rule} == broken_rules(document)


@pytest.mark.parametrize(
    "given",
    [
        {"entraClientId": ""},
        {"databaseUrl": ""},
        {"entraIssuer": ""},
        {"workItemsQueue": "w" * 57},
        {"pythonVersion": "3.10"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_wrong_parameter_is_refused(given: Json) -> None:
    """Without sign-in, without a database, or with a queue that has no poison queue."""
    with pytest.raises(TemplateError, match=next(iter(given))):
        expanded("desk.json", **given)


def test_it_runs_what_the_app_runs() -> None:
    """The same Python by default, the same choice, the same queues and container."""
    main, desk = (template(name)["parameters"] for name in ("main.json", "desk.json"))
    shared = ("pythonVersion", "instanceMemoryMB", "recordPayloadsContainer")
    names = ("workItemsQueue", "pushNotificationsQueue")

    assert [main[name] | {"metadata": 0} for name in shared] == [
        desk[name] | {"metadata": 0} for name in shared
    ]
    assert [main[name]["defaultValue"] for name in names] == [
        desk[name]["defaultValue"] for name in names
    ]


def test_queues_and_host_storage_are_two_accounts() -> None:
    """The triggers read the records' account; the role that the host demands is on its own."""
    environ = config(expanded("desk.json"), "appsettings")
    prefix = "AzureWebJobsStorage__"
    bindings = [
        json.loads((ROOT / "examples" / "desk" / name / "function.json").read_text("utf-8"))
        for name in ("work_items", "push_notifications")
    ]

    assert {"AzureWebJobsStorage"} == {one["bindings"][0]["connection"] for one in bindings}
    assert "https://strecords.queue.core.windows.net" == environ[f"{prefix}queueServiceUri"]
    assert "https://stdesk.blob.core.windows.net" == environ[f"{prefix}blobServiceUri"]
    assert all(one["bindings"][0]["queueName"].strip("%") in environ for one in bindings)


def test_poison_queues_are_declared() -> None:
    """So that a role that may send is enough: the host need not make them."""
    kind = "Microsoft.Storage/storageAccounts/queueServices/queues"
    names = [one.body["name"] for one in of_type(expanded("desk.json"), kind)]

    assert ["work-items-poison", "push-notifications-poison"] == [
        name.removeprefix("strecords/default/") for name in names
    ]


def test_the_documented_command_gives_what_is_required() -> None:
    """docs/deploy.md, "The desk": no parameter less, and none that is not there."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"infra/desk\.json \\(.*?)--query", text, re.DOTALL)
    declared = template("desk.json")["parameters"]
    required = {name for name, rules in declared.items() if "defaultValue" not in rules}

    assert required == set(re.findall(r"(\w+)=[^/ ]", command.replace("(SecretUri=", "")))
