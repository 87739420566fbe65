# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS: its instance metadata (IMDSv2), and the credentials at hand.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html,
https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html (the variables)
"""

from __future__ import annotations

import os

from ...formats import foreign_json
from .detection import CloudFinding, Env, MetadataServer, SourceUnavailable, printable

_TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}


def metadata(env: Env, seconds: float) -> CloudFinding:
    """What the machine that this runs on is told of itself. Its credentials are not asked for."""
    if env.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise SourceUnavailable("AWS_EC2_METADATA_DISABLED is set")
    six = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower() == "ipv6"
    url = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or ("http://[fd00:ec2::254]" if six else "http://169.254.169.254")
    server = MetadataServer(url, seconds)
    status, token, unused = server.ask("/latest/api/token", _TTL, method="PUT")
    if status != 200 or not printable(token):
        raise SourceUnavailable("what answers there is another's")
    headers = {"X-aws-ec2-metadata-token": token}
    document = _json(server.ask("/latest/dynamic/instance-identity/document", headers)[1])
    account, region, zone = (printable(document.get(name)) for name in ("accountId", "region", "availabilityZone"))
    if not (account and account.isdigit()):
        raise SourceUnavailable("what answers there is another's")
    mac = server.value("/latest/meta-data/mac", headers)
    role = printable(_json(server.ask("/latest/meta-data/iam/info", headers)[1]).get("InstanceProfileArn"))
    return CloudFinding(
        provider="aws",
        account=account,
        region=region,
        zones=[zone] if zone else [],
        cluster_name=server.value("/latest/meta-data/tags/instance/aws:eks:cluster-name", headers),
        network=server.value(f"/latest/meta-data/network/interfaces/macs/{mac}/vpc-id", headers) if mac else None,
        acting_as=role,
        acting_as_kind="role" if role else None,
        credentials_source="metadata server" if role else None,
        evidence=[f"The metadata server of this machine is that of EC2: account {account}{f', zone {zone}' if zone else ''}"],
    )


def _json(text: str) -> dict[str, object]:
    try:
        document = foreign_json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def credentials(env: Env, region: str | None) -> CloudFinding:
    """Who AWS's libraries would act as: asks STS with boto3. Raises ``SourceUnavailable`` where that can't be told."""
    role = printable(env.get("AWS_ROLE_ARN")) if env.get("AWS_WEB_IDENTITY_TOKEN_FILE") else None
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        if not role:
            raise SourceUnavailable("to ask AWS, boto3 is needed: pip install boto3") from None
        return _identity(role, "web identity token", _account_of(role), _region(env))
    try:
        session = boto3.session.Session()
        login = session.get_credentials()
        if login is None:
            raise SourceUnavailable("no credentials of AWS found: aws configure, or aws sso login")
        bounds = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
        place = region or session.region_name or "us-east-1"
        identity = session.client("sts", region_name=place, config=bounds).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        code = printable(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else None
        raise SourceUnavailable(f"AWS rejects the credentials at hand, or can't be reached ({code or type(error).__name__})") from None
    return _identity(
        printable(identity.get("Arn")), printable(login.method), printable(identity.get("Account")), printable(session.region_name)
    )


def _region(env: Env) -> str | None:
    return printable(env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION"))


def _account_of(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else None


def _identity(arn: str | None, source: str | None, account: str | None, region: str | None) -> CloudFinding:
    name = os.path.basename(arn or "") or "nobody"
    return CloudFinding(
        account=account,
        region=region,
        acting_as=arn,
        acting_as_kind="user" if arn and ":user/" in arn else "role",
        credentials_source=source,
        evidence=[f"The credentials of AWS at hand ({source}) are those of {name} in the account {account}"],
    )
