"""Addresses of PostgreSQL: which servers they name, and what is said of a wrong one."""

import pytest

from deskline.storage.postgres_address import AddressError, read_address


@pytest.mark.parametrize(
    ("dsn", "hosts"),
    [
        ("postgresql://", ()),
        ("postgresql:///desk", ()),
        ("postgres://ann:secret@db.example/desk", (("db.example", 5432),)),
        ("postgresql://a,b:5433,c/desk?target_session_attrs=read-write", (("a", 5432), ("b", 5433), ("c", 5432))),
        ("postgresql://ann@[::1]:5433/desk", (("::1", 5433),)),
        ("postgresql://%2Frun%2Fpostgresql/desk", (("/run/postgresql", 5432),)),
        ("postgresql:///desk?host=a,b", (("a", 5432), ("b", 5432))),
        ("postgresql:///desk?host=a,/run/pg&port=5433", (("a", 5433), ("/run/pg", 5433))),
        ("postgresql://ann@/desk?host=a,b&port=1,2&target_session_attrs=primary", (("a", 1), ("b", 2))),
        ("postgresql:///desk?port=5433", (("localhost", 5433),)),
    ],
)
def test_servers_are_read(dsn: str, hosts: tuple[tuple[str, int], ...]) -> None:
    address = read_address(dsn)
    assert address.hosts == hosts
    assert address.dsn == dsn


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("mysql://a/desk", "it does not begin with postgresql://"),
        ("postgresql:desk", "it does not begin with postgresql://"),
        ("postgresql://a:x/desk", "one of its ports is not a number from 1 to 65535"),
        ("postgresql://a:0/desk", "one of its ports is not a number from 1 to 65535"),
        ("postgresql://a:65536/desk", "one of its ports is not a number from 1 to 65535"),
        ("postgresql://a:²/desk", "one of its ports is not a number from 1 to 65535"),
        ("postgresql://a,,b/desk", "one of its hosts is not host or host:port"),
        ("postgresql://a,[::1/desk", "its hosts cannot be read"),
        ("postgresql://ann:a@b@c/desk", "it holds a sign that must be encoded"),
        ("postgresql://ann:a#b@c/desk", "it holds a sign that must be encoded"),
        ("postgresql:///desk?host=a,&port=1", "one of its hosts is empty"),
        ("postgresql:///desk?host=a,b,c&port=1,2", "it has 3 hosts and 2 ports; accepted are one port for all, or one for each"),
        ("postgresql://a/desk?host=b", "servers are named both before the path and as parameters"),
        ("postgresql://a/desk?port=1", "servers are named both before the path and as parameters"),
        ("postgresql://a/desk?sslmode", "its parameters are not name=value"),
        ("postgresql://a/desk?sslmode=", "the parameter sslmode has no value"),
        ("postgresql://a/desk?user=a&user=b", "the parameter user has two values"),
        ("postgresql://a/desk?sslmode=on", "sslmode cannot be 'on'; accepted are disable, allow, prefer, require, verify-ca, verify-full"),
        (
            "postgresql://a/desk?target_session_atrs=primary",
            "there is no parameter 'target_session_atrs'; did you mean target_session_attrs?",
        ),
        (
            "postgresql://a/desk?keepalives=1",
            "there is no parameter 'keepalives'; accepted are application_name, database, dbname, host,",
        ),
    ],
)
def test_a_wrong_address_is_refused_with_the_reason(dsn: str, why: str) -> None:
    with pytest.raises(AddressError) as refused:
        read_address(dsn)
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize(
    ("target", "is_standby", "is_accepted"),
    [
        ("read-write", False, True),
        ("primary", False, True),
        ("any", False, False),
        ("standby", False, False),
        ("standby", True, True),
        ("prefer-standby", True, True),
        ("read-only", True, True),
        ("primary", True, False),
        ("any", True, False),
        ("yes", True, False),
    ],
)
def test_a_server_of_the_other_kind_is_refused(target: str, is_standby: bool, is_accepted: bool) -> None:
    dsn = f"postgresql://a,b/desk?target_session_attrs={target}"
    if is_accepted:
        assert read_address(dsn, is_standby=is_standby).is_standby == is_standby
        return
    with pytest.raises(AddressError, match=f"target_session_attrs cannot be '{target}'.* accepted are"):
        read_address(dsn, is_standby=is_standby)
