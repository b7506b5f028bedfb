"""The route table of the LiveChat REST API v2.0: every path, its handler, and the scope that opens it."""

from deskline.web.routes import Route
from deskline.web.v2 import openings, people, reports, tickets, working_hours

ROUTES = (
    Route("GET", "/tickets", tickets.list_tickets, scope="tickets_read"),
    Route("POST", "/tickets", tickets.create_ticket, scope="tickets_write"),
    Route("GET", "/tickets/{ticket_id}", tickets.get_ticket, scope="tickets_read"),
    Route("PUT", "/tickets/{ticket_id}", tickets.change_ticket, scope="tickets_write"),
    Route("PUT", "/tickets/{ticket_id}/tags", tickets.set_tags, scope="tickets_write"),
    # One of the documentation's samples for the line above sends a POST.
    Route("POST", "/tickets/{ticket_id}/tags", tickets.set_tags, scope="tickets_write"),
    Route("PUT", "/tickets/{ticket_id}/rating", tickets.set_rating, scope="tickets_write"),
    Route("POST", "/tickets/{ticket_id}/messages", tickets.add_message, scope="tickets_write"),
    Route("GET", "/reports/tickets/new_tickets", reports.new_tickets, scope="reports_read"),
    Route("GET", "/reports/tickets/first_response_time", reports.first_response_time, scope="reports_read"),
    Route("GET", "/reports/tickets/solved_tickets", reports.solved_tickets, scope="reports_read"),
    Route("GET", "/reports/tickets/resolution_time", reports.resolution_time, scope="reports_read"),
    Route("GET", "/reports/tickets/ticket_sources", reports.ticket_sources, scope="reports_read"),
    Route("GET", "/reports/tickets/ratings", reports.ratings, scope="reports_read"),
    Route("GET", "/reports/tickets/ratings/ranking", reports.ranking, scope="reports_read"),
    # What opens a number shows tickets, so it takes the right to read them.
    Route("GET", "/reports/tickets/new_tickets/tickets", openings.new_tickets, scope="tickets_read"),
    Route("GET", "/reports/tickets/first_response_time/tickets", openings.first_response_time, scope="tickets_read"),
    Route("GET", "/reports/tickets/solved_tickets/tickets", openings.solved_tickets, scope="tickets_read"),
    Route("GET", "/reports/tickets/resolution_time/tickets", openings.resolution_time, scope="tickets_read"),
    Route("GET", "/reports/tickets/ticket_sources/tickets", openings.ticket_sources, scope="tickets_read"),
    Route("GET", "/reports/tickets/ratings/tickets", openings.ratings, scope="tickets_read"),
    Route("GET", "/reports/tickets/ratings/ranking/tickets", openings.ranking, scope="tickets_read"),
    Route("GET", "/agents", people.list_agents, scope="agents_read"),
    Route("GET", "/agents/{login}", people.get_agent, scope="agents_read"),
    Route("GET", "/groups", people.list_groups, scope="groups_read"),
    Route("GET", "/groups/{group_id}", people.get_group, scope="groups_read"),
    Route("GET", "/tags", people.list_tags, scope="tags_read"),
    Route("GET", "/status", people.get_status, scope="agents_read"),
    Route("GET", "/status/{group_id}", people.get_status, scope="agents_read"),
    Route("GET", "/working_hours", working_hours.list_hours, scope="groups_read"),
    Route("PUT", "/working_hours", working_hours.set_hours, scope="groups_write"),
    Route("DELETE", "/working_hours", working_hours.clear_hours, scope="groups_write"),
    Route("GET", "/working_hours/{group_id}", working_hours.get_hours, scope="groups_read"),
    Route("PUT", "/working_hours/{group_id}", working_hours.set_hours, scope="groups_write"),
    Route("DELETE", "/working_hours/{group_id}", working_hours.clear_hours, scope="groups_write"),
)
