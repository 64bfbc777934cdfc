"""The command line: the one layer that composes the services."""

import os

# read when numpy is first imported: our matrices are small, and BLAS threads that wait for each other cost a busy machine five times the time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
