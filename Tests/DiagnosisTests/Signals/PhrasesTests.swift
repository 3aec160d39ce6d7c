// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

/// Text is found byte for byte, at every place of a line.
@Suite struct PhrasesTests {
    @Test(arguments: ["cni plugin", "a cni plugin", "cni plugin b", "is reserved for x", "cni cni plugin"])
    func oneOfThemIsFound(_ text: String) {
        #expect(Phrases("cni plugin", "is reserved for").areIn(text))
    }

    @Test(arguments: ["", "cni", "cni  plugin", "Cni plugin", "is reserved fo"])
    func elseNoneIs(_ text: String) {
        #expect(!Phrases("cni plugin", "is reserved for").areIn(text))
    }

    @Test func aPieceIsFoundInAString() {
        #expect("aaab".contains("aab") && "aé".contains("é") && "a".contains("") && "x: EOF".contains("EOF"))
        #expect(!"aab".contains("aaab") && !"".contains("a") && !"eof".contains("EOF"))
    }
}
