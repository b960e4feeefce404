//! Files of rows as requests bring them and answers give them.

use poem::Body;
use poem_openapi::{ApiRequest, ApiResponse, payload::Binary};
use yishi_service::{
    books::Format,
    failures::Failure,
    lines::{self, Line},
};

use crate::problems::Problem;

/// A file of rows, each of which is taken or none.
#[derive(ApiRequest)]
pub enum FileOfRows {
    /// A line a row, with the names of the columns as its header.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
    /// An object a line, with the fields that the CSV has as columns; what is empty is left out.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Vec<u8>>),
}

/// Rows as a file.
#[derive(ApiResponse)]
pub enum FileWritten {
    /// The rows, as they can be taken elsewhere.
    #[oai(status = 200)]
    File(
        Binary<Body>,
        /// The file's name.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl FileOfRows {
    /// Its lines.
    pub fn lines(self) -> Result<Vec<Line>, Problem> {
        let lines = match self {
            Self::Csv(Binary(bytes)) => lines::csv(&bytes),
            Self::Ndjson(Binary(bytes)) => lines::ndjson(&bytes),
        };
        Ok(lines.map_err(Failure::from)?)
    }
}

impl FileWritten {
    /// A file with a name, and the ending of its format.
    pub fn new(name: impl std::fmt::Display, format: Format, body: Body) -> Self {
        Self::File(Binary(body), format!("attachment; filename=\"{name}.{}\"", format.code()))
    }
}
