//! Types in errors whose lines would be too wide: what both sides share, and what lies deep within, is left out and stands as `...`.

use super::display::key_text;
use super::{ArrayType, Known, ObjectType, Type, text};

/// Wider lines are written anew.
const LINE_MAX: usize = 80;
/// Wider types are cut down to what they are, where it is not about them.
const TYPE_MAX: usize = 32;
/// How deep two types are looked into for what tells them apart.
const DEPTH_MAX: u32 = 8;

const ELISION: &str = "...";

/// Whether a line has to be written anew.
pub(super) fn is_wide(line: &str) -> bool {
    line.chars().count() > LINE_MAX
}

/// A type, cut down if it is wide; `name` is that of an argument, with its colon, or empty.
pub(super) fn elided(name: &str, tpe: Option<&Type>) -> String {
    let full = format!("{name}{}", text(tpe));
    if full.chars().count() <= TYPE_MAX {
        return full;
    }
    format!("{name}{}", outline(tpe, 0))
}

/// Two types that do not go together, as far as they differ.
pub(super) fn difference(a: Option<&Type>, b: Option<&Type>) -> [String; 2] {
    differing(a, b, 0)
}

/// A type down to a depth.
fn outline(tpe: Option<&Type>, depth: u32) -> String {
    let Some(tpe) = tpe else { return text(None) };
    let inner = |tpe: &Known| match depth.checked_sub(1) {
        Some(depth) => outline(tpe.as_ref(), depth),
        None => ELISION.to_owned(),
    };
    match tpe {
        Type::Set(of) if of.is_some() => format!("set[{}]", inner(of)),
        Type::Array(array) => composite(
            "array",
            cut(&array.fixed, depth, inner),
            array.rest.is_some().then(|| inner(&array.rest)),
        ),
        Type::Object(object) => {
            let fixed = cut(&object.fixed, depth, |(key, value)| {
                if depth == 0 {
                    return ELISION.to_owned();
                }
                format!("{}: {}", key_text(key), inner(value))
            });
            let rest = object.rest.as_ref().map(|(key, value)| match depth {
                0 => ELISION.to_owned(),
                _ => format!("{}: {}", inner(key), inner(value)),
            });
            composite("object", fixed, rest)
        }
        Type::Any(of) if !of.is_empty() => {
            let of: Vec<Known> = of.iter().cloned().map(Some).collect();
            any(&cut(&of, depth, inner))
        }
        Type::Function(function) => {
            let mut args = cut(&function.args, depth, inner);
            if function.variadic.is_some() && (depth > 0 || args.is_empty()) {
                args.push(if depth > 0 {
                    inner(&function.variadic) + ELISION
                } else {
                    ELISION.to_owned()
                });
            }
            let result = if function.result.is_some() {
                inner(&function.result)
            } else {
                text(None)
            };
            format!("({}) => {result}", args.join(", "))
        }
        other => other.to_string(),
    }
}

/// The parts of a type; at the end of the depth one ellipsis for all of them.
fn cut<T>(parts: &[T], depth: u32, write: impl Fn(&T) -> String) -> Vec<String> {
    let count = if depth == 0 { 1 } else { parts.len() };
    parts.iter().take(count).map(write).collect()
}

fn composite(word: &str, fixed: Vec<String>, rest: Option<String>) -> String {
    let fixed = if fixed.is_empty() {
        String::new()
    } else {
        format!("<{}>", fixed.join(", "))
    };
    let rest = rest.map(|rest| format!("[{rest}]")).unwrap_or_default();
    format!("{word}{fixed}{rest}")
}

fn any(of: &[String]) -> String {
    if of.is_empty() {
        "any".to_owned()
    } else {
        format!("any<{}>", of.join(", "))
    }
}

