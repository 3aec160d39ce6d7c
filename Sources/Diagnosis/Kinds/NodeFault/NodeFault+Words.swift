// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension NodeCase {
    /// A sentence, why, and what to look at.
    struct Text {
        var sentence: String
        var explanation: String
        var steps: [NextStep]
        var clears: String
    }

    func finding(_ verdict: Verdict, also: [Cause]) -> Finding {
        let told = verdict.told
        let text = text(told)
        let others = also.isEmpty ? "" : " Also: \(also.map(\.rawValue).joined(separator: ", "))."
        var evidence = told.signals.suffix(4).reversed().map { Evidence.journal($0) }
        if told.signals.count > 4 { evidence.append(.journal(told.first)) }
        return Finding(
            cause: verdict.cause, severity: verdict.severity, confirmed: verdict.isConfirmed,
            since: told.first.at,
            sentence: text.sentence, explanation: text.explanation + others,
            impact: impact(told.cause), evidence: evidence + resourceEvidence(told.cause),
            nextSteps: text.steps, clearsWhen: text.clears, inquiries: inquiries(told.cause))
    }

    /// The node's own mounts say it, and nobody else did.
    func finding(readOnly mount: NodeResources.Mount) -> Finding {
        let at = resources?.at ?? now
        return Finding(
            cause: .fileSystemReadOnly, severity: .critical, confirmed: true, since: at,
            sentence: "the file system of \(mount.path) (\(mount.source)) is read-only",
            explanation:
                "\(mount.mountPoint), \(mount.type) on \(mount.source), is read-only as a whole: the runtime and the kubelet cannot write there.",
            impact: impact(.fileSystemReadOnly),
            evidence: [
                Evidence(
                    at: at.wall, source: .node,
                    summary: "\(mount.mountPoint): \(mount.type) on \(mount.source), read-only",
                    command: "findmnt -T \(mount.path)")
            ], nextSteps: readOnlySteps, clearsWhen: readOnlyClears, inquiries: [question])
    }

    private func inquiries(_ cause: Cause) -> [Inquiry] {
        switch cause {
        case .diskFull, .inodesExhausted, .diskPressure: [question, .fileSystems(paths: writtenTo)]
        default: [question]
        }
    }

    private func impact(_ cause: Cause) -> Impact {
        let sentence =
            switch cause {
            case .diskPressure, .memoryPressure:
                "The kubelet evicts pods and accepts no new ones until the pressure is over."
            case .outOfMemory: "Processes were killed; what they served is down until it is started again."
            case .inotifyExhausted:
                "What needs a watch fails to start or no longer sees changes: kubelet, CNI configuration, logs."
            case .netDeviceLeaked:
                "Sandboxes are created and removed late or not at all; the kubelet's relist may hang."
            default:
                "Containers cannot be started or stopped reliably; whatever else fails on this node may follow from it."
            }
        return Impact(
            sentence: sentence, pods: facts.runtimes.first?.readyPods,
            runningContainers: facts.runtimes.first?.runningContainers)
    }

    // MARK: Texts

    private func text(_ told: Told) -> Text {
        switch told.cause {
        case .fileSystemReadOnly, .fileSystemDamaged, .diskErrors, .storageHangs: storage(told)
        case .diskFull, .inodesExhausted, .diskPressure: space(told)
        case .pidsExhausted, .filesExhausted, .inotifyExhausted, .memoryCgroupLeak: limit(told)
        default: rest(told)
        }
    }

    /// ` dm-2, where /var/lib/kubelet lies`.
    private func place(_ told: Told) -> String {
        guard let signal = told.signals.last(where: { $0.device != nil }), let device = signal.device else {
            return told.capture("path").map { " of \(Self.plain($0).bounded(120))" } ?? ""
        }
        let mount = mount(of: signal).map { ", where \($0.path) lies" } ?? ""
        return " on \(device.bounded(40))\(mount)"
    }

    private static func plain(_ path: String) -> String {
        String(path.reversed().drop { ":,".contains($0) }.reversed())
    }

    private func storage(_ told: Told) -> Text {
        let place = place(told)
        switch told.cause {
        case .fileSystemReadOnly:
            return Text(
                sentence: "the file system\(place) is read-only",
                explanation:
                    "After an error the kernel allows no more writes (remounted read-only, journal aborted): \(said(told)).",
                steps: readOnlySteps, clears: readOnlyClears)
        case .fileSystemDamaged:
            return Text(
                sentence: "the file system\(place) is damaged",
                explanation: "The file system's own structures are wrong: \(said(told)).",
                steps: [
                    NextStep("read all kernel messages", "journalctl -k -p err -n 50"), mounted,
                ],
                clears: "the file system was checked and is mounted again, or no error came for a day")
        case .diskErrors:
            let controller = told.capture("commands") != nil || told.last.captures["part"] == "controller"
            return Text(
                sentence: controller
                    ? "a disk controller does not complete its commands: \(said(told))"
                    : "the disk\(place) reports errors",
                explanation: "Reads and writes fail or are not completed: \(said(told)).",
                steps: [
                    NextStep("read all kernel messages", "journalctl -k -p warning -n 50"), mounted,
                    NextStep("see what waits for the disk", "ps -eo pid,stat,wchan:32,args"),
                ],
                clears: "no error came for an hour")
        default:
            let server = told.capture("server").map { $0.prefix { !",:".contains($0) } }
            let what = told.capture("what")
            let task = told.capture("task")
            let who =
                server.map { "\(what ?? "a network file system") server \($0) does not answer" }
                ?? task.map { "task \($0.bounded(60)) waits in the kernel" } ?? "storage does not answer"
            return Text(
                sentence: "storage hangs: \(who)",
                explanation:
                    "Whatever touches that storage is blocked in the kernel and cannot be stopped or killed: \(said(told)).",
                steps: [
                    NextStep("see the tasks that wait, and for what", "ps -eo pid,stat,wchan:32,args"),
                    NextStep("see network file systems", "findmnt -t nfs,nfs4,cifs,ceph"),
                    NextStep("read all kernel messages", "journalctl -k -p warning -n 50"),
                ],
                clears: "the server answers again, or the kernel has not logged it for half an hour")
        }
    }

    private func space(_ told: Told) -> Text {
        let steps = [
            NextStep("see how full the disks are", "df -h \(words: writtenTo)"),
            NextStep("see whether inodes are left", "df -i \(words: writtenTo)"),
            NextStep("see what is largest", "du -xsh /var/log/pods /var/lib/kubelet /var/lib/containerd"),
        ]
        if told.cause == .diskPressure {
            let what = told.signals.last { $0.captures["phase"] != "reclaim" }?.captures["what"]
            return Text(
                sentence: "disk pressure: the kubelet \(what ?? told.capture("what") ?? "evicts pods")",
                explanation:
                    "A disk is fuller than the kubelet's eviction threshold: \(said(told)). It evicts pods when cleaning up is not enough.",
                steps: steps,
                clears: "the kubelet reports the end of the pressure, or does not mention it for ten minutes")
        }
        let place = place(told)
        let isOfInodes = fullest.map { $0.availableInodes == 0 && $0.availableBytes > 0 } ?? false
        return Text(
            sentence: "no \(isOfInodes ? "inode" : "space") is left\(place)",
            explanation: "What writes there fails: \(said(told)).", steps: steps,
            clears: "space is free again")
    }

    private var fullest: FileSystemUsage? {
        writtenTo.compactMap { facts.answers.fileSystems[$0]?.value }.first { $0.hasNoRoom }
    }

    private func limit(_ told: Told) -> Text {
        switch told.cause {
        case .pidsExhausted:
            let group = told.capture("cgroup").map { ": \($0.bounded(120)) has reached its limit" } ?? ""
            return Text(
                sentence: "no process can be started\(group)",
                explanation:
                    "fork and clone fail with EAGAIN (resource temporarily unavailable): a limit of tasks is reached, of the node (kernel.pid_max, kernel.threads-max) or of a unit (TasksMax=): \(said(told)).",
                steps: [
                    NextStep("see the node's limits", "sysctl kernel.pid_max kernel.threads-max"),
                    NextStep("see how many tasks there are", "ps -eLf --no-headers"),
                    NextStep("see how many each unit has", "systemd-cgtop -b -n 1 --order=tasks"),
                ],
                clears: "a sandbox or container is created again, or nothing failed this way for ten minutes")
        case .filesExhausted:
            return Text(
                sentence: "no file can be opened: a limit of open files is reached",
                explanation:
                    "open fails with EMFILE (the process's own limit) or ENFILE (fs.file-max): \(said(told)).",
                steps: [
                    NextStep("see the node's limit and use", "sysctl fs.file-nr fs.file-max"),
                    NextStep("see who holds most", "lsof -n"),
                ],
                clears: "a sandbox or container is created again, or nothing failed this way for ten minutes")
        case .inotifyExhausted:
            return Text(
                sentence: "no inotify instance or watch is left",
                explanation:
                    "fs.inotify.max_user_instances or max_user_watches is reached; the disk is not full: \(said(told)).",
                steps: [
                    NextStep("see the limits", "sysctl fs.inotify"),
                    NextStep("see who holds instances", "find /proc -maxdepth 3 -lname anon_inode:inotify"),
                ] + raised, clears: "nothing failed this way for ten minutes")
        default:
            return Text(
                sentence: "the kernel cannot create another cgroup",
                explanation:
                    "Removed cgroups keep their ids (kernel 3.10 with kmem accounting leaks them), or their number is limited: \(said(told)).",
                steps: [
                    NextStep("see how many there are", "cat /proc/cgroups"),
                    NextStep("see the kernel's release", "uname -r"),
                ], clears: "a sandbox or container is created again")
        }
    }

    /// Only where it is known to be lower.
    private var raised: [NextStep] {
        guard let instances = resources?.value.inotifyInstances, instances < 8192 else { return [] }
        return [
            NextStep(
                "raise the limit of instances until the next boot",
                "sysctl fs.inotify.max_user_instances=8192")
        ]
    }

    private func rest(_ told: Told) -> Text {
        switch told.cause {
        case .outOfMemory:
            let victims = Set(told.signals.compactMap { $0.captures["task"] }).sorted().prefix(4)
            return Text(
                sentence:
                    "the node ran out of memory: the kernel killed "
                    + (victims.isEmpty
                        ? "more than one process" : victims.joined(separator: ", ").bounded(120)),
                explanation: "The OOM killer killed more than one process: \(said(told)).",
                steps: [
                    NextStep(
                        "see what the kernel killed", "journalctl -k -g 'oom-kill|Killed process' -n 40"),
                    NextStep("see what uses the memory", "ps -eo pid,rss,args --sort=-rss"),
                ], clears: "nothing was killed for ten minutes")
        case .memoryPressure:
            return Text(
                sentence: "memory pressure: the kubelet evicts pods",
                explanation: "Less memory is free than the kubelet's eviction threshold: \(said(told)).",
                steps: [
                    NextStep("see what uses the memory", "ps -eo pid,rss,args --sort=-rss")
                ],
                clears: "the kubelet reports the end of the pressure, or does not mention it for ten minutes")
        case .netDeviceLeaked:
            let device = told.capture("device") ?? "a device"
            return Text(
                sentence:
                    "the kernel waits for network device \(device.bounded(20)) to become free (unregister_netdevice)",
                explanation:
                    "A reference of the device is leaked in the kernel: network namespaces are neither made nor removed while it waits. Only a reboot frees it.",
                steps: [
                    NextStep(
                        "see whether the kernel still waits", "journalctl -k -g unregister_netdevice -n 5"),
                    NextStep("see the tasks that wait with it", "ps -eo pid,stat,wchan:32,args"),
                ], clears: "the kernel has not logged that for two minutes")
        default:
            return Text(
                sentence: "systemd, or its bus, does not answer",
                explanation:
                    "Calls of systemd over its bus time out: units and scopes can be neither started nor stopped: \(said(told)).",
                steps: [
                    NextStep("see whether systemd answers", "busctl status org.freedesktop.systemd1"),
                    NextStep("see the bus's own unit", "systemctl status dbus.service dbus.socket"),
                ],
                clears: "a sandbox or container is created again, or nothing failed this way for ten minutes")
        }
    }

    private var mounted: NextStep {
        NextStep("see what lies on it", "findmnt -o TARGET,SOURCE,FSTYPE,OPTIONS")
    }

    private var readOnlySteps: [NextStep] {
        [
            NextStep("see which file system it is", "findmnt -T /var/lib/kubelet"),
            NextStep("see what the kernel says of the disk", "journalctl -k -p err -n 50"),
        ]
    }

    private var readOnlyClears: String {
        "the file system can be written to again: after fsck and a remount, or a reboot"
    }

    private func said(_ told: Told) -> String {
        let excerpt = told.last.excerpt
        return excerpt.utf8.count <= 240 ? excerpt : "… " + String(excerpt.suffix(220))
    }

    // MARK: What the node shows

    private func resourceEvidence(_ cause: Cause) -> [Evidence] {
        guard let resources else { return [] }
        let value = resources.value
        func evidence(_ summary: String, _ command: ShellCommand) -> Evidence {
            Evidence(at: resources.at.wall, source: .node, summary: summary.bounded(300), command: command)
        }
        switch cause {
        case .pidsExhausted:
            var all =
                value.tasks.map { [evidence("\($0.used) of \($0.limit) tasks", "sysctl kernel.pid_max")] }
                ?? []
            for (unit, use) in value.unitTasks.sorted(by: { $0.key < $1.key }) {
                all.append(
                    evidence(
                        "\(unit): \(use.used) of \(use.limit) tasks",
                        "systemctl show -p TasksCurrent -p TasksMax \(unit)"))
            }
            return all
        case .filesExhausted:
            return value.files.map {
                [evidence("\($0.used) of \($0.limit) files are open", "sysctl fs.file-nr")]
            } ?? []
        case .inotifyExhausted:
            return value.inotifyInstances.map {
                [evidence("fs.inotify.max_user_instances is \($0)", "sysctl fs.inotify")]
            } ?? []
        case .fileSystemReadOnly, .fileSystemDamaged, .diskErrors:
            return mounts.filter { $0.isReadOnly || ($0.errors ?? 0) > 0 }.prefix(4).map {
                evidence(
                    "\($0.path) on \($0.source) (\($0.type))\($0.isReadOnly ? ", read-only" : "")"
                        + ($0.errors.map { $0 > 0 ? ", \($0) errors since the last fsck" : "" } ?? ""),
                    "findmnt -T \($0.path)")
            }
        default: return []
        }
    }
}
