"""The next part is made while one is used, in order, and a failure comes in its turn."""

from threading import Event

import pytest

from isotherm.ahead import one_ahead


def test_parts_come_in_order() -> None:
    assert list(one_ahead(str, range(5))) == ["0", "1", "2", "3", "4"]
    assert list(one_ahead(str, [])) == []


def test_the_next_is_made_while_one_is_used() -> None:
    is_second_made = Event()

    def make(part: int) -> int:
        if part == 1:
            is_second_made.set()
        return part

    made = one_ahead(make, range(3))
    assert next(made) == 0
    assert is_second_made.wait(30)
    assert list(made) == [1, 2]


def test_a_failure_comes_after_what_was_made_before_it() -> None:
    made = one_ahead(lambda part: 1 // part, [1, 0])
    assert next(made) == 1
    with pytest.raises(ZeroDivisionError):
        next(made)
