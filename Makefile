# crihealthd. Two commands for a newcomer: `make run` and `make test`.
SHELL := /bin/bash
SWIFT ?= swift
# A section for each function: the linker leaves out those that nobody calls, and folds those that are the same. No name of the
# folder that it is built in: swift-nio's C has __FILE__.
RELEASE_FLAGS := -c release --static-swift-stdlib --scratch-path .build-release -Xswiftc -Osize \
    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xlinker --no-export-dynamic -Xlinker --icf=all \
    -Xcc -ffile-prefix-map=$(CURDIR)/=

.PHONY: run demo test check project site sbom release-artifacts reproduce arm64 fuzz unit-quick cri prometheus prometheus-live endpoint build release deb rpm unit guard guard-renew release-flags test-node bench \
    bench-quick bench-fleet soak format lint project-venv provenance deps-build deps-test deps-bench deps-package clean

## Installs what is missing, builds, and runs the daemon; without a container runtime it serves a recorded outage.
run: deps-build
	$(SWIFT) build --product crihealthd
	scripts/run "$$($(SWIFT) build --show-bin-path)/crihealthd"

## The recorded outage, whatever is installed here.
demo: deps-build
	$(SWIFT) build --product crihealthd
	scripts/run "$$($(SWIFT) build --show-bin-path)/crihealthd" --recorded

## Everything: format, licences and pages, unit and corpus tests, the journal's races, what a line costs, real containerd and Prometheus, the
## endpoint in a browser, both packages, booted nodes (root).
test: deps-test lint project arm64 prometheus unit guard prometheus-live endpoint test-node
	scripts/summary .build/project.log .build/crictl.log .build/unit.log .build/guard.log .build/prometheus.log .build/endpoint.log .build/node.log

## Everything that needs neither root nor a node: five minutes after the build.
check: lint project unit-quick
	scripts/summary .build/project.log .build/unit.log

## Licences, version, changelog, pinned dependencies, the site's links, the Ansible role (PyPI, the first time).
project: project-venv
	set -o pipefail; scripts/project .build/project-venv 2>&1 | tee .build/project.log

project-venv: deps-build
	@mkdir -p .build
	scripts/python-venv .build/project-venv scripts/project-requirements.txt

## The documentation site: .build/site/html
site: project-venv
	docs/site/make-site .build/site/pages
	cp docs/site/mkdocs.yml .build/site/
	.build/project-venv/bin/mkdocs build --quiet --strict --config-file .build/site/mkdocs.yml

## The C target for arm64 and here, and what of it depends on the architecture, run by qemu-user.
arm64: deps-test
	Tests/Architecture/run

## Seeded mutations of everything that is read, for MINUTES (10), with SANITIZE (address) or without (SANITIZE=). Swift's driver
## has no sanitizer of undefined behaviour on Linux: Swift traps by itself, and the C in here is made to.
SANITIZE ?= address
fuzz: deps-test
	LSAN_OPTIONS=suppressions=Tests/Support/leaks.supp FUZZ_SECONDS=$$(( $(or $(MINUTES),10) * 60 / 22 )) $(SWIFT) test --scratch-path .build-fuzz \
	    --disable-xctest $(addprefix --sanitize=,$(SANITIZE)) -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined \
	    --filter 'FuzzTests|TOMLTests|QuotedStrangersTests'

unit-quick:
	@mkdir -p .build; : >.build/unit.log
	scripts/quietly .build/unit.log $(SWIFT) test --skip '^SystemdTests[.]'

cri: deps-test
	Tests/Support/make-cri

## All unit tests: a line for each suite; .build/unit.log has the rest.
unit: cri unit-quick
	set -o pipefail; Tests/Support/test_crictl.py 2>&1 | tee .build/crictl.log
	# The journal's tests measure what their own process costs, so no other suite runs in it.
	scripts/quietly .build/unit.log $(SWIFT) test --skip-build --filter '^SystemdTests[.]'

## What a journal line costs, in instructions and allocations, and what the binary needs of a node: nothing here is timed.
guard: deps-test release
	@mkdir -p .build
	set -o pipefail; { Benchmarks/guard/test_guard.py && Benchmarks/guard/guard; } 2>&1 | tee .build/guard.log

## Commits to what a line costs now: Benchmarks/guard/figures.
guard-renew: deps-test
	Benchmarks/guard/guard --renew

## The alerts and recording rules, by promtool.
prometheus: deps-test
	cd packaging/prometheus && for config in scrape scrape-agent shard federate; do \
	    promtool check config --lint-fatal $$config.yml || exit 1; done
	cd packaging/prometheus && promtool test rules tests.yml
	packaging/prometheus/check-operator

## A real Prometheus and node_exporter on a real daemon and a real containerd, which is killed (root).
prometheus-live: deps-test
	@mkdir -p .build
	Tests/Support/make-cri
	$(SWIFT) build --product crihealthd
	set -o pipefail; for test in live sharding; do \
	    Tests/Prometheus/$$test.py "$$($(SWIFT) build --show-bin-path)/crihealthd" 2>&1 || exit 1; \
	    done | tee .build/prometheus.log

