# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for all tests."""

from __future__ import annotations

import signal

# Where a shell starts the tests in the background, SIGINT is ignored, and so it would be in all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
