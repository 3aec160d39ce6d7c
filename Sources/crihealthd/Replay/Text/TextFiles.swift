// SPDX-License-Identifier: Apache-2.0

/// Names of log files, and whose they are.
enum TextFiles {
    /// The unit that a file of this name is of, where the name tells.
    static func unit(_ path: String) -> String? {
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        return marks.first { name.contains($0.mark) }?.unit
    }

    private static let marks: [(mark: String, unit: String)] = [
        ("cri-docker", "cri-docker.service"), ("kubelet", "kubelet.service"),
        ("containerd", "containerd.service"), ("crio", "crio.service"), ("cri-o", "crio.service"),
        ("docker", "docker.service"),
    ]
}
