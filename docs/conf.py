"""Settings of Sphinx: ``make html`` builds the documentation, ``.ci/run`` does so with every warning an error."""

from ftpd_service import __version__

project = "ftpd-service"
author = "the authors of ftpd-service"
copyright = f"2026, {author}"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "repoze.sphinx.autointerface"]
html_theme = "furo"
html_title = f"ftpd-service {release}"
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
nitpicky = True
nitpick_ignore_regex = [
    # Names of other projects: a build asks nothing of the network, so it cannot link to their documentation.
    ("py:class", r"(twisted|zope|OpenSSL|ipaddress|collections|datetime)\..*"),
    ("py:class", r"IPv[46]Address|stat_result"),
    # Sphinx writes the interface in an annotation as its repr.
    ("py:class", r"<InterfaceClass .*>"),
    ("py:class", r"ftpd_service\.testing\.fakes\.T"),
    # Settings of the test kit's dialogue, which the page leaves out.
    ("py:class", r"(Session|Control)Settings|Connections|Entrance|CommandRate|FakeTls|Turns"),
]
