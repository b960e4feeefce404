//! The rule set on its fixtures.

use livelihood_vote::LivelihoodVote;

yishi_plugin_sdk::fixtures!(LivelihoodVote);
