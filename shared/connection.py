"""The storage account that takes the records: by connection string, or by address and identity.

Names and forms are those of the Functions host, so that one way of configuring serves both:
learn.microsoft.com/azure/azure-functions/functions-reference#connections.
"""

import base64
import re
from collections.abc import Mapping

from msgspec import Struct

_HOST = r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*"
_ADDRESS = re.compile(rf"https?://{_HOST}(:[0-9]{{1,5}})?(/[a-z0-9-]*)?/?")
"""No more than host and account: what a signature or a key was glued to would get into messages."""
_ACCOUNT = re.compile("[a-z0-9-]{1,63}")
_PARTS = {
    "AccountName": _ACCOUNT,
    "DefaultEndpointsProtocol": re.compile("https?", re.IGNORECASE),
    "EndpointSuffix": re.compile(_HOST),
    "QueueEndpoint": _ADDRESS,
    "BlobEndpoint": _ADDRESS,
}
"""Of a connection string, what makes addresses."""


class Account(Struct, frozen=True):
    """A storage account: by connection string, or by address and identity."""

    setting: str
    """The name of the setting that it comes from, for error messages."""
    connection_string: str | None = None
    queue_url: str | None = None
    blob_url: str | None = None
    managed_identity: bool = False
    """Else the developer's own identity, as ``DefaultAzureCredential`` finds it."""
    client_id: str | None = None
    """Of a user-assigned identity; None for the system-assigned one."""


def account(environ: Mapping[str, str], problems: list[str]) -> Account:
    """``RecordStorage`` if there is any trace of it, else ``AzureWebJobsStorage``.

    What is wrong goes to ``problems``, a sentence each.
    """
    for prefix in ("RecordStorage", "AzureWebJobsStorage"):
        if connection_string := _get(environ, prefix):
            return _by_connection_string(prefix, connection_string, problems)
        if any(key.startswith(f"{prefix}__") and _get(environ, key) for key in environ):
            return _by_identity(prefix, environ, problems)
    problems.append(
        "no storage account: set RecordStorage (a connection string), or "
        "RecordStorage__queueServiceUri and RecordStorage__blobServiceUri; "
        "AzureWebJobsStorage serves in the same forms"
    )
    return Account(setting="RecordStorage")


def _by_connection_string(setting: str, value: str, problems: list[str]) -> Account:
    problem = _problem_of(value)
    if problem:
        problems.append(f"{setting}: {problem}")
    return Account(setting=setting, connection_string=value)


def _by_identity(prefix: str, environ: Mapping[str, str], problems: list[str]) -> Account:
    account_name = _get(environ, f"{prefix}__accountName")
    credential = _get(environ, f"{prefix}__credential")
    if credential and credential.lower() != "managedidentity":
        problems.append(f"{prefix}__credential must be managedidentity, or be left out")
    return Account(
        setting=prefix,
        queue_url=_service(prefix, "queue", account_name, environ, problems),
        blob_url=_service(prefix, "blob", account_name, environ, problems),
        managed_identity=credential is not None,
        client_id=_get(environ, f"{prefix}__clientId"),
    )


def _service(
    prefix: str,
    service: str,
    account_name: str | None,
    environ: Mapping[str, str],
    problems: list[str],
) -> str | None:
    setting = f"{prefix}__{service}ServiceUri"
    url = _get(environ, setting)
    if url is None and account_name:
        if not _ACCOUNT.fullmatch(account_name):
            problems.append(f"{prefix}__accountName is no name of a storage account")
        return f"https://{account_name}.{service}.core.windows.net"
    if url is None:
        problems.append(f"{setting} is missing (the address of the {service} service)")
    elif not (url.startswith("https://") and _ADDRESS.fullmatch(url)):
        problems.append(f"{setting} must be an https:// address, with no query")
    return url


def _get(environ: Mapping[str, str], setting: str) -> str | None:
    return environ.get(setting, "").strip() or None


def _problem_of(connection_string: str) -> str | None:
    """What is wrong with a connection string; it is a secret, so nothing of it is quoted."""
    if connection_string.startswith("@Microsoft.KeyVault("):
        return "the Key Vault reference was not resolved; check the app's access to the vault"
    parts = dict(part.partition("=")[::2] for part in connection_string.split(";") if part)
    values = {key.strip().lower(): value for key, value in parts.items()}
    if values.get("usedevelopmentstorage") == "true" and len(values) == 1:
        return None
    wrong = [part for part, form in _PARTS.items() if not _fits(values.get(part.lower()), form)]
    if wrong:
        return (
            f"its {' and its '.join(wrong)} cannot be right; is there a semicolon after each part?"
        )
    if "sharedaccesssignature" in values:
        missing = [s for s in ("Queue", "Blob") if not values.get(f"{s.lower()}endpoint")]
        if missing and not values.get("accountname"):
            return f"it has no {' and no '.join(f'{s}Endpoint' for s in missing)}, nor AccountName"
        return None
    if not values.get("accountname") or not values.get("accountkey"):
        return "not a storage connection string (AccountName and AccountKey, or a SAS)"
    try:
        base64.b64decode(values["accountkey"], validate=True)
    except ValueError:
        return "its AccountKey is not base64; was it cut?"
    return None


def _fits(value: str | None, form: re.Pattern[str]) -> bool:
    return not value or form.fullmatch(value) is not None
