//! Enumerations of the domain as the text that the database keeps: their serialised code.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::StoreError;

/// The code of a value that serialises to text.
pub(crate) fn code(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(Value::String(code)) => code,
        other => unreachable!("an enumeration without data serialises to its code, not to {other:?}"),
    }
}

/// Reads a code back.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, code: String) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(code.clone())).map_err(|_| StoreError::Unreadable { what, value: code })
}
