"""Dead letters as the API lists them: newest first, by reason, state and time, one of them whole."""

import base64

import httpx
import pytest

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers


def ids(client: httpx.Client, **parameters: str | int) -> list[int]:
    answer = client.get("/dead-letters", params=parameters)
    assert answer.is_success, answer.text
    return [one["letter_id"] for one in answer.json()["data"]]


def test_letters_come_newest_first_with_their_counts(client: httpx.Client) -> None:
    answer = client.get("/dead-letters").json()
    assert [one["letter_id"] for one in answer["data"]] == [4, 3, 2, 1]
    assert answer["next"] is None
    assert answer["meta"]["counts"] == [
        {"state": "counted", "reason": "future", "count": 1},
        {"state": "new", "reason": "future", "count": 1},
        {"state": "new", "reason": "invalid", "count": 1},
        {"state": "new", "reason": "unreadable_message", "count": 1},
    ]
    newest = answer["data"][0]
    assert (newest["partition"], newest["offset"], newest["refused_at"]) == (
        None, None, "2026-01-01T02:00:00Z",
    )  # fmt: skip


def test_a_list_is_cut_by_reason_state_and_time(client: httpx.Client) -> None:
    assert ids(client, reason="future") == [4, 3]
    assert ids(client, state="new") == [4, 2, 1]
    assert ids(client, state="new", reason="future") == [4]
    assert ids(client, **{"from": "2026-01-01T01:00:00Z", "to": "2026-01-01T02:00:00Z"}) == [3, 2]
    assert ids(client, to="2026-01-01") == []
    assert client.get("/dead-letters", params={"state": "buried"}).status_code == 422


def test_pages_follow_one_another_also_within_one_second(client: httpx.Client) -> None:
    found, cursor = [], ""
    for _ in range(4):
        parameters = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = client.get("/dead-letters", params=parameters).json()
        found += [one["letter_id"] for one in page["data"]]
        cursor = page["next"]
    assert (found, cursor) == ([4, 3, 2, 1], None)
    assert ids(client, cursor="2026-99-99T00:00:00,1") == []


def test_a_csv_has_all_of_them(client: httpx.Client) -> None:
    lines = client.get("/dead-letters", params={"format": "csv"}).text.splitlines()
    assert [one.split(",")[0] for one in lines if not one.startswith("#")] == [
        "letter_id", "4", "3", "2", "1",
    ]  # fmt: skip


def test_one_letter_says_what_it_held_and_what_came_of_it(client: httpx.Client) -> None:
    repaired = client.get("/dead-letters/3").json()["data"]
    assert (repaired["payload"], repaired["encoding"], repaired["is_whole"]) == (
        '{"a": 1}', "utf-8", True,
    )  # fmt: skip
    assert (repaired["state"], repaired["repair_rule"], repaired["outcome"]) == (
        "counted", "as_is", "in an hour",
    )  # fmt: skip
    assert (repaired["replayed_payload"], repaired["replay_offset"]) == ('{"a": 1}', 77)
    odd = client.get("/dead-letters/2").json()["data"]
    assert (odd["encoding"], odd["is_whole"]) == ("base64", False)
    assert base64.b64decode(odd["payload"]) == b"\xff\xfe"


def test_a_letter_that_is_not_there_is_404_and_says_where_those_are(client: httpx.Client) -> None:
    answer = client.get("/dead-letters/99")
    assert answer.status_code == 404
    assert "GET /api/v1/dead-letters" in answer.json()["detail"]
    assert client.get("/dead-letters/0").status_code == 422
