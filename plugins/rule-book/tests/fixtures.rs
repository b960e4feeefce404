//! The rule set on its fixtures.

use rule_book::RuleBook;

yishi_plugin_sdk::fixtures!(RuleBook);
