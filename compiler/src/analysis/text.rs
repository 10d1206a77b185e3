//! Syntax as text, as OPA's messages show it. Not a formatter: the text is for messages and for keys, and need not parse.

use super::builtins;
use super::make;
use super::vars::is_wildcard;
use crate::syntax::ast::{Expr, ExprKind, Import, Logical, TemplatePart, Term, Value};

/// A variable's name; `_` for wildcards.
pub fn variable(name: &str) -> &str {
    if is_wildcard(name) { "_" } else { name }
}

/// What kind of value a term is.
pub fn kind(term: &Term) -> &'static str {
    match &term.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Var(_) => "var",
        Value::Ref(_) => "ref",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Set(_) => "set",
        Value::ArrayComprehension(..) => "arraycomprehension",
        Value::SetComprehension(..) => "setcomprehension",
        Value::ObjectComprehension(..) => "objectcomprehension",
        Value::Call(_) => "call",
        Value::TemplateString(_) => "templatestring",
    }
}

/// A reference.
pub fn reference(reference: &[Term]) -> String {
    let mut text = String::new();
    write_reference(&mut text, reference);
    text
}

/// A term.
pub fn term(term: &Term) -> String {
    value(&term.value)
}

/// A value.
pub fn value(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// A call: operator and arguments.
pub fn call(terms: &[Term]) -> String {
    let mut text = String::new();
    write_call(&mut text, terms);
    text
}

/// An import statement.
pub fn import(import: &Import) -> String {
    let path = term(&import.path);
    match &import.alias {
        Some(alias) => format!("import {path} as {alias}"),
        None => format!("import {path}"),
    }
}

fn write_list(text: &mut String, items: &[Term]) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        write_value(text, &item.value);
    }
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => text.push_str(n),
        Value::String(s) => write_quoted(text, s),
        Value::Var(name) => text.push_str(variable(name)),
        Value::Ref(parts) => write_reference(text, parts),
        Value::Array(items) => {
            text.push('[');
            write_list(text, items);
            text.push(']');
        }
        Value::Set(items) if items.is_empty() => text.push_str("set()"),
        Value::Set(items) => {
            text.push('{');
            write_list(text, items);
            text.push('}');
        }
        Value::Object(pairs) => {
            text.push('{');
            for (i, (key, value)) in pairs.iter().enumerate() {
                if i > 0 {
                    text.push_str(", ");
                }
                write_value(text, &key.value);
                text.push_str(": ");
                write_value(text, &value.value);
            }
            text.push('}');
        }
        Value::ArrayComprehension(head, body) => write_comprehension(text, ('[', ']'), &[head], body),
        Value::SetComprehension(head, body) => write_comprehension(text, ('{', '}'), &[head], body),
        Value::ObjectComprehension(key, value, body) => write_comprehension(text, ('{', '}'), &[key, value], body),
        Value::Call(terms) => write_call(text, terms),
        Value::TemplateString(template) => {
            text.push_str("$\"");
            for part in &template.parts {
                match part {
                    TemplatePart::Text(Term {
                        value: Value::String(s), ..
                    }) => text.push_str(&s.replace('{', "\\{")),
                    TemplatePart::Text(term) => write_value(text, &term.value),
                    TemplatePart::Expr(expr) => {
                        text.push('{');
                        write_expr(text, expr);
                        text.push('}');
                    }
                }
            }
            text.push('"');
        }
    }
}

fn write_comprehension(text: &mut String, braces: (char, char), heads: &[&Term], body: &[Expr]) {
    text.push(braces.0);
    for (i, head) in heads.iter().enumerate() {
        if i > 0 {
            text.push_str(": ");
        }
        write_comprehension_head(text, head);
    }
    text.push_str(" | ");
    write_body(text, body);
    text.push(braces.1);
}

/// Operators show as such in the heads of comprehensions, and there only.
fn write_comprehension_head(text: &mut String, head: &Term) {
    if let Value::Call(terms) = &head.value
        && let [operator, lhs, rhs] = terms.as_slice()
    {
        let infix = make::call_operator(terms)
            .and_then(builtins::named_by)
            .and_then(|builtin| builtin.infix);
        if let (Some(infix), Value::Ref(_)) = (infix.filter(|infix| *infix != "in"), &operator.value) {
            text.push('(');
            write_comprehension_head(text, lhs);
            text.push(' ');
            text.push_str(infix);
            text.push(' ');
            write_comprehension_head(text, rhs);
            text.push(')');
            return;
        }
    }
    write_value(text, &head.value);
}

