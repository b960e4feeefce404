//! Quotas of a city: how much the province lets it keep, and do in a day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Refusal, workflow::coded};

/// The highest that a quota may be, 2^53 - 1: what the record tells as a number is exact.
pub const HIGHEST: u64 = (1 << 53) - 1;

coded! {
    /// What a quota is of.
    Quota {
        /// People who are members.
        Members = "members",
        /// Topics that are raised in a day, by the city's clock and in its zone.
        TopicsADay = "topics_a_day",
        /// Bytes of attachments that are kept; the same bytes count once.
        AttachmentBytes = "attachment_bytes",
        /// Rule sets that were uploaded, each version by itself.
        RuleSets = "rule_sets",
        /// Webhooks that are subscribed.
        Webhooks = "webhooks",
    }
}

impl Quota {
    /// What whoever is refused can do about it.
    const fn fix(self) -> &'static str {
        match self {
            Self::Members => "ask the province's operator for more",
            Self::TopicsADay => "ask the province's operator for more, or raise it on another day",
            Self::AttachmentBytes => "ask the province's operator for more, or erase attachments that are not needed",
            Self::RuleSets => "ask the province's operator for more, or put one of those in force that are uploaded",
            Self::Webhooks => "ask the province's operator for more, or remove a webhook that is not needed",
        }
    }

    /// Refuses what does not fit, with `quota.exceeded` and the quota as its field; whoever takes nothing more is never refused.
    ///
    /// `most` is the limit, `used` what is used of it, and `more` what the act takes: members, topics, bytes, rule sets or webhooks.
    pub fn require(self, most: u64, used: u64, more: u64) -> Result<(), Refusal> {
        if more == 0 || used.saturating_add(more) <= most {
            return Ok(());
        }
        let text = format!("the city's quota `{self}` is {most}; {used} of it is used, and this takes {more} more");
        let refusal = Refusal::conflict("quota.exceeded", text).with_fix(self.fix());
        Err(Refusal { field: Some(self.code().into()), ..refusal })
    }
}

/// The quotas of a city; where one is absent there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotas {
    /// The most members.
    pub members: Option<u64>,
    /// The most topics in a day.
    pub topics_a_day: Option<u64>,
    /// The most bytes of attachments.
    pub attachment_bytes: Option<u64>,
    /// The most rule sets.
    pub rule_sets: Option<u64>,
    /// The most webhooks.
    pub webhooks: Option<u64>,
}

impl Quotas {
    /// The limit of a quota.
    pub const fn of(&self, quota: Quota) -> Option<u64> {
        match quota {
            Quota::Members => self.members,
            Quota::TopicsADay => self.topics_a_day,
            Quota::AttachmentBytes => self.attachment_bytes,
            Quota::RuleSets => self.rule_sets,
            Quota::Webhooks => self.webhooks,
        }
    }

    /// Says the limit of a quota.
    pub const fn set(&mut self, quota: Quota, most: Option<u64>) {
        match quota {
            Quota::Members => self.members = most,
            Quota::TopicsADay => self.topics_a_day = most,
            Quota::AttachmentBytes => self.attachment_bytes = most,
            Quota::RuleSets => self.rule_sets = most,
            Quota::Webhooks => self.webhooks = most,
        }
    }

    /// Refuses what no number of the record can be.
    pub fn validate(&self) -> Result<(), Refusal> {
        match Quota::ALL.iter().find(|it| self.of(**it).is_some_and(|most| most > HIGHEST)) {
            Some(quota) => {
                Err(Refusal::invalid("quota.out_of_range", quota.code(), format!("a quota is at most {HIGHEST}")))
            }
            None => Ok(()),
        }
    }
}

/// How a city stands with a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The quota.
    pub quota: Quota,
    /// Its limit, where there is one.
    pub most: Option<u64>,
    /// How much is used; more than the limit where that was lowered afterwards.
    pub used: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_fits_to_the_last_and_what_does_not_names_the_quota_and_its_figures() {
        assert_eq!(Quota::Members.require(10, 7, 3), Ok(()));
        let refusal = Quota::Members.require(10, 7, 4).expect_err("eleven");
        assert_eq!((refusal.code, refusal.field.as_deref()), ("quota.exceeded", Some("members")));
        assert_eq!(refusal.detail, "the city's quota `members` is 10; 7 of it is used, and this takes 4 more");
        for quota in Quota::ALL {
            assert!(quota.require(0, 0, 1).expect_err("nothing is allowed").fix.is_some(), "{quota}");
            assert_eq!(quota.require(5, 9, 0), Ok(()), "a limit that was lowered takes nothing away");
            assert!(quota.require(u64::MAX - 1, u64::MAX, u64::MAX).is_err(), "sums do not wrap around");
        }
    }

    #[test]
    fn each_quota_is_kept_under_its_name() {
        let mut quotas = Quotas::default();
        for (most, quota) in (1..).zip(Quota::ALL) {
            quotas.set(*quota, Some(most));
            assert_eq!(quotas.of(*quota), Some(most));
            let said = serde_json::to_value(quotas).expect("JSON");
            assert_eq!(said[quota.code()], most, "{said}");
        }
        assert_eq!(quotas.validate(), Ok(()));
        quotas.rule_sets = Some(HIGHEST + 1);
        let refusal = quotas.validate().expect_err("too high");
        assert_eq!((refusal.code, refusal.field.as_deref()), ("quota.out_of_range", Some("rule_sets")));
    }
}
