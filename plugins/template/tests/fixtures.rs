//! The rule set on its fixtures.

yishi_plugin_sdk::fixtures!(rule_template::Rules);
