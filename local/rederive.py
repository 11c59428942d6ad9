"""Make records of archived events again, after wrong ones were written or right ones were lost.

Reads the events of the hours from --from up to --to (UTC, that hour not included) in the archive,
`ARCHIVE_CONTAINER`, runs them through the app's present code and writes their work items; push
notifications only with --pushes, since they may alert somebody again. Without --yes it only counts.

With a --revision above that of the wrong records (theirs is 0 at first) the records are
corrections: docs/records.md says what readers do. With --revision 0 they are the very records of
the first delivery, which readers who have them drop. Run it again when it was interrupted: the ids
are the same.
"""

import argparse
import re
from datetime import UTC, datetime, timedelta

from local import settings
from local.errors import CommandError

_HOUR = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
_LONGEST = timedelta(days=400)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    first, end = "the first hour, such as 2026-11-25T10", "the hour before which to end"
    add("--from", dest="first", type=_hour, required=True, metavar="HOUR", help=first)
    add("--to", dest="end", type=_hour, required=True, metavar="HOUR", help=end)
    add("--revision", type=_revision, required=True, metavar="N", help="0 to 9999, see above")
    add("--pushes", action="store_true", help="write push notifications, too")
    add("--yes", action="store_true", help="do it, not only count")
    settings.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Count, or write; exit status 1 when an event could not become a record."""
    from local import archived  # noqa: PLC0415 - `--help` works without packages
    from local.account import opened  # noqa: PLC0415 - same

    hours = _hours(arguments.first, arguments.end)
    environ = settings.chosen(arguments)
    with opened(environ, is_local=arguments.settings is None) as account:
        archive = account.settings.archive_container
        if archive is None:
            raise CommandError("there is no archive: the settings have no ARCHIVE_CONTAINER.")
        print(
            f"Events in {archive} of {account.name}, {len(hours)} hours (UTC) from "
            f"{hours[0]:%Y-%m-%dT%H}, revision {arguments.revision}."
        )
        print(account.target)
        wanted = archived.Wanted(hours, arguments.revision, has_pushes=arguments.pushes)
        done = archived.rederive(account, wanted, is_dry=not arguments.yes)
    return done.report(is_dry=not arguments.yes)


def _hours(first: datetime, end: datetime) -> list[datetime]:
    if not timedelta() < end - first <= _LONGEST:
        raise CommandError("--to must be later than --from, by 400 days at most.")
    count = (end - first) // timedelta(hours=1)
    return [first + timedelta(hours=number) for number in range(count)]


def _hour(text: str) -> datetime:
    try:
        if _HOUR.fullmatch(text):
            return datetime.fromisoformat(f"{text}:00:00").replace(tzinfo=UTC)
    except ValueError:  # there is no such day or hour
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no hour, such as 2026-11-25T10")


def _revision(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text):
        raise argparse.ArgumentTypeError("a number from 0 to 9999, as `sequence` holds it")
    return int(text)
