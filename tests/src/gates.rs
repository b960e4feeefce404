//! A gate before a server that speaks TLS, as the proxy of an operator does, under a certificate of its own for `localhost`.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A gate; it closes when it is dropped.
#[derive(Debug)]
pub struct Gate {
    /// Its certificate (PEM), which nobody trusts who is not told to.
    pub certificate: String,
    port: u16,
    open: JoinHandle<()>,
}

impl Gate {
    /// Opens one before a server.
    pub async fn before(server: SocketAddr) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).expect("a name");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("they belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let open = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Whoever does not trust the certificate hangs up.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let mut inside = TcpStream::connect(server).await.expect("the server is there");
                    io::copy_bidirectional(&mut outside, &mut inside).await.ok();
                });
            }
        });
        Self { certificate: cert.pem(), port, open }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open.abort();
    }
}
