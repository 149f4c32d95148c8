//! XML, as the services that do not speak JSON answer in.

use serde_json::Value;

/// A document: the members of objects become elements, those that are lists one element each.
pub(super) fn document(root: &str, attributes: &str, content: &Value) -> String {
    let mut body = format!("<{root}{attributes}>");
    write_elements(&mut body, content);
    body.push_str(&format!("</{root}>"));
    body
}

fn write_elements(body: &mut String, content: &Value) {
    match content {
        Value::Object(members) => {
            for (name, member) in members {
                let elements = match member {
                    Value::Array(elements) => elements.as_slice(),
                    element => std::slice::from_ref(element),
                };
                for element in elements {
                    body.push_str(&format!("<{name}>"));
                    write_elements(body, element);
                    body.push_str(&format!("</{name}>"));
                }
            }
        }
        Value::String(text) => body.push_str(&escaped(text)),
        other => body.push_str(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_elements_and_lists_are_repeated_ones() {
        let content = json!({ "Key": ["a<b", "c&d"], "Last": true, "None": [] });
        assert_eq!(
            document("Result", " version=\"1\"", &content),
            "<Result version=\"1\"><Key>a&lt;b</Key><Key>c&amp;d</Key><Last>true</Last></Result>"
        );
    }
}
