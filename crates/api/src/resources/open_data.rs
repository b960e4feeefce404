//! `/public/{tenant}/data`: a data package for everybody.

use std::io;

use futures_util::stream;
use poem::Body;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::Path,
    payload::{Binary, Json},
};
use serde_json::Value;
use yishi_service::open_data;

use crate::{problems::Problem, resources::Tag, sessions::Visitor};

/// The operations on open data.
pub struct OpenDataApi;

/// A file of open data.
#[derive(ApiResponse)]
pub enum OpenFile {
    /// CSV (RFC 4180) in UTF-8 with a header, streamed.
    #[oai(status = 200, content_type = "text/csv")]
    File(Binary<Body>),
}

#[OpenApi(tag = "Tag::Reports")]
impl OpenDataApi {
    /// Gets the description of the city's data package: its files with their columns, and the licence. Its `version` is the number of events counted.
    #[oai(path = "/public/:tenant/data/datapackage.json", method = "get", operation_id = "get_data_package")]
    async fn get_data_package(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Value>, Problem> {
        Ok(Json(open_data::package(&visitor.app, &visitor).await?))
    }

    /// Gets a file of the data package. Nothing personal has a column.
    #[oai(path = "/public/:tenant/data/files/:file", method = "get", operation_id = "get_open_data")]
    async fn get_open_data(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The file, such as `cases.csv`.
        file: Path<String>,
    ) -> Result<OpenFile, Problem> {
        let table = open_data::table(&file)?;
        // The first part is made before anything is answered, so that whatever fails at once is a problem.
        let first = open_data::part(&visitor.app, &visitor, table, None).await?;
        let parts = stream::try_unfold((visitor, Some(first)), move |(visitor, ready)| async move {
            let Some(part) = ready else { return Ok(None) };
            let next = match part.last {
                None => None,
                last => {
                    let next = open_data::part(&visitor.app, &visitor, table, last).await;
                    Some(next.map_err(|error| io::Error::other(error.to_string()))?)
                }
            };
            Ok::<_, io::Error>(Some((part.bytes, (visitor, next))))
        });
        Ok(OpenFile::File(Binary(Body::from_bytes_stream(parts))))
    }
}
