//! The bytes of attachments, under their digest, once a tenant: in a folder, or in a store that speaks the protocol of S3.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt as _, aws::AmazonS3Builder, buffered::BufWriter, local::LocalFileSystem,
    memory::InMemory, path::Path as Key, prefix::PrefixStore,
};
use tokio::io::{AsyncRead, AsyncWriteExt as _};
use yishi_domain::{Digest, TenantId};

/// Where bytes are kept did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The folder or the server failed.
    #[error("attachments: {0}")]
    Store(#[from] object_store::Error),
    /// Bytes did not go from one side to the other.
    #[error("attachments: {0}")]
    Copy(#[from] std::io::Error),
}

/// Bytes that come piece by piece.
pub type Pieces = BoxStream<'static, Result<bytes::Bytes, std::io::Error>>;

/// A bucket, and how it is reached; what is not given is taken from the variables that Amazon's own programs read.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What every key begins with.
    pub prefix: String,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The access key, and its secret.
    pub credentials: Option<(String, String)>,
}

/// Where the bytes of attachments are kept; cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where it is a folder: what a broken upload leaves in it is listed by nobody else.
    folder: Option<PathBuf>,
}

impl Blobs {
    /// In a folder, which is made where there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder.to_owned()) })
    }

    /// In a bucket.
    pub fn in_bucket(bucket: &Bucket) -> Result<Self, BlobError> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&bucket.name);
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(region) = &bucket.region {
            builder = builder.with_region(region);
        }
        if let Some((key, secret)) = &bucket.credentials {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        }
        let store = builder.build()?;
        let store: Arc<dyn ObjectStore> = match bucket.prefix.is_empty() {
            true => Arc::new(store),
            false => Arc::new(PrefixStore::new(store, bucket.prefix.as_str())),
        };
        Ok(Self { store, folder: None })
    }

    /// In memory, for as long as this lives.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()), folder: None }
    }

    /// Keeps bytes under their digest; the same ones twice are the same.
    pub async fn put(
        &self,
        tenant: TenantId,
        digest: &Digest,
        bytes: &mut (impl AsyncRead + Unpin),
    ) -> Result<(), BlobError> {
        let mut writer = BufWriter::new(Arc::clone(&self.store), key(tenant, digest));
        match tokio::io::copy(bytes, &mut writer).await {
            Ok(_) => Ok(writer.shutdown().await?),
            Err(error) => {
                writer.abort().await?;
                Err(error.into())
            }
        }
    }

    /// Tells whether the bytes with this digest are kept.
    pub async fn has(&self, tenant: TenantId, digest: &Digest) -> Result<bool, BlobError> {
        match self.store.head(&key(tenant, digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads bytes, all of them or a part; none where they are not kept.
    pub async fn read(
        &self,
        tenant: TenantId,
        digest: &Digest,
        part: Option<Range<u64>>,
    ) -> Result<Option<Pieces>, BlobError> {
        let options = GetOptions { range: part.map(Into::into), ..GetOptions::default() };
        match self.store.get_opts(&key(tenant, digest), options).await {
            Ok(found) => Ok(Some(found.into_stream().map_err(std::io::Error::other).boxed())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes bytes; those that are not there are removed already.
    pub async fn remove(&self, tenant: TenantId, digest: &Digest) -> Result<(), BlobError> {
        match self.store.delete(&key(tenant, digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what uploads that broke before an instant have left of a tenant in a folder; tells how many files. A bucket's server has its own rules for them.
    pub async fn remove_unfinished(&self, tenant: TenantId, before: DateTime<Utc>) -> Result<usize, BlobError> {
        let Some(folder) = self.folder.as_ref().map(|it| it.join(tenant.to_string())) else { return Ok(0) };
        let removed = tokio::task::spawn_blocking(move || remove_unfinished(&folder, before.into())).await;
        Ok(removed.map_err(std::io::Error::other)??)
    }

    /// The digests of what is kept of a tenant, in portions.
    pub fn list(&self, tenant: TenantId) -> BoxStream<'static, Result<Vec<Digest>, BlobError>> {
        let digest = |key: &Key| format!("sha256:{}", key.filename().unwrap_or_default()).parse().ok();
        self.store
            .list(Some(&Key::from(tenant.to_string())))
            .try_chunks(1_000)
            .map(move |portion| match portion {
                Ok(found) => Ok(found.iter().filter_map(|it| digest(&it.location)).collect()),
                Err(error) => Err(error.1.into()),
            })
            .boxed()
    }
}

fn remove_unfinished(folder: &Path, before: SystemTime) -> std::io::Result<usize> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        // The folder store writes `NAME#NUMBER` and renames it to `NAME` at the end.
        if entry.file_name().to_string_lossy().contains('#') && entry.metadata()?.modified()? < before {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn key(tenant: TenantId, digest: &Digest) -> Key {
    Key::from_iter([tenant.to_string(), digest.hex()])
}
