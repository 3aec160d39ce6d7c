// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The page of the node for a browser: what the text page says, in the same order.
///
/// It needs nothing but this server, works without its script, and is one column on a phone. The script swaps `header`,
/// `main` and `footer` when `/v1/stream` says that something is new.
enum HTMLPage {
    /// All that the page may load or do.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func render(_ snapshot: Snapshot) -> String {
        var page = HTMLWriter()
        let verdict = snapshot.verdict.rawValue
        page.markup("<!doctype html>\n<html lang=\"en\">")
        page.element("head") { head in
            head.markup(
                """
                <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\
                <meta name="color-scheme" content="light dark">
                """)
            head.element("title", text: "\(verdict.uppercased()) – \(snapshot.hostname) – crihealthd")
            head.void(
                "link",
                [
                    .init("rel", "icon"), .init("type", "image/svg+xml"),
                    .init("href", "assets/\(verdict).svg"),
                ])
            // Who runs no scripts sees a page that is half a minute old at most.
            head.markup("<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>")
            head.markup(
                "<link rel=\"stylesheet\" href=\"assets/page.css\"><script src=\"assets/page.js\" defer></script>"
            )
        }
        page.markup("\n<body>")
        page.markup("<a class=\"skip\" href=\"#main\">Skip to what is wrong</a>\n")
        writeHeader(snapshot, to: &page)
        page.markup("\n<p id=\"live\" class=\"live\" role=\"status\"></p>\n")
        page.element("main", [.init("id", "main"), .init("tabindex", "-1")]) { main in
            let isFresh = Past(snapshot).isFresh
            writeOpen(snapshot, to: &main)
            if isFresh { HTMLSections.writeResolved(snapshot, to: &main) }
            HTMLSections.writeUnexplained(snapshot, to: &main)
            HTMLSections.writeConditions(snapshot, to: &main)
            HTMLSections.writeRuntimes(snapshot, to: &main)
            HTMLSections.writeAdvice(snapshot, to: &main)
            if !isFresh { HTMLSections.writeResolved(snapshot, to: &main) }
        }
        page.markup("\n")
        HTMLSections.writeSelf(snapshot, to: &page)
        page.markup("</body></html>\n")
        return page.html
    }

    private static func writeHeader(_ snapshot: Snapshot, to page: inout HTMLWriter) {
        page.element("header", [.init("class", "verdict \(snapshot.verdict.rawValue)")]) { header in
            header.element("p", [.init("class", "word")], text: snapshot.verdict.rawValue.uppercased())
            header.element("h1", text: snapshot.headline)
            header.element("p", [.init("class", "where")]) { line in
                line.text(snapshot.hostname)
                line.markup(", ")
                let now = snapshot.at.wall
                HTMLTime.write("\(now.date) \(now.clock) UTC", at: now, id: "at", to: &line)
                if let first = snapshot.headliner {
                    line.text(", since " + TimeText.stamp(first.openedAt, on: now) + " (")
                    HTMLTime.writeAge(since: first.openedAt, now: now, to: &line)
                    line.markup(")")
                }
                if !snapshot.open.isEmpty {
                    line.text(", " + TimeText.count(UInt64(snapshot.open.count), "open incident"))
                }
            }
            if let words = Past(snapshot).words {
                header.element("p", [.init("class", "where")], text: words)
            }
        }
    }

    private static func writeOpen(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        guard !snapshot.open.isEmpty else { return }
        main.element("section", [.init("aria-labelledby", "open")]) { section in
            section.element("h2", [.init("id", "open")], text: "Open incidents")
            for incident in snapshot.open.prefix(TextPage.openLimit) {
                HTMLIncident.write(incident, in: snapshot, to: &section)
            }
            if snapshot.open.count > TextPage.openLimit {
                section.element("p") { line in
                    line.element("a", [.init("href", "v1/incidents?status=open")]) {
                        $0.text("and \(snapshot.open.count - TextPage.openLimit) more")
                    }
                }
            }
        }
    }
}

/// Times that the script keeps counting.
enum HTMLTime {
    /// An instant.
    static func write(_ text: String, at time: WallTime, id: String? = nil, to writer: inout HTMLWriter) {
        writer.element("time", [.init("id", id), .init("datetime", time.description)], text: text)
    }

    /// How long ago an instant was.
    static func writeAge(since time: WallTime, now: WallTime, to writer: inout HTMLWriter) {
        writer.element(
            "span", [.init("class", "age"), .init("data-since", time.description)],
            text: TimeText.span(time, now))
    }
}
