r"""Times as they are written in addresses, as regular expressions that hold for the calendar.

They stand in the API's description, so a program knows what is accepted before it asks: `2014-02-30`
does not match. Written without look-around and `\d`, as JSON Schema wants.
"""

from typing import Final

_YEAR: Final = "[1-9][0-9]{3}"
_LEAP_YEAR: Final = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_MONTH: Final = "(0[1-9]|1[0-2])"
_DAY: Final = (
    f"({_YEAR}-({_MONTH}-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    f"|{_LEAP_YEAR}-02-29)"
)
_HOUR: Final = "([01][0-9]|2[0-3])"
_ZONE: Final = f"(Z|[+-]{_HOUR}:[0-5][0-9])"
_CLOCK: Final = rf"{_HOUR}(:[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?)?{_ZONE}?"

YEAR: Final = f"^{_YEAR}$"
MONTH: Final = f"^{_YEAR}-{_MONTH}$"
SEASON: Final = f"^{_YEAR}-(DJF|MAM|JJA|SON)$"
DAY: Final = f"^{_DAY}$"
HOUR: Final = f"^{_DAY}T{_HOUR}:00:00Z$"
TIME: Final = f"^({_YEAR}(-{_MONTH})?|{_DAY}(T{_CLOCK})?)$"
