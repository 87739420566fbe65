# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A reserved address in a cloud: the request, the owner, and the steps to it.

Whose an address is, is told from marks that it carries itself (labels, tags), never from memory. So a run that was killed after
the cloud had reserved an address, and before anything was written down, finds it again.
"""

from __future__ import annotations

import hashlib
import re
import time
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context

MANAGER = "kubeflow-bootstrap"
_MANAGED_BY, _APPLICATION, _CLUSTER = "managed-by", "kubeflow-application", "kubeflow-cluster"


@dataclass(frozen=True)
class AddressSpec:
    """``account``: project, account or subscription. ``scope``: ``auto``, ``global`` or ``regional``. ``address``: the one to adopt.

    ``named``: whether the user chose the name, which may then be another's address. ``resource_group``, ``endpoint``: Azure's.
    ``subnetwork``: for a regional IPv6 address of Google. ``seconds``: how long to wait for the cloud.
    """

    application: str
    cluster: str
    name: str
    named: bool = False
    account: str | None = None
    region: str | None = None
    scope: str = "auto"
    ip_version: int = 4
    network_tier: str | None = None
    subnetwork: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    resource_group: str | None = None
    endpoint: str | None = None
    seconds: float = 120.0

    @property
    def marks(self) -> dict[str, str]:
        return {_MANAGED_BY: MANAGER, _APPLICATION: label_value(self.application), _CLUSTER: label_value(self.cluster)}

    @property
    def all_labels(self) -> dict[str, str]:
        return {**self.labels, **self.marks}

    def carries_marks(self, labels: Mapping[str, str]) -> bool:
        """Whether something with these labels is ours."""
        return all(labels.get(key) == value for key, value in self.marks.items())

    @property
    def what(self) -> str:
        """What is looked for, in words."""
        return f"the address {self.address}" if self.address else f"the reserved address {self.name}"


@dataclass(frozen=True)
class Address:
    """``address``: empty where it is not known yet. ``region``: ``None`` for a global one. ``made``: whether it carries our marks.

    ``id``: how the cloud names it: the path at Google, the allocation ID at AWS, the resource ID at Azure. ``users``: what uses it.
    """

    provider: str
    name: str
    address: str
    account: str | None
    region: str | None
    scope: str
    ip_version: int
    made: bool
    id: str | None = None
    network_tier: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    users: tuple[str, ...] = ()

    @property
    def document(self) -> Json:
        return {**asdict(self), "users": list(self.users)}


class Cloud(t.Protocol):
    """What each cloud can do. All raise ``BootstrapError``."""

    provider: str
    spec: AddressSpec

    def find(self) -> Address | None:
        """The address that fits the spec; of several with our marks the oldest."""

    def foreseen(self) -> Address:
        """What ``reserve`` would make."""

    def reserve(self) -> Address:
        """Make it, unless somebody else makes it at the same moment: then theirs."""

    def relabel(self, existing: Address) -> Address:
        """Set all labels of the spec."""

    def release(self, existing: Address) -> None:
        """Give it back."""


def default_name(application: str, cluster: str) -> str:
    """The same each time, another for each application and cluster: at most 63 small letters, digits and dashes, a letter first."""
    stem = re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-")
    stem = stem if stem[:1].isalpha() else f"kubeflow-{stem}".strip("-")
    return f"{stem[:50].rstrip('-')}-{hashlib.sha256(f'{application}/{cluster}'.encode()).hexdigest()[:8]}"


def label_value(text: str) -> str:
    """Text as all clouds take it in a label: small letters, digits, dashes and underscores, 63 at most."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]


