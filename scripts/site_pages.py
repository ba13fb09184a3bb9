"""A hook of the site: pages that lie beside docs/, whose links are set right.

A page with ``page: HACKING.md`` in front has that file's text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "HACKING.md": "house.md",
}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Returns a page's text."""
    source = page.meta.get("page")
    if source is None:
        return markdown
    text = (ROOT / source).read_text(encoding="utf-8").replace("](docs/", "](../")
    return re.sub(r"\]\((\w+\.md)", lambda link: f"]({PAGES.get(link[1], link[1])}", text)
