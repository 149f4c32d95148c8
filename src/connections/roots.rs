//! The root certificates that the machine trusts.

use std::fs;

use memchr::memmem::{self, Finder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::Variable;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Those of the bundle that `SSL_CERT_FILE` names, or else of the system's; where there is none, and
/// where `SSL_CERT_DIR` names folders, whatever rustls-native-certs finds.
///
/// A bundle is read here because that crate decodes it in constant time, as a private key must be:
/// a third of all that a cold start computed, for a file that everybody may read.
pub(super) fn roots(variable: Variable) -> RootCertStore {
    let given = |name| variable(name).filter(|value| !value.is_empty());
    let bundle = match (given("SSL_CERT_DIR"), given("SSL_CERT_FILE")) {
        (Some(_), _) => None,
        (None, Some(file)) => Some(file.into()),
        (None, None) => openssl_probe::probe().cert_file,
    };
    let bundle = bundle.and_then(|path| fs::read(path).ok());
    let mut certificates = bundle.map(|pem| read(&pem)).unwrap_or_default();
    if certificates.is_empty() {
        let found = rustls_native_certs::load_native_certs();
        for problem in &found.errors {
            tracing::warn!(%problem, "root certificates");
        }
        certificates = found.certs;
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}

/// The certificates in a text; what stands around them means nothing (RFC 7468, section 2).
fn read(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let end = Finder::new(END);
    let blocks = memmem::find_iter(pem, BEGIN).map(|begin| &pem[begin + BEGIN.len()..]);
    blocks
        .filter_map(|block| block.get(..end.find(block)?))
        .filter_map(|encoded| base64_simd::forgiving_decode_to_vec(encoded).ok())
        .map(CertificateDer::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;
    use simulator::tls::Authority;

    use super::*;

    #[test]
    fn a_bundle_has_the_certificates_that_the_pem_reader_of_rustls_finds() {
        let [one, other] = [Authority::new(), Authority::new()].map(|it| it.pem().to_owned());
        let bundle = format!(
            "# Somebody's Root CA\n{one}\n\n-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n\
             Another\r\n{}",
            other.replace('\n', "\r\n")
        );
        let expected: Vec<_> = CertificateDer::pem_slice_iter(bundle.as_bytes())
            .collect::<Result<_, _>>()
            .expect("a bundle");
        assert_eq!(read(bundle.as_bytes()), expected);
        assert_eq!(expected.len(), 2);
    }

    #[test]
    fn what_is_no_certificate_is_passed_over() {
        let [good] = [Authority::new()].map(|it| it.pem().to_owned());
        for text in [
            "",
            "no certificate",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!\n",
        ] {
            assert!(read(text.as_bytes()).is_empty(), "{text}");
        }
        let half = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert_eq!(read(format!("{half}{good}").as_bytes()).len(), 1);
        // One that has no end of its own is not taken to the end of the next.
        let open = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert_eq!(read(format!("{open}{good}").as_bytes()).len(), 1);
    }
}
