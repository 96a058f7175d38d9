"""What a station knows at each hour of a run of hours, before leads and truth come into it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isotherm.forecast.hours import Floats


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at consecutive hours, whatever the lead.

    Attributes:
        begin: the first, since 1970.
        rows: (n, p), features.
        is_heard: (n,), whether enough neighbours were heard.
        usual_c: (n,), of the hour of the day.
    """

    begin: int
    rows: Floats
    is_heard: npt.NDArray[np.bool_]
    usual_c: Floats

    @property
    def end(self) -> int:
        """The first hour after them."""
        return self.begin + len(self.rows)

    def since(self, hour: int) -> "Known":
        """From an hour on."""
        cut = slice(max(hour - self.begin, 0), None)
        return Known(
            self.begin + (cut.start or 0), self.rows[cut], self.is_heard[cut], self.usual_c[cut]
        )

    def then(self, other: "Known", hour: int) -> "Known":
        """These before an hour, from there on others; what was usual in a gap as the others have it."""
        kept, usual = hour - self.begin, other.begin - self.begin
        skipped = hour - other.begin
        return Known(
            self.begin,
            np.concatenate([self.rows[:kept], other.rows[skipped:]]),
            np.concatenate([self.is_heard[:kept], other.is_heard[skipped:]]),
            np.concatenate([self.usual_c[:usual], other.usual_c]),
        )
