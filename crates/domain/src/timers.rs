//! Timers: what the service does by itself when an instant has come.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// What a timer does when it is due.
    TimerKind {
        /// A submitted topic should have been answered.
        ScreeningDue = "screening_due",
        /// A ballot closes.
        BallotCloses = "ballot_closes",
        /// A counted ballot's verdict is asked for again.
        VerdictDue = "verdict_due",
        /// A resolution should have been carried out.
        ExecutionDue = "execution_due",
        /// Those who carry a resolution out are warned.
        ExecutionWarns = "execution_warns",
        /// Those who answer for an action item are warned.
        ItemWarns = "item_warns",
        /// An action item should have been done.
        ItemDue = "item_due",
        /// A call should have been answered.
        CallDue = "call_due",
        /// A finding should have been answered.
        AnswerDue = "answer_due",
        /// A survey closes.
        SurveyCloses = "survey_closes",
        /// A finished matter should be visited again.
        LookBackDue = "look_back_due",
        /// A crowdfunding has reached its goal, or has not.
        CampaignEnds = "campaign_ends",
        /// A speech has lasted as long as it may.
        SpeechEnds = "speech_ends",
        /// A standing body's members are reminded of its sitting.
        BodyReminder = "body_reminder",
        /// A standing body should have sat.
        BodyDue = "body_due",
        /// A period is over whose report somebody has come by itself.
        ReportDue = "report_due",
    }
}
