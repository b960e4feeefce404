//! Attachments: what is kept beside a case as it came, text, images, voice, video and documents.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{AttachmentId, Digest, ItemId, MeetingId, MemberId, Refusal, RefusalKind, TopicId, workflow::coded};

/// How many attachments a case has at most.
pub const MOST: usize = 500;

coded! {
    /// A kind of attachment; each has a limit of its own.
    MediaKind {
        /// Plain text.
        Text = "text",
        /// An image.
        Image = "image",
        /// A voice.
        Voice = "voice",
        /// A video.
        Video = "video",
        /// A PDF document.
        Document = "document",
    }
}

/// The media types that are taken, by the names that the IANA has for them. Nothing here is run by a browser.
const TAKEN: &[(&str, MediaKind)] = &[
    ("text/plain", MediaKind::Text),
    ("image/jpeg", MediaKind::Image),
    ("image/png", MediaKind::Image),
    ("image/gif", MediaKind::Image),
    ("image/webp", MediaKind::Image),
    ("image/heif", MediaKind::Image),
    ("image/avif", MediaKind::Image),
    ("audio/mpeg", MediaKind::Voice),
    ("audio/mp4", MediaKind::Voice),
    ("audio/ogg", MediaKind::Voice),
    ("audio/flac", MediaKind::Voice),
    ("audio/vnd.wave", MediaKind::Voice),
    ("audio/AMR", MediaKind::Voice),
    ("audio/aac", MediaKind::Voice),
    ("video/mp4", MediaKind::Video),
    ("video/webm", MediaKind::Video),
    ("video/quicktime", MediaKind::Video),
    ("application/pdf", MediaKind::Document),
];

/// What an attachment belongs to, beside its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The topic itself.
    Topic,
    /// A meeting: what its minutes refer to.
    Meeting(MeetingId),
    /// An action item: what shows that something was done.
    Item(ItemId),
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its identifier.
    pub id: AttachmentId,
    /// Its case.
    pub topic: TopicId,
    /// What it belongs to.
    pub place: Place,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// Its media type, as its bytes show it.
    pub media_type: String,
    /// Its kind.
    pub kind: MediaKind,
    /// Its name as a file; empty where it has none.
    pub name: String,
    /// Who added it.
    pub member: MemberId,
    /// When it was added.
    pub added_at: chrono::DateTime<chrono::Utc>,
    /// Since when its bytes and its name are no longer kept for it.
    pub erased_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The kind of a media type, and its one name, where it is taken.
pub fn taken(media_type: &str) -> Result<(&'static str, MediaKind), Refusal> {
    TAKEN.iter().find(|it| it.0 == media_type).copied().ok_or_else(|| {
        let text = format!("the bytes are {media_type}, which is not taken");
        let names: Vec<_> = TAKEN.iter().map(|it| it.0).collect();
        Refusal::invalid("attachment.wrong_type", "body", text).with_fix(format!("send one of {}", names.join(", ")))
    })
}

/// How many bytes an attachment has at most, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits(Vec<(MediaKind, u64)>);

/// The limits unless the operator says otherwise, in MiB.
pub const LIMITS: &str = "text=1,image=20,voice=50,video=500,document=50";

const MIB: u64 = 1024 * 1024;

impl Limits {
    /// The most bytes of a kind.
    pub fn of(&self, kind: MediaKind) -> u64 {
        self.0.iter().find(|it| it.0 == kind).map_or(0, |it| it.1)
    }

    /// The most bytes of any kind.
    pub fn most(&self) -> u64 {
        self.0.iter().map(|it| it.1).max().unwrap_or(0)
    }

    /// Refuses what is larger than its kind may be.
    pub fn check(&self, kind: MediaKind, size: u64) -> Result<(), Refusal> {
        match self.of(kind) {
            most if size > most => {
                let text = format!("it has {size} bytes, and what is {kind} has at most {most}");
                Err(Refusal {
                    field: Some("body".into()),
                    ..Refusal::new(RefusalKind::TooLarge, "attachment.too_large", text)
                })
            }
            _ => Ok(()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self(parts(LIMITS).expect("limits"))
    }
}

/// `KIND=MIB`, one after the other with commas between; a kind that is not named has the default.
impl FromStr for Limits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = parts(text)?;
        let named: Vec<_> = limits.iter().map(|it| it.0).collect();
        limits.extend(Self::default().0.into_iter().filter(|it| !named.contains(&it.0)));
        Ok(Self(limits))
    }
}

fn parts(text: &str) -> Result<Vec<(MediaKind, u64)>, String> {
    let part = |part: &str| {
        let (kind, mib) = part.split_once('=').ok_or_else(|| format!("`{part}` is not of the form video=500"))?;
        let kind: MediaKind = kind.parse().map_err(|_| format!("`{kind}` is none of {}", kinds()))?;
        let mib: u32 = mib.parse().map_err(|_| format!("`{mib}` is no number of MiB"))?;
        Ok((kind, u64::from(mib) * MIB))
    };
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(part).collect()
}

fn kinds() -> String {
    MediaKind::ALL.iter().map(|it| it.code()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_to_the_byte_and_a_kind_that_is_not_named_keeps_its_own() {
        let limits: Limits = "image=1".parse().expect("limits");
        assert!(limits.check(MediaKind::Image, MIB).is_ok());
        let refusal = limits.check(MediaKind::Image, MIB + 1).expect_err("too large");
        assert_eq!((refusal.code, refusal.kind), ("attachment.too_large", RefusalKind::TooLarge));
        assert_eq!((limits.of(MediaKind::Text), limits.most()), (MIB, 500 * MIB));
    }

    #[test]
    fn limits_that_are_not_written_well_are_not_read() {
        for bad in ["image", "image=x", "image=-1", "music=1"] {
            assert!(bad.parse::<Limits>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_browser_would_run_is_not_taken() {
        for never in ["text/html", "image/svg+xml", "text/xml", "application/javascript", "application/zip"] {
            assert_eq!(taken(never).expect_err("not taken").code, "attachment.wrong_type");
        }
    }
}
