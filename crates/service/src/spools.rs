//! Spools: what is uploaded waits in a file without a name, which is gone with whoever holds it, so that memory does not bound its size.

use std::{
    io::{self, Seek as _},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use yishi_domain::Digest;

const PORTION: usize = 64 * 1024;

/// What was uploaded.
#[derive(Clone, Debug)]
pub struct Spool {
    file: Arc<std::fs::File>,
    /// How many bytes it has.
    pub size: u64,
    /// The digest of all of them.
    pub digest: Digest,
}

impl Spool {
    /// Reads to the end; gives nothing where there is more than so many bytes.
    pub async fn read(mut from: impl AsyncRead + Unpin, most: u64) -> io::Result<Option<Self>> {
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
        let mut file = tokio::fs::File::from_std(file);
        let (mut hash, mut size, mut portion) = (Sha256::new(), 0, vec![0; PORTION]);
        loop {
            let read = from.read(&mut portion).await?;
            if read == 0 {
                break;
            }
            size += read as u64;
            if size > most {
                return Ok(None);
            }
            hash.update(&portion[..read]);
            file.write_all(&portion[..read]).await?;
        }
        file.flush().await?;
        let file = Arc::new(file.into_std().await);
        Ok(Some(Self { file, size, digest: Digest(hash.finalize().into()) }))
    }

    /// What it holds, from the beginning; one reader at a time.
    pub fn open(&self) -> io::Result<tokio::fs::File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(tokio::fs::File::from_std(file))
    }

    /// Its first bytes.
    pub(crate) async fn head(&self, most: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(most).read_to_end(&mut head).await?;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_spooled_is_read_again_and_known_by_its_digest() -> io::Result<()> {
        let spool = Spool::read(&b"abc"[..], 3).await?.expect("it fits");
        // FIPS 180-4, the example of one block.
        assert_eq!(spool.digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((spool.head(2).await?, spool.head(9).await?), (b"ab".to_vec(), b"abc".to_vec()));
        assert!(Spool::read(&b"abcd"[..], 3).await?.is_none());
        Ok(())
    }
}
