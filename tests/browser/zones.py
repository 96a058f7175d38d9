"""Time zones that people sit in, for tests of what shows or takes an hour or a day."""

from typing import Final

import pytest

# Behind, at and ahead of UTC, the last one so far ahead that it has another day.
TIME_ZONES: Final = ("UTC", "America/New_York", "Pacific/Auckland")
# For what is dear and could go wrong where the day is another one, if anywhere.
where_the_day_is_another = pytest.mark.parametrize("zoned", TIME_ZONES[-1:], indirect=True)
