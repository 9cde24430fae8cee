"""The application: the window and the command line, composed of `evoke`, `models`, `avatars`."""

import os

# A window is a small matrix: BLAS threads spin longer than they work and stall the screen.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