fn write_call(text: &mut String, terms: &[Term]) {
    if let Some((operator, args)) = terms.split_first() {
        write_value(text, &operator.value);
        text.push('(');
        write_list(text, args);
        text.push(')');
    }
}

fn write_body(text: &mut String, body: &[Expr]) {
    for (i, expr) in body.iter().enumerate() {
        if i > 0 {
            text.push_str("; ");
        }
        write_expr(text, expr);
    }
}

fn write_expr(text: &mut String, expr: &Expr) {
    if expr.negated {
        text.push_str("not ");
    }
    match &expr.kind {
        ExprKind::Term(term) => write_value(text, &term.value),
        ExprKind::Call(terms) => match make::both_sides(expr) {
            Some((lhs, rhs)) if make::calls(expr, "eq") => {
                write_value(text, &lhs.value);
                text.push_str(" = ");
                write_value(text, &rhs.value);
            }
            _ => write_call(text, terms),
        },
        ExprKind::Some(symbols) => {
            text.push_str("some ");
            write_list(text, symbols);
        }
        ExprKind::Every(every) => {
            text.push_str("every ");
            if let Some(key) = &every.key {
                write_value(text, &key.value);
                text.push_str(", ");
            }
            write_value(text, &every.value.value);
            text.push_str(" in ");
            write_value(text, &every.domain.value);
            text.push_str(" { ");
            write_body(text, &every.body);
            text.push_str(" }");
        }
        ExprKind::Not(not) => {
            text.push_str(if not.explicit { "not {" } else { "not " });
            write_body(text, &not.body);
            text.push_str(if not.explicit { "}" } else { "" });
        }
        ExprKind::And(logical) => write_logical(text, logical, " and "),
        ExprKind::Or(logical) => write_logical(text, logical, " or "),
    }
    for with in &expr.with {
        text.push_str(" with ");
        write_value(text, &with.target.value);
        text.push_str(" as ");
        write_value(text, &with.value.value);
    }
}

fn write_logical(text: &mut String, logical: &Logical, operator: &str) {
    write_operand(text, &logical.lhs, logical.explicit_lhs);
    text.push_str(operator);
    write_operand(text, &logical.rhs, logical.explicit_rhs);
}

fn write_operand(text: &mut String, body: &[Expr], explicit: bool) {
    text.push_str(if explicit { "{ " } else { "" });
    write_body(text, body);
    text.push_str(if explicit { " }" } else { "" });
}

fn write_reference(text: &mut String, parts: &[Term]) {
    let Some((head, tail)) = parts.split_first() else { return };
    match &head.value {
        Value::String(s) => text.push_str(s),
        value => write_value(text, value),
    }
    if builtins::named_by(parts).is_some() {
        for part in tail {
            if let Value::String(s) = &part.value {
                text.push('.');
                text.push_str(s);
            }
        }
        return;
    }
    for part in tail {
        match &part.value {
            Value::String(s) if is_plain_name(s) => {
                text.push('.');
                text.push_str(s);
            }
            Value::String(s) if !s.contains(|c: char| c == '\\' || c.is_control()) => {
                text.push_str("[\"");
                text.push_str(s);
                text.push_str("\"]");
            }
            value => {
                text.push('[');
                write_value(text, value);
                text.push(']');
            }
        }
    }
}

/// True if a string can stand behind a dot.
fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    chars.next().is_some_and(letter) && chars.all(|c| letter(c) || c.is_ascii_digit()) && !is_keyword(name)
}

fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "not"
            | "package"
            | "import"
            | "as"
            | "default"
            | "else"
            | "with"
            | "null"
            | "true"
            | "false"
            | "some"
            | "if"
            | "contains"
            | "in"
            | "every"
    )
}

/// A string in double quotes, escaped as Go escapes it.
fn write_quoted(text: &mut String, s: &str) {
    text.push('"');
    for c in s.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\u{b}' => text.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => text.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() => text.push_str(&format!("\\u{:04x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('"');
}
