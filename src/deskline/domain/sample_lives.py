"""How a ticket of the sample company lives: who answers, when, what becomes of it. Every step is a decision of `tickets`.

The shares and delays follow the life cycle of the original's live tickets: assignment by replying, solving in the same second, the
offer to rate a day later, reminders after three days, automatic solving after seven. The words are in `sample_messages`.
"""

from collections.abc import Sequence

import msgspec

from deskline.domain import tickets as decide
from deskline.domain.calendar import DAY, HOUR
from deskline.domain.events import AnyEvent, FollowUpSent, Person, RatingOffered, Source, StatusChanged, TicketGroup
from deskline.domain.people import EVERYBODY, Agent
from deskline.domain.sample_chance import Chance, weighted
from deskline.domain.sample_clients import Client, a_client, a_spammer
from deskline.domain.sample_hours import Rhythm
from deskline.domain.sample_languages import LANGUAGES
from deskline.domain.sample_messages import Messages
from deskline.domain.sample_texts import SPAM, Topic
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.domain.timelines import fold, follow

MINUTE = 60
FOLLOW_UP_AFTER = 72 * HOUR
SOLVE_AFTER = 168 * HOUR
OFFER_AFTER = 24 * HOUR

_SPAM = 0.08
_MISTAKEN = 0.004  # marked as spam first, but none
_NEGLECTED = 0.03
_SILENT = 0.12  # solved without a word
_MOST_ANSWERS = 6
_MOST_REOPENINGS = 3
_CHANNELS = weighted([("chat-window", 0.4), ("mail", 0.37), ("lc2", 0.14), ("agent-app-manual", 0.06), ("facebook", 0.03)])
RARE_TAGS = weighted([("", 0.86), ("urgent", 0.06), ("vip", 0.04), ("wholesale", 0.02), ("press", 0.01), ("theft", 0.01)])
_PAGES = ("", "bikes", "bikes/touring", "parts", "help", "help/returns", "contact", "checkout", "account/orders", "app")
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The share of good ratings of an agent, by place in the company: the ranking has something to rank.
_CRAFT = (0.93, 0.9, 0.86, 0.8, 0.74)
_TOPICS = {language.code: weighted((topic, topic.weight) for topic in language.topics) for language in LANGUAGES}
_BY_APP = Source("lc2")
_BY_MAIL = Source("mail")


class Company(msgspec.Struct, frozen=True):
    """Who the samples are about: at least one agent, and groups as tickets carry them, group 0 among them. `zone` is an IANA name."""

    zone: str
    agents: tuple[Agent, ...]
    groups: tuple[TicketGroup, ...]
    site: str = "https://www.larkfield.example"


class Stage:
    """The company ready to play: who works in which group and how often, when it is busy, how many clients it has."""

    def __init__(self, company: Company, rhythm: Rhythm, crowd: int) -> None:
        self.rhythm = rhythm
        self.crowd = crowd
        self.site = company.site
        self.craft = {agent.login: _CRAFT[place % len(_CRAFT)] for place, agent in enumerate(company.agents)}
        self.groups = {group.id: group for group in company.groups}
        self.everybody = self._on_duty(company.agents)
        self.members = {
            group.id: self._on_duty([agent for agent in company.agents if group.id in agent.groups]) or self.everybody
            for group in company.groups
        }

    @staticmethod
    def _on_duty(agents: Sequence[Agent]) -> tuple[Person, ...]:
        """Lay out who answers: the first agents more often than the last ones."""
        return weighted(((agent.person, 1 / (2 + place)) for place, agent in enumerate(agents)), slots=60) if agents else ()


