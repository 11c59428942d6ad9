"""The whole local run: Azurite, the Functions host, Event Grid; started and stopped together."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local import azurite, functions_host, paths, ports
from local.azurite import StoragePorts
from local.errors import CommandError
from local.processes import Child, Children

if TYPE_CHECKING:
    from local.eventgrid.thread import LocalTopic

HOST_PORT = 7071


@dataclass(frozen=True)
class Stack:
    """Azurite and the app in the Functions host, both ready."""

    host_port: int
    storage: StoragePorts
    host: Child
    children: Children
    topic: "LocalTopic | None" = None
    """Event Grid before the host."""

    @property
    def url(self) -> str:
        """Where the Functions host listens, without a slash at the end."""
        return functions_host.url(self.host_port)

    @property
    def topic_port(self) -> int | None:
        """Where Event Grid listens."""
        return self.topic.port if self.topic else None

    @property
    def connection_string(self) -> str:
        """What Storage clients need to reach Azurite."""
        return self.storage.connection_string

    def check(self) -> None:
        """Raise a `CommandError` when a program of the stack is no longer there."""
        if self.topic is not None:
            self.topic.check()
        ended = self.children.ended()
        if ended:
            raise CommandError(ended.why_it_ended())

    @classmethod
    @contextmanager
    def on(
        cls,
        host_port: int,
        storage: StoragePorts,
        *,
        topic_port: int | None = None,
        root: Path = paths.ROOT,
        settings: Mapping[str, str] | None = None,
        func: str | None = None,
    ) -> Iterator["Stack"]:
        """The stack on these ports, for the time of a `with` block.

        Args:
            host_port: for the Functions host.
            storage: for Azurite.
            topic_port: for Event Grid; without it, events go straight to the host.
            root: the function app.
            settings: app settings on top of its local ones.
            func: the program of Core Tools, instead of our stand-in.
        """
        # Whatever one's own settings say: nothing of a local run goes to another account.
        accounts = dict.fromkeys(functions_host.STORAGE_SETTINGS, storage.connection_string)
        everything = accounts | dict(settings or {})
        with Children() as children:
            service = azurite.start(children, storage)
            host = functions_host.start(
                children, host_port, root=root, settings=everything, func=func
            )
            # The others start while it is imported, which takes half a second.
            event_grid = _event_grid(topic_port, host_port, storage)
            azurite.wait_until_ready(service, storage)
            functions_host.wait_until_ready(host, host_port)
            with event_grid as topic:
                yield cls(host_port, storage, host, children, topic)

    @classmethod
    @contextmanager
    def on_free_ports(
        cls, *, root: Path = paths.ROOT, settings: Mapping[str, str] | None = None
    ) -> Iterator["Stack"]:
        """The stack on ports that nothing listens on, beside any other that runs."""
        host, *storage = ports.free(4)
        with cls.on(host, StoragePorts(*storage), root=root, settings=settings) as stack:
            yield stack


def _event_grid(
    port: int | None, host_port: int, storage: StoragePorts
) -> AbstractContextManager["LocalTopic | None"]:
    """Event Grid before the host, if it has a port."""
    if port is None:
        return nullcontext()
    from local.eventgrid.thread import running  # noqa: PLC0415 - its packages may be missing yet

    return running(functions_host.url(host_port), storage.connection_string, port=port)
