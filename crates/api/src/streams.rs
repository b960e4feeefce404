//! Files that are sent in parts, each of which is read when the one before it is gone.

use std::{future::Future, io, sync::Arc};

use futures_util::stream;
use poem::Body;
use yishi_service::failures::Failure;

use crate::sessions::Session;

/// A part of a file, and after what the next one begins.
pub type Part<K> = Option<(K, Vec<u8>)>;

/// Sends a file: its first part, which was made before anything is answered so that whatever fails at once is a problem, and then the others.
pub fn in_parts<K, F, N>(session: Session, first: Part<K>, next: F) -> Body
where
    K: Send + 'static,
    F: Fn(Arc<Session>, K) -> N + Send + 'static,
    N: Future<Output = Result<Part<K>, Failure>> + Send,
{
    let begun = (Arc::new(session), first.map(|(after, bytes)| (after, Some(bytes))), next);
    let parts = stream::try_unfold(begun, |(session, state, next)| async move {
        let Some((after, ready)) = state else { return Ok(None) };
        let part = match ready {
            Some(bytes) => Some((after, bytes)),
            None => next(Arc::clone(&session), after).await.map_err(|error| io::Error::other(error.to_string()))?,
        };
        Ok::<_, io::Error>(part.map(|(after, bytes)| (bytes, (session, Some((after, None)), next))))
    });
    Body::from_bytes_stream(parts)
}
