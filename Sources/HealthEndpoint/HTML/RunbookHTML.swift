// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A runbook for a browser, with a place to link to for each section and each cause.
enum RunbookHTML {
    /// `#hung`: what a cause is called in a link.
    static func anchor(_ name: String) -> String {
        String(name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(60))
    }

    /// The page of `kind`; `root` leads from its address to the node's page. With a cause, that one comes first.
    static func render(
        _ runbook: RunbookPage, kind: String, cause: RunbookPage.Entry? = nil, root: String
    ) -> String {
        let name = cause.map { "\(kind)/\($0.cause)" } ?? kind
        return page("explain \(name)", heading: runbook.title, root: root) { main in
            if let cause {
                section("this", name, to: &main) { $0.element("p", text: cause.text) }
            }
            for part in runbook.sections {
                section(anchor(part.heading), part.heading, to: &main) { write(part, of: runbook, to: &$0) }
            }
        }
    }

    /// All pages, by kind and title; at `/runbooks`.
    static func list(_ pages: [(kind: String, title: String)]) -> String {
        page("explain", heading: "Runbooks", root: "./") { main in
            main.element("ul") { list in
                for page in pages {
                    list.element("li") { item in
                        item.element("a", [.init("href", "runbooks/\(page.kind)")], text: page.title)
                    }
                }
            }
        }
    }

    private static func page(
        _ name: String, heading: String, root: String, _ content: (inout HTMLWriter) -> Void
    ) -> String {
        var page = HTMLWriter()
        page.markup("<!doctype html>\n<html lang=\"en\">")
        page.element("head") { head in
            head.markup(
                """
                <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\
                <meta name="color-scheme" content="light dark">
                """)
            head.element("title", text: "\(heading) – crihealthd")
            head.void("link", [.init("rel", "stylesheet"), .init("href", root + "assets/page.css")])
            head.void(
                "link",
                [
                    .init("rel", "icon"), .init("type", "image/svg+xml"),
                    .init("href", root + "assets/unknown.svg"),
                ])
        }
        page.markup("\n<body class=\"runbook\">")
        page.element("header") { header in
            header.element("p", [.init("class", "links")]) { line in
                line.element("a", [.init("href", root)], text: "this node")
                line.markup(" ")
                line.element("a", [.init("href", root + "runbooks")], text: "all runbooks")
            }
            header.element("h1", text: heading)
        }
        page.element("main") { content(&$0) }
        page.element("footer") { footer in
            footer.element("p", text: "On the node, without a network: crihealthd \(name)")
        }
        page.markup("</body></html>\n")
        return page.html
    }

    private static func section(
        _ id: String, _ title: String, to main: inout HTMLWriter, _ content: (inout HTMLWriter) -> Void
    ) {
        main.markup("\n")
        main.element("section", [.init("aria-labelledby", id)]) { part in
            part.element("h2", [.init("id", id)], text: title)
            content(&part)
        }
    }

    private static func write(
        _ section: RunbookPage.Section, of runbook: RunbookPage, to part: inout HTMLWriter
    ) {
        guard section.heading == RunbookPage.causesHeading else {
            return write(RunbookBlock.read(section.lines), to: &part)
        }
        part.element("dl", [.init("class", "causes")]) { list in
            for entry in runbook.entries {
                list.element("dt", [.init("id", anchor(entry.cause))], text: entry.cause)
                list.element("dd", text: entry.text)
            }
        }
    }

    private static func write(_ blocks: [RunbookBlock], to part: inout HTMLWriter) {
        var rest = blocks[...]
        while let block = rest.first {
            switch block {
            case .paragraph(let text):
                part.element("p", text: text)
                rest = rest.dropFirst()
            case .commands(let lines):
                write(commands: lines, to: &part)
                rest = rest.dropFirst()
            case .step:
                let steps = rest.prefix { if case .step = $0 { true } else { false } }
                part.element("ol", [.init("class", "steps")]) { list in
                    for case .step(let parts) in steps {
                        list.element("li") { write(parts, to: &$0) }
                    }
                }
                rest = rest.dropFirst(steps.count)
            }
        }
    }

    private static func write(commands: [String], to part: inout HTMLWriter) {
        for command in commands {
            part.element("pre", [.init("tabindex", "0")]) { $0.element("code") { $0.command(command) } }
        }
    }
}

/// A piece of a section.
indirect enum RunbookBlock: Hashable {
    case paragraph(String)
    /// One a line.
    case commands([String])
    /// A numbered step and what belongs to it.
    case step([RunbookBlock])

    /// Columns that make a line a command.
    private static let commandIndent = 6

    static func read(_ lines: [String]) -> [RunbookBlock] {
        var blocks: [RunbookBlock] = []
        var step: [RunbookBlock]?
        func put(_ block: RunbookBlock) {
            if step != nil { step?.append(block) } else { blocks.append(block) }
        }
        var words: [Substring] = []
        var commands: [String] = []
        func flush() {
            if !words.isEmpty { put(.paragraph(words.joined(separator: " "))) }
            if !commands.isEmpty { put(.commands(commands)) }
            (words, commands) = ([], [])
        }
        func endStep() {
            flush()
            if let done = step { blocks.append(.step(done)) }
            step = nil
        }
        for line in lines {
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if text.isEmpty {
                flush()
            } else if indent >= commandIndent {
                if !words.isEmpty { flush() }
                commands.append(String(text))
            } else if indent == 0, let start = numbered(text) {
                endStep()
                step = []
                words = [start]
            } else {
                if !commands.isEmpty || step != nil && indent == 0 { indent == 0 ? endStep() : flush() }
                words.append(text)
            }
        }
        endStep()
        return blocks
    }

    /// What follows `3. `.
    private static func numbered(_ text: Substring) -> Substring? {
        let digits = text.prefix(while: \.isNumber)
        let rest = text.dropFirst(digits.count)
        return !digits.isEmpty && rest.hasPrefix(". ") ? rest.dropFirst(2) : nil
    }
}
