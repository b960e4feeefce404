//! A rule set in Rust: the SDK, the evaluator and the contract come with it, so that it builds anywhere.

use super::{Template, carried};

/// The template.
pub const TEMPLATE: Template = Template {
    names: &["rule-template", "rule_template"],
    own: carried! {
        "Cargo.toml" = "plugins/template/scaffold.toml",
        "README.md" = "plugins/template/README.md",
        "configuration.schema.json" = "plugins/template/configuration.schema.json",
        "fixtures/general_passes.json" = "plugins/template/fixtures/general_passes.json",
        "fixtures/major_two_thirds.json" = "plugins/template/fixtures/major_two_thirds.json",
        "fixtures/quorum_configured.json" = "plugins/template/fixtures/quorum_configured.json",
        "src/lib.rs" = "plugins/template/src/lib.rs",
        "tests/fixtures.rs" = "plugins/template/tests/fixtures.rs",
    },
    vendored: carried! {
        "vendor/README.md" = "plugins/template/vendor/README.md",
        "vendor/LICENSE" = "LICENSE",
        "vendor/wit/yishi-policy@1.0.0/policy.wit" = "plugins/wit/yishi-policy@1.0.0/policy.wit",
        "vendor/sdk/Cargo.toml" = "plugins/template/vendor/sdk.toml",
        "vendor/sdk/src/lib.rs" = "plugins/sdk/src/lib.rs",
        "vendor/sdk/src/conditions.rs" = "plugins/sdk/src/conditions.rs",
        "vendor/sdk/src/convert.rs" = "plugins/sdk/src/convert.rs",
        "vendor/sdk/src/convert/rules.rs" = "plugins/sdk/src/convert/rules.rs",
        "vendor/sdk/src/fixtures.rs" = "plugins/sdk/src/fixtures.rs",
        "vendor/sdk/src/memory.rs" = "plugins/sdk/src/memory.rs",
        "vendor/domain/Cargo.toml" = "plugins/template/vendor/domain.toml",
        "vendor/domain/src/lib.rs" = "crates/domain/src/lib.rs",
        "vendor/domain/src/describe.rs" = "crates/domain/src/describe.rs",
        "vendor/domain/src/digests.rs" = "crates/domain/src/digests.rs",
        "vendor/domain/src/escalation.rs" = "crates/domain/src/escalation.rs",
        "vendor/domain/src/fixtures.rs" = "crates/domain/src/fixtures.rs",
        "vendor/domain/src/receipts.rs" = "crates/domain/src/receipts.rs",
        "vendor/domain/src/standard.rs" = "crates/domain/src/standard.rs",
        "vendor/domain/src/texts.rs" = "crates/domain/src/texts.rs",
        "vendor/domain/src/topics.rs" = "crates/domain/src/topics.rs",
        "vendor/domain/src/voting.rs" = "crates/domain/src/voting.rs",
        "vendor/domain/src/voting/choices.rs" = "crates/domain/src/voting/choices.rs",
        "vendor/domain/src/voting/evaluation.rs" = "crates/domain/src/voting/evaluation.rs",
        "vendor/domain/src/voting/rules.rs" = "crates/domain/src/voting/rules.rs",
        "vendor/domain/src/voting/selections.rs" = "crates/domain/src/voting/selections.rs",
        "vendor/domain/src/voting/soundness.rs" = "crates/domain/src/voting/soundness.rs",
        "vendor/domain/src/voting/tallies.rs" = "crates/domain/src/voting/tallies.rs",
        // The versions that the project's own rule sets are built with; cargo drops what is not used.
        "Cargo.lock" = "plugins/Cargo.lock",
    },
    ignored: "/target\n",
    next: &["cargo test"],
};
