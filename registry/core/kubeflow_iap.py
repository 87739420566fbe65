# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in by Google's Identity-Aware Proxy, from the header that it signs.

The plain header with the e-mail address is never looked at: whoever reaches the hub past the proxy could write it.
Facts: https://cloud.google.com/iap/docs/signed-headers-howto
"""

import asyncio

import jwt
from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.utils import url_path_join
from tornado import web
from traitlets import Unicode

HEADER = "x-goog-iap-jwt-assertion"
ISSUER = "https://cloud.google.com/iap"
KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"


def user_of(assertion, audience, keys):
    """The e-mail address in a signed header; keys: a jwt.PyJWKClient. Raises jwt.PyJWTError where anything about it is wrong."""
    key = keys.get_signing_key_from_jwt(assertion)
    claims = jwt.decode(
        assertion,
        key.key,
        algorithms=["ES256"],
        audience=audience,
        issuer=ISSUER,
        leeway=30,
        options={"require": ["exp", "iat", "aud", "iss", "sub"]},
    )
    email = claims.get("email")
    if not isinstance(email, str) or not email:
        raise jwt.InvalidTokenError("the signed header has no e-mail address")
    return email.removeprefix("accounts.google.com:").lower()


class IapLoginHandler(BaseHandler):
    """Where JupyterHub sends who is not logged in: there is nothing to type, the header came with the request."""

    async def get(self):
        user = await self.login_user()
        if user is None:
            raise web.HTTPError(403, "This account may not use this installation.")
        self.redirect(self.get_next_url(user))


class IapAuthenticator(Authenticator):
    """See above; audience: the one of the backend service that users come through."""

    audience = Unicode(config=True)
    auto_login = True
    keys = None

    def login_url(self, base_url):
        return url_path_join(base_url, "iap-login")

    def get_handlers(self, app):
        return [(r"/iap-login", IapLoginHandler)]

    async def named_by(self, handler):
        """The user whom the request's header names; None: it has no header, or a wrong one, which is logged."""
        assertion = handler.request.headers.get(HEADER)
        if not assertion:
            return None
        self.keys = self.keys or jwt.PyJWKClient(KEYS, timeout=10)
        try:
            # The keys may have to be fetched, which must not hold up the hub.
            return await asyncio.to_thread(user_of, assertion, self.audience, self.keys)
        except jwt.PyJWTError as error:
            self.log.warning("A signed header of IAP was refused: %s", error)
            return None

    async def authenticate(self, handler, data=None):
        name = await self.named_by(handler)
        if name is None:
            raise web.HTTPError(403, "No valid signed header of the Identity-Aware Proxy came with this request.")
        return name

    async def refresh_user(self, user, handler=None, **kwargs):
        """Who has changed the account in front is no longer who the cookie says. Notebook servers come without the header."""
        if handler is None or HEADER not in handler.request.headers:
            return True
        return await self.named_by(handler) == user.name
