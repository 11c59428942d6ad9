"""What must hold of `infra/desk.json`, as rules that a changed template can break."""

import json

from desk import settings
from tests.deploy.arm_templates import Json, Resource
from tests.deploy.our_templates import CLIENT_ID, DATABASE, deployed, of_type, roles

# learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
QUEUE_SENDER = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"

RECORDS = "Microsoft.Storage/storageAccounts/strecords"
QUEUES = f"{RECORDS}/queueServices/default/queues"
ROLES = {
    (BLOB_OWNER, "Microsoft.Storage/storageAccounts/stdesk"),
    (QUEUE_CONTRIBUTOR, f"{QUEUES}/work-items"),
    (QUEUE_CONTRIBUTOR, f"{QUEUES}/push-notifications"),
    (QUEUE_SENDER, f"{QUEUES}/work-items-poison"),
    (QUEUE_SENDER, f"{QUEUES}/push-notifications-poison"),
    (BLOB_READER, f"{RECORDS}/blobServices/default/containers/record-payloads"),
    (METRICS_PUBLISHER, "Microsoft.Insights/components/my-app"),
}
SIGN_IN = {
    "platform": {"enabled": True, "runtimeVersion": "~1"},
    "globalValidation": {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "RedirectToLoginPage",
        "redirectToProvider": "azureactivedirectory",
    },
    "identityProviders": {
        "azureActiveDirectory": {
            "enabled": True,
            "registration": {
                "clientId": CLIENT_ID,
                "openIdIssuer": (
                    "https://login.microsoftonline.com/22222222-2222-4222-8222-222222222222/v2.0"
                ),
                "clientSecretSettingName": "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
            },
        }
    },
    "httpSettings": {"requireHttps": True},
    "login": {"tokenStore": {"enabled": False}},
}
"""Whole, so that no path is left out of it; learn.microsoft.com/azure/app-service, "Use a managed
identity instead of a secret"."""


def config(resources: list[Resource], name: str) -> Json:
    (found,) = (
        one.body["properties"]
        for one in of_type(resources, "Microsoft.Web/sites/config")
        if one.body["name"].endswith(f"/{name}")
    )
    return dict(found)


def broken_rules(document: Json) -> set[str]:
    """The rules that a template of the desk does not keep."""
    resources, shown = deployed("desk.json", document)
    secrets = ("databaseUrl", "securestring"), ("extraSettings", "secureObject")
    elsewhere = [one.body for one in resources if not one.body["name"].endswith("/appsettings")]
    rules = {
        "least roles": roles(resources) == ROLES,
        "sign-in": config(resources, "authsettingsV2") == SIGN_IN,
        "client id is required": "defaultValue" not in document["parameters"]["entraClientId"]
        and document["parameters"]["entraClientId"]["minLength"] == len(CLIENT_ID),
        "settings": _settings_are_right(resources),
        "database is required": "defaultValue" not in document["parameters"]["databaseUrl"],
        "secret parameters": all(
            document["parameters"][name]["type"] == kind for name, kind in secrets
        ),
        "no secret is shown": DATABASE not in json.dumps(shown),
        "database only in its setting": DATABASE not in json.dumps(elsewhere),
    }
    return {rule for rule, is_kept in rules.items() if not is_kept}


def _settings_are_right(resources: list[Resource]) -> bool:
    """The desk takes them in Azure, and reads the database that it was given."""
    environ = config(resources, "appsettings")
    try:
        found = settings.from_env(environ | {"WEBSITE_SITE_NAME": "my-desk"})
    except ValueError:
        return False
    return (
        found.database == DATABASE
        and not found.storage
        and found.payloads == ("https://strecords.blob.core.windows.net/record-payloads/",)
        and environ["AZURE_CLIENT_ID"] == environ["AzureWebJobsStorage__clientId"]
    )
