# `make help` lists the targets.
# VENV and PYTHON may be set:  make test VENV=/tmp/v310 PYTHON=python3.10
# So may TESTS:  make coverage TESTS=tests.wire
# By default TESTS is everything but tests.integration, whose tests are slow: they start databases and other servers.

PYTHON ?= python3
VENV ?= .venv
# The extras whose libraries the tests use.
EXTRAS = postgresql,ldap,pam,metrics
INTEGRATION := tests.integration
TESTS ?= $(filter-out $(INTEGRATION),$(subst /,.,$(patsubst %/__init__.py,%,$(wildcard tests/*/__init__.py)) \
    $(basename $(wildcard tests/test_*.py))))
BIN := $(abspath $(VENV))/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TRIAL := $(BIN)/python -m twisted.trial
CODE := ftpd_service tests benchmarks examples twisted/plugins .ci

.DEFAULT_GOAL := help

.PHONY: bench coverage help run test integration interop types lint format check verbs docs fragment clean html \
    install install-package install-files

help:  ## Show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | while IFS="$$(printf '\t')" read -r name text; do \
	    printf '  make %-11s %s\n' "$$name" "$$text"; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "Python 3.10 or newer is needed; name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { echo "Python's venv module is not complete; on Debian: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.bench: setup.cfg pyproject.toml benchmarks/pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --editable . --editable ./benchmarks
	@touch $@ $(VENV)/.run

$(VENV)/.test: setup.cfg pyproject.toml benchmarks/pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --editable '.[test,$(EXTRAS)]' --editable ./benchmarks
	@touch $@ $(VENV)/.run $(VENV)/.bench

$(VENV)/.check: setup.cfg pyproject.toml benchmarks/pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --editable '.[test,check,$(EXTRAS)]' --editable ./benchmarks
	@touch $@ $(VENV)/.run $(VENV)/.bench $(VENV)/.test

run: $(VENV)/.run  ## Serve etc/ftpd-minimal.yaml on 127.0.0.1:2121
	@echo
	@echo "Serving run/demo on 127.0.0.1, port 2121.  Try, in another terminal:"
	@echo "    curl -T README.rst ftp://demo:demo@127.0.0.1:2121/      put a file"
	@echo "    curl ftp://127.0.0.1:2121/                              list it, as anonymous"
	@echo "    lftp -u demo,demo ftp://127.0.0.1:2121                  look around"
	@echo "For TLS, $(VENV)/bin/ftpd-service tls self-signed makes a certificate and prints the lines for etc/ftpd-minimal.yaml."
	@echo "Ctrl-C stops the server."
	@echo
	@exec $(BIN)/twistd --nodaemon --pidfile= ftpd -c etc/ftpd-minimal.yaml

test: $(VENV)/.test  ## Run the suite with trial, but for the tests of make integration
	$(TRIAL) $(TESTS_OPTIONS) $(TESTS)

coverage: $(VENV)/.check  ## Run the suite and say which lines and branches it misses
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m twisted.trial $(TESTS_OPTIONS) $(TESTS); status=$$?; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report && exit $$status

interop: $(VENV)/.test  ## Run only the tests with real clients
	$(TRIAL) tests.interop

integration: $(VENV)/.test  ## Run the slow tests, which start databases and other servers, or let disks hang
	$(TRIAL) $(TESTS_OPTIONS) $(INTEGRATION)

types: $(VENV)/.check  ## mypy --strict on code and tests
	$(BIN)/mypy

lint: $(VENV)/.check  ## ruff, checking only
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

format: $(VENV)/.check  ## ruff, fixing what it can
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

check: lint types test  ## Every check that a change must pass; .ci/run adds make integration

bench: $(VENV)/.bench  ## Measure this server against others on this host; see docs/performance.rst
	$(BIN)/python -m ftpd_bench.peers.run $(BENCH_OPTIONS)

verbs: $(VENV)/.run  ## Print the table of verbs as rst, for docs/verbs.rst
	@$(BIN)/python -m ftpd_service.commands.reference

docs: $(VENV)/.run  ## Generate the reference pages, the manual pages and etc/ftpd.yaml
	$(BIN)/python -m ftpd_service.config.reference > docs/configuration.rst
	$(BIN)/python -m ftpd_service.commands.reference > docs/verbs.rst
	$(BIN)/python -m ftpd_service.config.example > etc/ftpd.yaml
	$(BIN)/python -m ftpd_service.manual.file_page > share/man/man5/ftpd.yaml.5
	$(BIN)/python -m ftpd_service.manual.command_page > share/man/man1/ftpd-service.1

$(VENV)/.docs: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --editable '.[docs]'
	@touch $@ $(VENV)/.run

html: $(VENV)/.docs  ## Build the documentation with Sphinx, every warning an error
	$(BIN)/sphinx-build --fail-on-warning --nitpicky --keep-going --quiet docs docs/_build

fragment:  ## Begin a changelog fragment: make fragment NAME=abor-in-tls KIND=bugfix
	@test -n "$(NAME)" -a -n "$(KIND)" || { echo "make fragment NAME=... KIND=feature|bugfix|removal|doc|misc" >&2; exit 1; }
	$${EDITOR:-vi} changelog.d/$(NAME).$(KIND).rst

# By default the paths of the unit.  With DESTDIR (for packages) PYTHON is that of the packaged system, and PIP_OPTIONS may
# be --no-deps.
prefix ?= /opt/ftpd
bindir ?= $(prefix)/bin
sysconfdir ?= /etc
# systemd reads these folders below /usr and /usr/local, and else only those of /etc.
SYSTEMD_BELOW = $(if $(filter /usr /usr/local,$(prefix)),$(prefix)/lib,$(sysconfdir))
unitdir ?= $(SYSTEMD_BELOW)/systemd/system
sysusersdir ?= $(SYSTEMD_BELOW)/sysusers.d
tmpfilesdir ?= $(SYSTEMD_BELOW)/tmpfiles.d
SYSTEMD_VERSION ?= $(shell systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
PACKAGE ?= .
INSTALL ?= install

install: install-package install-files  ## Install the service and its systemd files: DESTDIR= prefix=/opt/ftpd

install-package:
ifeq ($(DESTDIR),)
	[ -x $(bindir)/python ] || $(PYTHON) -m venv $(prefix)
	$(bindir)/python -m pip --disable-pip-version-check install --quiet $(PIP_OPTIONS) $(PACKAGE)
else
	$(PYTHON) -m pip --disable-pip-version-check install --quiet --ignore-installed --no-warn-script-location \
	    --root $(abspath $(DESTDIR)) --prefix $(prefix) $(PIP_OPTIONS) $(PACKAGE)
endif

install-files:
	$(INSTALL) -d $(addprefix $(DESTDIR),$(unitdir) $(sysusersdir) $(tmpfilesdir) $(sysconfdir)/logrotate.d)
	sed '/^#/!s:/opt/ftpd/bin/:$(bindir)/:g' etc/ftpd.service > $(DESTDIR)$(unitdir)/ftpd.service
	chmod 644 $(DESTDIR)$(unitdir)/ftpd.service
	$(INSTALL) -m 644 -t $(DESTDIR)$(unitdir) etc/ftpd.socket
	if [ "0$(SYSTEMD_VERSION)" -ge 253 ]; then \
	    $(INSTALL) -D -m 644 -t $(DESTDIR)$(unitdir)/ftpd.service.d etc/ftpd.service.d/notify-reload.conf; fi
	$(INSTALL) -m 644 -t $(DESTDIR)$(sysusersdir) etc/sysusers.d/ftpd.conf
	$(INSTALL) -m 644 -t $(DESTDIR)$(tmpfilesdir) etc/tmpfiles.d/ftpd.conf
	$(INSTALL) -m 644 -t $(DESTDIR)$(sysconfdir)/logrotate.d etc/logrotate.d/ftpd-service

clean:  ## Remove the virtual environment and generated files
	rm -rf $(VENV) docs/_build build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
