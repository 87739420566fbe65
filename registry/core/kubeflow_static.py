# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in with a name and a password of a Secret, for trials.

The file holds a line NAME:HASH for each user, as `htpasswd -nB NAME` prints it; hashes are those of bcrypt. It is read at each login,
so that what changes in the Secret holds about a minute later, without a restart.
"""

import asyncio
from pathlib import Path

import bcrypt
from jupyterhub.auth import Authenticator
from traitlets import Unicode

# What an unknown name is checked against, so that the time an answer takes does not tell which names there are.
NOBODY = bcrypt.hashpw(b"nobody", bcrypt.gensalt(12))
LONGEST = 72
KINDS = ("$2a$", "$2b$", "$2y$")


def users_of(text):
    """{name: hash} of the lines of an htpasswd file; what is no hash of bcrypt is left out."""
    lines = [line.strip().partition(":") for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {name: hashed.encode() for name, _colon, hashed in lines if name and hashed.startswith(KINDS)}


def matches(password, hashed):
    """Whether a password is the one of a hash. bcrypt looks at 72 bytes, so a longer one is nobody's."""
    sent = password.encode()
    try:
        same = bcrypt.checkpw(sent[:LONGEST], hashed or NOBODY)
    except ValueError:
        return False
    return same and hashed is not None and 0 < len(sent) <= LONGEST


class StaticAuthenticator(Authenticator):
    """See above; users_file: the path of the file."""

    users_file = Unicode(config=True)

    def known_users(self):
        """{name in lower case, as JupyterHub has it: hash}; None: the file can't be read, which is logged."""
        try:
            users = users_of(Path(self.users_file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            self.log.error("The users of this installation can't be read: %s", type(error).__name__)
            return None
        return {name.lower(): hashed for name, hashed in users.items()}

    async def refresh_user(self, user, handler=None, **kwargs):
        """The session of a user who is no longer in the file ends; those of all go on while it can't be read."""
        known = self.known_users()
        return known is None or user.name in known

    async def authenticate(self, handler, data):
        """The name, or None where there is no such user or the password is another."""
        known = self.known_users()
        if known is None:
            return None
        # It takes a quarter of a second, which must not hold up the hub.
        right = await asyncio.to_thread(matches, data["password"], known.get(data["username"].lower()))
        return data["username"] if right else None
