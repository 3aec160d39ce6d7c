/// Looks for one template in one text.
///
/// The head is looked for from left to right; behind each occurrence every step takes the nearest place of
/// its literal. Those places only ever move right, from one occurrence of the head to the next, so each is
/// searched for once: the whole costs at most one pass over the text per literal and one per capture,
/// whatever the text.
struct TemplateMatcher {
    private let template: Template
    private let text: [UInt8]
    /// Per step: the nearest place of its literal, good for every start up to it.
    private var places: [Int?]
    /// Per step: the first byte that its capture must not hold, good for every start up to it.
    private var walls: [Int?]
    /// Bytes looked at: what the time is made of.
    private(set) var work = 0

    init(_ template: Template, _ text: [UInt8]) {
        self.template = template
        self.text = text
        places = Array(repeating: nil, count: template.steps.count)
        walls = places
    }

    /// The captures in the text, or nil where the template is not in it.
    mutating func match() -> [String: Range<Int>]? {
        if template.anchoredStart {
            guard isLiteral(template.head, at: 0) else { return nil }
            if template.steps.isEmpty, template.anchoredEnd, template.head.count != text.count { return nil }
            return captures(from: template.head.count)
        }
        if template.steps.isEmpty, template.anchoredEnd {
            return isLiteral(template.head, at: text.count - template.head.count) ? [:] : nil
        }
        var start = 0
        while let found = search(template.head, from: start) {
            if let captures = captures(from: found + template.head.count) { return captures }
            if places.contains(text.count + 1) { return nil }
            start = found + 1
        }
        return nil
    }

    private mutating func captures(from start: Int) -> [String: Range<Int>]? {
        var captures: [String: Range<Int>] = [:]
        var position = start
        for (index, step) in template.steps.enumerated() {
            guard let range = capture(index, step, from: position) else { return nil }
            if let name = step.name { captures[name] = range }
            position = range.upperBound + step.literal.count
        }
        return captures
    }

    private mutating func capture(_ index: Int, _ step: Template.Step, from position: Int) -> Range<Int>? {
        let isLast = index == template.steps.count - 1
        if step.literal.isEmpty {
            let end = step.kind == .any ? text.count : wall(index, step.kind, from: position)
            if template.anchoredEnd, end != text.count { return nil }
            return end > position || step.kind == .any ? position..<end : nil
        }
        let least = step.kind == .any ? position : position + 1
        let place = place(index, step.literal, from: least, atEnd: isLast && template.anchoredEnd)
        guard place <= text.count else { return nil }
        guard step.kind == .any || wall(index, step.kind, from: position) >= place else { return nil }
        return position..<place
    }

    /// Where the step's literal next is, or `text.count + 1` where it is not.
    private mutating func place(_ index: Int, _ literal: [UInt8], from position: Int, atEnd: Bool) -> Int {
        if let known = places[index], known >= position { return known }
        let found: Int?
        if atEnd {
            let only = text.count - literal.count
            found = only >= position && isLiteral(literal, at: only) ? only : nil
        } else {
            found = search(literal, from: position)
        }
        places[index] = found ?? text.count + 1
        return found ?? text.count + 1
    }

    private mutating func wall(_ index: Int, _ kind: Template.Kind, from position: Int) -> Int {
        if let known = walls[index], known >= position { return known }
        var i = position
        while i < text.count, kind.accepts(text[i]) { i += 1 }
        work += i - position + 1
        walls[index] = i
        return i
    }

    private mutating func isLiteral(_ literal: [UInt8], at position: Int) -> Bool {
        guard position >= 0, position + literal.count <= text.count else { return false }
        for i in literal.indices {
            work += 1
            guard text[position + i] == literal[i] else { return false }
        }
        return true
    }

    private mutating func search(_ literal: [UInt8], from position: Int) -> Int? {
        guard let first = literal.first else { return position }
        var i = position
        while i + literal.count <= text.count {
            if text[i] == first, isLiteral(literal, at: i) { return i }
            work += 1
            i += 1
        }
        return nil
    }
}
