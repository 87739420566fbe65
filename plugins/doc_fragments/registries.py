# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options by which a module comes by the packages of registries."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  github_token:
    description:
      - A token for registries on GitHub. It is only sent where GitHub refuses without one, and only to the registries' own hosts.
      - If not set, the environment variable E(GITHUB_TOKEN) for github.com, and E(GH_ENTERPRISE_TOKEN) for a host of GitHub Enterprise.
        With registries on both, set these instead of this option. One that is blank counts as none.
    type: str
  ca_path:
    description:
      - A PEM file of certificate authorities to trust for registries, besides those of the system.
      - E(SSL_CERT_FILE), E(HTTPS_PROXY) and E(NO_PROXY) are obeyed as well.
    type: path
  registry_cache:
    description:
      - A folder in which the archives of registries are kept between runs, for all applications of this user.
      - If not set, C(kubeflow.bootstrap/registries) in the user's cache folder.
    type: path
  download_timeout:
    description: Seconds that the download of one registry may take, with all its tries.
    type: int
    default: 300
"""
