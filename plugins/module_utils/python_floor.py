# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oldest Python that modules run with.

Every module imports it first, and any Python 3 can: an older one ends the module here, with a message instead of a syntax error.
"""

from __future__ import annotations

# There is no AnsibleModule yet: pylint: disable=ansible-bad-function
import json
import platform
import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    _MESSAGE = (
        f"Modules of kubeflow.bootstrap need Python {OLDEST[0]}.{OLDEST[1]} or newer. On {platform.node()}, {sys.executable} is Python "
        f"{platform.python_version()}. Install a newer one there, and name it with ansible_python_interpreter."
    )
    print(json.dumps({"failed": True, "msg": _MESSAGE}))
    sys.exit(1)
