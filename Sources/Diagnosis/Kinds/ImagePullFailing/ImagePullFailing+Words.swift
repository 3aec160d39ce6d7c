// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension RuntimeCase<ImagePullFailing> {
    func words(_ told: Told) -> CreationWords {
        switch told.cause {
        case .signaturePolicyInvalid: policy(told)
        case .registryConfigInvalid: registryConfiguration(told)
        case .diskFull: full(told)
        case .certificateUntrusted: certificate(told)
        case .nameResolution: name(told)
        case .registryUnreachable: unreachable(told)
        case .unauthorized: unauthorized(told)
        case .shortNameRejected: shortName(told)
        default: answers(told)
        }
    }

    private func said(_ told: Told) -> String {
        "The error: \((told.last.captures["detail"] ?? told.last.excerpt).elided(400))"
    }

    /// What went wrong at last: as a class took it, else the end of the error.
    private func why(_ told: Told) -> String {
        told.capture("why") ?? told.last.captures["detail"] ?? told.last.excerpt
    }

    private var isCRIO: Bool { runtime.endpoint.runtime == .crio }

    private var clears: String {
        "\(name) pulls an image that failed, or no pull fails this way for \(ImagePullFailing.quiet.brief)"
    }

    private func tryAgain(_ told: Told) -> [NextStep] {
        told.capture("image").map { [NextStep("try it by hand", crictl("pull \($0)"))] } ?? []
    }

    /// The registry of the latest image.
    private func registry(_ told: Told) -> String {
        if let host = told.capture("host") { return host.bounded(100) }
        let image = told.capture("image") ?? ""
        let first = image.split(separator: "/").first.map(String.init) ?? ""
        return first.contains(".") || first.contains(":") ? first.bounded(100) : "docker.io"
    }

    private func policy(_ told: Told) -> CreationWords {
        let file = told.capture("file")?.bounded(120) ?? "/etc/containers/policy.json"
        let isRejection = !told.isOfNode
        return CreationWords(
            sentence: isRejection
                ? "images are rejected by the signature policy (\(file))"
                : "no image can be pulled: the policy \(file) cannot be used: \(why(told).elided(160))",
            explanation: (isRejection
                ? "The policy has no rule that accepts these images, or their signatures are missing."
                : "The file is damaged, missing, or of a newer containers-common than \(name) understands.")
                + " " + said(told),
            steps: [
                NextStep("read it", "cat \(file)"),
                NextStep(
                    "see which package owns it and whether it was changed",
                    "rpm -Vf \(file)   # Debian: dpkg -S \(file)"),
            ]
                + (hasUnit
                    ? [
                        NextStep(
                            "have it read again, once it is corrected",
                            "systemctl reload \(runtime.unit.name)")
                    ] : [])
                + tryAgain(told),
            clearsWhen: clears)
    }

    private func registryConfiguration(_ told: Told) -> CreationWords {
        let directory = told.capture("directory")
        let isHosts = told.capture("class") == "hosts-toml-invalid"
        if isHosts {
            return CreationWords(
                sentence:
                    "containerd cannot read \(directory.map { "\($0.bounded(120))/hosts.toml" } ?? "a hosts.toml"): \(why(told).elided(200))",
                explanation:
                    "Pulls from that registry bypass its mirror, or fail. \(directory == nil ? "containerd does not say which hosts.toml: look at those changed last." : "") \(said(told))",
                steps: [
                    NextStep(
                        "see which was changed last (config_path in config.toml names the directory)",
                        "ls -lt /etc/containerd/certs.d/*/hosts.toml"),
                    NextStep(
                        "read it; no restart is needed once it is corrected",
                        "grep -n '' /etc/containerd/certs.d/*/hosts.toml"),
                ], clearsWhen: clears)
        }
        let isHTTP = told.capture("class") == "pull-http-registry"
        let files = isCRIO ? "/etc/containers/registries.conf" : "/etc/containerd/certs.d"
        return CreationWords(
            sentence: isHTTP
                ? "the registry \(registry(told)) speaks HTTP, and \(name) is not configured for that"
                : "\(name)'s configuration of registries cannot be used\(told.capture("file").map { " (\($0.bounded(120)))" } ?? ""): \(why(told).elided(160))",
            explanation: (isHTTP
                ? "Name it with http:// in its hosts.toml (containerd) or insecure = true in registries.conf (CRI-O)."
                : "A file about registries, their mirrors or certificates cannot be read or understood.")
                + " " + said(told),
            steps: [
                NextStep(
                    "see the files, those changed last first", "ls -lRt \(told.capture("file") ?? files)")
            ] + tryAgain(told),
            clearsWhen: clears)
    }

    private func full(_ told: Told) -> CreationWords {
        let directories = runtime.directories
        return CreationWords(
            sentence: "images cannot be pulled: no space is left where \(name) keeps them",
            explanation: said(told),
            steps: [
                NextStep("see how full it is", "df -h \(words: directories + ["/var/tmp"])"),
                NextStep("see whether inodes are used up", "df -i \(words: directories)"),
                NextStep("remove images that no container uses", crictl("rmi --prune")),
            ], clearsWhen: clears, inquiries: [.fileSystems(paths: directories)])
    }

    private func certificate(_ told: Told) -> CreationWords {
        let host = registry(told)
        return CreationWords(
            sentence:
                "the certificate of the registry \(host) is not trusted by this node: \(why(told).elided(160))",
            explanation:
                "Its CA is not in the node's bundle, it expired, or it is for another name. The bundle is read when \(name) starts. \(said(told))",
            steps: [
                NextStep(
                    "see the certificate",
                    "openssl s_client -connect \(host.contains(":") ? host : host + ":443") -showcerts"),
                NextStep("see the node's time", "timedatectl"),
                NextStep(
                    "see the CAs configured for it",
                    "ls -l /etc/containerd/certs.d /etc/containers/certs.d /etc/docker/certs.d"),
                NextStep(
                    "add a CA, once its file is in /usr/local/share/ca-certificates",
                    "update-ca-certificates"),
            ] + restart("have it read the bundle"),
            clearsWhen: clears)
    }

    private func name(_ told: Told) -> CreationWords {
        let host = registry(told)
        return CreationWords(
            sentence:
                "images cannot be pulled: the name \(host) cannot be resolved\(told.capture("resolver").map { " (asked \($0.bounded(60)))" } ?? "")",
            explanation: "The node's resolver does not answer, or does not know the name. \(said(told))",
            steps: [
                NextStep("see whether it resolves", "getent hosts \(host)"),
                NextStep("see which resolver is asked", "cat /etc/resolv.conf"),
                NextStep("see its state", "resolvectl status"),
            ] + tryAgain(told), clearsWhen: clears)
    }

    private func unreachable(_ told: Told) -> CreationWords {
        let host = registry(told)
        let isProxy = told.capture("reason") == "proxy"
        return CreationWords(
            sentence:
                "images cannot be pulled: \(isProxy ? "the proxy on the way" : host) cannot be reached: \(why(told).lastWords.bounded(120))",
            explanation: said(told),
            steps: [
                NextStep("see whether it answers", "curl -sSI https://\(host)/v2/")
            ]
                + (hasUnit
                    ? [
                        NextStep(
                            "see which proxy it uses", "systemctl show -P Environment \(runtime.unit.name)")
                    ] : [])
                + [NextStep("see the route", "ip route")] + tryAgain(told),
            clearsWhen: clears)
    }

    private func unauthorized(_ told: Told) -> CreationWords {
        CreationWords(
            sentence: "the registry \(registry(told)) refuses to give \(told.images.count) images",
            explanation:
                "The credentials of the runtime, or of several pods' imagePullSecrets, are missing or no longer valid. \(said(told))",
            steps: [
                isCRIO
                    ? NextStep(
                        "see the node's own credentials", "ls -l /var/lib/kubelet/config.json /etc/crio")
                    : NextStep(
                        "see where containerd has credentials",
                        "grep -n -e auth -e config_path /etc/containerd/config.toml")
            ] + tryAgain(told), clearsWhen: clears)
    }

    private func shortName(_ told: Told) -> CreationWords {
        CreationWords(
            sentence:
                "images without their registry's name are not pulled on this node (\(told.images.sorted().prefix(3).joined(separator: ", ").bounded(120)))",
            explanation:
                "registries.conf names no registry to search, or wants the name in full (short-name-mode). Write the image with its registry. \(said(told))",
            steps: [
                NextStep(
                    "see the configuration",
                    "grep -rn -e unqualified -e short-name /etc/containers/registries.conf /etc/containers/registries.conf.d"
                )
            ],
            clearsWhen: clears)
    }

    private func answers(_ told: Told) -> CreationWords {
        let isRate = told.capture("reason") == "rate"
        return CreationWords(
            sentence: isRate
                ? "the registry \(registry(told)) limits this node's pulls (429, too many requests)"
                : "the registry \(registry(told)) answers pulls with errors",
            explanation: (isRate
                ? "Its limit counts by address or account: log in, or pull through a mirror. " : "")
                + said(told),
            steps: [NextStep("see what it answers", "curl -sSI https://\(registry(told))/v2/")]
                + tryAgain(told),
            clearsWhen: clears)
    }
}
