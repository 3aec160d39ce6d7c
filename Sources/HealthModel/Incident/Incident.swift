// SPDX-License-Identifier: Apache-2.0

/// Kinds of incidents: one folder each in Diagnosis/Kinds, with its runbook.
public struct IncidentKind: RawRepresentable, Hashable, Codable, Sendable, Comparable {
    /// CamelCase, stable: metric label, runbook name.
    public let rawValue: String

    /// Makes a kind by name (rules.d may name kinds of its own).
    public init(rawValue: String) { self.rawValue = rawValue }

    /// By name.
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The runtime does not serve its CRI endpoint.
    public static let runtimeDown = Self(rawValue: "RuntimeDown")
    /// The runtime answers, and not with CRI v1.
    public static let criVersionUnsupported = Self(rawValue: "CRIVersionUnsupported")
    /// CRI `NetworkReady` is false.
    public static let networkNotReady = Self(rawValue: "NetworkNotReady")
    /// Ready by its own word, and sandboxes or containers cannot be created.
    public static let createFailing = Self(rawValue: "CreateFailing")
    /// A pod or container lost its shim, or cannot be stopped.
    public static let containerStuck = Self(rawValue: "ContainerStuck")
    /// `Status` hangs while other calls answer.
    public static let statusBlocked = Self(rawValue: "StatusBlocked")
    /// What runs is not what is installed.
    public static let upgradeIncomplete = Self(rawValue: "UpgradeIncomplete")
    /// A version that runs is known to be broken; only ever ``Advice``, never an incident.
    public static let knownDefect = Self(rawValue: "KnownDefect")
    /// The default OCI runtime, or its root, changed under running containers.
    public static let runtimeSwitched = Self(rawValue: "RuntimeSwitched")
    /// A container cannot listen: somebody holds the address.
    public static let addressInUse = Self(rawValue: "AddressInUse")
    /// Processes of containers that no runtime answers for.
    public static let orphanedContainers = Self(rawValue: "OrphanedContainers")
    /// Containers do not get their grace period when the node shuts down.
    public static let shutdownNotGraceful = Self(rawValue: "ShutdownNotGraceful")
    /// The node itself is at fault: its kernel, disks, memory or limits.
    public static let nodeFault = Self(rawValue: "NodeFault")
    /// The kubelet does not run; the runtime may be well.
    public static let kubeletDown = Self(rawValue: "KubeletDown")
    /// The kubelet runs and cannot relist its pods.
    public static let plegUnhealthy = Self(rawValue: "PLEGUnhealthy")
    /// A network is configured and loaded, and pods get none: CNI ADD fails.
    public static let podNetworkFailing = Self(rawValue: "PodNetworkFailing")
    /// Images cannot be pulled for the node's own reason.
    public static let imagePullFailing = Self(rawValue: "ImagePullFailing")
    /// The runtime's store contradicts itself.
    public static let storageDamaged = Self(rawValue: "StorageDamaged")
    /// crihealthd cannot see.
    public static let monitoringImpaired = Self(rawValue: "MonitoringImpaired")
}

/// How bad: worst last.
public enum Severity: String, Hashable, Codable, Sendable, CaseIterable, Comparable {
    /// Worth knowing; nothing is hurt.
    case info
    /// Degraded: something is hurt or will be.
    case warning
    /// The node cannot do its work.
    case critical

    /// Less bad comes first.
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// One fact that an incident rests on.
public struct Evidence: Hashable, Codable, Sendable {
    /// Where a fact comes from.
    public enum Source: String, Hashable, Codable, Sendable, CaseIterable {
        /// A journal entry.
        case journal
        /// systemd, over the bus.
        case systemd
        /// crictl or the CRI socket.
        case cri
        /// /proc, /sys, the file system.
        case node
        /// crihealthd itself.
        case daemon
    }

    /// When.
    public var at: WallTime
    /// From where.
    public var source: Source
    /// The fact in one line, at most 512 bytes, no control characters.
    public var summary: String
    /// Cursor of the journal entry; nil for other sources.
    public var cursor: String?
    /// The command that shows it; nil when nothing shows it any more.
    public var command: String?

    /// Makes an item.
    public init(
        at: WallTime, source: Source, summary: String, cursor: String? = nil, command: ShellCommand? = nil
    ) {
        self.at = at
        self.source = source
        self.summary = summary
        self.cursor = cursor
        self.command = command?.text
    }
}

/// Whom an incident hurts.
public struct Impact: Hashable, Codable, Sendable {
    /// What no longer works, one sentence.
    public var sentence: String
    /// Pods on the node when it was last listed; nil when never listed.
    public var pods: Int?
    /// Running containers when they were last listed; nil when never listed.
    public var runningContainers: Int?
    /// The first of those pods by name, `namespace/name`, at most ``podNamesLimit``; nil when their names are not known.
    public var podNames: [String]?

    /// Most pods that are named.
    public static let podNamesLimit = 5

