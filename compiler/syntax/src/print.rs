//! The tree as text, the way OPA's error messages show it. Sets and objects are printed in Rego's order, also where the parser has not sorted them yet.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Expr, ExprKind, Logical, Not, TemplatePart, TemplateString, Term, Value, With};
use super::order::compare;
use super::template::is_operator;
use super::token::Kind;

/// A reference as text: `data.a[x]["b-c"]`.
pub fn reference_text(parts: &[Term]) -> String {
    Reference(parts).to_string()
}

/// A body as text.
pub fn body_text(body: &[Expr]) -> String {
    Separated(body, "; ").to_string()
}

/// A string in double quotes, with Go's escapes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        push_escaped(&mut out, char);
    }
    out.push('"');
    out
}

fn push_escaped(out: &mut String, char: char) {
    let code = char as u32;
    match char {
        '"' | '\\' => out.extend(['\\', char]),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{b}' => out.push_str("\\v"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{0}'..'\u{20}' | '\u{7f}' => out.push_str(&format!("\\x{code:02x}")),
        _ if !is_unprintable(char) => out.push(char),
        _ if code < 0x10000 => out.push_str(&format!("\\u{code:04x}")),
        _ => out.push_str(&format!("\\U{code:08x}")),
    }
}

fn is_unprintable(char: char) -> bool {
    char.is_control()
        || char.is_whitespace() && char != ' '
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fff9}'..='\u{fffb}' | '\u{f0000}'..)
}

struct Separated<'t, T>(&'t [T], &'static str);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(self.1)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

struct Reference<'t>(&'t [Term]);

impl Display for Reference<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some((head, rest)) = self.0.split_first() else { return Ok(()) };
        match &head.value {
            Value::String(text) => f.write_str(text)?,
            _ => head.fmt(f)?,
        }
        for part in rest {
            match &part.value {
                Value::String(text) if is_name(text) => write!(f, ".{text}")?,
                Value::String(text) if text.contains(|char: char| char == '\\' || char.is_control()) => {
                    write!(f, "[{}]", quote(text))?;
                }
                Value::String(text) => write!(f, "[\"{text}\"]")?,
                _ => write!(f, "[{part}]")?,
            }
        }
        Ok(())
    }
}

/// Whether a string may follow a dot.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    if !bytes.next().is_some_and(is_letter) || !bytes.all(|byte| is_letter(byte) || byte.is_ascii_digit()) {
        return false;
    }
    matches!(Kind::of_word(text), Kind::Ident | Kind::LogicalAnd | Kind::LogicalOr)
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => f.write_str(&quote(text)),
            Self::Var(name) if name.starts_with('$') => f.write_char('_'),
            Self::Var(name) => f.write_str(name),
            Self::Ref(parts) => Reference(parts).fmt(f),
            Self::Array(items) => write!(f, "[{}]", Separated(items, ", ")),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => {
                let mut items: Vec<&Term> = items.iter().collect();
                items.sort_by(|a, b| compare(a, b));
                items.dedup_by(|b, a| compare(a, b).is_eq());
                write!(f, "{{{}}}", Separated(&items, ", "))
            }
            Self::Object(pairs) => {
                let mut pairs: Vec<&(Term, Term)> = pairs.iter().collect();
                pairs.sort_by(|(a, _), (b, _)| compare(a, b));
                f.write_char('{')?;
                for (index, (key, value)) in pairs.into_iter().enumerate() {
                    let separator = if index > 0 { ", " } else { "" };
                    write!(f, "{separator}{key}: {value}")?;
                }
                f.write_char('}')
            }
            Self::ArrayComprehension(head, body) => write!(f, "[{} | {}]", Infix(head), Separated(body, "; ")),
            Self::SetComprehension(head, body) => write!(f, "{{{} | {}}}", Infix(head), Separated(body, "; ")),
            Self::ObjectComprehension(key, value, body) => {
                write!(f, "{{{}: {} | {}}}", Infix(key), Infix(value), Separated(body, "; "))
            }
            Self::Call(terms) => call(f, terms),
            Self::TemplateString(template) => template.fmt(f),
        }
    }
}

fn call(f: &mut Formatter<'_>, terms: &[Term]) -> fmt::Result {
    match terms.split_first() {
        Some((operator, operands)) => write!(f, "{operator}({})", Separated(operands, ", ")),
        None => Ok(()),
    }
}

/// What stands before the `|` of a comprehension: operators are shown as such, in parentheses.
struct Infix<'t>(&'t Term);

impl Display for Infix<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Value::Call(terms) = &self.0.value
            && let [operator, left, right] = terms.as_slice()
            && let Some(sign) = infix_sign(operator)
        {
            return write!(f, "({} {sign} {})", Infix(left), Infix(right));
        }
        self.0.fmt(f)
    }
}

