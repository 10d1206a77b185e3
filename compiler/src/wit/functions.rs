//! Functions of the embedder as interfaces: one for each namespace, `acme.geo.inside` being `inside` of `warrego:functions/acme-geo`.
//!
//! Arguments and results are JSON, so that one shape fits all functions and nobody has to know how Rego's values are laid out.

use super::Import;

/// The package of all these interfaces.
const PACKAGE: &str = "warrego:functions";
const VERSION: &str = "0.1.0";

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

/// The text of the package with the functions of the embedder that are among the imports.
pub fn package(imports: &[Import<'_>]) -> Option<String> {
    let mut functions: Vec<(&str, &str, usize)> = imports
        .iter()
        .filter_map(|import| {
            let interface = import.interface.strip_prefix(PACKAGE)?.strip_prefix('/')?;
            let interface = interface.strip_suffix(VERSION)?.strip_suffix('@')?;
            // Address and length of each argument, and where the result goes.
            Some((interface, import.function, import.words.saturating_sub(1) / 2))
        })
        .collect();
    functions.sort_unstable();
    functions.dedup();
    if functions.is_empty() {
        return None;
    }
    let mut text = format!("package {PACKAGE}@{VERSION};\n");
    let mut open: Option<&str> = None;
    for (interface, function, arity) in functions {
        if open != Some(interface) {
            if open.is_some() {
                text.push_str("}\n");
            }
            text.push_str(&format!("interface %{interface} {{\n"));
            open = Some(interface);
        }
        let arguments: Vec<String> = (1..=arity).map(|number| format!("argument{number}: list<u8>")).collect();
        text.push_str(&format!(
            "%{function}: func({}) -> result<option<list<u8>>, string>;\n",
            arguments.join(", ")
        ));
    }
    text.push_str("}\n");
    Some(text)
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
                (format!("warrego:functions/{interface}@0.1.0"), function.to_owned()),
                "{name}"
            );
        }
    }
}
