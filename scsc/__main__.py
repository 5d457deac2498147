"""`python -m scsc` is `scsc`."""

import sys

from scsc.main import main

sys.exit(main())
