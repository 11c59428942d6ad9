"""Microsoft's Python v1 runtime, driven without gRPC.

`azure_functions_runtime_v1` is the library with which Azure's own worker (Python 3.13 and newer)
loads and invokes function.json apps. It only calls the protobuf classes it is given and reads
their fields, so plain objects with the same names stand in for them. Its registries are module
globals: one function app per process.
"""

import asyncio
import logging
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

import azure_functions_runtime_v1 as library

from local.host.app import EVENT_GRID, HTTP, Function
from local.host.call import Call, Outcome, TypedData

_log = logging.getLogger("host")

# It logs every load failure and every invocation, which the host logs as well.
_library_log = logging.getLogger("azure.functions")


class _StatusResult(SimpleNamespace):
    Failure: ClassVar = 0
    Success: ClassVar = 1


class _BindingInfo(SimpleNamespace):
    """Directions and data types, which the library compares with `is`."""

    undefined: ClassVar = 0
    out: ClassVar = 1
    inout: ClassVar = 2


_PROTOS = SimpleNamespace(
    StatusResult=_StatusResult,
    BindingInfo=_BindingInfo,
    TypedData=TypedData,
    RpcHttp=SimpleNamespace,
    RpcException=SimpleNamespace,
    WorkerMetadata=SimpleNamespace,
    WorkerInitResponse=SimpleNamespace,
    FunctionLoadResponse=SimpleNamespace,
    InvocationResponse=SimpleNamespace,
)


@dataclass(frozen=True)
class _ParameterBinding:
    name: str
    data: TypedData

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        return "data"


def _request(verb: str, **fields: object) -> SimpleNamespace:
    message = SimpleNamespace(**{verb: SimpleNamespace(**fields)})
    return SimpleNamespace(request=message, properties={"host": "127.0.0.1", "protos": _PROTOS})


def _failure(response: Any) -> str | None:
    """Give the reason why an answer is a failure, in the form that `func start` prints."""
    if response.result.status == _StatusResult.Success:
        return None
    error = response.result.exception
    return f"Result: Failure\nException: {error.message}\nStack: {error.stack_trace}"


class Runtime:
    """The loaded functions, and how to run one of them with one event."""

    def __init__(self, timeout: timedelta | None) -> None:
        self._timeout = timeout
        self._load_errors: dict[str, str] = {}
        # asyncio holds its tasks weakly; one that outlives its time limit needs another reference.
        self._overdue: set[asyncio.Task[Outcome]] = set()

    async def start(self) -> None:
        """Make the library ready: its thread pool for sync functions, its table of bindings."""
        _library_log.setLevel(logging.WARNING)
        library.start_threadpool_executor()
        await library.worker_init_request(_request("worker_init_request", capabilities={}))

    async def load(self, function: Function) -> None:
        """Import the function; a failure is kept, and every invocation fails with it.

        The real host keeps listening for such a function (GrpcWorkerChannel._functionLoadErrors).
        """
        _library_log.setLevel(logging.CRITICAL)
        error = await self._load(function)
        _library_log.setLevel(logging.WARNING)
        if error is not None:
            self._load_errors[function.name] = error
            _log.error("Worker failed to load function: '%s'. %s", function.name, error)

    async def _load(self, function: Function) -> str | None:
        bindings = {function.trigger.name: _binding(function.trigger.type, 0)}
        if function.trigger.type == HTTP:
            bindings["$return"] = _binding("http", _BindingInfo.out)
        metadata = SimpleNamespace(
            name=function.name,
            directory=str(function.directory),
            script_file=str(function.script_file),
            entry_point=function.entry_point,
            bindings=bindings,
        )
        request = _request("function_load_request", function_id=function.name, metadata=metadata)
        try:
            return _failure(await library.function_load_request(request))
        except (SystemExit, KeyboardInterrupt) as stop:
            return f"Result: Failure\nException: {type(stop).__name__} while being imported"

    def load_error(self, function: Function) -> str | None:
        """Why the function could not be loaded, or None."""
        return self._load_errors.get(function.name)

    async def invoke(self, function: Function, event: str, reason: str) -> bool:
        """Run the function with one event, given as JSON text; return whether it succeeded."""
        outcome = await self.call(function, Call(TypedData(json=event), reason))
        return outcome.failure is None

    async def call(self, function: Function, call: Call) -> Outcome:
        """Run the function, and log how it went."""
        invocation_id = str(uuid.uuid4())
        name = function.name
        _log.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", name, call.reason, invocation_id)
        started = time.monotonic()
        error = self.load_error(function) or _why_unbound(function, call)
        outcome = Outcome(error) if error else await self._run(function, call, invocation_id)
        milliseconds = round((time.monotonic() - started) * 1000)
        result = "Failed" if outcome.failure else "Succeeded"
        _log.log(
            logging.ERROR if outcome.failure else logging.INFO,
            "Executed 'Functions.%s' (%s, Id=%s, Duration=%dms)%s",
            *(name, result, invocation_id, milliseconds),
            f"\n{outcome.failure}" if outcome.failure else "",
        )
        return outcome

    async def _run(self, function: Function, call: Call, invocation_id: str) -> Outcome:
        """Run within the time limit."""
        task = asyncio.create_task(_call(function, call, invocation_id))
        limit = self._timeout.total_seconds() if self._timeout else None
        done, _ = await asyncio.wait({task}, timeout=limit)
        if not done:
            # A thread cannot be stopped: a sync function runs on, and its result is ignored.
            self._overdue.add(task)
            task.add_done_callback(self._overdue.discard)
            task.cancel()
            return Outcome(
                f"Timeout value of {self._timeout} exceeded by function "
                f"'Functions.{function.name}' (Id: '{invocation_id}'). Initiating cancellation."
            )
        if task.cancelled():
            return Outcome("Result: Failure\nException: CancelledError")
        return task.result()

    def stop(self) -> None:
        """Let the thread pool go without waiting for the functions that still run in it."""
        pool = library.get_threadpool_executor()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def _binding(kind: str, direction: int) -> SimpleNamespace:
    return SimpleNamespace(type=kind, direction=direction, data_type=_BindingInfo.undefined)


def _why_unbound(function: Function, call: Call) -> str | None:
    """EventGridTriggerAttributeBindingProvider binds JSON objects only, or an array of them."""
    begin = "[" if function.trigger.takes_many else "{"
    if function.trigger.type != EVENT_GRID or vars(call.data).get("json", "").startswith(begin):
        return None
    return "The event is not a JSON object."


async def _call(function: Function, call: Call, invocation_id: str) -> Outcome:
    request = _request(
        "invocation_request",
        invocation_id=invocation_id,
        function_id=function.name,
        input_data=[_ParameterBinding(function.trigger.name, call.data)],
        trigger_metadata=call.metadata,
        trace_context=SimpleNamespace(
            trace_parent=f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00",
            trace_state="",
            attributes={},
        ),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )
    try:
        response = await library.invocation_request(request)
    except (SystemExit, KeyboardInterrupt) as stop:
        # In Azure these end the worker process; the library lets them pass.
        return Outcome(f"Result: Failure\nException: {type(stop).__name__} raised by the function")
    failure = _failure(response)
    return Outcome(failure, None if failure else response.return_value)
