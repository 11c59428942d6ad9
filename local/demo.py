"""The demo: every sample goes through the running app, and must give its golden records."""

import json
import time
from dataclasses import dataclass, field
from difflib import unified_diff
from http import HTTPStatus
from typing import Any

from local import console, functions_host, paths, samples, settings
from local.errors import CommandError
from local.queues import Account, Message
from local.samples import Golden, Sample
from local.send import function_for
from local.stack import Stack

_HEADERS = ["EVENT", "FUNCTION", "RECORDS", "QUEUE", "TIME", "RESULT"]


@dataclass
class Outcome:
    """What one sample gave."""

    sample: Sample
    function: str = "?"
    seconds: float = 0.0
    messages: list[Message] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)  # their reasons
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """What all samples gave."""

    outcomes: list[Outcome]

    @property
    def mismatches(self) -> list[Outcome]:
        """Those that gave anything but what their golden records say."""
        return [outcome for outcome in self.outcomes if outcome.problems]

    @property
    def messages(self) -> list[Message]:
        """All that lies on the queues."""
        return [message for outcome in self.outcomes for message in outcome.messages]

    @property
    def distinct(self) -> int:
        """How many records, and messages that are none; copies, which have one id, count once."""
        return len({str((each.record or {}).get("id", each.text)) for each in self.messages})

    def document(self) -> dict[str, Any]:
        """The same for scripts."""
        on = [message.queue for message in self.messages]
        return {
            "samples": len(self.outcomes),
            "records": {queue: on.count(queue) for queue in settings.queues()},
            "deadLetters": sum(len(outcome.dead_letters) for outcome in self.outcomes),
            "mismatches": [
                {"sample": each.sample.name, "function": each.function, "problems": each.problems}
                for each in self.mismatches
            ],
        }


def run(stack: Stack) -> Found:
    """Send all samples and print the table. The records are on the queues again afterwards."""
    chosen = samples.every()
    if not chosen:
        raise CommandError(f"there are no samples in {paths.SAMPLES}.")
    outcomes = []
    print(f"Sending {len(chosen)} samples ...", flush=True)
    with Account(stack.connection_string) as account, console.progress() as show:
        _collect(account)  # what lay there before is none of the demo's
        for number, sample in enumerate(chosen, start=1):
            show(f"{number} of {len(chosen)}: {sample.name}")
            outcomes.append(_try(stack, account, sample))
        for outcome in outcomes:
            account.put_back(outcome.messages)
    console.print_table(_HEADERS, [_row(outcome) for outcome in outcomes])
    found = Found(outcomes)
    _conclude(found)
    return found


def compare(golden: Golden, records: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The differences between the golden records and those that came, as lines of a diff."""
    expected = {queue: _by_id(found) for queue, found in golden.records.items()}
    came = {queue: _by_id(records.get(queue, [])) for queue in golden.records}
    return list(unified_diff(_lines(expected), _lines(came), "expected", "came", n=1, lineterm=""))


def _by_id(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: str(record.get("id")))


def _lines(value: object) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()


def _try(stack: Stack, account: Account, sample: Sample) -> Outcome:
    outcome = Outcome(sample)
    golden = sample.golden
    if golden is None:
        outcome.problems.append(
            f"tests/golden/{sample.name}.json is not there; `python3 dev.py golden` writes it, and "
            "you review it"
        )
    try:
        outcome.function = function_for(sample)
    except CommandError as error:
        outcome.problems.append(str(error))
        return outcome
    started = time.perf_counter()
    answer = functions_host.deliver(stack.host_port, outcome.function, sample.body)
    outcome.seconds = time.perf_counter() - started
    outcome.messages, outcome.dead_letters = _collect(account)
    if answer.status != HTTPStatus.ACCEPTED:
        outcome.problems.append(f"the host answered {answer}")
    if golden:
        outcome.problems += compare(golden, _records(outcome.messages))
        outcome.problems += _compare_dead_letters(golden, outcome.dead_letters)
    return outcome


def _collect(account: Account) -> tuple[list[Message], list[str]]:
    """What is new on the queues, and the reasons of the new dead letters."""
    messages = [message for queue in settings.queues() for message in account.take(queue)]
    return messages, account.new_dead_letters()


def _records(messages: list[Message]) -> dict[str, list[dict[str, Any]]]:
    """The records by the names that queues have in golden files, not in the settings."""
    golden_names = dict(zip(settings.queues(), ("work-items", "push-notifications"), strict=True))
    records: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        record = message.record or {"id": f"(no record: {message.text[:40]})"}
        records.setdefault(golden_names[message.queue], []).append(record)
    return records


def _compare_dead_letters(golden: Golden, reasons: list[str]) -> list[str]:
    expected = [golden.rejected] if golden.rejected else []
    if reasons == expected:
        return []
    return [f"dead letters are {reasons or 'none'} and should be {expected or 'none'}"]


def _row(outcome: Outcome) -> list[str]:
    names = [message.queue for message in outcome.messages]
    places = [f"{queue} {names.count(queue)}" for queue in settings.queues() if queue in names]
    places += [f"dead letter: {reason}" for reason in outcome.dead_letters]
    return [
        outcome.sample.name,
        outcome.function,
        str(len(outcome.messages)),
        ", ".join(places) or "-",
        f"{outcome.seconds * 1000:.0f} ms",
        "NOT AS EXPECTED" if outcome.problems else "as expected",
    ]


def _conclude(found: Found) -> None:
    wrong, count = found.mismatches, len(found.outcomes)
    for outcome in wrong:
        print(f"\n{console.paint(outcome.sample.name, 'red')}")
        for problem in outcome.problems:
            print(f"  {console.escaped(problem)}")
    if wrong:
        verdict = f"{len(wrong)} of {count} samples did not give what they should."
    else:
        verdict = f"All {count} samples gave exactly what their golden records say."
    print(f"\n{console.paint(verdict, 'red' if wrong else 'green')}")
