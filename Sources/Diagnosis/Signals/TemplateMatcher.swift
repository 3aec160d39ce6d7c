// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Looks for one template in one text, and allocates nothing for it.
///
/// The head is looked for from left to right; behind each occurrence every step takes the nearest place of
/// its literal. Those places only ever move right, from one occurrence of the head to the next, so each is
/// searched for once: the whole costs at most one pass over the text per literal and one per capture,
/// whatever the text.
struct TemplateMatcher {
    private static let unknown = -1

    /// Per step: the nearest place of its literal, good for every start up to it; ``unknown`` before it was looked for.
    private var places = InlineArray<16, Int>(repeating: unknown)
    /// Per step: the first byte that its capture must not hold, good for every start up to it.
    private var walls = InlineArray<16, Int>(repeating: unknown)
    /// Per step: what its capture took.
    private var taken = InlineArray<16, Range<Int>>(repeating: 0..<0)
    /// Bytes that were passed over for a capture, and lengths of literals that were looked for: what the time is made of, for
    /// looking for a literal is linear by itself.
    private(set) var work = 0

    /// What the capture of that step took in the last text that matched, counted from the text's beginning.
    func range(ofStep index: Int) -> Range<Int> { taken[index] }

    /// Whether the template is in the text.
    mutating func matches(_ template: Template, in text: Span<UInt8>) -> Bool {
        for index in template.steps.indices {
            places[index] = Self.unknown
            walls[index] = Self.unknown
        }
        if template.anchoredStart {
            guard isLiteral(template.head, at: 0, in: text) else { return false }
            if template.steps.isEmpty, template.anchoredEnd, template.head.count != text.count {
                return false
            }
            return takeSteps(of: template, from: template.head.count, in: text)
        }
        if template.steps.isEmpty, template.anchoredEnd {
            return isLiteral(template.head, at: text.count - template.head.count, in: text)
        }
        var start = 0
        while let found = search(template.head, from: start, in: text) {
            if takeSteps(of: template, from: found + template.head.count, in: text) { return true }
            for index in template.steps.indices where places[index] > text.count { return false }
            start = found + 1
        }
        return false
    }

    private mutating func takeSteps(of template: Template, from start: Int, in text: Span<UInt8>) -> Bool {
        var position = start
        for index in template.steps.indices {
            guard let range = capture(template, index, from: position, in: text) else { return false }
            taken[index] = range
            position = range.upperBound + template.steps[index].literal.count
        }
        return true
    }

    private mutating func capture(
        _ template: Template, _ index: Int, from position: Int, in text: Span<UInt8>
    ) -> Range<Int>? {
        let kind = template.steps[index].kind
        let literal = template.steps[index].literal
        if literal.isEmpty {
            let end = kind == .any ? text.count : wall(index, kind, from: position, in: text)
            if template.anchoredEnd, end != text.count { return nil }
            return end > position || kind == .any ? position..<end : nil
        }
        let least = kind == .any ? position : position + 1
        let isLast = index == template.steps.count - 1
        let place = place(index, literal, from: least, atEnd: isLast && template.anchoredEnd, in: text)
        guard place <= text.count else { return nil }
        guard kind == .any || wall(index, kind, from: position, in: text) >= place else { return nil }
        return position..<place
    }

    /// Where the step's literal next is, or `text.count + 1` where it is not.
    private mutating func place(
        _ index: Int, _ literal: [UInt8], from position: Int, atEnd: Bool, in text: Span<UInt8>
    ) -> Int {
        if places[index] != Self.unknown, places[index] >= position { return places[index] }
        let found: Int?
        if atEnd {
            let only = text.count - literal.count
            found = only >= position && isLiteral(literal, at: only, in: text) ? only : nil
        } else {
            found = search(literal, from: position, in: text)
        }
        places[index] = found ?? text.count + 1
        return places[index]
    }

    private mutating func wall(
        _ index: Int, _ kind: Template.Kind, from position: Int, in text: Span<UInt8>
    ) -> Int {
        if walls[index] != Self.unknown, walls[index] >= position { return walls[index] }
        var i = position
        while i < text.count, kind.accepts(text[i]) { i += 1 }
        work += i - position + 1
        walls[index] = i
        return i
    }

    private mutating func isLiteral(_ literal: [UInt8], at position: Int, in text: Span<UInt8>) -> Bool {
        work += literal.count
        return text.has(literal.span, at: position)
    }

    private mutating func search(_ literal: [UInt8], from position: Int, in text: Span<UInt8>) -> Int? {
        let found = text.firstIndex(of: literal.span, from: position)
        work += (found ?? text.count) - position + literal.count
        return found
    }
}
