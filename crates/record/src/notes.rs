//! Signed notes (C2SP signed-note) in the one form in which they are read here: no more signatures than were asked for, no other spelling.

use signed_note::{Note, StandardVerifier, Verifier as _, VerifierList};

use crate::checkpoints::{CheckpointError, Key};

/// The public half of a key.
pub(crate) struct Public {
    text: String,
    verifier: StandardVerifier,
}

impl Public {
    /// Reads a verifier key, `name+hash+key`.
    pub(crate) fn new(text: &str) -> Result<Self, CheckpointError> {
        let text = text.trim();
        let verifier = StandardVerifier::new(text).map_err(|_| CheckpointError::VerifierKey)?;
        Ok(Self { text: text.to_owned(), verifier })
    }

    /// As it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whose it is.
    pub(crate) fn name(&self) -> &str {
        self.verifier.name()
    }
}

/// Signs a text that ends with a line feed.
pub(crate) fn sign(text: &str, keys: &[&Key]) -> Result<String, CheckpointError> {
    let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| CheckpointError::Malformed)?;
    let signers: Vec<_> = keys.iter().map(|key| *key as &dyn signed_note::Signer).collect();
    note.add_sigs(&signers).map_err(|_| CheckpointError::Malformed)?;
    String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
}

/// The text of a note that has so many signatures, unverified.
pub(crate) fn text_of(note: &str, signatures: usize) -> Result<String, CheckpointError> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    let text = String::from_utf8(parsed.text().to_vec()).map_err(|_| CheckpointError::Malformed)?;
    let lines = note.strip_prefix(&text).and_then(|it| it.strip_prefix('\n')).ok_or(CheckpointError::Malformed)?;
    let single = !text.contains("\n\n") && lines.lines().count() == signatures && parsed.to_bytes() == note.as_bytes();
    if single { Ok(text) } else { Err(CheckpointError::Malformed) }
}

/// Requires a signature of a key on a note.
pub(crate) fn require(note: &str, key: &Public) -> Result<(), CheckpointError> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    let known = VerifierList::new(vec![Box::new(key.verifier.clone())]);
    parsed.verify(&known).map(drop).map_err(|_| CheckpointError::Unsigned)
}
