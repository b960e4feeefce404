//! The record as files that never change (C2SP tlog-tiles). A path of these has as many parts as its number needs, which a description of
//! operations cannot say, so they are routed beside it.

use std::sync::Arc;

use poem::{
    Response, handler,
    http::header,
    web::{Data, Path},
};
use yishi_service::{
    App,
    sessions::{self, Access},
    tiling,
};

use crate::{problems::Problem, requests};

/// A full tile never changes; a partial one is as it is, and soon of no use.
const FULL: &str = "public, max-age=31536000, immutable";
const PARTIAL: &str = "public, max-age=3600";

/// A tile of a tenant's record.
#[handler]
pub(crate) async fn get_tile(
    app: Data<&Arc<App>>,
    Path((tenant, tile)): Path<(String, String)>,
) -> Result<Response, Problem> {
    requests::note("get_tile", Some(&tenant));
    let session = sessions::admit(&app, Access::Public, None, Some(&tenant), requests::id(), None).await?;
    let (tile, bytes) = tiling::tile(&app, &session, &tile).await?;
    let caching = if tile.is_full() { FULL } else { PARTIAL };
    Ok(Response::builder().content_type("application/octet-stream").header(header::CACHE_CONTROL, caching).body(bytes))
}
