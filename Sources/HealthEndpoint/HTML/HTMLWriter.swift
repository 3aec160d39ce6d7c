// SPDX-License-Identifier: Apache-2.0

/// Writes HTML whose markup is all in the source code: names of elements and attributes are literals, and what comes from
/// elsewhere can only ever be text or the value of an attribute, printable and escaped.
struct HTMLWriter {
    /// An attribute; a nil value leaves it out.
    struct Attribute {
        var name: StaticString
        var value: String?

        init(_ name: StaticString, _ value: String?) { (self.name, self.value) = (name, value) }
    }

    /// What was written.
    private(set) var html = ""

    /// Markup that is in the source code.
    mutating func markup(_ literal: StaticString) { html += literal.description }

    /// Text from anywhere, without blanks at its ends.
    mutating func text(_ text: String) { html += Self.escaped(Printable.line(text)) }

    /// A command, blanks kept: what is copied is what runs.
    mutating func command(_ text: String) {
        html += Self.escaped(Printable.string(Printable.scalars(text, keepingBlanks: true)))
    }

    /// An element that holds what `content` writes.
    mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        content(&self)
        html += "</\(name)>"
    }

    /// An element that holds text.
    mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// An element that never has content: `meta`, `link`.
    mutating func void(_ name: StaticString, _ attributes: [Attribute]) { open(name, attributes) }

    private mutating func open(_ name: StaticString, _ attributes: [Attribute]) {
        html += "<\(name)"
        for attribute in attributes {
            guard let value = attribute.value else { continue }
            html += " \(attribute.name)=\"" + Self.escaped(Printable.line(value)) + "\""
        }
        html += ">"
    }

    private static func escaped(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
