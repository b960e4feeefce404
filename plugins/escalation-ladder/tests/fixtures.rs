//! The rule set on its fixtures.

use escalation_ladder::EscalationLadder;

yishi_plugin_sdk::fixtures!(EscalationLadder);
