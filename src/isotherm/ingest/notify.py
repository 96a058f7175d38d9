"""Tells people what needs them, where `ISOTHERM_NOTIFY_URL` says: mail, chat, a web hook (apprise).

The address bears a secret: it is never logged, and neither is what the library says of it. A notice
that cannot be sent is a warning: it must not fail what it tells of.
"""

import logging
from typing import Final

from isotherm.ingest.report import log
from isotherm.settings import Settings, load_settings

# As it is in .env.example, which has no empty settings.
NOBODY: Final = ("", "none")
_APPRISE: Final = "apprise"


def notify(title: str, body: str, settings: Settings | None = None) -> bool:
    """Send a notice; False where nobody is to be told, or it could not be sent."""
    url = (settings or load_settings()).notify_url.get_secret_value()
    if url in NOBODY:
        return False
    # Imported only where there is something to tell: half a second.
    import apprise

    logger = logging.getLogger(_APPRISE)
    logger.setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Isotherm", app_desc="Isotherm"))
    if not service.add(url):
        log.warning(
            f"Nobody was told of {title!r}: ISOTHERM_NOTIFY_URL is no address that apprise knows. "
            "Correct it, as its documentation lists them."
        )
        return False
    if not service.notify(title=title, body=body):
        log.warning(
            f"Nobody was told of {title!r}: the service of ISOTHERM_NOTIFY_URL did not take the notice."
        )
        return False
    log.info(f"Told by ISOTHERM_NOTIFY_URL: {title}")
    return True
