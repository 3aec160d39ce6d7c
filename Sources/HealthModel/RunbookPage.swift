// SPDX-License-Identifier: Apache-2.0

/// A runbook, read into its parts: a title, and sections in the order in which they are needed.
///
/// The text is Markdown as far as runbooks need it: `# ` the title, `## ` a section, numbered steps, and commands that are
/// indented by six columns or more. Under "Causes" each cause has an entry: a line that begins with its name and two blanks,
/// and indented lines that go on.
public struct RunbookPage: Hashable, Sendable {
    /// A heading and what is below it.
    public struct Section: Hashable, Sendable {
        /// Without `## `.
        public var heading: String
        /// Its lines, without empty ones at its ends.
        public var lines: [String]
    }

    /// What is said of one cause.
    public struct Entry: Hashable, Sendable {
        /// CamelCase.
        public var cause: String
        /// One paragraph.
        public var text: String
    }

    /// Where the causes are listed.
    public static let causesHeading = "Causes"
    /// Read in this order, whatever the order of the file; others follow.
    private static let first = ["Meaning", "What to do", causesHeading]

    /// Without `# `.
    public let title: String
    /// What to do comes right after what it means.
    public let sections: [Section]

    /// Reads a page. Any text is one.
    public init(_ text: String) {
        var title = ""
        var sections: [Section] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                sections.append(Section(heading: String(line.dropFirst(3)), lines: []))
            } else if line.hasPrefix("# "), title.isEmpty {
                title = String(line.dropFirst(2))
            } else if !sections.isEmpty {
                sections[sections.count - 1].lines.append(String(line))
            }
        }
        for index in sections.indices {
            while sections[index].lines.last == "" { sections[index].lines.removeLast() }
            while sections[index].lines.first == "" { sections[index].lines.removeFirst() }
        }
        let known = Self.first.compactMap { heading in sections.first { $0.heading == heading } }
        self.title = title
        self.sections = known + sections.filter { !Self.first.contains($0.heading) }
    }

    /// As text again, without the sections that `isLeftOut` names.
    public func text(without isLeftOut: (Section) -> Bool = { _ in false }) -> String {
        let told = sections.filter { !isLeftOut($0) }.map { section in
            "\n## \(section.heading)\n" + section.lines.map { $0 + "\n" }.joined()
        }
        return "# \(title)\n" + told.joined()
    }

    /// What is said of each cause, in the order of the page.
    public var entries: [Entry] {
        var found: [Entry] = []
        for line in sections.first(where: { $0.heading == Self.causesHeading })?.lines ?? [] {
            if line.hasPrefix("  "), !found.isEmpty {
                let last = found.count - 1
                found[last].text += (found[last].text.isEmpty ? "" : " ") + line.drop { $0 == " " }
            } else if let name = Self.name(line) {
                found.append(Entry(cause: name, text: String(line.dropFirst(name.count).drop { $0 == " " })))
            }
        }
        return found
    }

    /// What is said of one cause, whatever the case of its name; nil where nothing is.
    public func entry(_ cause: String) -> Entry? {
        entries.first { $0.cause.lowercased() == cause.lowercased() }
    }

    /// The page of one cause: what it is first, then what to do and the rest, without the other causes.
    public func text(of entry: Entry, kind: String, columns: Int = 80) -> String {
        var lines = [""]
        for word in "\(kind)/\(entry.cause): \(entry.text)".split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= columns { lines.append("") }
            if !lines[lines.count - 1].isEmpty { lines[lines.count - 1] += " " }
            lines[lines.count - 1] += word
        }
        return lines.joined(separator: "\n") + "\n\n" + text { $0.heading == Self.causesHeading }
    }

    /// The CamelCase word that a line begins with, if two blanks follow, or nothing.
    private static func name(_ line: String) -> String? {
        let word = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let rest = line.dropFirst(word.count)
        guard word.first?.isUppercase == true, rest.isEmpty || rest.hasPrefix("  ") else { return nil }
        return String(word)
    }
}