/// How a built-in function is written as an operator.
pub(super) fn infix_sign(operator: &Term) -> Option<&'static str> {
    let Value::Ref(parts) = &operator.value else { return None };
    let [
        Term {
            value: Value::Var(name), ..
        },
    ] = parts.as_slice()
    else {
        return None;
    };
    Some(match &**name {
        "assign" => ":=",
        "eq" => "=",
        "equal" => "==",
        "neq" => "!=",
        "lt" => "<",
        "lte" => "<=",
        "gt" => ">",
        "gte" => ">=",
        "plus" => "+",
        "minus" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        "and" => "&",
        "or" => "|",
        _ => return None,
    })
}

impl Display for TemplateString {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("$\"")?;
        for part in &self.parts {
            match part {
                TemplatePart::Text(Term {
                    value: Value::String(text),
                    ..
                }) => {
                    let quoted = quote(text);
                    f.write_str(&quoted[1..quoted.len() - 1].replace('{', "\\{"))?;
                }
                TemplatePart::Text(term) => term.fmt(f)?,
                TemplatePart::Expr(expr) => write!(f, "{{{expr}}}")?,
            }
        }
        f.write_char('"')
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("not ")?;
        }
        match &self.kind {
            ExprKind::Term(term) => term.fmt(f)?,
            ExprKind::Call(terms) => match terms.as_slice() {
                [_, left, right] if is_operator(terms, "eq") => write!(f, "{left} = {right}")?,
                _ => call(f, terms)?,
            },
            ExprKind::Some(terms) => some(f, terms)?,
            ExprKind::Every(every) => {
                f.write_str("every ")?;
                if let Some(key) = &every.key {
                    write!(f, "{key}, ")?;
                }
                write!(f, "{} in {} {{ {} }}", every.value, every.domain, Separated(&every.body, "; "))?;
            }
            ExprKind::Not(not) => not.fmt(f)?,
            ExprKind::And(operands) => logical(f, operands, "and")?,
            ExprKind::Or(operands) => logical(f, operands, "or")?,
        }
        for with in &self.with {
            write!(f, " {with}")?;
        }
        Ok(())
    }
}

fn some(f: &mut Formatter<'_>, terms: &[Term]) -> fmt::Result {
    f.write_str("some ")?;
    if let [
        Term {
            value: Value::Call(call), ..
        },
        ..,
    ] = terms
    {
        match call.as_slice() {
            [_, value, domain] => return write!(f, "{value} in {domain}"),
            [_, key, value, domain] => return write!(f, "{key}, {value} in {domain}"),
            _ => {}
        }
    }
    Separated(terms, ", ").fmt(f)
}

impl Display for Not {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let body = Separated(&self.body, "; ");
        match self.body.as_slice() {
            [only] if !self.explicit => {
                if matches!(only.kind, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_)) || needs_parentheses(only) {
                    write!(f, "not ({body})")
                } else {
                    write!(f, "not {body}")
                }
            }
            _ => write!(f, "not {{{body}}}"),
        }
    }
}

fn logical(f: &mut Formatter<'_>, operands: &Logical, word: &str) -> fmt::Result {
    operand(f, &operands.lhs, operands.explicit_lhs, word, false)?;
    write!(f, " {word} ")?;
    operand(f, &operands.rhs, operands.explicit_rhs, word, true)
}

fn operand(f: &mut Formatter<'_>, body: &[Expr], explicit: bool, word: &str, right: bool) -> fmt::Result {
    let shown = Separated(body, "; ");
    let [only] = body else { return write!(f, "{{ {shown} }}") };
    if explicit {
        return write!(f, "{{ {shown} }}");
    }
    let parentheses = match &only.kind {
        ExprKind::Or(_) => word == "and" || right,
        ExprKind::And(_) => word == "and" && right,
        _ => false,
    };
    if parentheses || needs_parentheses(only) {
        write!(f, "({shown})")
    } else {
        shown.fmt(f)
    }
}

/// Whether an operand would be read differently without parentheses: a `with` would go astray, a brace would open a body.
fn needs_parentheses(expr: &Expr) -> bool {
    let leading_brace = matches!(&expr.kind, ExprKind::Term(term) if begins_with_brace(&term.value));
    !expr.with.is_empty() || leading_brace
}

fn begins_with_brace(value: &Value) -> bool {
    match value {
        Value::Set(items) => !items.is_empty(),
        Value::Object(_) | Value::SetComprehension(..) | Value::ObjectComprehension(..) => true,
        Value::Ref(parts) => parts.first().is_some_and(|head| begins_with_brace(&head.value)),
        _ => false,
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "with {} as {}", self.target, self.value)
    }
}
