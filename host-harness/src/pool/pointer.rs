//! JSON pointers (RFC 6901), read as the runtime reads them.

/// The steps of a pointer, unescaped; none for the pointer to the whole document, and `None` for what is not a pointer.
pub(super) fn steps(pointer: &str) -> Option<Vec<String>> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return pointer.is_empty().then(Vec::new);
    };
    rest.split('/').map(unescape).collect()
}

fn unescape(part: &str) -> Option<String> {
    let mut step = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(char) = chars.next() {
        step.push(match char {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            char => char,
        });
    }
    Some(step)
}

/// Appends a step to a pointer.
pub(super) fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    for char in step.chars() {
        match char {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            char => pointer.push(char),
        }
    }
}

/// What a step means in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An element.
    Element(usize),
    /// What follows the last element.
    End,
    /// Nothing: the element does not exist, or the step does not name one.
    Nowhere,
}

/// The place of a step in an array of that length.
pub(super) fn place(step: &str, length: usize) -> Place {
    match position(step) {
        Some(position) if position < length => Place::Element(position),
        Some(position) if position == length => Place::End,
        None if step == "-" => Place::End,
        _ => Place::Nowhere,
    }
}

/// A step as a position: up to nine digits without a leading zero.
fn position(step: &str) -> Option<usize> {
    let digits = step.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = step == "0" || !step.starts_with('0');
    (digits && canonical && (1..=9).contains(&step.len()))
        .then(|| step.parse().ok())
        .flatten()
}

/// Whether a step may lead into an array.
pub(super) fn is_place(step: &str) -> bool {
    step == "-" || position(step).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Place, place, push, steps};

    #[test]
    fn pointers() {
        assert_eq!(steps(""), Some(Vec::new()));
        assert_eq!(steps("/"), Some(vec![String::new()]));
        assert_eq!(steps("/a~1b~0//0"), Some(["a/b~", "", "0"].map(str::to_owned).to_vec()));
        for wrong in ["a", "a/b", "/~", "/~2", "/a~"] {
            assert_eq!(steps(wrong), None, "{wrong}");
        }
        let mut pointer = String::new();
        push(&mut pointer, "a/b~");
        assert_eq!(pointer, "/a~1b~0");
    }

    #[test]
    fn places() {
        for (step, expected) in [
            ("0", Place::Element(0)),
            ("1", Place::Element(1)),
            ("2", Place::End),
            ("-", Place::End),
            ("3", Place::Nowhere),
            ("01", Place::Nowhere),
            ("-1", Place::Nowhere),
            ("+1", Place::Nowhere),
            ("", Place::Nowhere),
            ("1000000000", Place::Nowhere),
        ] {
            assert_eq!(place(step, 2), expected, "{step}");
        }
    }
}
