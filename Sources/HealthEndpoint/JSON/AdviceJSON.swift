// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A piece of advice.
struct AdviceJSON: Encodable {
    let id: String
    let category: String
    let component: String
    let version: String
    let sentence: String
    let fixedIn: [String]
    let source: String
    /// What must be said with it.
    let note = "By upstream version; your distribution may have backported the fix."

    init(_ advice: Advice) {
        id = advice.id
        category = advice.category.rawValue
        component = advice.component
        version = advice.version
        sentence = advice.sentence
        fixedIn = advice.fixedIn
        source = advice.source
    }
}
