"""Airflow's own pages, as a logged-in user has them."""

from playwright.sync_api import Page

from running_product import RunningProduct


def log_in(page: Page, stack: RunningProduct) -> None:
    """Log in as a user does."""
    name, password = stack.airflow_login
    page.goto(f"{stack.airflow_url}/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{stack.airflow_url}/")
