//! Enumerations on the wire: the domain's own, with their meaning in the description.

/// Declares an enumeration of the interface beside the domain's of the same cases, and the way between them.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident = $domain:ty { $($(#[$vdoc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, poem_openapi::Enum)]
        #[oai(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl From<$name> for $domain {
            fn from(it: $name) -> Self {
                match it {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }

        impl From<$domain> for $name {
            fn from(it: $domain) -> Self {
                match it {
                    $(<$domain>::$variant => Self::$variant,)*
                }
            }
        }
    };
}
pub(crate) use wire_enum;

wire_enum! {
    /// How much hangs on a matter.
    Significance = yishi_domain::topics::Significance {
        /// An ordinary matter (一般事項).
        General,
        /// A major matter (重大事項).
        Major,
    }
}

wire_enum! {
    /// The form of a deliberation.
    Form = yishi_domain::topics::Form {
        /// An open debate, for the public interest.
        OpenDebate,
        /// A round table, for personal rights and interests.
        RoundTable,
        /// A joint meeting of several departments.
        JointMeeting,
    }
}

wire_enum! {
    /// Where a case stands.
    Stage = yishi_domain::workflow::Stage {
        /// Raised, waiting for screening.
        Submitted,
        /// In the topic pool.
        Accepted,
        /// Refused with a reason.
        Rejected,
        /// Taken into another topic.
        Merged,
        /// Taken back by whoever raised it.
        Withdrawn,
        /// Under deliberation.
        Deliberating,
        /// Deliberated, with minutes.
        Deliberated,
        /// A ballot is announced, open, or being counted.
        Deciding,
        /// Passed; waits for its three lists.
        Decided,
        /// The ballot did not pass.
        NotAdopted,
        /// Being carried out.
        Executing,
        /// Carried out; residents rate it.
        Done,
        /// Rated, and at rest.
        Closed,
    }
}

wire_enum! {
    /// A level of the administration.
    Level = yishi_domain::escalation::Level {
        /// 省
        Province,
        /// 市
        City,
        /// 区县
        District,
        /// 街道、乡镇
        Street,
        /// 社区、村
        Community,
    }
}
