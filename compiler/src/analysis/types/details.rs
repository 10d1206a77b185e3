//! What a type error shows below its message: what was there and what was wanted.

use super::elide::{self, elided};
use super::env::Env;
use super::unify::unifies;
use super::{FunctionType, Known, ObjectType, Type, notation, or, text, type_of};
use crate::analysis::builtins::Builtin;
use crate::analysis::make;
use crate::analysis::text as syntax_text;
use crate::syntax::ast::{Term, Value};

/// Where OPA's documentation explains equalities that can never hold.
const MATCH_ERROR: &str = "https://www.openpolicyagent.org/docs/errors/rego-type-error/match-error";

/// A call's arguments and the function's.
pub(super) fn arguments(have: &[Known], function: &FunctionType, builtin: Option<&Builtin>, with_result: bool) -> Vec<String> {
    let mut want: Vec<(String, Known)> = match builtin {
        Some(builtin) => builtin.arguments().map(named).collect(),
        None => function.args.iter().map(|tpe| (String::new(), tpe.clone())).collect(),
    };
    if with_result {
        let of_builtin = builtin.and_then(|builtin| builtin.result).map(named);
        want.extend(of_builtin.or_else(|| Some((String::new(), Some(function.result.clone()?)))));
    }
    compared(have, &want, function.variadic.as_ref())
}

/// The operands of a call of a built-in function that takes another number of them, and what it takes. Nothing is known of names yet.
pub fn arity(builtin: &Builtin, operands: &[Term]) -> Vec<String> {
    let have: Vec<Known> = operands.iter().map(known_at_once).collect();
    let want: Vec<(String, Known)> = builtin.arguments().map(named).collect();
    compared(&have, &want, builtin.variadic().map(notation::parse).as_ref())
}

/// The type of a term without what is known of names.
fn known_at_once(term: &Term) -> Known {
    match &term.value {
        Value::Ref(parts) => Env::default().reference(parts),
        Value::Array(items) => Some(Type::array(items.iter().map(known_at_once).collect(), None)),
        Value::Set(items) => Some(Type::set(items.iter().fold(None, |of, item| or(of, known_at_once(item))))),
        Value::Object(pairs) => {
            let (fixed, dynamic): (Vec<_>, Vec<_>) = pairs.iter().partition(|(key, _)| make::is_constant(key));
            let fixed = fixed.iter().map(|(key, value)| (key.value.clone(), known_at_once(value))).collect();
            let rest = dynamic.last().map(|(key, value)| (known_at_once(key), known_at_once(value)));
            Some(ObjectType::of(fixed, rest))
        }
        value => type_of(value),
    }
}

/// An argument of a built-in function: its name with the colon, and its type.
fn named(argument: &str) -> (String, Known) {
    let tpe = notation::without_name(argument);
    let name = argument.strip_suffix(tpe).unwrap_or_default();
    (name.to_owned(), Some(notation::parse(tpe)))
}

/// What is there and what is wanted, in full where the lines do not become too wide.
fn compared(have: &[Known], want: &[(String, Known)], variadic: Option<&Type>) -> Vec<String> {
    let line = |word: &str, mut parts: Vec<String>, more: Option<String>| {
        parts.extend(more.map(|tpe| tpe + "..."));
        format!("{word}: ({})", parts.join(", "))
    };
    let full = [
        line("have", have.iter().map(|tpe| text(tpe.as_ref())).collect(), None),
        line(
            "want",
            want.iter().map(|(name, tpe)| name.clone() + &text(tpe.as_ref())).collect(),
            variadic.map(ToString::to_string),
        ),
    ];
    if !full.iter().any(|line| elide::is_wide(line)) {
        return full.into();
    }
    let mut left: Vec<String> = have.iter().map(|tpe| elided("", tpe.as_ref())).collect();
    let mut right: Vec<String> = want.iter().map(|(name, tpe)| elided(name, tpe.as_ref())).collect();
    for (index, (have, (name, want))) in have.iter().zip(want).enumerate() {
        if have.is_some() && want.is_some() && unifies(have.as_ref(), want.as_ref()) {
            continue;
        }
        let [had, wanted] = elide::difference(have.as_ref(), want.as_ref());
        left[index] = had;
        right[index] = name.clone() + &wanted;
    }
    vec![
        line("have", left, None),
        line("want", right, variadic.map(|tpe| elided("", Some(tpe)))),
    ]
}

/// The two sides of an equality.
pub(super) fn sides(left: &Known, right: &Known) -> Vec<String> {
    let lines = |[left, right]: [String; 2]| vec![format!("left  : {left}"), format!("right : {right}")];
    let mut lines = match lines([text(left.as_ref()), text(right.as_ref())]) {
        full if !full.iter().any(|line| elide::is_wide(line)) => full,
        _ => lines(elide::difference(left.as_ref(), right.as_ref())),
    };
    let kind = match (left, right) {
        (Some(Type::Object(_)), Some(Type::Object(_))) => "objects",
        (Some(Type::Array(_)), Some(Type::Array(_))) => "arrays",
        (Some(Type::Set(_)), Some(Type::Set(_))) => "sets",
        _ => return lines,
    };
    lines.push(format!(
        "hint  : both sides are {kind} but their types differ, so they can never be equal (see {MATCH_ERROR})"
    ));
    lines
}

/// A reference into something that cannot be looked into.
pub(super) fn unsupported(reference: &[Term], index: usize, have: Option<&Type>) -> Vec<String> {
    let end = (index + 1).min(reference.len());
    vec![
        syntax_text::reference(reference),
        "^".repeat(syntax_text::reference(&reference[..end]).chars().count()),
        format!("have: {}", text(have)),
    ]
}

/// A reference with a key that cannot be there.
pub(super) fn invalid(reference: &[Term], index: usize, have: Option<&Type>, want: Option<&Type>, one_of: &[Value]) -> Vec<String> {
    let index = index.min(reference.len().saturating_sub(1));
    let pad = " ".repeat(syntax_text::reference(&reference[..index]).chars().count() + 1);
    let have = match have {
        Some(tpe) => format!("{pad}have (type): {tpe}"),
        None => format!("{pad}have: {}", syntax_text::term(&reference[index])),
    };
    let one_of: Vec<String> = one_of.iter().map(syntax_text::value).collect();
    let want = match want {
        _ if !one_of.is_empty() => format!("{pad}want (one of): [{}]", one_of.join(" ")),
        None => format!("{pad}want (one of): []"),
        Some(tpe) => format!("{pad}want (type): {tpe}"),
    };
    vec![syntax_text::reference(reference), format!("{pad}^"), have, want]
}
