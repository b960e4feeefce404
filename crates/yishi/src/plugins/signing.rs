//! Signing a rule set: whoever trusts the key knows that nobody has changed the component since.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding},
};
use serde_json::{Value, json};
use yishi_record::commitments;
use yishi_service::trust::signed_bytes;

use super::read;
use crate::{clocks, outputs};

/// Where a key is, and whose.
#[derive(Debug, Args)]
pub struct Key {
    /// The file of the secret key, which is drawn where there is none: PKCS #8 as PEM (RFC 8410), as `openssl` reads and writes it
    file: PathBuf,
    /// The signer's name among the keys that the platform trusts
    #[arg(long, value_name = "NAME")]
    signer: String,
}

/// What to sign, and with what.
#[derive(Debug, Args)]
pub struct Sign {
    /// The component
    file: PathBuf,
    #[command(flatten)]
    with: With,
}

/// The key to sign with.
#[derive(Debug, Args)]
pub struct With {
    /// The file of the secret key
    #[arg(long, value_name = "FILE", requires = "signer")]
    key: Option<PathBuf>,
    /// The signer's name among the keys that the platform trusts
    #[arg(long, value_name = "NAME", requires = "key")]
    signer: Option<String>,
}

/// Draws a key where there is none, and prints its public half as `YISHI_TRUSTED_SIGNERS` takes it.
pub fn key(options: &Key) -> Result<bool> {
    let named = || options.file.display().to_string();
    match fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&options.file) {
        Ok(mut file) => {
            // Without the public half, which older readers do not know to stand there.
            let pair = KeypairBytes { secret_key: clocks::secret(), public_key: None };
            let pem = pair.to_pkcs8_pem(LineEnding::LF).context("32 bytes are encoded")?;
            file.write_all(pem.as_bytes()).with_context(named)?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(named),
    }
    let public = signing_key(&options.file)?.verifying_key();
    outputs::write(&format!("{}={}\n", options.signer, hexadecimal(public.as_bytes())))?;
    Ok(true)
}

/// Signs a component, and prints the signature as the interface takes it.
pub fn sign(options: &Sign) -> Result<bool> {
    let signature = options.with.signature(&read(&options.file)?)?;
    outputs::write_json(&signature.context("name the key with --key FILE and --signer NAME")?)?;
    Ok(true)
}

impl With {
    /// The signature of a component as the interface takes it, where there is a key to sign with.
    pub fn signature(&self, component: &[u8]) -> Result<Option<Value>> {
        let (Some(key), Some(signer)) = (&self.key, &self.signer) else { return Ok(None) };
        let signature = signing_key(key)?.sign(&signed_bytes(&commitments::digest(component)));
        Ok(Some(json!({"signer": signer, "signature": hexadecimal(&signature.to_bytes())})))
    }
}

fn signing_key(file: &Path) -> Result<SigningKey> {
    let pem = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    SigningKey::from_pkcs8_pem(&pem).map_err(anyhow::Error::new).with_context(|| {
        format!("{} holds no Ed25519 key such as `openssl genpkey -algorithm ed25519` writes", file.display())
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_other_programs_write_it() {
        // RFC 8410, section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signer.pem");
        fs::write(&file, pem).expect("written");
        let public = signing_key(&file).expect("a key").verifying_key();
        assert_eq!(hexadecimal(public.as_bytes()), "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
        fs::write(&file, "nonsense").expect("written");
        assert!(signing_key(&file).is_err_and(|error| error.to_string().contains("signer.pem holds no Ed25519 key")));
    }
}
