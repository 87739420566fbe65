# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of Sphinx for the documentation site. `make docs` puts this beside what tools/docs.py gathered, and builds it."""

from __future__ import annotations

import os

from docutils import nodes

project = "kubeflow.bootstrap"
author = "the kubeflow.bootstrap authors"
copyright = f"2026, {author}"  # the name that Sphinx wants
version = release = os.environ.get("COLLECTION_VERSION", "")
html_title = f"{project} {release}"
html_short_title = project

extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
# Nothing is fetched from elsewhere, neither when it is built nor when it is read.
html_theme_options = {"show_extranav": False, "show_rtd_ethical_ads": False, "navigation_depth": 3}
html_static_path = ["_static"]
templates_path = ["_templates"]
exclude_patterns = ["_templates"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_sourcelink = False
html_use_index = False

pygments_style = "ansible"
highlight_language = "none"
nitpicky = True
# As on GitHub: every heading has an anchor.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

linkcheck_ignore = [
    r"https?://(.*\.)?example\.(com|org)",
    r"https?://(localhost|127\.0\.0\.1)",
    # the collection is not published there yet
    r"https://galaxy\.ansible\.com/",
]
linkcheck_timeout = 20

# Pages of Ansible that antsibull-docs refers to. Sphinx would learn their addresses from an index in the network.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
ELSEWHERE = {
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
}


def _ansible_page(app, env, node, content):
    """A link to Ansible's own documentation, for a label that is not defined here."""
    label = node.get("reftarget", "")
    page = ELSEWHERE.get(label)
    if node.get("reftype") == "envvar" and label.startswith("ANSIBLE_"):
        page = f"reference_appendices/config.html#envvar-{label}"
    if label.startswith("ansible_collections.ansible.builtin."):
        page = f"collections/ansible/builtin/{label.removeprefix('ansible_collections.ansible.builtin.')}.html"
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + page) if page else None


def setup(app):
    app.connect("missing-reference", _ansible_page)
