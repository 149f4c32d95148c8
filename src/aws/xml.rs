//! The protocols of S3 and STS: answers in XML.

use roxmltree::{Document, Node};

use super::client::{Failed, failed};
use crate::transport::Response;

/// An answer, if it is well-formed: otherwise it is somebody else's or half of one.
pub(super) fn document(body: &[u8]) -> Option<Document<'_>> {
    Document::parse(str::from_utf8(body).ok()?).ok()
}

/// The outermost element, if it has this name.
pub(super) fn root<'a, 'input>(
    document: &'a Document<'input>,
    name: &str,
) -> Option<Node<'a, 'input>> {
    Some(document.root_element()).filter(|root| is_named(root, name))
}

/// The elements of this name in an element.
pub(super) fn children<'a, 'input>(
    element: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    element
        .children()
        .filter(move |child| is_named(child, name))
}

/// The text of the first element of this name in an element.
pub(super) fn text(element: Node<'_, '_>, name: &str) -> Option<String> {
    let text = children(element, name).next()?.text();
    Some(text.unwrap_or_default().to_owned())
}

fn is_named(element: &Node<'_, '_>, name: &str) -> bool {
    element.tag_name().name() == name
}

/// What a refusal says: in `Error`, which STS puts into an `ErrorResponse`.
pub(super) fn refused(response: &Response) -> Failed {
    let document = document(response.body());
    let error = document.as_ref().and_then(|document| {
        let of_sts = || children(root(document, "ErrorResponse")?, "Error").next();
        root(document, "Error").or_else(of_sts)
    });
    let said = |name| error.and_then(|error| text(error, name));
    failed(response, said("Code"), said("Message").unwrap_or_default())
}
