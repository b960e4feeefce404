//! A rule set in C. Its types come from the program that builds it.

use super::{Template, carried};

/// The template: the project's own example.
pub const TEMPLATE: Template = Template {
    names: &["threshold-c"],
    own: carried! {
        "threshold-c.c" = "plugins/threshold-c/threshold-c.c",
        "README.md" = "plugins/threshold-c/README.md",
        "configuration.schema.json" = "plugins/threshold-c/configuration.schema.json",
        "fixtures/general_passes.json" = "plugins/threshold-c/fixtures/general_passes.json",
        "fixtures/general_tie_fails.json" = "plugins/threshold-c/fixtures/general_tie_fails.json",
        "fixtures/major_two_thirds.json" = "plugins/threshold-c/fixtures/major_two_thirds.json",
        "fixtures/options_are_refused.json" = "plugins/threshold-c/fixtures/options_are_refused.json",
        "fixtures/quorum_configured.json" = "plugins/threshold-c/fixtures/quorum_configured.json",
    },
    vendored: &[],
    ignored: "/target\n/.venv\n",
    next: &["python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1"],
};
