//! What is uploaded: a rule set comes as its component alone, or as a package with signatures.

use poem_openapi::{
    ApiRequest, ApiResponse, Multipart, Object,
    payload::{Binary, Json},
    types::{Binary as Part, multipart::JsonField},
};
use yishi_domain::Digest;
use yishi_service::rule_sets::Package;

use crate::resources::trust::SignatureInput;

/// A rule set to upload.
#[derive(ApiRequest)]
pub enum Upload {
    /// A WebAssembly component that imports nothing and answers the contract.
    #[oai(content_type = "application/wasm")]
    Component(Binary<Vec<u8>>),
    /// The same with signatures: all of it is taken, or nothing.
    Package(Parts),
}

/// The parts of a package.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
pub struct Parts {
    /// The component.
    component: Part<Vec<u8>>,
    /// Signatures of it, a part each: the JSON that `POST .../signatures` takes.
    #[oai(default)]
    signature: Vec<JsonField<SignatureInput>>,
}

/// The digest of what was uploaded.
#[derive(Debug, Object)]
pub struct UploadedComponent {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// The answer to an upload.
#[derive(ApiResponse)]
pub enum Uploaded {
    /// Uploaded, now or before.
    #[oai(status = 201)]
    Component(Json<UploadedComponent>),
}

impl From<Upload> for Package {
    fn from(upload: Upload) -> Self {
        match upload {
            Upload::Component(Binary(component)) => Self { component, signatures: Vec::new() },
            Upload::Package(Parts { component: Part(component), signature }) => {
                Self { component, signatures: signature.into_iter().map(|it| it.0.into()).collect() }
            }
        }
    }
}

impl From<Digest> for Uploaded {
    fn from(digest: Digest) -> Self {
        Self::Component(Json(UploadedComponent { digest: digest.to_string() }))
    }
}
