# crihealthd. Two commands for a newcomer: `make run` and `make test`.
SHELL := /bin/bash
SWIFT ?= swift
RELEASE_FLAGS := -c release --static-swift-stdlib --scratch-path .build-release -Xswiftc -Osize -Xlinker --no-export-dynamic -Xlinker --icf=safe

.PHONY: run demo test build release unit node-test format lint deps-build deps-test deps-package clean

## Installs what is missing, builds, and runs the daemon; without a container runtime it serves a recorded outage.
run: deps-build
	$(SWIFT) build --product crihealthd
	scripts/run "$$($(SWIFT) build --show-bin-path)/crihealthd"

## The recorded outage, whatever is installed here.
demo: deps-build
	$(SWIFT) build --product crihealthd
	scripts/run "$$($(SWIFT) build --show-bin-path)/crihealthd" --recorded

## Everything: format, unit and corpus tests, the journal's races, real containerd, a booted node.
test: deps-test lint unit node-test
	scripts/summary .build/unit.log .build/node.log

unit:
	@mkdir -p .build
	set -o pipefail; $(SWIFT) test 2>&1 | tee .build/unit.log

## A real booted Debian node with systemd, containerd and this daemon (root only).
node-test:
	@mkdir -p .build
	$(SWIFT) build --product crihealthd
	set -o pipefail; Tests/Node/run-scenarios "$$($(SWIFT) build --show-bin-path)/crihealthd" 2>&1 | tee .build/node.log

build: deps-build
	$(SWIFT) build

## The binary that is installed: static Swift runtime, small, stripped.
release: deps-build
	$(SWIFT) build $(RELEASE_FLAGS) --product crihealthd
	cp .build-release/release/crihealthd .build-release/crihealthd
	strip .build-release/crihealthd
	scripts/check-binary .build-release/crihealthd

## The Debian package, checked by lintian: .build-deb/crihealthd_VERSION_ARCH.deb
deb: deps-package release
	packaging/check
	packaging/build-deb .build-release/crihealthd .build-deb

## The rpm, from the same staged files; it and the deb are compared.
rpm: deb
	packaging/build-rpm .build-release/crihealthd .build-rpm
	packaging/compare .build-deb/crihealthd_*.deb .build-rpm/crihealthd-*.rpm

## The installed package on booted nodes, Debian 12 and 13 (root only); `make deb` comes before.
test-node: deps-test
	@mkdir -p .build
	set -o pipefail; for suite in bookworm trixie; do \
	    Tests/Node/run-scenarios --suite $$suite --package .build-deb/crihealthd_*.deb || exit; \
	done 2>&1 | tee .build/package.log

format:
	$(SWIFT) format -i -r --configuration .swift-format Sources Tests Package.swift

lint:
	$(SWIFT) format lint --strict -r --configuration .swift-format Sources Tests Package.swift

deps-build:
	scripts/install-packages build

deps-test:
	scripts/install-packages test

deps-package:
	scripts/install-packages package

clean:
	rm -rf .build .build-release .build-node .build-deb .build-rpm
