// SPDX-License-Identifier: Apache-2.0

/// Why a rule file is refused: where, which key, and what was probably meant.
public struct RuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Name of the document: a path, or `containerd.toml` for a shipped one.
    public var file: String
    /// Line, from 1; nil where it is not known (the file could not be read).
    public var line: Int?
    /// Id of the rule; nil outside any.
    public var rule: String?
    /// The key at fault; nil where it is not one key.
    public var key: String?
    /// What is wrong.
    public var problem: String
    /// What was probably meant.
    public var suggestion: String?
    /// errno, where a system call failed.
    public var errno: Int32?

    /// Makes an error.
    public init(
        file: String, line: Int? = nil, rule: String? = nil, key: String? = nil, problem: String,
        suggestion: String? = nil, errno: Int32? = nil
    ) {
        self.file = file
        self.line = line
        self.rule = rule
        self.key = key
        self.problem = problem
        self.suggestion = suggestion
        self.errno = errno
    }

    /// `rules.d/site.toml:12: rule "x": key "templat": unknown key; did you mean "template"?`
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let rule { text += ": rule \"\(rule)\"" }
        if let key { text += ": key \"\(key)\"" }
        text += ": " + problem
        if let errno { text += " (errno \(errno))" }
        if let suggestion { text += "; did you mean \"\(suggestion)\"?" }
        return PlainText.clean(text, limit: 1024)
    }
}
