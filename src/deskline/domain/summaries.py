"""Summaries: the numbers of several reports over a whole range, side by side for each agent, group or tag."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from deskline.domain.backlog import BACKLOG
from deskline.domain.people import id_of
from deskline.domain.reports import (
    FIRST_RESPONSE_TIME,
    MESSAGES,
    NEW_TICKETS,
    NEXT_RESPONSE_TIME,
    RATINGS,
    REOPENED_TICKETS,
    RESOLUTION_TIME,
    Backlog,
    Count,
    Definition,
    Report,
    ReportFilter,
    Values,
)
from deskline.domain.rollups import agent_part, group_scope, tag_scope
from deskline.errors import InvalidError


class Summary(msgspec.Struct, frozen=True):
    """Which reports are put side by side, for each of what; beside them the backlog at the end of the range."""

    name: str
    reports: tuple[Report, ...]

    def under(self, wanted: ReportFilter) -> "Summary":
        """Leave out what nobody is credited with, where agents are asked for."""
        return msgspec.structs.replace(self, reports=tuple(report for report in self.reports if report.by_agent or not wanted.agents))

    def counted(self, definition: Definition) -> Report:
        """Put the sums of all of its reports by a definition into one."""
        names = dict.fromkeys(name for report in self.reports for name in report.defined(definition).sums)
        return Report(self.name, Count, tuple(names), by_agent=True)

    def values(self, definition: Definition, sums: Sequence[int], backlog: Backlog) -> dict[str, Values]:
        """Make a row, by the names of reports, of the sums that `counted` names."""
        amounts = dict(zip(self.counted(definition).sums, sums, strict=True))
        row: dict[str, Values] = {
            report.name: report.values(*(amounts[name] for name in report.defined(definition).sums)) for report in self.reports
        }
        return row | {BACKLOG.name: backlog}

    def report(self, name: str) -> Report:
        """Find one of its reports."""
        return next(report for report in (*self.reports, BACKLOG) if report.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what stands in a row."""
        return (*(report.name for report in self.reports), BACKLOG.name)

    def chosen(self, wanted: ReportFilter) -> tuple[str, ...]:
        """Tell which keys a filter leaves; none where it leaves all."""
        return tuple(map(str, getattr(wanted, self.name)))

    def narrowed(self, wanted: ReportFilter, key: str) -> ReportFilter:
        """Narrow a filter to a row. Raises InvalidError where there can be no row of that key."""
        keys: Mapping[str, tuple[str | int, ...]] = {self.name: (_group(key) if self.name == "groups" else key,)}
        return msgspec.structs.replace(wanted, **keys)

    def place(self, key: str) -> tuple[str, str]:
        """Name the scope and the agent whose sums are a row's, where nothing else narrows them."""
        if self.name == "agents":
            return "", agent_part(key)
        return (group_scope(_group(key)) if self.name == "groups" else tag_scope(key)), ""


def _group(key: str) -> int:
    group = id_of(key)
    if group is None:
        raise InvalidError(f"row: {key!r} is no id of a group; accepted is a key of the report")
    return group


_OF_AGENTS: Final = (FIRST_RESPONSE_TIME, NEXT_RESPONSE_TIME, RESOLUTION_TIME, REOPENED_TICKETS, MESSAGES, RATINGS)
AGENTS: Final = Summary("agents", _OF_AGENTS)
GROUPS: Final = Summary("groups", (NEW_TICKETS, *_OF_AGENTS))
TAGS: Final = Summary("tags", (NEW_TICKETS, *_OF_AGENTS))
