"""``python -m astar_rec``: the command line, where no script ``astar-rec`` is on the path."""

from .cli import main

if __name__ == "__main__":
    main()
