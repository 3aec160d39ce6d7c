// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension RuntimeCase<StorageDamaged> {
    func words(_ told: Told) -> CreationWords {
        switch told.cause {
        case .contentMissing: content(told)
        case .snapshotterMismatch: snapshotter(told)
        case .snapshotMissing: snapshot(told)
        case .layerMissing: layer(told)
        default: database(told)
        }
    }

    private func said(_ told: Told) -> String {
        "The error: \((told.last.captures["detail"] ?? told.last.excerpt).elided(400))"
    }

    private var clears: String { "\(name) creates a container of a pod that failed again" }

    private func content(_ told: Told) -> CreationWords {
        let digest = told.capture("digest")?.bounded(90) ?? "of an image"
        return CreationWords(
            sentence: "the content of an image is missing on this node: blob \(digest)",
            explanation:
                "\(name) lists the image, so it is not pulled again, and a blob of it is gone from the content store: an import that was not whole, a removal by hand, or a crash. \(said(told))",
            steps: [
                NextStep("see which images are incomplete", "ctr -n k8s.io images check"),
                NextStep("see the images", crictl("images")),
                NextStep(
                    "pull the image again: its content is lost here, not in the registry",
                    crictl("pull IMAGE")),
            ], clearsWhen: clears,
            impact: "Containers of that image cannot be created on this node; elsewhere they can.")
    }

    private func snapshotter(_ told: Told) -> CreationWords {
        let snapshotter = told.capture("snapshotter")?.bounded(60)
        return CreationWords(
            sentence:
                "\(name)'s snapshotter \(snapshotter ?? "") does not have what \(name) believes it has"
                .doubleSpaceless,
            explanation:
                "The snapshotter that is configured is not loaded, its own daemon does not answer, or it lost its state while containerd kept its metadata. \(said(told))",
            steps: [
                NextStep("see which snapshotters are loaded", "ctr plugins ls"),
                NextStep(
                    "see which one is configured",
                    "grep -n -e snapshotter -e proxy_plugins /etc/containerd/config.toml"),
                NextStep(
                    "see the daemons of proxy snapshotters",
                    "systemctl list-units '*snapshotter*' '*stargz*' '*nydus*'"),
            ] + restart("load it again, once it is configured and its daemon runs"),
            clearsWhen: clears,
            impact: "Images of that snapshotter cannot be unpacked, their containers not be created.")
    }

    private func snapshot(_ told: Told) -> CreationWords {
        CreationWords(
            sentence:
                "a snapshot that \(name) lists is gone: \(told.capture("snapshot")?.bounded(100) ?? "its directory is not there")",
            explanation:
                "The metadata names a layer whose snapshot or directory is not there: it was removed by hand or by a cleaner, or the disk was replaced. \(said(told))",
            steps: [
                NextStep("see the snapshots that are listed", "ctr -n k8s.io snapshots ls"),
                NextStep("see the images", crictl("images")),
                NextStep(
                    "remove the image that needs it, so that it is unpacked again", crictl("rmi IMAGE")),
            ], clearsWhen: clears,
            impact: "Containers of images with that layer cannot be created on this node.")
    }

    private func layer(_ told: Told) -> CreationWords {
        CreationWords(
            sentence:
                "CRI-O's storage misses a layer: \((told.capture("layer") ?? "").isEmpty ? told.last.captures["detail"]?.lastWords.bounded(120) ?? "layer not known" : "layer \(told.capture("layer")?.bounded(80) ?? "") is not there")",
            explanation:
                "containers/storage lists layers that are not on disk, mostly since power was lost or the node was killed while it wrote. \(said(told))",
            steps: [
                NextStep("see how the previous boot ended", "journalctl -b -1 -n 20"),
                NextStep(
                    "see what CRI-O found at its start",
                    "journalctl -u \(runtime.unit.name) -g 'unclean|storage' -n 20"),
                NextStep(
                    "check the store; it changes nothing", "podman system check   # of podman 5 and later"),
                NextStep(
                    "after draining the node and stopping kubelet and CRI-O: wipe the store; all images are pulled again and all containers recreated",
                    "crio wipe -f"),
            ], clearsWhen: clears,
            impact: "Pods whose images or sandboxes need that layer cannot be created.")
    }

    private func database(_ told: Told) -> CreationWords {
        let isCRIO = runtime.endpoint.runtime == .crio
        return CreationWords(
            sentence:
                "a database of \(name)'s store cannot be read: \((told.last.captures["detail"] ?? told.last.excerpt).lastWords.bounded(160))",
            explanation:
                "It was cut or damaged, mostly by a full disk or a loss of power while it was written. \(said(told))",
            steps: [
                NextStep(
                    "see the databases",
                    isCRIO
                        ? "ls -l /var/lib/containers/storage/overlay-layers"
                        : "ls -l /var/lib/containerd/io.containerd.metadata.v1.bolt"),
                NextStep("see whether the disk is well", "journalctl -k -g 'I/O error|EXT4-fs|XFS' -n 20"),
                NextStep(
                    "see how much would be lost: moving the store away loses all images and containers of this node",
                    crictl("images")),
            ], clearsWhen: clears,
            impact: "Nothing of that store can be created.")
    }
}

extension String {
    fileprivate var doubleSpaceless: String { split(separator: " ").joined(separator: " ") }
}
