"""Who writes to the sample company: a crowd of invented clients, each worked out from a number, so that none need be remembered.

All addresses are of domains and networks that are reserved for documentation.
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from deskline.domain.events import Requester
from deskline.domain.sample_chance import Chance, weighted
from deskline.domain.sample_languages import LANGUAGES
from deskline.domain.sample_texts import ENGLISH, Language

_DOMAINS = (
    "mail.example",
    "post.example",
    "inbox.example",
    "example.com",
    "example.org",
    "example.net",
    "riders.example",
    "velo.example",
)
_SPAM_DOMAINS = ("best-offers.example", "seo-experts.example", "parcel-fee.example", "investors.example")
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_REGULARS = 24  # the larger, the less often the most loyal client writes
_BY_WEIGHT = weighted((language, language.weight) for language in LANGUAGES)
_PLAIN = str.maketrans({"ł": "l", "Ł": "l", "ß": "ss", "'": ""})
_SCATTER = 2_654_435_761  # odd, so that multiplying by it modulo a power of two is a shuffle
_MODULUS = 1 << 32


class Client(NamedTuple):
    """Somebody who writes. `requester` knows no more than a mail tells, `visitor` also zone and address, as the chat window does."""

    first_name: str
    language: Language
    requester: Requester
    visitor: Requester


def a_client(chance: Chance, crowd: int) -> Client:
    """Choose who writes among a crowd: a few do so often, most once (the n-th of them with a probability of 1 / (n + some))."""
    some = _REGULARS + crowd / 500
    return client(int(some * ((crowd + some) / some) ** chance.draw() - some))


@lru_cache(maxsize=8_192)
def client(number: int) -> Client:
    """Work out the client of a number, always the same."""
    shuffled = number * _SCATTER % _MODULUS
    language = _BY_WEIGHT[shuffled % len(_BY_WEIGHT)]
    shuffled //= len(_BY_WEIGHT)
    shuffled, first = divmod(shuffled, len(language.first_names))
    shuffled, last = divmod(shuffled, len(language.last_names))
    return _client(language, language.first_names[first], language.last_names[last], number)


def _client(language: Language, first: str, last: str, number: int) -> Client:
    # The first few hundred need no number to be told apart; real addresses look like this, too.
    digits = str(number) if number >= 300 else ""
    mail = f"{_plain(first)}.{_plain(last)}{digits}@{_DOMAINS[number % len(_DOMAINS)]}"
    name = f"{first} {last}"
    zone = language.zones[number % len(language.zones)]
    ip = f"{_NETWORKS[number % len(_NETWORKS)]}.{number % 253 + 1}"
    return Client(first, language, Requester(mail, name), Requester(mail, name, zone, ip))


def a_spammer(chance: Chance) -> Client:
    """Choose who sends spam: hardly ever the same address twice."""
    first, last = chance.pick(ENGLISH.first_names), chance.pick(ENGLISH.last_names)
    mail = f"{_plain(first)}{chance.between(10, 10_000)}@{chance.pick(_SPAM_DOMAINS)}"
    requester = Requester(mail, f"{first} {last}")
    return Client(first, ENGLISH, requester, requester)


@lru_cache(maxsize=1_024)
def _plain(name: str) -> str:
    """Spell a name as it can stand in a mail address."""
    parts = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return "".join(c for c in parts if c.isascii()).lower()
