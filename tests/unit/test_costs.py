"""Where a run of tests says its time went."""

from pathlib import Path

from costs import Cost, Costs


def test_a_file_that_waits_is_told_before_one_that_works() -> None:
    costs = Costs(
        {Path("unit/test_works.py"): Cost(9.0, 18.0), Path("servers/test_waits.py"): Cost(60.0, 1.0)}
    )
    assert [line.split()[-1] for line in costs.lines()] == [
        "servers/test_waits.py",
        "unit/test_works.py",
        "all",
    ]
