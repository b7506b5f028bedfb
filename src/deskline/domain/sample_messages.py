"""Put the sample company's sentences together to messages of varied length. Who sends them when is in `sample_lives`."""

from collections.abc import Sequence

from deskline.domain import sample_texts as texts
from deskline.domain.sample_chance import Chance, weighted
from deskline.domain.sample_clients import Client
from deskline.domain.sample_texts import Topic

# How many sentences of detail go into an opening message: mostly few, now and then a whole story.
_DETAILS = weighted([(0, 0.22), (1, 0.3), (2, 0.24), (3, 0.12), (5, 0.08), (8, 0.04)])
_PROMISES = weighted([(0, 0.35), (1, 0.45), (2, 0.2)])


class Messages:
    """What a client and those who answer write about one topic; always about the same order and the same product."""

    __slots__ = ("_answers", "_chance", "_client", "_facts", "_questions", "_topic")

    def __init__(self, client: Client, topic: Topic, chance: Chance) -> None:
        self._chance = chance
        self._client = client
        self._topic = topic
        self._answers = self._questions = 0
        self._facts = {
            "first": client.first_name,
            "order": f"LC-{chance.between(100_000, 1_000_000)}",
            "product": chance.pick(texts.PRODUCTS),
            "amount": f"£{chance.between(4, 240)}.{chance.pick(('00', '50', '90', '95', '99'))}",
        }

    def subject(self) -> str:
        """Write what the ticket is called."""
        return self._one(self._topic.subjects)

    def opening(self) -> str:
        """Write what the client wants."""
        language, chance = self._client.language, self._chance
        details = chance.pick(_DETAILS) if self._topic.answers else 0  # spam, which nobody answers, comes to the point
        story = self._several(self._topic.openings, language.details, details)
        return f"{chance.pick(language.greetings)}\n\n{story}\n\n{chance.pick(language.closings)}\n{self._client.requester.name}"

    def answer(self, agent: str) -> str:
        """Write what an agent answers."""
        language, chance = self._client.language, self._chance
        known = self._topic.answers if self._answers == 0 else _turn(language.replies, self._answers)
        self._answers += 1
        text = self._several(known, language.promises, chance.pick(_PROMISES))
        return f"{self._one(language.hellos)}\n\n{text}\n\n{chance.pick(language.farewells)}\n{agent}, Larkfield Cycles"

    def question(self) -> str:
        """Write what the client says to an answer."""
        language = self._client.language
        self._questions += 1
        return self._several(_turn(language.questions, self._questions), language.details, self._chance.between(0, 3))

    def thanks(self) -> str:
        """Write what a happy client says."""
        return self._chance.pick(self._client.language.thanks)

    def note(self) -> str:
        """Write what agents tell each other."""
        return self._one(texts.NOTES)

    def _one(self, sentences: Sequence[str]) -> str:
        chance, facts = self._chance, self._facts
        facts["number"] = "23456789"[chance.between(0, 8)]
        facts["day"] = chance.pick(self._client.language.days)
        return chance.pick(sentences).format_map(facts)

    def _several(self, first: Sequence[str], further: Sequence[str], count: int) -> str:
        """Choose a first sentence and some others, none of them twice."""
        start = self._chance.between(0, len(further))
        step = self._chance.pick((1, 2, 3, 5))
        chosen = dict.fromkeys(further[(start + step * number) % len(further)] for number in range(count))
        sentences = [self._one(first), *(sentence.format_map(self._facts) for sentence in chosen)]
        return " ".join(sentences)


def _turn(sentences: Sequence[str], times: int) -> Sequence[str]:
    """Leave every other sentence to the next time, so that nobody says the same thing twice running."""
    return sentences[times % 2 :: 2]
