"""What is asked of agents, incoming: parameters in, checked values out."""

from deskline.actions.agents import AgentChanges
from deskline.domain.people import AGENT_STATUSES, PERMISSIONS
from deskline.web.params import Params
from deskline.web.v2.asks import HIGHEST_GROUP, MOST_GROUPS, NAME_LIMIT
from deskline.web.v2.asks_people import LOGIN_LIMIT
from deskline.web.v2.wire_people import NOTIFICATIONS

LOGIN_STATUSES = AGENT_STATUSES[:2]
SHORTEST_PASSWORD = 5
LONGEST_PASSWORD = 1_000
MOST_CHATS = 1_000


def read_new_agent(params: Params) -> tuple[str, AgentChanges]:
    """Read POST /agents: the login, and all else. Raises InvalidError."""
    login = params.text("login", required=True, limit=LOGIN_LIMIT)
    name = params.text("name", required=True, limit=NAME_LIMIT)
    given = _given(params)
    params.check()
    return login, AgentChanges(**given | {"name": name})  # type: ignore[arg-type]


def read_agent_change(params: Params) -> AgentChanges:
    """Read PUT /agents/<login>: what is not there stays. Raises InvalidError, also where there is nothing to change."""
    name, status = params.text("name", limit=NAME_LIMIT), params.choice("status", AGENT_STATUSES)
    given = _given(params) | {key: value for key, value in {"name": name, "status": status}.items() if value is not None}
    if not given and not params.refused and not params.given("password"):
        params.refuse("name, status, permission, groups, …", "nothing to change", "at least one field of an agent")
    params.check()
    return AgentChanges(**given)  # type: ignore[arg-type]


def _given(params: Params) -> dict[str, object]:
    notifications = params.mapping("notifications")
    on = {name: flag for name in NOTIFICATIONS if (flag := notifications.flag(name)) is not None}
    _check_password(params)
    asked: dict[str, object] = {
        "job_title": params.text("job_title", limit=NAME_LIMIT),
        "permission": params.choice("permission", PERMISSIONS),
        "login_status": params.choice("login_status", LOGIN_STATUSES),
        "daily_summary": params.flag("daily_summary"),
        "max_chats_count": params.whole("max_chats_count", 0, MOST_CHATS),
        "notifications": on or None,
    }
    groups = params.wholes("groups", 0, HIGHEST_GROUP, count=MOST_GROUPS)
    if params.given("groups"):
        asked["groups"] = tuple(groups)
    return {key: value for key, value in asked.items() if value is not None}


def _check_password(params: Params) -> None:
    """Look at a password as the original did, and forget it: nobody signs in with one."""
    password = params.text("password", limit=LONGEST_PASSWORD)
    if password is not None and len(password) < SHORTEST_PASSWORD:
        params.refuse("password", "is too short", f"at least {SHORTEST_PASSWORD} characters")
