//! What a type error shows below its message: what was there and what was wanted.

use super::{FunctionType, Known, Type, text};
use crate::analysis::builtins::Builtin;
use crate::analysis::text as syntax_text;
use crate::syntax::ast::{Term, Value};

/// A call's arguments and the function's.
pub(super) fn arguments(have: &[Known], function: &FunctionType, builtin: Option<&Builtin>, with_result: bool) -> Vec<String> {
    let have: Vec<String> = have.iter().map(|tpe| text(tpe.as_ref())).collect();
    let mut want: Vec<String> = match builtin {
        Some(builtin) => builtin.arguments().map(str::to_owned).collect(),
        None => function.args.iter().map(|tpe| text(tpe.as_ref())).collect(),
    };
    if with_result {
        let named = builtin.and_then(|builtin| builtin.result).map(str::to_owned);
        want.extend(named.or_else(|| function.result.as_ref().map(ToString::to_string)));
    }
    want.extend(function.variadic.iter().map(|tpe| format!("{tpe}...")));
    vec![format!("have: ({})", have.join(", ")), format!("want: ({})", want.join(", "))]
}

/// The two sides of an equality.
pub(super) fn sides(left: &Known, right: &Known) -> Vec<String> {
    let mut lines = vec![
        format!("left  : {}", text(left.as_ref())),
        format!("right : {}", text(right.as_ref())),
    ];
    let kind = match (left, right) {
        (Some(Type::Object(_)), Some(Type::Object(_))) => "objects",
        (Some(Type::Array(_)), Some(Type::Array(_))) => "arrays",
        (Some(Type::Set(_)), Some(Type::Set(_))) => "sets",
        _ => return lines,
    };
    lines.push(format!(
        "hint  : both sides are {kind} but their types differ, so they can never be equal"
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
