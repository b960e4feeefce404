//! A rule set in JavaScript. Its contract comes from the program that builds it.

use super::{Template, carried};

/// The template: the project's own example.
pub const TEMPLATE: Template = Template {
    names: &["threshold-js"],
    own: carried! {
        "package.json" = "plugins/threshold-js/package.json",
        "rules.js" = "plugins/threshold-js/rules.js",
        "README.md" = "plugins/threshold-js/README.md",
        "configuration.schema.json" = "plugins/threshold-js/configuration.schema.json",
        "fixtures/general_passes.json" = "plugins/threshold-js/fixtures/general_passes.json",
        "fixtures/general_tie_fails.json" = "plugins/threshold-js/fixtures/general_tie_fails.json",
        "fixtures/major_two_thirds.json" = "plugins/threshold-js/fixtures/major_two_thirds.json",
        "fixtures/options_are_refused.json" = "plugins/threshold-js/fixtures/options_are_refused.json",
        "fixtures/quorum_configured.json" = "plugins/threshold-js/fixtures/quorum_configured.json",
    },
    vendored: &[],
    ignored: "/target\n/node_modules\n",
    next: &["npm install"],
};
