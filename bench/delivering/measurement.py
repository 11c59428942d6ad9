"""The whole measurement: programs are started, rounds run, counts taken."""

import tempfile
from http import HTTPStatus
from pathlib import Path

from bench.delivering import ours, tables
from bench.delivering.orders import Begin, Count, Counted, Done, Fail, Failed
from bench.delivering.programs import Certificates, Client, clients, no_op
from bench.delivering.rounds import NO_OP, SLOW, VARIANTS, Course, Plan
from bench.parts import Scale
from bench.results import Outcome
from local.processes import Children

_DELAY = 0.010
_QUEUES = ("work", "push")
_COUNTED = {
    Scale.QUICK: {"ours": 1_000, "per event": 10},
    Scale.FULL: {"ours": 1_000, "aio": 1_000, "sync": 1_000, "per event": 100},
}
"""Events; a client per event makes the same for each."""
_PATIENCE = 120.0


def measure(scale: Scale) -> Outcome:
    """Measure it all."""
    full = scale is Scale.FULL
    plan, messages = Plan.of(scale), ours.messages()
    with tempfile.TemporaryDirectory() as folder, Children() as servers:
        certificates = Certificates.made_in(Path(folder))
        environ = certificates.environ()
        # The SDK's default retries wait 85 s in all, without CPU: meanwhile the rest is measured.
        refused = {"ours": "whole", "sync": "sync"} if full else {"ours": "whole"}
        with (
            clients(refused.values(), environ) as failing,
            clients(VARIANTS, environ) as delivering,
        ):
            busy = no_op(servers, status=HTTPStatus.SERVICE_UNAVAILABLE)
            for client in failing.values():
                client.ask(Begin(busy, messages), Done)
                client.tell(Fail(_QUEUES))
            no_ops = {NO_OP: no_op(servers), SLOW: no_op(servers, delay=_DELAY)}
            figures = Course(plan, delivering, certificates, no_ops, messages).run()
            seconds = {
                name: failing[program].hear(Failed, seconds=_PATIENCE).seconds
                for name, program in refused.items()
            }
            secure = Begin(no_op(servers, certificates=certificates), messages)
            counted = {
                # Ours from the event on: its log records belong to it.
                name: _count(failing["whole"] if name == "ours" else delivering[name], secure, most)
                for name, most in _COUNTED[scale].items()
            }
    goals = [*tables.count_goals(counted["ours"]), tables.failure_goal(seconds["ours"])]
    return Outcome(
        goals=[*(tables.speed_goals(figures) if full else ()), *goals],
        tables=[*tables.speeds(plan, figures), tables.counts(counted), tables.failures(seconds)],
        pictures=[tables.picture(figures)],
    )


def _count(client: Client, secure: Begin, events: int) -> Counted:
    return client.ask(Count(secure, _QUEUES, events), Counted, seconds=_PATIENCE)
