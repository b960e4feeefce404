//! The ways in which people take part: nobody is left out for lack of a device.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// How a topic came in.
    Channel {
        /// By its author, through the interface.
        Online = "online",
        /// A letter in a suggestion box (意見箱).
        SuggestionBox = "suggestion_box",
        /// A visit at home (入戶走訪).
        HomeVisit = "home_visit",
        /// The citizens' hotline 12345.
        Hotline = "hotline",
        /// The government-service site (政務服務網).
        GovernmentSite = "government_site",
        /// Raised at a meeting.
        Meeting = "meeting",
    }
}

coded! {
    /// How somebody took part in a meeting.
    Presence {
        /// In the room.
        OnSite = "on_site",
        /// Through a link.
        Online = "online",
        /// By a written statement.
        Written = "written",
        /// By telephone.
        Telephone = "telephone",
        /// Through somebody else, by a mandate.
        Mandated = "mandated",
    }
}

coded! {
    /// Where somebody stands on a topic.
    Side {
        /// For it.
        InFavour = "in_favour",
        /// Against it.
        Against = "against",
        /// Neither.
        Neutral = "neutral",
    }
}

coded! {
    /// How a vote came in.
    VoteChannel {
        /// By whoever acts for the voting unit, through the interface.
        Online = "online",
        /// On paper, entered in a batch.
        Paper = "paper",
        /// By hands that were raised at a meeting, entered in a batch.
        Hands = "hands",
        /// By a proxy with a mandate, through the interface.
        Proxy = "proxy",
    }
}

coded! {
    /// How a rating came in.
    RatingChannel {
        /// By whoever gives it, through the interface.
        Online = "online",
        /// On paper, entered by a coordinator.
        Paper = "paper",
        /// By telephone, entered by a coordinator.
        Telephone = "telephone",
    }
}
