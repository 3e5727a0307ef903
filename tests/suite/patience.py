"""How long a test waits for what it needs.

Nothing is asserted of a time: these limits only end a wait for what never comes, and leave room for
a machine ten times slower than a quiet one. `DSLAB_PATIENCE=20 make test` tells a failure sooner.
"""

import os

#: Milliseconds for one thing to come: a picture, a sentence, a started Python, a cell's result.
PATIENCE = 1000 * float(os.environ.get("DSLAB_PATIENCE", 300))
#: … and for all cells of a chapter to run in its page.
LONG_PATIENCE = 6 * PATIENCE
