//! The rule set on its fixtures.

use four_deliberations::FourDeliberations;

yishi_plugin_sdk::fixtures!(FourDeliberations);
