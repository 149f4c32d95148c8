//! A server certificate that is signed by a certificate authority, as those of AWS are.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// A certificate authority with a certificate for 127.0.0.1.
#[derive(Clone)]
pub struct Authority {
    pem: String,
    configuration: Arc<ServerConfig>,
}

impl Authority {
    /// A new one. Clients trust it where `SSL_CERT_FILE` names a file with [`Self::pem`].
    ///
    /// # Panics
    /// Never: all that goes into the certificates is known here.
    #[must_use]
    pub fn new() -> Self {
        let key = || KeyPair::generate().expect("a key can be made");
        let mut authority = CertificateParams::new([]).expect("an authority has no hostnames");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Names of their own, a usage and the authority's key in what it signs: OpenSSL insists on
        // them, the latter two where it is strict.
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "Authority of the simulator");
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority =
            CertifiedIssuer::self_signed(authority, key()).expect("it signs its own certificate");
        let server_key = key();
        let mut server =
            CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address is a valid name");
        let name = &mut server.distinguished_name;
        name.push(DnType::CommonName, "127.0.0.1");
        server.use_authority_key_identifier_extension = true;
        let server = server.signed_by(&server_key, &authority).expect("the authority signs");
        let chain: Vec<CertificateDer<'static>> = vec![server.der().clone()];
        let server_key = PrivatePkcs8KeyDer::from(server_key.serialize_der());
        let configuration = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("ring has the default versions")
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(server_key))
            .expect("the key belongs to the certificate");
        Self { pem: authority.pem(), configuration: Arc::new(configuration) }
    }

    /// The authority's certificate, for those who are to trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.configuration))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
