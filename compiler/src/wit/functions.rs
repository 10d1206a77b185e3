//! Functions of the embedder as interfaces: one for each namespace, `acme.geo.inside` being `inside` of `warrego:functions/acme-geo`.
//!
//! Arguments and results are JSON text, so that one shape fits all functions and no host needs to know the layout of Rego's values. Text, because a host that
//! passes a value of another type fails then: lists of bytes, some hosts make of anything.

use std::collections::HashSet;

/// The package of all these interfaces.
const PACKAGE: &str = "warrego:functions";
const VERSION: &str = "0.2.0";

/// A function of the embedder among a policy's imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function<'a> {
    /// The interface, with its version.
    pub interface: &'a str,
    /// The name in the interface.
    pub name: &'a str,
    /// The parameters' names.
    pub parameters: &'a [String],
}

/// The interface of functions without a namespace.
const NO_NAMESPACE: &str = "functions";

/// A name of Rego as one of WIT: words of small letters with hyphens between them.
fn kebab(steps: &[&str]) -> String {
    let mut name = String::new();
    let mut was_small = false;
    for step in steps {
        for word in step.split('_').filter(|word| !word.is_empty()) {
            // A word cannot begin with a digit; it belongs to the one before then.
            if !name.is_empty() && !word.starts_with(|first: char| first.is_ascii_digit()) {
                name.push('-');
            }
            for letter in word.chars() {
                if letter.is_ascii_uppercase() && was_small {
                    name.push('-');
                }
                was_small = letter.is_ascii_lowercase();
                name.push(letter.to_ascii_lowercase());
            }
            was_small = false;
        }
    }
    name
}

/// The interface and the function in it that a function of the embedder is, by its name in Rego.
pub fn place(name: &str) -> (String, String) {
    let steps: Vec<&str> = name.split('.').collect();
    let (namespace, function) = match steps.split_last() {
        Some((last, [])) => (NO_NAMESPACE.to_owned(), kebab(&[last])),
        Some((last, namespace)) => (kebab(namespace), kebab(&[last])),
        None => (NO_NAMESPACE.to_owned(), kebab(&[name])),
    };
    (format!("{PACKAGE}/{namespace}@{VERSION}"), function)
}

/// The names that parameters have in the interface: those declared, as WIT writes them. A parameter whose name is missing, is not a name in WIT, or is that of
/// an earlier one is called `argument1`, `argument2` and so on, by its position.
pub fn parameters<'a>(declared: impl Iterator<Item = Option<&'a str>>) -> Vec<String> {
    let declared: Vec<String> = declared
        .map(|name| kebab(&name.unwrap_or_default().split(' ').collect::<Vec<_>>()))
        .collect();
    let mut taken = HashSet::new();
    let numbered = declared.iter().zip(1..).map(|(name, number)| {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic());
        // A declared name may look like one of ours.
        let is_ours = name
            .strip_prefix("argument")
            .is_some_and(|rest| rest.parse::<u32>().is_ok_and(|other| other != number));
        if is_name && !is_ours && taken.insert(name) {
            name.clone()
        } else {
            format!("argument{number}")
        }
    });
    numbered.collect()
}

/// The text of the package with some functions of the embedder; `None` if there are none.
pub fn package<'a>(functions: impl Iterator<Item = Function<'a>>) -> Option<String> {
    let mut functions: Vec<Function<'a>> = functions.collect();
    functions.sort_unstable();
    functions.dedup_by_key(|function| (function.interface, function.name));
    if functions.is_empty() {
        return None;
    }
    let mut text = format!("package {PACKAGE}@{VERSION};\n");
    let mut open: Option<&str> = None;
    for function in functions {
        let interface = interface(function.interface)?;
        if open != Some(interface) {
            if open.is_some() {
                text.push_str("}\n");
            }
            text.push_str(&format!("interface %{interface} {{\n"));
            open = Some(interface);
        }
        let parameters: Vec<String> = function.parameters.iter().map(|name| format!("%{name}: string")).collect();
        text.push_str(&format!(
            "%{}: func({}) -> result<option<string>, string>;\n",
            function.name,
            parameters.join(", ")
        ));
    }
    text.push_str("}\n");
    Some(text)
}

/// The name of one of the package's interfaces without package and version.
fn interface(name: &str) -> Option<&str> {
    name.strip_prefix(PACKAGE)?
        .strip_prefix('/')?
        .strip_suffix(VERSION)?
        .strip_suffix('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (name, interface, function) in [
            ("acme.geo.inside", "acme-geo", "inside"),
            ("acme.is_inside", "acme", "is-inside"),
            ("lookup", "functions", "lookup"),
            ("corp.getUser_2", "corp", "get-user2"),
        ] {
            assert_eq!(
                place(name),
                (format!("warrego:functions/{interface}@0.2.0"), function.to_owned()),
                "{name}"
            );
        }
    }

    #[test]
    fn names_of_parameters() {
        for (declared, names) in [
            (vec![Some("from"), Some("to")], vec!["from", "to"]),
            (vec![Some("from_place"), Some("max distance")], vec!["from-place", "max-distance"]),
            (
                vec![None, Some("x"), Some("x"), Some("2nd")],
                vec!["argument1", "x", "argument3", "argument4"],
            ),
            (vec![Some("argument2"), None], vec!["argument1", "argument2"]),
            (vec![Some("_"), Some("userID")], vec!["argument1", "user-id"]),
        ] {
            assert_eq!(parameters(declared.iter().copied()), names, "{declared:?}");
        }
    }
}
