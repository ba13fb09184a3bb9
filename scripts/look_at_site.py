"""Opens all pages of the site in headless Chromium: no error on the console, and search finds.

``python scripts/look_at_site.py build/site [SCREENSHOTS]``, after ``nox -s site``; needs selenium,
Chromium and its driver.
"""

from __future__ import annotations

import functools
import http.server
import sys
import threading
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SHOWN = ("index.html", "reference/container.html", "experiments.html")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def browser() -> webdriver.Chrome:
    """Returns a headless Chromium whose console is heard."""
    options = webdriver.ChromeOptions()
    for option in ("headless", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{option}")
    options.add_argument("--window-size=1280,1600")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))


def found(driver: webdriver.Chrome, root: str, word: str) -> list[str]:
    """Returns the addresses of what the site's search finds for a word."""
    driver.get(root + "index.html")
    field = driver.find_element(By.CSS_SELECTOR, "input.md-search__input")
    field.click()
    field.send_keys(word)
    links = (By.CSS_SELECTOR, "a.md-search-result__link")
    WebDriverWait(driver, 20).until(lambda driver: driver.find_elements(*links))
    return [link.get_attribute("href") or "" for link in driver.find_elements(*links)]


def main() -> None:
    """Exits with 1 if a page has something to complain of, or search does not find the Writer."""
    site = Path(sys.argv[1])
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    driver, failed = browser(), False
    try:
        for path in sorted(site.rglob("*.html")):
            page = path.relative_to(site).as_posix()
            driver.get(root + page)
            said = [entry["message"] for entry in driver.get_log("browser")]
            failed |= bool(said) or not driver.find_elements(By.TAG_NAME, "h1")
            print(page, *(said or ["good"]))
            if len(sys.argv) > 2 and page in SHOWN:
                driver.save_screenshot(str(Path(sys.argv[2]) / f"{page.replace('/', '_')}.png"))
        links = found(driver, root, "Writer")
        print("Writer:", *links[:3])
        failed |= not any("reference/container.html" in link for link in links)
    finally:
        driver.quit()
    sys.exit(failed)


if __name__ == "__main__":
    main()
