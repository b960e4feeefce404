//! What a street's pool holds besides money (资源池).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// What a pool holds for use.
    ProvisionKind {
        /// Things, such as chairs or a projector.
        Goods = "goods",
        /// Work of a trade or a profession, such as an electrician's.
        Services = "services",
        /// Hours of volunteers.
        VolunteerHours = "volunteer_hours",
    }
}
