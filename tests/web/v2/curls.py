"""The curl lines of the original's documentation, as they stand there, and two ways to send them: with curl itself, and without it."""

import base64
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.serving import Answer, Server, exchange

HOST: Final = "https://api.livechatinc.com"
LOGIN: Final = "john.doe@mycompany.com"
KEY: Final = "c14b85863755158d7aa5cc4ba17f61cb"
_STATUS: Final = "\nstatus: "

SAMPLES: Final = {
    "list of tickets": r"""
curl "https://api.livechatinc.com/tickets?\
date_from=2013-11-15&\
status=open" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "single ticket": r"""
curl "https://api.livechatinc.com/tickets/5FUED" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "new ticket": r"""
curl "https://api.livechatinc.com/tickets" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2  \
  -X POST -d "subject=I+have+a+problem&\
  message=Hi,I+have+a+problem+with+my+shoes.+Could+you+please+advise?&\
  requester[mail]=mary.brown@email.com&\
  requester[name]=Mary+Brown"
""",
    "new ticket, JSON": r"""
curl "https://api.livechatinc.com/tickets" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2 \
  -H Content-type:application/json \
  -d '{
      "subject":"I have a problem",
      "message":"Hi,I have a problem with my shoes. Could you please advise?",
      "requester":
      {
        "mail":"mary.brown@email.com",
        "name":"Mary Brown"
      }
     }'
""",
    "tags": r"""
curl "https://api.livechatinc.com/tickets/5FUED/tags" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2 \
  -X PUT \
  -d "tag[]=sales&\
tag[]=support&\
tag[]=feedback"
""",
    "tags, JSON": r"""
curl "https://api.livechatinc.com/tickets/5FUED/tags" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2 \
  -H Content-type:application/json \
  -d '{
        "tag":["sales","support","feedback"]
     }'
""",
    "new_tickets": r"""
curl "https://api.livechatinc.com/reports/tickets/new_tickets?\
date_from=2013-01-29&\
date_to=2013-01-29&\
group_by=hour" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "first_response_time": r"""
curl "https://api.livechatinc.com/reports/tickets/first_response_time?\
date_from=2014-01-10&\
date_to=2014-01-20&\
agent=john.doe@mycompany.com" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "solved_tickets": r"""
curl "https://api.livechatinc.com/reports/tickets/solved_tickets?\
date_from=2014-01-10&\
date_to=2014-01-20" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "resolution_time": r"""
curl "https://api.livechatinc.com/reports/tickets/resolution_time?\
date_from=2014-01-10&\
date_to=2014-01-20" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "ticket_sources": r"""
curl "https://api.livechatinc.com/reports/tickets/ticket_sources?\
date_from=2014-01-10&\
date_to=2014-01-20" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "ratings": r"""
curl "https://api.livechatinc.com/reports/tickets/ratings?\
group=2&\
date_from=2012-01-29&\
date_to=2013-01-29&\
group_by=month" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "ranking": r"""
curl "https://api.livechatinc.com/reports/tickets/ratings/ranking" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "agents": r"""
curl "https://api.livechatinc.com/agents" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H "X-API-Version: 2"
""",
    "agents, JSONP": r"""
curl -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb "https://api.livechatinc.com/agents?callback=example"
""",
    "one agent": r"""
curl "https://api.livechatinc.com/agents/john.doe@mycompany.com" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "groups": r"""
curl "https://api.livechatinc.com/groups" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "one group": r"""
curl "https://api.livechatinc.com/groups/2" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
    "status": r"""
curl "https://api.livechatinc.com/status/1" \
  -u john.doe@mycompany.com:c14b85863755158d7aa5cc4ba17f61cb \
  -H X-API-Version:2
""",
}


def with_personal_token(sample: str) -> str:
    """The later form of the same lines: the user and a token in a header, which is not base64 although it says Basic."""
    return sample.replace(f"-u {LOGIN}:{KEY}", f'-H "Authorization: Basic {LOGIN}:{KEY}"')


def run(sample: str, server: Server, home: Path) -> tuple[int, bytes]:
    """Paste a line into a shell with nothing but the host changed. Answers the status and the body."""
    # What curl prints besides the body is said in its own settings, so that the line stays as it is.
    (home / ".curlrc").write_text(
        f'silent\nshow-error\nnoproxy = "*"\nwrite-out = "{_STATUS.encode("unicode_escape").decode()}%{{http_code}}"\n'
    )
    shell = subprocess.run(
        ["/bin/sh", "-c", sample.replace(HOST, server.url)], env={"CURL_HOME": str(home), "PATH": _path()}, capture_output=True, check=True
    )
    body, _, status = shell.stdout.rpartition(_STATUS.encode())
    return int(status), body


def translate(sample: str, server: Server, home: Path) -> tuple[int, bytes]:
    """Send the bytes that curl would send, without curl."""
    with server.connect() as connection:
        request, method = translated(sample, home)
        answer: Answer | None = exchange(connection, request, method)
    assert answer is not None, "the server broke the connection off"
    return answer.status, answer.body


def translated(sample: str, home: Path = Path()) -> tuple[bytes, str]:
    """Read a line as a shell and curl read it, as far as the documentation goes; files are in `home`. Answers request and method."""
    words = iter(shlex.split(sample.replace("\\\n", "")))
    assert next(words) == "curl"
    url, method, data, headers = "", "", b"", ["Host: api.livechatinc.com", "User-Agent: curl/8.5.0", "Accept: */*"]
    for word in words:
        match word:
            case "-u":
                headers.append(f"Authorization: Basic {base64.b64encode(next(words).encode()).decode()}")
            case "-H":
                headers.append(next(words))
            case "-X":
                method = next(words)
            case "-d":
                data = next(words).encode()
            case "--data-binary":
                data = (home / next(words).removeprefix("@")).read_bytes()
            case _:
                url = word
    if data:
        if not any(header.lower().startswith("content-type:") for header in headers):
            headers.append("Content-Type: application/x-www-form-urlencoded")
        headers.append(f"Content-Length: {len(data)}")
    method = method or ("POST" if data else "GET")
    head = "\r\n".join((f"{method} {url.removeprefix(HOST)} HTTP/1.1", *headers, "", ""))
    return head.encode() + data, method


def _path() -> str:
    curl = shutil.which("curl")
    assert curl is not None
    return str(Path(curl).parent)


# Where there is no curl, the lines are translated; where there is, both ways are tried, so the translation is known to be true.
WAYS: Final[Mapping[str, Callable[[str, Server, Path], tuple[int, bytes]]]] = (
    {"translated": translate, "curl": run} if shutil.which("curl") else {"translated": translate}
)
