// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Reads from when to when a certificate is valid (RFC 5280, 4.1.2.5). Nothing else of it is read, and nothing is verified.
public enum CertificateFile {
    private static let sizeLimit = 64 << 10

    /// Where kubeadm and the kubelet keep those that end after a year.
    private static let places =
        ["client-current.pem", "server-current.pem"].map { "/var/lib/kubelet/pki/kubelet-" + $0 }
        + [
            "apiserver.crt", "apiserver-kubelet-client.crt", "apiserver-etcd-client.crt",
            "front-proxy-client.crt", "etcd/server.crt", "etcd/peer.crt", "etcd/healthcheck-client.crt",
        ].map { "/etc/kubernetes/pki/" + $0 }

    /// Those of the node below `root`, and those that are there and cannot be read.
    public static func all(root: String) -> (read: [CertificateValidity], unread: [String]) {
        let files = Files(root: root)
        var (read, unread): ([CertificateValidity], [String]) = ([], [])
        for place in places {
            guard (try? files.status(place)) != nil, isUsed(place, files) else { continue }
            if let bytes = try? files.contents(place, limit: sizeLimit),
                let found = validity(place, pem: bytes)
            {
                read.append(found)
            } else {
                unread.append(place)
            }
        }
        return (read, unread)
    }

    /// A client certificate that no kubeconfig names is a remainder: who renewed by hand may have left it.
    private static func isUsed(_ place: String, _ files: Files) -> Bool {
        guard place.hasSuffix("/kubelet-client-current.pem") else { return true }
        return ["/etc/kubernetes/kubelet.conf", "/var/lib/kubelet/kubeconfig"].contains { path in
            files.text(path, limit: sizeLimit)?.firstRange(of: place) != nil
        }
    }

    /// Of the first certificate of a PEM file, whatever else is in it; nil: there is none that can be read.
    static func validity(_ path: String, pem bytes: [UInt8]) -> CertificateValidity? {
        let text = String(decoding: bytes.prefix(sizeLimit), as: UTF8.self)
        guard let begin = text.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let end = text[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----"),
            let der = base64(text[begin.upperBound..<end.lowerBound].utf8), let dates = dates(der[...])
        else { return nil }
        return CertificateValidity(path: path, from: dates.from, until: dates.until)
    }

    private static func base64(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in text {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="), 0x0A, 0x0D: continue
            default: return nil
            }
            bits = bits << 6 & 0xFF_FFFF | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    // MARK: DER (X.690)

    /// Certificate, tbsCertificate: version, serialNumber, signature, issuer, validity.
    private static func dates(_ der: ArraySlice<UInt8>) -> (from: WallTime, until: WallTime)? {
        var outer = der
        guard var certificate = take(0x30, &outer), var body = take(0x30, &certificate) else { return nil }
        if body.first == 0xA0, take(0xA0, &body) == nil { return nil }
        guard take(0x02, &body) != nil, take(0x30, &body) != nil, take(0x30, &body) != nil,
            var dates = take(0x30, &body), let from = time(&dates), let until = time(&dates), from <= until
        else { return nil }
        return (from, until)
    }

    /// The content of the next value, if it has that tag and all of it is there.
    private static func take(_ tag: UInt8, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= 2, rest.first == tag else { return nil }
        var content = rest.dropFirst(2)
        var length = Int(rest[rest.startIndex + 1])
        if length >= 0x80 {
            let octets = length - 0x80
            guard (1...3).contains(octets), content.count >= octets else { return nil }
            length = content.prefix(octets).reduce(0) { $0 << 8 | Int($1) }
            content = content.dropFirst(octets)
        }
        guard content.count >= length else { return nil }
        rest = content.dropFirst(length)
        return content.prefix(length)
    }

    /// UTCTime `YYMMDDhhmmssZ` (from 1950 to 2049), or GeneralizedTime with the whole year.
    private static func time(_ rest: inout ArraySlice<UInt8>) -> WallTime? {
        let isShort = rest.first == 0x17
        guard let content = take(isShort ? 0x17 : 0x18, &rest), content.count == (isShort ? 13 : 15),
            content.last == UInt8(ascii: "Z"), content.dropLast().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        var digits = String(decoding: content.dropLast(), as: UTF8.self)
        if isShort { digits = (digits < "5" ? "20" : "19") + digits }
        var parts: [Substring] = []
        for (start, size) in [(0, 4), (4, 2), (6, 2), (8, 2), (10, 2), (12, 2)] {
            parts.append(digits.dropFirst(start).prefix(size))
        }
        return WallTime(rfc3339: "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z")
    }
}
