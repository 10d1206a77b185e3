//! `internal.template_string`: what template strings are rewritten to. Their parts come wrapped in sets, so that an undefined part is an empty set and not
//! the end of the expression.

use super::args::type_error;
use super::term;
use crate::arena::Buffer;
use crate::error::{self, CONFLICT_ERROR};
use crate::value::{Kind, Value};
use warrego_abi::error_kind;

/// Appends a part as a reader sees it: strings without quotes.
fn write_part(part: Value, out: &mut Buffer) {
    match part.as_str() {
        Some(text) => out.extend(text),
        None => term::write(part, out),
    }
}

/// The parts in a row.
#[unsafe(export_name = "b.internal.template_string")]
pub extern "C" fn template_string(parts: Value) -> Value {
    let Some(parts) = parts.as_array() else {
        return type_error("internal.template_string", 0, parts, "array");
    };
    let mut out = Buffer::new();
    for part in parts {
        let Some(set) = part.as_set() else {
            if matches!(part.kind(), Kind::Array | Kind::Object) {
                let message: [&[u8]; 2] = [b"illegal argument type: ", part.kind().name().as_bytes()];
                return error::raise(error_kind::POLICY, "eval_internal_error", &message);
            }
            write_part(part, &mut out);
            continue;
        };
        let mut values = set.iter();
        match (values.next(), values.next()) {
            (None, _) => out.extend(b"<undefined>"),
            (Some(value), None) => write_part(value, &mut out),
            (Some(_), Some(_)) => {
                return error::raise_static(
                    error_kind::CONFLICT,
                    CONFLICT_ERROR,
                    "template-strings must not produce multiple outputs",
                );
            }
        }
    }
    out.into_string()
}
