"""Which requests the local servers refuse, whatever they are for."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from azure.storage.queue import QueueClient, QueueSasPermissions, generate_queue_sas
from multidict import CIMultiDict

from local.azurite import ACCOUNT, KEY, StoragePorts
from local.own_machine import own_machine_only

OWN = ("Host", "localhost:7071")


async def status(*headers: tuple[str, str], method: str = "POST") -> int:
    """The status of the answer to a request with these headers and no others."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=202)

    request = make_mocked_request(method, "/", headers=CIMultiDict(headers))
    return (await own_machine_only(request, answer)).status


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:7071", "localhost", "localhost:1", "LOCALHOST:65535"),
        *("localhost.", "LocalHost.:7071", "[::1]", "[::1]:7071"),
    ],
)
async def test_names_of_this_machine(host: str) -> None:
    assert 202 == await status(("host", host))


@pytest.mark.parametrize(
    "hosts",
    [
        *([], [""], ["localhost", "localhost"], ["localhost", "evil.example"]),
        *(["evil.example"], ["evil.example:7071"], ["localhost.evil.example"], ["localhost, x"]),
        *(["evil.localhost"], ["127.0.0.1.evil.example"], ["user@localhost"], ["localhost/"]),
        *(["localhost:"], ["localhost:7071 "], ["localhost:7071\n"], ["localhost:x"]),
        *(["127.0.0.2"], ["127.1"], ["2130706433"], ["192.168.0.7:7071"]),
        *(["::1"], ["[::1"], ["[::2]"], ["[::ffff:127.0.0.1]"], ["localhost:123456"]),
        *(["lokalhost"], ["localho\u017ft"], ["localhost:\uff17"], ["localhost.."]),
    ],
)  # fmt: skip
async def test_other_names_missing_and_repeated_ones(hosts: list[str]) -> None:
    assert 403 == await status(*(("Host", host) for host in hosts))


@pytest.mark.parametrize(
    ("expected", "origins"),
    [
        (202, []),
        (202, ["http://localhost:7071"]),
        (202, ["http://127.0.0.1:7071"]),
        (202, ["http://[::1]:7071"]),
        (403, ["null"]),
        (403, [""]),
        (403, ["http://localhost"]),
        (403, ["http://localhost:7072"]),
        (403, ["https://localhost:7071"]),
        (403, ["https://evil.example"]),
        (403, ["http://evil.example:7071"]),
        (403, ["http://localhost:7071.evil.example"]),
        (403, ["localhost:7071"]),
        (403, ["http://localhost:7071", "https://evil.example"]),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
async def test_origins(expected: int, origins: list[str], method: str) -> None:
    """A preflight request has one as well, and so is refused before what it asks for."""
    headers = (("Origin", origin) for origin in origins)

    assert expected == await status(OWN, *headers, method=method)


@pytest.mark.parametrize(
    ("expected", "method", "site", "dest"),
    [
        (202, "POST", "same-origin", "empty"),
        (202, "GET", "none", "document"),
        (403, "POST", "cross-site", "empty"),
        (403, "POST", "same-site", "empty"),
        (403, "GET", "cross-site", "image"),
        (403, "POST", "cross-site", "document"),
        (202, "GET", "cross-site", "document"),
        (403, "GET", "cross-site", "iframe"),
    ],
)
async def test_what_a_browser_says_about_the_asking_page(
    expected: int, method: str, site: str, dest: str
) -> None:
    """A link on another site may lead here; nothing else of it may."""
    headers = (("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", dest))

    assert expected == await status(OWN, *headers, method=method)


@pytest.mark.e2e
async def test_azurite_lets_another_site_write_and_not_read(azurite: StoragePorts) -> None:
    """What the README says of it: its key is public, and it has no CORS rules."""
    with QueueClient.from_connection_string(azurite.connection_string, "from-a-page") as queue:
        queue.create_queue()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    signature = generate_queue_sas(
        ACCOUNT, "from-a-page", KEY, permission=QueueSasPermissions(add=True), expiry=tomorrow
    )
    url = f"http://127.0.0.1:{azurite.queue}/{ACCOUNT}/from-a-page/messages?{signature}"
    origin = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    message = "<QueueMessage><MessageText>eA==</MessageText></QueueMessage>"
    asked = {"Access-Control-Request-Method": "POST"}
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=message, headers=origin) as written:
            assert 201 == written.status
            assert "Access-Control-Allow-Origin" not in written.headers
        async with session.options(url, headers=origin | asked) as preflight:
            assert 403 == preflight.status