    /// Makes an impact.
    public init(
        sentence: String, pods: Int? = nil, runningContainers: Int? = nil, podNames: [String]? = nil
    ) {
        self.sentence = sentence
        self.pods = pods
        self.runningContainers = runningContainers
        self.podNames = podNames.map { Array($0.prefix(Self.podNamesLimit)) }
    }
}

/// Something to do, as a command that can be typed.
public struct NextStep: Hashable, Codable, Sendable {
    /// Why, in a few words.
    public var purpose: String
    /// The command.
    public var command: String

    /// Makes a step.
    public init(_ purpose: String, _ command: ShellCommand) {
        self.purpose = purpose
        self.command = command.text
    }
}

/// Something that went wrong because of something else, folded under it.
public struct Symptom: Hashable, Codable, Sendable {
    /// Stable name (`kubelet-runtime-down`).
    public var name: String
    /// For people.
    public var summary: String
    /// First seen.
    public var firstSeen: WallTime
    /// Last seen.
    public var lastSeen: WallTime
    /// How often.
    public var count: UInt64

    /// Makes a symptom.
    public init(name: String, summary: String, firstSeen: WallTime, lastSeen: WallTime, count: UInt64) {
        self.name = name
        self.summary = summary
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.count = count
    }
}

/// One line of an incident's history.
public struct TimelineItem: Hashable, Codable, Sendable {
    /// When.
    public var at: WallTime
    /// What happened.
    public var text: String

    /// Makes an item.
    public init(at: WallTime, text: String) {
        self.at = at
        self.text = text
    }
}

/// One thing that is wrong, with its cause, what proves it, whom it hurts, what to do and what clears it.
public struct Incident: Hashable, Codable, Sendable, Identifiable {
    /// Where it stands.
    public enum Status: String, Hashable, Codable, Sendable, CaseIterable {
        /// One source says so; not yet enough to be sure.
        case suspected
        /// Proven.
        case confirmed
        /// Over, by positive evidence or by expiry (the timeline says which).
        case resolved
    }

    /// Stable: the same kind and subject give the same id on every node and after every restart.
    public var id: String
    /// Kind.
    public var kind: IncidentKind
    /// What it is about: a unit, a pod, the node.
    public var subject: String
    /// CamelCase cause within the kind.
    public var cause: String
    /// How bad.
    public var severity: Severity
    /// Where it stands.
    public var status: Status
    /// What is wrong, one plain sentence.
    public var sentence: String
    /// Why, one or two plain sentences.
    public var explanation: String
    /// Whom it hurts.
    public var impact: Impact
    /// What proves it, most telling first; at most ``evidenceLimit``.
    public var evidence: [Evidence]
    /// What follows from it.
    public var symptoms: [Symptom]
    /// What to do, in order.
    public var nextSteps: [NextStep]
    /// What clears it.
    public var clearsWhen: String
    /// Its history; at most ``timelineLimit``, the first and the latest are kept.
    public var timeline: [TimelineItem]
    /// First sign.
    public var openedAt: WallTime
    /// Last sign.
    public var lastSeenAt: WallTime
    /// When it was resolved.
    public var resolvedAt: WallTime?
    /// How often it was opened (a reopening within ten minutes is the same incident).
    public var occurrences: UInt32
    /// What changed on the node before its first sign, nearest first, at most ``changesLimit``; nil: nothing that is known.
    /// Listed, not blamed.
    public var changedBefore: [Change]?

    /// Most evidence items on one incident.
    public static let evidenceLimit = 12
    /// Most changes that are listed on one incident.
    public static let changesLimit = 3
    /// Most timeline items on one incident.
    public static let timelineLimit = 32

    /// Whether it is not over.
    public var isOpen: Bool { status != .resolved }

    /// Makes an incident.
    public init(
        id: String, kind: IncidentKind, subject: String, cause: String, severity: Severity, status: Status,
        sentence: String, explanation: String, impact: Impact, evidence: [Evidence], symptoms: [Symptom],
        nextSteps: [NextStep], clearsWhen: String, timeline: [TimelineItem], openedAt: WallTime,
        lastSeenAt: WallTime, resolvedAt: WallTime?, occurrences: UInt32
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.cause = cause
        self.severity = severity
        self.status = status
        self.sentence = sentence
        self.explanation = explanation
        self.impact = impact
        self.evidence = evidence
        self.symptoms = symptoms
        self.nextSteps = nextSteps
        self.clearsWhen = clearsWhen
        self.timeline = timeline
        self.openedAt = openedAt
        self.lastSeenAt = lastSeenAt
        self.resolvedAt = resolvedAt
        self.occurrences = occurrences
    }
}

/// A change of an incident, as it happens.
public struct Transition: Hashable, Codable, Sendable {
    /// What happened to it.
    public enum Change: String, Hashable, Codable, Sendable, CaseIterable {
        /// It is new, or came back.
        case opened
        /// Its cause, severity or status is another.
        case changed
        /// It is over.
        case resolved
    }

    /// When.
    public var at: Moment
    /// What happened.
    public var change: Change
    /// The incident after the change.
    public var incident: Incident

    /// Makes a transition.
    public init(at: Moment, change: Change, incident: Incident) {
        self.at = at
        self.change = change
        self.incident = incident
    }
}
