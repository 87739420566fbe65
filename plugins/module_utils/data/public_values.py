# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords and keys that everybody can read in manifests of Kubeflow.

Source: the Secrets of github.com/kubeflow/manifests and community-distribution, releases 1.10 to 26.03.1; SHA-256 of each value, so that
no file of this collection holds one.
"""

from __future__ import annotations

PUBLIC_VALUES: dict[str, str] = {
    "c154376989fcff516b441dcc647bfe75780c80caf4f0d10012f98f93db0aa510": "the hash of the password of Dex' user",
    "1718c24b10aeb8099e3fc44960ab6949ab76a267352459f203ea1036bec382c2": "the password of Dex' user",
    "462a0aa7e3ad7e72bcc06fd22a504044f4a4c79033231b9dc8900ad84fbe29b9": "the client secret of Dex and oauth2-proxy",
    "80c8cb5e94a392a3d8fc7cf03d8a73bf68788e684466a02393405c717243c900": "the cookie secret of oauth2-proxy",
    "179c076ac522159dbbd50d4f1d84faf05551fe5b59d7e5824a800d46559fb1d1": "the key of the object store",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "the password of the databases of Katib and the model registry",
    "a942b37ccfaf5a813b1432caa209a43b9d144e47ad0de1549c289c253e556cd5": "the password of the catalog's database",
}
"""SHA-256 of a value to its description."""
