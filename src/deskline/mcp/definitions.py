"""What each report counts and what each definition means, in words for whoever asks. The numbers themselves are the server's."""

from typing import Final

REPORTS: Final[dict[str, str]] = {
    "new_tickets": "tickets that were created",
    "first_response_time": "first public answers of agents, and the mean hours they took",
    "next_response_time": "answers after the first, and the mean hours they took",
    "solved_tickets": "tickets that were solved",
    "resolution_time": "tickets that were solved, and the mean hours that took",
    "reopened_tickets": "solved tickets that were opened again",
    "messages": "public messages and private notes that agents wrote",
    "backlog": "tickets that were open and pending at the end of each row",
    "ticket_sources": "tickets that were created, by channel",
    "ratings": "tickets by their rating, good and bad",
    "ratings/ranking": "agents ranked by the ratings of their tickets",
    "agents": "what the reports say of each agent, over the whole range",
    "groups": "what the reports say of each group, over the whole range",
    "tags": "what the reports say of each tag, over the whole range",
}
COUNTED_BY: Final[dict[str, str]] = {
    "livechat": "A ticket counts once, at its last solve; times are calendar time from its creation.",
    "every": "Each solve counts, and time runs from the creation or from when the ticket last left solved.",
    "first": "A ticket counts once, at its first solve; times are calendar time from its creation.",
    "open": "A ticket counts once, at its last solve; only the time while it was open counts.",
    "business": "A ticket counts once, at its last solve; only working hours count, of first and next answers too.",
}
