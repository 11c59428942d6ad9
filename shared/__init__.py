"""What the three functions share, in reading order from the event to the queue.

1. ``errors``: what can go wrong, and what Event Grid is told then.
2. ``envelope``: one event to ``Envelope``. ``exact`` reads what the service writes today, anything
   else ``jsontext`` (its text), ``wire`` (objects), ``values`` (numbers, times and texts).
3. ``facts``: the vocabulary; ``identity`` (with ``identifiers``) and ``phones`` to ``Party``.
4. ``sms``, ``chat``, ``threads``, ``delivery``: a family each, payload to ``Fact``; ``statuses``.
5. ``routes``: THE TABLE, event type to everything that is done with it.
6. ``records``: what lies on the queues; ``wording``: its titles and texts.
7. ``settings``, ``storage`` with ``queues``, ``deadletters``: the edges.
8. ``pipeline``: all of it in order.

All but ``settings``, ``storage``, ``queues``, ``pipeline`` is pure: no I/O, no clock, no chance.
"""
