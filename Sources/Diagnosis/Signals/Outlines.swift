// SPDX-License-Identifier: Apache-2.0

/// What stands in a line beside each literal of the prefilter: of each template that it speaks for, all the plain text in
/// order. Flat, so that nothing is counted or copied where it is read.
struct Outlines: Sendable {
    /// The pieces of plain text, one behind the other.
    private var bytes: [UInt8] = []
    /// Where each piece begins in ``bytes``; one more for the end.
    private var pieces = [0]
    /// Where each outline begins in ``pieces``; one more for the end.
    private var outlines = [0]
    /// Where each literal's outlines begin in ``outlines``; one more for the end.
    private var literals = [0]

    /// Those of each literal.
    init(_ all: [[[[UInt8]]]]) {
        for literal in all {
            for outline in Set(literal).sorted(by: { $0.joined().lexicographicallyPrecedes($1.joined()) }) {
                for piece in outline {
                    bytes += piece
                    pieces.append(bytes.count)
                }
                outlines.append(pieces.count - 1)
            }
            literals.append(outlines.count - 1)
        }
    }

    /// Whether all of one of the literal's outlines is in the message.
    func fit(_ literal: Int, _ message: Span<UInt8>) -> Bool {
        (literals[literal]..<literals[literal + 1]).contains { isOutlined($0, message) }
    }

    private func isOutlined(_ outline: Int, _ message: Span<UInt8>) -> Bool {
        var position = 0
        for piece in outlines[outline]..<outlines[outline + 1] {
            let wanted = bytes.span.extracting(pieces[piece]..<pieces[piece + 1])
            guard let found = message.firstIndex(of: wanted, from: position) else { return false }
            position = found + wanted.count
        }
        return true
    }
}
