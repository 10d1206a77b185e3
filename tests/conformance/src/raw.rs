//! Takes a line of the corpus apart without reading its values: `input` may hold what no JSON library keeps (lone surrogates, `1e400`,
//! duplicate keys), so its text goes to the policy as it stands.

/// The members of a JSON object on one line: key and the text of the value. Keys of the corpus have no escapes.
pub fn members(line: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = line.trim().strip_prefix('{')?.trim_start();
    let mut members = Vec::new();
    while !rest.starts_with('}') {
        let (key, behind) = rest.split_at(value_length(rest.as_bytes())?);
        let value = behind.trim_start().strip_prefix(':')?.trim_start();
        let (value, behind) = value.split_at(value_length(value.as_bytes())?);
        members.push((key.trim_matches('"'), value));
        let behind = behind.trim_start();
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
    Some(members)
}

/// Length of the value that a well-formed text begins with.
fn value_length(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match text.get(at)? {
            b'"' => at = string_end(text, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                at += text[at..]
                    .iter()
                    .position(|byte| b",:]}\"".contains(byte) || byte.is_ascii_whitespace())?
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn values_keep_their_text() {
        let line = r#"{"a": {"b":[1e400, "\"}"],"c":-0},"d":"x\\" ,"e":null, "f":[]}"#;
        let expected = vec![
            ("a", r#"{"b":[1e400, "\"}"],"c":-0}"#),
            ("d", r#""x\\""#),
            ("e", "null"),
            ("f", "[]"),
        ];
        assert_eq!(members(line), Some(expected));
        assert_eq!(members("{}"), Some(Vec::new()));
        assert_eq!(members(r#"{"a":1"#), None);
    }
}
