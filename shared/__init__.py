"""What the functions share.

An event's way, from the bottom of the imports to the top:

1. ``errors``: what can go wrong, and what Event Grid is answered then; ``redaction``: secrets taken
   out of its messages.
2. ``records.facts``: the vocabulary of what happened, the same for every channel.
3. ``reading``: the text of an event to ``Envelope``, and its data to payload structs.
4. ``records``: a fact to the records that lie on the queues, their ids and wording.
5. ``families``: for each family of event types, the payload structs, the normalizers that make a
   fact of them, and its rows of the table.
6. ``routes``: THE TABLE, event type to everything that is done with it.
7. ``settings``, ``tracing``, ``writing``: the environment; where a record's trace is; records and
   dead letters to Azure Storage.
8. ``pipeline``: all of it in order.

``settings``, ``tracing``, ``writing`` and ``pipeline`` are the edges. All else is pure: no I/O, no
clock, no randomness. ``tests/unit/test_architecture.py`` holds this order.
"""

__version__ = "0.1.0"
"""The version of the app; `CHANGELOG.md` says what it has. Records have versions of their own."""
