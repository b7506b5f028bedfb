"""Agents, groups, tags and status as the LiveChat REST API v2.0 spells them; dates are unix seconds here, unlike in tickets."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from deskline.domain.canned_responses import CannedResponse
from deskline.domain.people import AGENT_STATUSES, EVERYBODY, Agent, Group, Tag

Json = dict[str, Any]
NOTIFICATIONS = ("new_visitor", "returning_visitor", "queued_visitor", "visitor_is_typing", "new_goal")


def show_agent_line(agent: Agent) -> Json:
    """Spell an agent as the list of agents does."""
    return {
        "name": agent.name,
        "permission": agent.permission,
        "avatar": "",
        "login": agent.login,
        "status": agent.status,
    }


def show_agent(agent: Agent, groups: Mapping[int, Group]) -> Json:
    """Spell an agent's own page. What Deskline has no chat for stands at the original's defaults."""
    return {
        "login": agent.login,
        "name": agent.name,
        "login_status": agent.settings.login_status,
        "permission": agent.permission,
        "daily_summary": int(agent.settings.daily_summary),
        "job_title": agent.job_title,
        "avatar": "",
        "notifications": {name: int(name in agent.settings.notifications) for name in NOTIFICATIONS},
        "max_chats_count": agent.settings.max_chats_count,
        "groups": [{"id": group.id, "name": group.name} for group in map(groups.get, agent.groups) if group is not None],
        "status": agent.status,
        "last_logout": agent.settings.last_logout // 1000,
    }


def show_group(group: Group, members: Collection[Agent]) -> Json:
    """Spell a group; everybody's group lists no agents. Its status is the best that one of its members has."""
    shown: Json = {"id": group.id, "name": group.name, "language": group.language}
    if group.id != EVERYBODY:
        shown["agents"] = group.agents
    present = {agent.status for agent in members}
    shown["status"] = next((status for status in AGENT_STATUSES if status in present), "offline")
    return shown


def show_tag(tag: Tag) -> Json:
    """Spell a tag with the number of tickets that carry it."""
    return {
        "name": tag.name,
        "author": tag.author,
        "creation_date": tag.created_at // 1000,
        "count": {"inChats": 0, "inTickets": tag.tickets},
        "group": tag.group,
    }


def show_canned_response(response: CannedResponse) -> Json:
    """Spell a canned response; who changed it last is told once somebody has."""
    shown: Json = {
        "id": response.id,
        "group": response.group,
        "text": response.text,
        "creation_date": response.created_at // 1000,
        "created_by": response.created_by,
    }
    if response.modified_at is not None:
        shown |= {"modification_date": response.modified_at // 1000, "modified_by": response.modified_by}
    return shown | {"tags": response.tags}


def show_status(agents: Iterable[Agent]) -> str:
    """Tell `online` where one of the agents takes chats, else `offline`."""
    return "online" if any(agent.status == "accepting chats" for agent in agents) else "offline"
