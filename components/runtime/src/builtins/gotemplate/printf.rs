//! `printf` on a template's values: directives are taken apart here, and those on numbers and strings written by the one who writes `sprintf`'s.

use super::value::Val;
use crate::builtins::format::sprintf;
use crate::builtins::tree::Tree;
use crate::collections::Array;
use crate::number;
use crate::value::Value;

/// Text with the arguments put in.
pub fn format(format: &[u8], args: &[Val<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = format;
    let mut used = 0;
    while let Some(percent) = rest.iter().position(|byte| *byte == b'%') {
        out.extend_from_slice(rest.get(..percent).unwrap_or_default());
        let directive = rest.get(percent..).unwrap_or_default();
        let flags = directive
            .iter()
            .skip(1)
            .take_while(|byte| b"+-# 0123456789.*".contains(byte))
            .count();
        let Some(verb) = directive.get(flags + 1).copied() else {
            out.extend_from_slice(b"%!(NOVERB)");
            return out;
        };
        let len = crate::builtins::text::rune(directive.get(flags + 1..).unwrap_or_default()).1.max(1);
        let (directive, behind) = directive.split_at_checked(flags + 1 + len).unwrap_or((directive, &[]));
        rest = behind;
        let filled = stars(directive, args, &mut used, &mut out);
        let directive = filled.as_slice();
        let flags = directive.len() - 1 - len;
        if verb == b'%' {
            out.push(b'%');
            continue;
        }
        match args.get(used) {
            None => {
                out.extend_from_slice(b"%!");
                out.extend_from_slice(directive.get(flags + 1..).unwrap_or_default());
                out.extend_from_slice(b"(MISSING)");
            }
            Some(arg) => {
                used += 1;
                one(directive, verb, arg, &mut out);
            }
        }
    }
    out.extend_from_slice(rest);
    if let Some(extra) = args.get(used..).filter(|extra| !extra.is_empty()) {
        out.extend_from_slice(b"%!(EXTRA ");
        for (position, arg) in extra.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(b", ");
            }
            let kind = arg.inner_type();
            out.extend_from_slice(kind.as_bytes());
            if kind != "<nil>" {
                out.push(b'=');
                arg.print(&mut out);
            }
        }
        out.push(b')');
    }
    out
}

/// The largest width and precision that Go takes.
const WIDTH_MAX: i64 = 1_000_000;

/// A directive with arguments in the place of its stars.
fn stars(directive: &[u8], args: &[Val<'_>], used: &mut usize, out: &mut Vec<u8>) -> Vec<u8> {
    let mut filled = Vec::with_capacity(directive.len());
    for byte in directive {
        if *byte != b'*' {
            filled.push(*byte);
            continue;
        }
        let precision = filled.last() == Some(&b'.');
        let number = match args.get(*used) {
            Some(Val::Int(number)) if number.abs() <= WIDTH_MAX && !(precision && *number < 0) => Some(*number),
            _ => None,
        };
        *used = args.len().min(*used + 1);
        match number {
            Some(number) => filled.extend_from_slice(number.to_string().as_bytes()),
            None if precision => {
                filled.pop();
                out.extend_from_slice(b"%!(BADPREC)");
            }
            None => out.extend_from_slice(b"%!(BADWIDTH)"),
        }
    }
    filled
}

/// `%!verb(type=value)`
fn misfit(verb: u8, arg: &Val<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'%', b'!', verb, b'(']);
    let kind = arg.inner_type();
    out.extend_from_slice(kind.as_bytes());
    if kind != "<nil>" {
        out.push(b'=');
        arg.print(out);
    }
    out.push(b')');
}

/// Writes a value by the directive, in which the verb is replaced.
fn delegate(directive: &[u8], verb: u8, value: Value, out: &mut Vec<u8>) {
    let mut format = directive.to_vec();
    if let Some(last) = format.last_mut() {
        *last = verb;
    }
    let args = Array::with_capacity(1);
    args.push(value);
    let text = sprintf(Value::string(&format), args.value());
    out.extend_from_slice(text.as_str().unwrap_or_default());
}

fn one(directive: &[u8], verb: u8, arg: &Val<'_>, out: &mut Vec<u8>) {
    let kind = arg.inner_type();
    match (arg, verb) {
        (_, b'T') => delegate(directive, b's', Value::string(kind.as_bytes()), out),
        (Val::Invalid | Val::Doc(Tree::Null, _), b'v') => delegate(directive, b's', Value::string(b"<nil>"), out),
        (Val::Invalid | Val::Doc(Tree::Null, _), verb) => misfit(verb, arg, out),
        (Val::Int(value), _) => {
            let before = out.len();
            delegate(directive, verb, number::integer(*value), out);
            rename(out, before, b"(int64=", b"(int=");
            rename(out, before, b" int64=", b" int=");
        }
        (Val::Byte(value), _) => {
            let before = out.len();
            delegate(directive, verb, number::integer(i64::from(*value)), out);
            rename(out, before, b"(int64=", b"(uint8=");
        }
        (Val::Float(value), _) => {
            let mut text = Vec::new();
            crate::builtins::double::write_json(*value, &mut text);
            if !text.iter().any(|byte| b".e".contains(byte)) {
                text.extend_from_slice(b".0");
            }
            delegate(directive, verb, Value::number_text(&text), out);
        }
        (Val::Bool(_) | Val::Doc(Tree::Boolean(_), _), b't' | b'v') => {
            delegate(directive, b's', Value::string(arg.printed().as_bytes()), out)
        }
        (Val::Bool(_) | Val::Doc(Tree::Boolean(_), _), verb) => misfit(verb, arg, out),
        _ => match arg.bytes() {
            Some(bytes) if b"svqxX".contains(&verb) => delegate(directive, verb, Value::string(bytes), out),
            Some(_) => misfit(verb, arg, out),
            None => collection(directive, verb, arg, out),
        },
    }
}

/// Go names other types than `sprintf` has.
fn rename(out: &mut Vec<u8>, from: usize, old: &[u8], new: &[u8]) {
    let written = out.get(from..).unwrap_or_default();
    if let Some(place) = crate::builtins::text::find(written, old) {
        let tail = written.get(place + old.len()..).unwrap_or_default().to_vec();
        out.truncate(from + place);
        out.extend_from_slice(new);
        out.extend(tail);
    }
}

/// An element by the directive; null is what it is.
fn inner(directive: &[u8], verb: u8, tree: &Tree, out: &mut Vec<u8>) {
    match tree {
        Tree::Null => out.extend_from_slice(b"<nil>"),
        tree => one(directive, verb, &Val::Doc(tree, false), out),
    }
}

/// Arrays and objects: each element by the directive.
fn collection(directive: &[u8], verb: u8, arg: &Val<'_>, out: &mut Vec<u8>) {
    if let Val::Doc(Tree::Object(pairs), _) = arg {
        out.extend_from_slice(b"map[");
        for (position, (key, value)) in pairs.iter().enumerate() {
            if position > 0 {
                out.push(b' ');
            }
            one(directive, verb, &Val::Text(key.as_bytes().to_vec()), out);
            out.push(b':');
            inner(directive, verb, value, out);
        }
    } else {
        out.push(b'[');
        for (position, element) in arg.elements().unwrap_or_default().iter().enumerate() {
            if position > 0 {
                out.push(b' ');
            }
            inner(directive, verb, element, out);
        }
    }
    out.push(b']');
}
