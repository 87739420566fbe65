# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service of AWS by boto3, whose errors say what to do.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, which has the codes that all services share, and
https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable

from ..errors import BootstrapError, missing_library
from ..formats.json_object import Json

_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError", "SSOTokenLoadError"}
_NO_CONFIGURATION = {"ProfileNotFound", "ConfigParseError", "InvalidConfigError"}
_DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "NotAuthorizedException"}
_BAD_LOGIN = {
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "RequestExpired",
    "UnrecognizedClientException",
}


class AwsApi:
    """One service. ``name`` is what people call it, ``purpose`` what it is needed for (the beginning of a sentence).

    ``about`` follows what it refuses, such as `` for kubeflow.example.com``; a service without it is regional, and its region follows.
    ``explain`` gives the error for a code and a message that are its own, or ``None``. All errors are ``BootstrapError``, with ``code`` in
    the details if AWS itself answered.
    """

    def __init__(
        self,
        service: str,
        name: str,
        purpose: str,
        explain: Callable[[str, str], BootstrapError | None],
        *,
        region: str | None = None,
        about: str | None = None,
    ) -> None:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise missing_library(purpose, "boto3") from None
        self._service, self._name, self._explain, self._about = service, name, explain, about
        self.region = region or "at hand"
        config = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6})
        try:
            session = boto3.session.Session(region_name=region)
            # A service that is one for the world needs a region for the signature alone.
            region = session.region_name or (None if about is None else "us-east-1")
            if not region:
                raise BootstrapError("The region of AWS is not known.", fix="Set region or AWS_REGION.")
            self.region = str(region)
            self._client = session.client(service, config=config, region_name=self.region)
        except (BotoCoreError, ValueError) as error:
            raise self._unreachable(error) from None

    def ask(self, action: str, **arguments: t.Any) -> Json:
        """The answer to an action, called as boto3 calls it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return t.cast(Json, getattr(self._client, action)(**arguments))
        except ClientError as error:
            raise self._refused(error, action) from None
        except BotoCoreError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> BootstrapError:
        name = type(error).__name__
        if name in _NO_CREDENTIALS:
            return BootstrapError(f"No credentials of AWS found ({name}).", fix="aws configure, aws sso login, or set AWS_PROFILE.")
        if name in _NO_CONFIGURATION:
            return BootstrapError(f"AWS's configuration can't be used ({name}).", fix="Check AWS_PROFILE and ~/.aws/config.")
        if self._about is None:
            fix = "Check that there is such a region, the network, and AWS_ENDPOINT_URL."
            return BootstrapError(f"{self._name} in the region {self.region} can't be reached ({name}).", fix=fix)
        return BootstrapError(f"{self._name} can't be reached ({name}).", fix="Check the network, HTTPS_PROXY and AWS_ENDPOINT_URL.")

    def _refused(self, error: t.Any, action: str) -> BootstrapError:
        code = str(error.response.get("Error", {}).get("Code"))
        detail = " ".join(str(error.response.get("Error", {}).get("Message")).split())[:300]
        operation = "".join(part.capitalize() for part in action.split("_"))
        about = f" in the region {self.region}" if self._about is None else self._about
        own = self._explain(code, detail)
        if own:
            return own
        if code in _DENIED:
            who = re.search(r"User: (\S+) is not", detail)
            may = f"{self._service}:{operation}"
            message = f"{who[1] if who else 'The credentials of AWS'} may not do {may}{about}."
            return BootstrapError(message, fix=f"Allow the action {may} in a policy of that identity.", code=code)
        if code in _BAD_LOGIN:
            fix = "Log in again: aws sso login, or aws configure."
            return BootstrapError(f"AWS rejects these credentials ({code}).", fix=fix, code=code)
        return BootstrapError(f"{self._name} refuses {operation}{about} ({code}): {detail}", code=code)