def present(cloud: Cloud, context: Context) -> tuple[bool, Address | None, Address, str]:
    """Find, adopt or reserve: whether that changed anything, what was there before, what is there now, and what was done."""
    spec = cloud.spec
    existing = cloud.find()
    if existing is None and spec.address:
        raise BootstrapError(
            f"There is no reserved address {spec.address} in {_place(spec)}.",
            fix="Name one that is reserved there, or none to get one.",
        )
    if existing is None:
        foreseen = cloud.foreseen()
        if context.check:
            return True, None, foreseen, f"The address {foreseen.name} would be reserved."
        context.progress(f"reserving the address {foreseen.name}")
        made = cloud.reserve()
        _check_fit(made, spec)
        return True, None, made, f"The address {made.address} was reserved as {made.name}."
    _check_fit(existing, spec)
    if not existing.made:
        return (
            False,
            existing,
            existing,
            f"The address {existing.address} ({existing.name}) already existed, made by others; it is used as it is.",
        )
    lacking = {key: value for key, value in spec.all_labels.items() if existing.labels.get(key) != value}
    if not lacking:
        return False, existing, existing, f"The address {existing.address} is reserved as {existing.name}."
    after = Address(**{**existing.__dict__, "labels": {**existing.labels, **lacking}}) if context.check else cloud.relabel(existing)
    return True, existing, after, f"The address {existing.address} is reserved as {existing.name}; its labels were changed."


def absent(cloud: Cloud, context: Context) -> tuple[bool, Address | None, str]:
    """Release what carries our marks and is not used: whether that changed anything, what was there, and what was done."""
    spec = cloud.spec
    first = existing = cloud.find()
    if existing is None:
        return False, None, f"There is no {spec.what.removeprefix('the ')} in {_place(spec)}."
    if not existing.made:
        return False, existing, f"The address {existing.address} ({existing.name}) is kept: {_owner(existing)}."
    released: list[str] = []
    while existing and existing.made and existing.id not in released:
        if context.check:
            return True, first, f"The address {existing.address} ({existing.name}) would be released{_users(existing)}."
        _unused(cloud, existing, context)
        context.progress(f"releasing the address {existing.address} ({existing.name})")
        cloud.release(existing)
        released.append(str(existing.id))
        existing = cloud.find()
    last = t.cast("Address", first)
    return True, last, f"The address {last.address} ({last.name}) was released."


def _unused(cloud: Cloud, existing: Address, context: Context) -> None:
    """A load balancer that was deleted a moment ago holds its address for some time."""
    end = time.monotonic() + cloud.spec.seconds
    current: Address | None = existing
    pause = 0.5
    while current and current.users:
        if time.monotonic() + pause > end:
            raise BootstrapError(
                f"The address {existing.address} ({existing.name}) was not released: it is in use by {', '.join(current.users)}.",
                fix="Remove what uses it, then run this again.",
                users=list(current.users),
            )
        context.progress(f"the address {existing.address} is still in use by {', '.join(current.users)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)
        current = cloud.find()


def _check_fit(existing: Address, spec: AddressSpec) -> None:
    """Raises BootstrapError where an existing address does not fit the spec."""
    other: str | None = None
    if spec.scope not in ("auto", existing.scope):
        other = f"it is {existing.scope}, not {spec.scope} as requested"
    elif existing.ip_version != spec.ip_version:
        other = f"it is an IPv{existing.ip_version} address, not IPv{spec.ip_version} as requested"
    elif spec.network_tier and existing.network_tier and spec.network_tier != existing.network_tier:
        other = f"its network tier is {existing.network_tier}, not {spec.network_tier} as requested"
    elif existing.region and spec.region and existing.region != spec.region:
        other = f"it is in the region {existing.region}, not {spec.region} as requested"
    if other:
        raise BootstrapError(f"The address {existing.name} ({existing.address}) already exists, but {other}.", fix="Name another, or none.")


def _place(spec: AddressSpec) -> str:
    parts = [spec.account, spec.resource_group, spec.region if spec.scope != "global" else None]
    return ", ".join(part for part in parts if part) or "this account"


def _owner(existing: Address) -> str:
    if existing.labels.get(_MANAGED_BY) == MANAGER:
        return f"it was reserved for the application {existing.labels.get(_APPLICATION)} of the cluster {existing.labels.get(_CLUSTER)}"
    return "it was not reserved by this collection for this application and cluster"


def _users(existing: Address) -> str:
    return f", when nothing uses it any more (now: {', '.join(existing.users)})" if existing.users else ""


def until(condition: Callable[[], t.Any], seconds: float, what: str) -> t.Any:
    """The first true value of ``condition``; raises ``BootstrapError`` after ``seconds``."""
    end, pause = time.monotonic() + seconds, 0.2
    while not (value := condition()):
        if time.monotonic() + pause > end:
            raise BootstrapError(f"{what} within {seconds:.0f} s.", fix="Run this again: it resumes from there.")
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)
    return value
