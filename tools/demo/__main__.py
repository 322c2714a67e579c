"""`PYTHONPATH=.:tools python -m demo`, from the repository's root."""

from demo.command import main

raise SystemExit(main())
