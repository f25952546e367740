"""Ends the program, as scripts do."""

import sys

sys.exit(3)