fn differing(a: Option<&Type>, b: Option<&Type>, depth: u32) -> [String; 2] {
    let below = |a: &Known, b: &Known| differing(a.as_ref(), b.as_ref(), depth + 1);
    match (a, b) {
        _ if depth >= DEPTH_MAX || text(a) == text(b) => {}
        (Some(Type::Set(x)), Some(Type::Set(y))) if x.is_some() && y.is_some() => {
            return below(x, y).map(|of| format!("set[{of}]"));
        }
        (Some(Type::Array(x)), Some(Type::Array(y))) => {
            if x.fixed.len() != y.fixed.len() || x.rest.is_some() != y.rest.is_some() {
                return [outline(a, 1), outline(b, 1)];
            }
            return differing_arrays(x, y, depth);
        }
        (Some(Type::Object(x)), Some(Type::Object(y))) => return differing_objects(x, y, depth),
        (Some(Type::Any(x)), Some(Type::Any(y))) => {
            let only = |of: &[Type], other: &[Type]| {
                let mut own: Vec<String> = of
                    .iter()
                    .filter(|tpe| !other.contains(tpe))
                    .map(|tpe| elided("", Some(tpe)))
                    .collect();
                if x.iter().any(|tpe| y.contains(tpe)) {
                    own.push(ELISION.to_owned());
                }
                any(&own)
            };
            return [only(x, y), only(y, x)];
        }
        _ => {}
    }
    [elided("", a), elided("", b)]
}

fn differing_arrays(a: &ArrayType, b: &ArrayType, depth: u32) -> [String; 2] {
    let below = |a: &Known, b: &Known| differing(a.as_ref(), b.as_ref(), depth + 1);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (x, y) in a.fixed.iter().zip(&b.fixed) {
        let [x, y] = below(x, y);
        left.push(x);
        right.push(y);
    }
    let rest = a.rest.is_some().then(|| below(&a.rest, &b.rest));
    let [x, y] = rest.map_or([None, None], |[x, y]| [Some(x), Some(y)]);
    [composite("array", left, x), composite("array", right, y)]
}

fn differing_objects(a: &ObjectType, b: &ObjectType, depth: u32) -> [String; 2] {
    let below = |a: &Known, b: &Known| differing(a.as_ref(), b.as_ref(), depth + 1);
    let property = |key, value: String| format!("{}: {value}", key_text(key));
    let find = |object: &ObjectType, key| -> Option<Known> {
        let found = object.fixed.iter().find(|(other, _)| key_text(other) == key_text(key));
        found.map(|(_, value)| value.clone())
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut shared = false;
    for (key, x) in &a.fixed {
        match find(b, key) {
            None => left.push(property(key, elided("", x.as_ref()))),
            Some(y) if text(x.as_ref()) == text(y.as_ref()) => shared = true,
            Some(y) => left.push(property(key, below(x, &y)[0].clone())),
        }
    }
    for (key, y) in &b.fixed {
        match find(a, key) {
            None => right.push(property(key, elided("", y.as_ref()))),
            Some(x) if text(x.as_ref()) == text(y.as_ref()) => {}
            Some(x) => right.push(property(key, below(&x, y)[1].clone())),
        }
    }
    if shared {
        left.push(ELISION.to_owned());
        right.push(ELISION.to_owned());
    }
    let alone = |rest: &Option<(Known, Known)>| {
        let rest = rest.as_ref();
        rest.map(|(key, value)| format!("{}: {}", elided("", key.as_ref()), elided("", value.as_ref())))
    };
    let [x, y] = match (&a.rest, &b.rest) {
        (Some((k, v)), Some((l, w))) => {
            let ([k, l], [v, w]) = (below(k, l), below(v, w));
            [Some(format!("{k}: {v}")), Some(format!("{l}: {w}"))]
        }
        (x, y) => [alone(x), alone(y)],
    };
    [composite("object", left, x), composite("object", right, y)]
}

#[cfg(test)]
mod tests {
    use super::super::notation::parse;
    use super::{difference, elided};

    #[test]
    fn wide_types_are_cut() {
        let cut = |text: &str| elided("x: ", Some(&parse(text)));
        assert_eq!(cut("any<string, object[any: any]>"), "x: any<string, object[any: any]>");
        assert_eq!(cut("any<boolean, string, object[any: any]>"), "x: any<...>");
        assert_eq!(cut("object<first: string, second: number>[string: any]"), "x: object<...>[...]");
        assert_eq!(cut("array<number, number, string, string, string>"), "x: array<...>");
        assert_eq!(cut("set[array<number, number, string, string>]"), "x: set[...]");
    }

    #[test]
    fn what_is_shared_is_left_out() {
        let shown = |a: &str, b: &str| difference(Some(&parse(a)), Some(&parse(b))).join(" | ");
        assert_eq!(
            shown("object<a: string, b: number>", "object<a: string, b: boolean>"),
            "object<b: number, ...> | object<b: boolean, ...>"
        );
        assert_eq!(
            shown("any<string, number>", "any<string, boolean>"),
            "any<number, ...> | any<boolean, ...>"
        );
        assert_eq!(shown("set[number]", "string"), "set[number] | string");
    }
}
