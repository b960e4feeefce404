//! The rule set on its fixtures.

use villagers_committee::VillagersCommittee;

yishi_plugin_sdk::fixtures!(VillagersCommittee);
