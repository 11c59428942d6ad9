"""What only real Storage can show."""

import pytest
from azure.storage.queue import QueueServiceClient

from shared.errors import DeliveryError
from shared.settings import Settings
from shared.writing.storage import StorageAccount


async def test_messages_never_expire(connection_string: str) -> None:
    """By default the service deletes a message after seven days."""
    account = StorageAccount(Settings.from_env({"RecordStorage": connection_string}))
    await account.send("never-expires", b"{}")
    await account.close()

    with QueueServiceClient.from_connection_string(connection_string) as service:
        (message,) = service.get_queue_client("never-expires").peek_messages()

    assert message.expires_on is not None
    assert 9999 == message.expires_on.year


@pytest.mark.usefixtures("waited")
async def test_a_dead_account_names_the_queue_and_no_secret() -> None:
    account = StorageAccount(
        Settings.from_env(
            {
                "RecordStorage": "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;"
                "QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a"
            }
        )
    )

    with pytest.raises(DeliveryError, match="work-items") as caught:
        await account.send("work-items", b"{}")

    await account.close()
    assert "c2VjcmV0" not in str(caught.value)