class Story:
    """One ticket while it is being lived: it begins here, and each method lets something happen. Instants are seconds UTC."""

    def __init__(self, ticket_id: str, at: int, stage: Stage, chance: Chance, client: Client, topic: Topic) -> None:
        self.at, self.stage, self.chance, self.topic = at, stage, chance, topic
        self.messages = Messages(client, topic, chance)
        channel = chance.pick(_CHANNELS)
        group = topic.group if topic.group in stage.groups and chance.happens(0.6) else EVERYBODY
        self.agent = chance.pick(stage.members[group])
        new = NewTicket(
            requester=client.visitor if channel == "chat-window" else client.requester,
            text=self.messages.opening(),
            groups=(stage.groups[group],),
            source=self._source(channel),
            subject=decide.NO_SUBJECT if chance.happens(0.04) else self.messages.subject(),
            assignee=self.agent if channel == "agent-app-manual" else None,
        )
        self.events = decide.create(new, self.agent, at * 1000)
        self.ticket = fold(ticket_id, self.events)

    def live(self) -> None:
        """Choose what becomes of a ticket that is no spam."""
        fate = self.chance.draw()
        if fate < _NEGLECTED:
            return
        self.wait_for_agent(5 * HOUR)
        if fate < _NEGLECTED + _SILENT:
            self.change(Changes(status="solved"))
        else:
            self.triage()
            self.help()
        if self.ticket.status == "solved":
            self.after_solve()

    def bury(self) -> None:
        """Have an agent mark the ticket as spam."""
        self.wait_for_agent(4 * HOUR)
        self.change(Changes(status="spam"))

    def dig_out(self) -> None:
        """Have an agent see that it was no spam."""
        self.wait_for_agent(DAY)
        self.change(Changes(status="open"))

    def triage(self) -> None:
        """Do what comes before an answer: note, tag, hand over."""
        chance = self.chance
        if chance.happens(0.07):
            self.write_note()
        if chance.happens(0.06):
            self.hand_over()
        if chance.happens(0.4):
            self.retag()

    def help(self) -> None:
        """Answer, and go on until the ticket is solved or given up."""
        for _ in range(_MOST_ANSWERS):
            if self.chance.happens(0.08):
                self.agent = self.chance.pick(self.stage.everybody)
            self.answer()
            course = self.chance.draw()
            if course < 0.56:
                return self.solve()
            if course < 0.7:
                if not self.wait_pending():
                    return None
            elif course < 0.97:
                self.hear(self.messages.question(), 9 * HOUR)
            else:
                return None  # the client never came back, and nobody closed it
            self.wait_for_agent(3 * HOUR)
            if self.chance.happens(0.06):
                self.hand_over()
        return self.solve()

    def solve(self) -> None:
        """Solve the ticket, nearly always in the second of the answer, and tag it if nobody has."""
        if self.chance.happens(0.2):
            self.wait_for_agent(HOUR)
        self.change(Changes(status="solved"))
        if not self.ticket.tags and self.chance.happens(0.75):
            self.at += self.chance.between(2, 90)
            self.retag()

    def wait_pending(self) -> bool:
        """Wait for the client, with a reminder and in the end an automatic solve; tell whether the client came back."""
        self.change(Changes(status="pending"))
        since = self.at
        answered = since + MINUTE + self.chance.wait(40 * HOUR)
        if answered >= since + FOLLOW_UP_AFTER:
            self.add([FollowUpSent(at=(since + FOLLOW_UP_AFTER) * 1000)])
            answered += self.chance.wait(60 * HOUR)
        if answered < since + SOLVE_AFTER:
            self.hear(self.messages.question(), answered - self.at, exactly=True)
            return True
        self.at = since + SOLVE_AFTER
        self.add([StatusChanged(at=self.at * 1000, previous="pending", current="solved")])
        return False

    def after_solve(self) -> None:
        """Let the client come back, be asked for a rating, rate."""
        for _ in range(_MOST_REOPENINGS):
            if not self.chance.happens(0.09):
                break
            is_thanks = self.chance.happens(0.5)
            self.hear(self.messages.thanks() if is_thanks else self.messages.question(), 14 * HOUR)
            self.wait_for_agent(3 * HOUR)
            if not is_thanks:
                self.answer()
            self.solve()
        if self.ticket.first_response is not None and self.ticket.solve is not None:
            self.offer_rating(self.ticket.solve.at // 1000)

    def offer_rating(self, solved_at: int) -> None:
        """Ask for a rating a day after the solve, and hear it if the client cares."""
        self.at = solved_at + OFFER_AFTER + self.chance.between(0, HOUR)
        self.add([RatingOffered(at=self.at * 1000)])
        if self.chance.happens(0.42):
            self.rate()
            if self.chance.happens(0.04):
                self.rate()

    def rate(self) -> None:
        """Have the client rate: by who solved, and a bit by how long the answer took."""
        ticket = self.ticket
        solver = ticket.solve.agent if ticket.solve is not None else None
        is_slow = ticket.first_response is not None and ticket.first_response.at - ticket.created_at > DAY * 1000
        good = self.stage.craft.get(solver or "", _CRAFT[2]) - (0.08 if is_slow else 0)
        self.at += MINUTE + self.chance.wait(10 * HOUR)
        self.add(decide.rate(ticket, "good" if self.chance.happens(good) else "bad", self.at * 1000))

    def answer(self) -> None:
        """Have the agent write to the client."""
        text = self.messages.answer(self.agent.name)
        self.say(NewMessage(text=text, source=_BY_MAIL if self.chance.happens(0.2) else _BY_APP))

    def hear(self, text: str, delay: int, *, exactly: bool = False) -> None:
        """Have the client write, some time later."""
        self.at += delay if exactly else MINUTE + self.chance.wait(delay)
        self.say(NewMessage(text=text, source=_BY_MAIL, by_client=True))

    def write_note(self) -> None:
        """Have some colleague leave a private note."""
        colleague = self.chance.pick(self.stage.everybody)
        note = NewMessage(text=self.messages.note(), source=_BY_APP, private=True)
        self.add(decide.reply(self.ticket, note, colleague, self.at * 1000))
        self.at += self.chance.between(30, 2_000)

    def hand_over(self) -> None:
        """Pass the ticket to another group, to somebody of it or to nobody yet."""
        group = self.chance.pick(tuple(self.stage.groups.values()))
        successor = self.chance.pick(self.stage.members[group.id])
        assignee = successor if self.chance.happens(0.7) else None
        self.change(Changes(groups=(group,), assignee=assignee))
        self.agent = successor
        self.wait_for_agent(2 * HOUR)

    def retag(self) -> None:
        """Tag the ticket with its topic, rarely with more."""
        tags = tuple(tag for tag in (self.topic.tag, self.chance.pick(RARE_TAGS)) if tag)
        self.add(decide.retag(self.ticket, tags, self.agent, self.at * 1000))

    def say(self, message: NewMessage) -> None:
        """Add a message of now."""
        self.add(decide.reply(self.ticket, message, self.agent, self.at * 1000))

    def change(self, changes: Changes) -> None:
        """Change something now."""
        self.add(decide.change(self.ticket, changes, self.agent, self.at * 1000))

    def add(self, events: list[AnyEvent]) -> None:
        """Let something have happened."""
        self.events += events
        self.ticket = follow(self.ticket, events)

    def wait_for_agent(self, mean: int) -> None:
        """Let the time pass until an agent gets to it: minutes for half of them, the mean in seconds for the others."""
        mean = mean if self.chance.happens(0.5) else 20 * MINUTE
        self.at = self.stage.rhythm.at_work(self.at + MINUTE // 2 + self.chance.wait(mean), self.chance)

    def _source(self, channel: str) -> Source:
        if channel == "chat-window":
            return Source(channel, url=f"{self.stage.site}/{self.chance.pick(_PAGES)}")
        if channel == "lc2":
            return Source(channel, id="".join(self.chance.pick(LETTERS) for _ in range(10)))
        return Source(channel)


def tell(ticket_id: str, at: int, stage: Stage, chance: Chance) -> Story:
    """Live a ticket that comes in at an instant (seconds UTC)."""
    if chance.happens(_SPAM):
        story = Story(ticket_id, at, stage, chance, a_spammer(chance), SPAM)
        story.bury()
    else:
        client = a_client(chance, stage.crowd)
        story = Story(ticket_id, at, stage, chance, client, chance.pick(_TOPICS[client.language.code]))
        if chance.happens(_MISTAKEN):
            story.bury()
            story.dig_out()
        story.live()
    return story
