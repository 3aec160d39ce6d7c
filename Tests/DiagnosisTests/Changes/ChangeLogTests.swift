// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct ChangeLogTests {
    private func package(
        _ name: String, _ from: String?, _ to: String?, at: WallTime, by: String? = nil
    ) -> Change {
        Change(
            at: at, what: .package, subject: name, action: from == nil ? .added : .changed, from: from,
            to: to, by: by, source: .dpkg)
    }

    private func stamp(
        _ path: String, hash: UInt64?, at: WallTime, keys: [String: UInt32]? = nil, size: UInt64 = 10,
        inode: UInt64 = 1
    ) -> FileStamp {
        FileStamp(
            path: path, size: size, inode: inode, modifiedAt: at, changedAt: at, hash: hash, keys: keys)
    }

    private func report(
        _ packages: [Change] = [], runs: [PackageRun] = [], files: [FileStamp]? = nil,
        kernel: String? = nil, bootedAt: WallTime? = nil
    ) -> Observation.Event {
        .node(
            .changes(
                ChangeReport(
                    digest: 1, packages: packages, runs: runs, files: files, kernel: kernel,
                    bootedAt: bootedAt)))
    }

    private func changes(_ scene: Scene) -> [Change] { scene.engine.snapshot(at: scene.now).changes }
    private func words(_ scene: Scene) -> [String] {
        changes(scene).map { "\($0.subject) \($0.action.rawValue)" }
    }

    @Test("what is read again is no news; totals count each once")
    func again() throws {
        var scene = try Scene()
        let crun = package("crun", "1.17", "1.18", at: scene.now.wall)
        scene.feed(report([crun]))
        var known = crun
        known.by = "apt-get upgrade"
        scene.feed(report([known, package("runc", nil, "1.1", at: scene.now.wall + .seconds(-60))]))
        #expect(changes(scene).map(\.subject) == ["runc", "crun"])
        #expect(changes(scene).last?.by == "apt-get upgrade")
        #expect(scene.engine.snapshot(at: scene.now).statistics.changes == ["package": 2])
        #expect(scene.open.isEmpty)
    }

    @Test("the list is bounded, and drops the oldest")
    func bounded() throws {
        var scene = try Scene()
        let start = scene.now.wall
        for n in 0..<300 { scene.feed(report([package("p\(n)", nil, "1", at: start + .seconds(n))])) }
        #expect(changes(scene).count == ChangeLog.limit)
        #expect(changes(scene).first?.subject == "p44")
        scene.feed(report([package("old", nil, "1", at: start + .seconds(-1))]))
        #expect(changes(scene).first?.subject == "p44")
    }

    @Test("files: what was written lately at the first look, then what differs, with its keys")
    func files() throws {
        var scene = try Scene()
        let path = "/etc/containerd/config.toml"
        let (day, now) = (Duration.seconds(24 * 3600), scene.now.wall)
        scene.feed(
            report(files: [
                stamp(path, hash: 1, at: now + (.zero - day - day), keys: ["version": 2, "root": 7]),
                stamp("/etc/crictl.yaml", hash: 5, at: now + .seconds(-60)),
                stamp("/usr/bin/runc", hash: nil, at: now + .seconds(-60)),
            ]))
        #expect(words(scene) == ["/etc/crictl.yaml written"], "a program keeps the time of its build")
        scene.wait(.seconds(60))
        let later = scene.now.wall + .seconds(-3)
        scene.feed(
            report(files: [
                stamp(path, hash: 2, at: later, keys: ["version": 3, "root": 7, "state": 1]),
                stamp("/usr/bin/runc", hash: nil, at: later),
            ]))
        #expect(
            words(scene) == [
                "/etc/crictl.yaml written", "\(path) changed", "/etc/crictl.yaml removed",
            ], "a program that was only touched is the same")
        let change = try #require(changes(scene).first { $0.subject == path })
        #expect(change.keys == ["state", "version"])
        #expect(change.at == later)
        scene.feed(
            report(files: [
                stamp(path, hash: 2, at: scene.now.wall, keys: ["version": 3, "root": 7, "state": 1]),
                stamp("/usr/bin/runc", hash: nil, at: scene.now.wall, size: 11, inode: 2),
            ]))
        #expect(words(scene).suffix(1) == ["/usr/bin/runc changed"], "one that was written as it was is, too")
    }

    @Test("a boot once, with its kernel; an old one is no news")
    func boots() throws {
        var scene = try Scene()
        let booted = scene.now.wall + .seconds(-100)
        scene.feed(report(kernel: "6.1.0-17", bootedAt: booted))
        scene.feed(report(kernel: "6.1.0-17", bootedAt: booted + .seconds(1)))
        #expect(words(scene) == ["node started"])
        scene.wait(.seconds(4000))
        scene.feed(report(kernel: "6.1.0-18", bootedAt: scene.now.wall + .seconds(-30)))
        let last = try #require(changes(scene).last)
        #expect([last.from, last.to] == ["6.1.0-17", "6.1.0-18"])
        var other = try Scene()
        other.feed(report(kernel: "6.1.0-17", bootedAt: other.now.wall + .seconds(-100_000)))
        #expect(words(other).isEmpty)
    }

    @Test("who stops or restarts a unit is told, what Restart= does is not")
    func units() throws {
        var scene = try Scene()
        scene.starts()
        #expect(words(scene).isEmpty, "its first start")
        scene.killed()
        scene.manager(MessageID.restartScheduled)
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        scene.starts()
        #expect(words(scene).isEmpty, "it came back by itself")
        scene.stops()
        scene.wait(.seconds(10))
        scene.starts()
        scene.stops("restart")
        scene.starts()
        #expect(
            words(scene) == ["\(Scene.unit) stopped", "\(Scene.unit) started", "\(Scene.unit) restarted"])
        scene.goesDown()
        scene.stops()
        #expect(words(scene).count == 3, "the machine goes down")
    }

    @Test("a restart stands beside the package run of that time, which is not said to have done it")
    func runs() throws {
        var scene = try Scene()
        scene.starts()
        let from = scene.now.wall + .seconds(-2)
        scene.stops("restart")
        scene.feed(report(runs: [PackageRun(from: from, to: from + .seconds(5), command: "apt-get upgrade")]))
        let change = try #require(changes(scene).last)
        #expect(change.during == "apt-get upgrade")
        #expect(change.by == nil)
    }

    @Test("another version of the same runtime is a change; the first is none")
    func versions() throws {
        var scene = try Scene()
        scene.answers()
        scene.answers()
        #expect(words(scene).isEmpty)
        scene.wait(.seconds(10))
        scene.probe(
            .version, .version(RuntimeVersion(name: "containerd", version: "1.7.24", apiVersion: "v1")))
        let change = try #require(changes(scene).last)
        #expect([change.from, change.to] == ["1.6.20", "1.7.24"])
    }

    @Test("a restart of the daemon knows them; a checkpoint of before has none, and a larger one is cut")
    func checkpoint() throws {
        var scene = try Scene()
        scene.feed(
            report(
                [package("crun", "1.17", "1.18", at: scene.now.wall)],
                files: [stamp("/etc/crictl.yaml", hash: 5, at: scene.now.wall, keys: ["a b": 1, "c": 2])]))
        let data = try JSONEncoder().encode(scene.engine.state)
        let state = try JSONDecoder().decode(EngineState.self, from: data)
        #expect(state == scene.engine.state)
        var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        object["changes"] = nil
        let older = try JSONDecoder().decode(
            EngineState.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(older.changes == ChangeLog())
        #expect(!older.hasLostFacts)
        object["changes"] = ["changes": "many"]
        let odd = try JSONDecoder().decode(
            EngineState.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(odd.changes == ChangeLog())
    }
}
