// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What a package file would do here, beyond its version.
extension PreflightJudge {
    mutating func judgePackages() {
        for package in packages {
            guard let component = package.component, package.target != nil else {
                missed(
                    "\(package.file): \(package.name) \(package.version), of which the tables know nothing")
                continue
            }
            saw("what \(package.file) brings: \(package.name) \(package.version)")
            judgeBundled(package, component)
            judgeStart(package, component)
            judgeUse(package, component)
            judgeConfigurations(package)
            judgeNetworks(package)
            guard !package.restarts.isEmpty else { continue }
            find(
                .note, "package-restarts", package.name,
                "its script starts \(package.restarts.joined(separator: ", ")) anew as soon as it is installed",
                then: "What is found here comes into force at that moment.")
        }
    }

    /// A package tells its own version alone.
    private mutating func judgeBundled(_ package: UpgradePackage, _ component: String) {
        let bundled = ["crun", "runc", "conmon"].filter {
            $0 != component && !package.programs(named: $0).isEmpty
        }
        guard !bundled.isEmpty else { return }
        missed("the versions of \(bundled.joined(separator: ", ")) in \(package.file)")
    }

    /// The binary that a unit starts, by the component that it belongs to.
    private func binaries(_ component: String) -> RuntimeBinaries? {
        if component == "kubelet" { return kubeletBinaries }
        return facts.runtimes.first { $0.endpoint.runtime.rawValue == component }
            .flatMap { facts.answers.runtimeBinaries[$0.unit.name]?.value }
    }

    private mutating func judgeStart(_ package: UpgradePackage, _ component: String) {
        let daemon = component == "cri-o" ? "crio" : component
        let brought = package.programs(named: daemon)
        guard let first = brought.first, let report = binaries(component),
            let next = report.configured?.path, next.hasSuffix("/" + daemon),
            !brought.contains(UpgradePackage.canonical(next))
        else { return }
        let own = package.unit(report.unit)
        let overrides =
            files?.keys.filter {
                $0.hasPrefix("/etc/systemd/system/\(report.unit)")
                    || $0.hasPrefix("/run/systemd/system/\(report.unit)")
            }.sorted() ?? []
        let evidence = ["\(report.unit) starts \(next)", "the package brings \(first)"]
        if let own, own.starts == first, overrides.isEmpty {
            find(
                .warning, "package-other-path", package.name,
                "its unit file starts another binary than the one that \(report.unit) starts now",
                evidence + ["its unit file \(own.path) starts \(first)"],
                then: "Where it takes the place of the unit that is there, the next start changes both.",
                first: "see `systemctl cat \(report.unit)`, and compare both with --version")
        } else {
            find(
                .warning, "package-other-path", package.name,
                "\(report.unit) does not start the binary that the package brings", evidence + overrides,
                then: "Unless the package's own unit file changes that, it goes on with the old binary.",
                first: "see `systemctl cat \(report.unit)`: let it start \(first), or upgrade the other file")
        }
    }

    /// An OCI runtime at a path where nobody calls it.
    private mutating func judgeUse(_ package: UpgradePackage, _ component: String) {
        guard component == "runc" || component == "crun" else { return }
        let brought = package.programs(named: component)
        guard !brought.isEmpty else { return }
        let made = Set(facts.containers.entries.values.compactMap { $0.processes.monitor?.runtimePath })
        var used = made.filter { OCIRuntimeIdentity(path: $0, root: nil)?.kind == component }
            .map { (path: $0, said: "containers were made by \($0)") }
        if component == "runc", let path = facts.answers.binaries["runc"]?.value,
            facts.runtimes.contains(where: { $0.endpoint.runtime == .containerd })
        {
            used.append((path, "containerd finds \(path) by its PATH"))
        }
        guard !used.isEmpty else {
            missed("whether anything here uses the \(component) of \(package.file)")
            return
        }
        saw("who uses the \(component) of \(package.file)")
        let others = used.filter { !brought.contains(UpgradePackage.canonical($0.path)) }
        guard !others.isEmpty else { return }
        find(
            .warning, "package-not-used", package.name,
            others.count == used.count
                ? "nothing here is known to use the file that it brings"
                : "not everything here uses the file that it brings",
            ["the package brings \(brought.joined(separator: ", "))"] + Set(others.map(\.said)).sorted(),
            then: "What the new version mends does not reach what uses the other file.",
            first: "upgrade the package of the other, too: `dpkg -S PATH` or `rpm -qf PATH` names it")
    }

    /// Runtimes take the first file of the directory by its name (libcni, ocicni).
    private mutating func judgeNetworks(_ package: UpgradePackage) {
        let folder = "/etc/cni/net.d/"
        let brought = package.paths.filter { path in
            path.hasPrefix(folder) && [".conf", ".conflist", ".json"].contains(where: path.hasSuffix)
        }.map { String($0.dropFirst(folder.count)) }
        guard !brought.isEmpty else { return }
        guard let there = facts.answers.cni[String(folder.dropLast())]?.value, there.errno == nil else {
            missed("the CNI directory, where \(package.file) brings \(brought.joined(separator: ", "))")
            return
        }
        guard let first = there.files.map(\.name).min() else { return }
        for name in brought.sorted() where name < first {
            find(
                .warning, "package-network", package.name,
                "it brings \(folder)\(name), which is read before \(first)",
                ["the first file of \(folder) is \(first) now"]
                    + (package.manager == .dpkg && package.keeps(folder + name)
                        ? ["dpkg does not put it back where it was there and somebody deleted it"] : []),
                then:
                    "Pods that are made from then on get the network of the package's file, unless the runtime is told another by name.",
                first: "see what is in it, and take it away after the upgrade if it is not the cluster's")
        }
    }

    private mutating func judgeConfigurations(_ package: UpgradePackage) {
        for configuration in package.configurations {
            guard let here = files?[configuration.path], Int(here.size) != configuration.size else {
                continue
            }
            let sizes = ["\(here.size) bytes here, \(configuration.size) in the package"]
            switch (package.manager, configuration.isKept) {
            case (.dpkg, _):
                find(
                    .note, "package-configuration", package.name,
                    "it brings its own \(configuration.path), and the one here is another", sizes,
                    then:
                        "Where it was edited here, that one is kept (dpkg asks first where the package's own has changed since the version that is installed, and stops where nobody answers); where not, the package's takes its place.",
                    first:
                        "decide before: `apt-get -o Dpkg::Options::=--force-confold` keeps one that was edited"
                )
            case (.rpm, true):
                find(
                    .note, "package-configuration", package.name,
                    "it brings its own \(configuration.path), and the one here is another", sizes,
                    then:
                        "Where it was edited here, that one is kept (rpm puts the package's beside it as .rpmnew); where not, the package's takes its place."
                )
            case (.rpm, false):
                find(
                    .warning, "package-configuration", package.name,
                    "it brings its own \(configuration.path), and the one here is another", sizes,
                    then:
                        "rpm may put its own in its place; one that was edited here is then beside it as .rpmsave.",
                    first: "save the file, and compare after the upgrade")
            }
        }
    }
}
