"""Prints the one-line command that README.md shows under a marker.

A marker is an HTML comment alone on its line, ``<!-- ci:test -->``; after it, past blank lines
only, comes a fenced block that holds exactly one command. So what is tested is what is printed.
"""

import sys
from pathlib import Path


def readme_command(readme: Path, name: str) -> str:
    """Returns the command under the marker ``ci:name``; exits with a message if there is none."""
    marker = f"<!-- ci:{name} -->"
    lines = [line.strip() for line in readme.read_text(encoding="utf-8").splitlines()]
    if lines.count(marker) != 1:
        sys.exit(f"{readme.name}: expected one line {marker}, found {lines.count(marker)}")
    rest = lines[lines.index(marker) + 1 :]
    while rest and not rest[0]:
        del rest[0]
    if not rest or not rest[0].startswith("```"):
        sys.exit(f"{readme.name}: no fenced block follows {marker}")
    if "```" not in rest[1:]:
        sys.exit(f"{readme.name}: the fenced block after {marker} is not closed")
    block = [line for line in rest[1 : rest.index("```", 1)] if line]
    if len(block) != 1:
        sys.exit(f"{readme.name}: the block after {marker} holds {len(block)} lines, not one")
    return block[0]


if __name__ == "__main__":
    print(readme_command(Path(sys.argv[1]), sys.argv[2]))
