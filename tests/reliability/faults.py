"""The ways in which storage fails."""

import asyncio

from aiohttp import web

from tests.reliability.proxy import Asked, Fault

_NEVER = 60.0
"""Seconds; longer than anybody waits."""


def answers(status: int, code: str) -> Fault:
    """Refuse, in the service's own form, without doing anything."""

    async def fault(_asked: Asked) -> web.Response:
        return _refusal(status, code)

    return fault


def does_it_and_answers(status: int, code: str) -> Fault:
    """Do what is asked, and say that it failed: whoever tries again does it twice."""

    async def fault(asked: Asked) -> web.Response:
        await asked.passed_on()
        return _refusal(status, code)

    return fault


async def garbage(asked: Asked) -> web.Response:
    """Answer with bytes that are no HTTP."""
    _write(asked, b"\x16\x03\x01\x00 this is no HTTP\r\n\r\n")
    return web.Response()


async def half_an_answer(asked: Asked) -> web.Response:
    """Do what is asked, and break off in the middle of the answer."""
    answer = await asked.passed_on()
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    body = answer.body if isinstance(answer.body, bytes) else b""
    head = f"HTTP/1.1 {answer.status} Done\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    _write(asked, whole[: len(whole) // 2])
    return web.Response()


async def cut(asked: Asked) -> web.Response:
    """Close the connection without a word."""
    _write(asked, b"")
    return web.Response()


async def silence(_asked: Asked) -> web.Response:
    """Never answer."""
    await asyncio.sleep(_NEVER)
    return web.Response(status=500)


def slow(seconds: float) -> Fault:
    """Do what is asked, later; nobody may be waiting for the answer any more."""

    async def fault(asked: Asked) -> web.Response:
        await asyncio.sleep(seconds)
        return await asked.passed_on()

    return fault


async def wrong_key(asked: Asked) -> web.Response:
    """Azurite's own answer to a signature made with another key."""
    return await asked.passed_on(Authorization="SharedKey devstoreaccount1:" + "A" * 43 + "=")


def _refusal(status: int, code: str) -> web.Response:
    # Without its message the SDK of blobs ends in a TypeError, and our handling is not reached.
    error = f"<Error><Code>{code}</Code><Message>a fault of the test</Message></Error>"
    text = f'<?xml version="1.0" encoding="utf-8"?>{error}'
    headers = {"x-ms-error-code": code}
    return web.Response(status=status, headers=headers, text=text, content_type="application/xml")


def _write(asked: Asked, raw: bytes) -> None:
    """Write past the server, and close."""
    transport = asked.request.transport
    if transport is not None:
        transport.write(raw)
        transport.close()