## What 1,000 nodes cost one Prometheus, in a quarter of an hour: docs/fleet.md has the figures.
bench-fleet: deps-test
	$(SWIFT) build --product crihealthd
	Benchmarks/fleet/bench.py "$$($(SWIFT) build --show-bin-path)/crihealthd"

## A running daemon: its API against its own description, its metrics, its page in a browser, what its streams cost.
endpoint: deps-test
	scripts/python-venv .build/endpoint-venv Tests/Endpoint/requirements.txt
	$(SWIFT) build --product crihealthd
	set -o pipefail; Tests/Endpoint/run .build/endpoint-venv/bin/python \
	    "$$($(SWIFT) build --show-bin-path)/crihealthd" 2>&1 | tee .build/endpoint.log

build: deps-build
	$(SWIFT) build

## The binary that is installed: static Swift runtime, small, stripped. Other flags begin anew: the compiler leaves an object
## whose code is the same as it is, whatever they say of its sections.
release: deps-build
	@[ "$$(cat .build-release/flags 2>/dev/null)" = '$(RELEASE_FLAGS)' ] || rm -rf .build-release/*-linux-gnu
	@mkdir -p .build-release && echo '$(RELEASE_FLAGS)' >.build-release/flags
	$(SWIFT) build $(RELEASE_FLAGS) --product crihealthd
	cp .build-release/release/crihealthd .build-release/crihealthd
	strip .build-release/crihealthd
	scripts/check-binary .build-release/crihealthd

## What the binary holds of others' work and needs of a node, read off the build: NOTICE, and an SBOM (SPDX 2.3) that is validated.
sbom: provenance project-venv
	.build/project-venv/bin/pyspdxtools --infile .build-release/sbom.spdx.json
	@echo "SBOM: $$(grep -c '"SPDXID": "SPDXRef-l' .build-release/sbom.spdx.json) components, valid: .build-release/sbom.spdx.json"

provenance: release
	packaging/provenance notice .build-release .build-release/crihealthd >.build-release/NOTICE
	packaging/provenance sbom .build-release .build-release/crihealthd >.build-release/sbom.spdx.json

## For who builds something else in the same way.
release-flags:
	@echo $(filter-out --scratch-path .build-release,$(RELEASE_FLAGS))

## The Debian package, checked by lintian: .build-deb/crihealthd_VERSION_ARCH.deb
deb: deps-package provenance
	packaging/check
	packaging/build-deb .build-release/crihealthd .build-deb

## The rpm, from the same staged files; it and the deb are compared. A later release of it is for the nodes to upgrade to.
rpm: deb
	packaging/build-rpm .build-release/crihealthd .build-rpm
	packaging/build-rpm .build-release/crihealthd .build-rpm/next 2
	packaging/compare .build-deb/crihealthd_*.deb .build-rpm/crihealthd-*.rpm

## What is released, in .build-artifacts: packages, checksums, SBOM, NOTICE, an apt and a yum repository, signed with the key
## KEY=ID of your gpg.
release-artifacts: rpm sbom
	@[ -n "$(KEY)" ] || { echo "KEY=ID: with which key of gpg?" >&2; exit 2; }
	packaging/release-artifacts .build-artifacts "$(KEY)" .build-release/sbom.spdx.json .build-release/NOTICE \
	    .build-deb/crihealthd_*.deb .build-rpm/crihealthd-*.rpm

## Two builds of the last commit, in two folders; says whether they are the same to the byte.
reproduce: deps-package
	scripts/reproduce

## Both packages, built and installed on booted nodes, Debian 12 and 13 (root only).
test-node: deps-test rpm sbom
	@mkdir -p .build
	set -o pipefail; { status=0; \
	    Tests/Node/run-scenarios --package .build-deb/crihealthd_*.deb --rpm .build-rpm/crihealthd-*.rpm \
	        --rpm-next .build-rpm/next/crihealthd-*.rpm --ansible .build/project-venv || status=1; \
	    Tests/Node/run-scenarios --package .build-deb/crihealthd_*.deb --suite trixie \
	        --ansible .build/project-venv || status=1; \
	    exit $$status; } 2>&1 | tee .build/node.log || { grep '^failed on' .build/node.log; exit 1; }

## Everything of docs/performance.md, measured here (root); bench-quick takes smaller data and writes nothing.
bench: deps-bench release
	Benchmarks/bench

bench-quick: deps-bench release
	Benchmarks/bench --quick

## 200 lines a second with a rotation each minute, for HOURS (1).
soak: deps-bench release
	Benchmarks/soak $(or $(HOURS),1)

format:
	$(SWIFT) format -i -r --configuration .swift-format Sources Tests Benchmarks Package.swift

lint:
	$(SWIFT) format lint --strict -r --configuration .swift-format Sources Tests Benchmarks Package.swift

deps-build:
	scripts/install-packages build

deps-test:
	scripts/install-packages test

deps-bench:
	scripts/install-packages bench

deps-package:
	scripts/install-packages package

clean:
	rm -rf .build .build-bench .build-release .build-node .build-deb .build-rpm .build-fuzz .build-artifacts .build-reproduce
