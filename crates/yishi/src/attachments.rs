//! Where attachments are kept, as the operator says it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use yishi_domain::attachments::{LIMITS, Limits};
use yishi_store::blobs::{Blobs, Bucket};

/// Where attachments are kept, and how large they may be.
#[derive(Debug, Args)]
pub struct Attachments {
    /// Where the bytes of attachments are kept: a folder, or `s3://BUCKET` or `s3://BUCKET/PREFIX` of a store that speaks the protocol of S3, which
    /// several processes need; else `attachments` in the data directory
    #[arg(long, global = true, env = "YISHI_ATTACHMENTS", default_value = "")]
    pub attachments: String,
    /// The server of the bucket, where it is not Amazon's
    #[arg(long, global = true, env = "YISHI_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,
    /// The region of the bucket
    #[arg(long, global = true, env = "YISHI_S3_REGION")]
    pub s3_region: Option<String>,
    /// The access key to the bucket; where it is not given, whatever Amazon's own programs would use is used
    #[arg(long, global = true, env = "YISHI_S3_ACCESS_KEY")]
    pub s3_access_key: Option<String>,
    /// The secret of the access key
    #[arg(long, global = true, env = "YISHI_S3_SECRET", hide_env_values = true)]
    pub s3_secret: Option<String>,
    /// How many MiB an attachment has at most, by its kind: text, image, voice, video and document
    #[arg(long, global = true, env = "YISHI_ATTACHMENT_LIMITS", default_value = LIMITS, value_parser = str::parse::<Limits>)]
    pub attachment_limits: Limits,
}

impl Attachments {
    /// Says what is missing of credentials of which one half is given.
    pub fn fault(&self) -> Option<&'static str> {
        match (&self.s3_access_key, &self.s3_secret) {
            (Some(_), None) => Some(
                "an access key to the bucket is given without its secret: give --s3-secret, YISHI_S3_SECRET or `s3_secret` in the file",
            ),
            (None, Some(_)) => Some(
                "a secret of the bucket is given without its access key: give --s3-access-key, YISHI_S3_ACCESS_KEY or `s3_access_key` in the file",
            ),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// Opens what keeps them.
    pub fn open(&self, data_dir: &Path) -> Result<Blobs> {
        let Some(place) = self.attachments.strip_prefix("s3://") else {
            let folder = match self.attachments.as_str() {
                "" => data_dir.join("attachments"),
                named => named.into(),
            };
            return Blobs::in_folder(&folder).with_context(|| folder.display().to_string());
        };
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        if name.is_empty() {
            bail!("`{}` names no bucket; write s3://BUCKET", self.attachments);
        }
        Ok(Blobs::in_bucket(&Bucket {
            name: name.into(),
            prefix: prefix.trim_matches('/').into(),
            endpoint: self.s3_endpoint.clone(),
            region: self.s3_region.clone(),
            credentials: self.s3_access_key.clone().zip(self.s3_secret.clone()),
        })?)
    }
}
