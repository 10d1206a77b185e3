//! The functions of templates.

use super::printf;
use super::value::Val;
use crate::builtins::text::rune;
use crate::builtins::tree::Tree;
use crate::builtins::url::{Part, escape};
use core::cmp::Ordering;

type Outcome<'a> = Result<Val<'a>, String>;

/// How many arguments a function takes, and whether more are fine.
pub fn arity(name: &str) -> (usize, bool) {
    match name {
        "and" | "or" | "call" | "printf" | "index" | "slice" | "eq" => (1, true),
        "len" | "not" => (1, false),
        "ne" | "lt" | "le" | "gt" | "ge" => (2, false),
        _ => (0, true),
    }
}

/// Calls a function; `callee` is what stands first behind `call`.
pub fn call<'a>(name: &str, args: Vec<Val<'a>>, callee: Option<&str>) -> Outcome<'a> {
    let mut args = args;
    let first = args.first().cloned().unwrap_or(Val::Invalid);
    let rest = args.get(1..).unwrap_or_default();
    let second = || rest.first().cloned().unwrap_or(Val::Invalid);
    match name {
        "not" => Ok(Val::Bool(!first.is_true())),
        "len" => length(&first),
        "index" => index(first, rest),
        "slice" => slice(&first.unboxed(), rest),
        "call" => {
            let value = first.unboxed();
            if matches!(value, Val::Invalid) {
                return Err("call of nil".to_owned());
            }
            let shown = callee.map_or_else(|| value.printed(), str::to_owned);
            Err(["non-function ", &shown, " of type ", value.type_name()].concat())
        }
        "eq" => equal(&first.unboxed(), rest).map(Val::Bool),
        "ne" => equal(&first.unboxed(), rest).map(|equal| Val::Bool(!equal)),
        "lt" => less(&first.unboxed(), &second().unboxed()).map(Val::Bool),
        "le" => less_or_equal(&first.unboxed(), &second().unboxed()).map(Val::Bool),
        "gt" => less_or_equal(&first.unboxed(), &second().unboxed()).map(|less| Val::Bool(!less)),
        "ge" => less(&first.unboxed(), &second().unboxed()).map(|less| Val::Bool(!less)),
        "print" => Ok(Val::Text(print(&args))),
        "println" => {
            let mut out = Vec::new();
            for (position, arg) in args.iter().enumerate() {
                if position > 0 {
                    out.push(b' ');
                }
                arg.print(&mut out);
            }
            out.push(b'\n');
            Ok(Val::Text(out))
        }
        "printf" => {
            let format = args.remove(0);
            Ok(Val::Text(printf::format(format.bytes().unwrap_or_default(), &args)))
        }
        "html" => Ok(Val::Text(html(&text(&args)))),
        "js" => Ok(Val::Text(js(&text(&args)))),
        _ => Ok(Val::Text(escape(&text(&args), Part::Query))),
    }
}

/// The arguments as `fmt.Sprint` writes them: with spaces between two that are no strings.
fn print(args: &[Val<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut before_is_text = true;
    for arg in args {
        let is_text = arg.bytes().is_some();
        if !is_text && !before_is_text {
            out.push(b' ');
        }
        arg.print(&mut out);
        before_is_text = is_text;
    }
    out
}

/// The text of arguments that are to be escaped.
fn text(args: &[Val<'_>]) -> Vec<u8> {
    let printable = args.iter().map(|arg| match arg {
        Val::Invalid => Val::Text(b"<no value>".to_vec()),
        arg if arg.is_boxed_null() => Val::Text(b"<no value>".to_vec()),
        arg => arg.clone(),
    });
    print(&printable.collect::<Vec<_>>())
}

fn length<'a>(value: &Val<'a>) -> Outcome<'a> {
    if value.is_boxed_null() {
        return Err("len of nil pointer".to_owned());
    }
    let length = match value {
        Val::Doc(Tree::Object(pairs), _) => pairs.len(),
        value => match (value.bytes(), value.elements()) {
            (Some(bytes), _) => bytes.len(),
            (_, Some(elements)) => elements.len(),
            _ if matches!(value, Val::Invalid) => return Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
            _ => return Err(["len of type ", value.inner_type()].concat()),
        },
    };
    Ok(Val::Int(length as i64))
}

/// A position, which may be the end.
fn position(index: &Val<'_>, len: usize) -> Result<usize, String> {
    let index = index.clone().unboxed();
    let number = match index {
        Val::Int(number) => number,
        Val::Byte(number) => i64::from(number),
        Val::Invalid => return Err("cannot index slice/array with nil".to_owned()),
        other => return Err(["cannot index slice/array with type ", other.inner_type()].concat()),
    };
    match usize::try_from(number) {
        Ok(place) if place <= len => Ok(place),
        _ => Err(["index out of range: ", &number.to_string()].concat()),
    }
}

fn index<'a>(value: Val<'a>, indices: &[Val<'a>]) -> Outcome<'a> {
    let mut value = value.unboxed();
    if matches!(value, Val::Invalid) {
        return Err("index of untyped nil".to_owned());
    }
    for index in indices {
        if value.is_boxed_null() {
            return Err("index of nil pointer".to_owned());
        }
        if let Val::Doc(tree @ Tree::Object(_), _) = value {
            let key = index.clone().unboxed();
            let name = match &key {
                Val::Doc(Tree::String(_), _) | Val::Text(_) => key.bytes().unwrap_or_default(),
                Val::Invalid => return Err("value is nil; should be of type string".to_owned()),
                other => return Err(["value has type ", other.inner_type(), "; should be string"].concat()),
            };
            let found = core::str::from_utf8(name).ok().and_then(|name| tree.get(name));
            value = found.map_or(Val::Doc(&Tree::Null, true), |inner| Val::Doc(inner, true));
            continue;
        }
        value = if let Some(elements) = value.elements() {
            let place = position(index, elements.len())?;
            match elements.get(place) {
                Some(element) => Val::Doc(element, true),
                None => return Err("reflect: slice index out of range".to_owned()),
            }
        } else if let Some(bytes) = value.bytes() {
            let place = position(index, bytes.len())?;
            match bytes.get(place) {
                Some(byte) => Val::Byte(*byte),
                None => return Err("reflect: string index out of range".to_owned()),
            }
        } else {
            return Err(["can't index item of type ", value.inner_type()].concat());
        };
    }
    Ok(value)
}

fn slice<'a>(value: &Val<'a>, indices: &[Val<'a>]) -> Outcome<'a> {
    if matches!(value, Val::Invalid) {
        return Err("slice of untyped nil".to_owned());
    }
    if indices.len() > 3 {
        return Err(["too many slice indexes: ", &indices.len().to_string()].concat());
    }
    let len = match (value.bytes(), value.elements()) {
        (Some(_), _) if indices.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        (Some(bytes), _) => bytes.len(),
        (_, Some(elements)) => elements.len(),
        _ => return Err(["can't slice item of type ", value.inner_type()].concat()),
    };
    let mut bounds = [0, len, len];
    for (bound, index) in bounds.iter_mut().zip(indices) {
        if let Val::Doc(_, true) = index {
            return Err("cannot index slice/array with type interface {}".to_owned());
        }
        *bound = position(index, len)?;
    }
    let [from, to, most] = bounds;
    for (low, high) in [(from, to), (to, most)] {
        if low > high {
            return Err(["invalid slice index: ", &low.to_string(), " > ", &high.to_string()].concat());
        }
    }
    if let Some(elements) = value.elements() {
        return Ok(Val::Part(elements.get(from..to).unwrap_or_default()));
    }
    let part = value.bytes().and_then(|bytes| bytes.get(from..to)).unwrap_or_default().to_vec();
    Ok(match value.inner_type() {
        "json.Number" => Val::Digits(part),
        _ => Val::Text(part),
    })
}

/// What can be compared.
#[derive(PartialEq)]
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'v [u8]),
}

fn basic<'v>(value: &'v Val<'_>) -> Option<Basic<'v>> {
    Some(match value {
        Val::Bool(value) | Val::Doc(Tree::Boolean(value), _) => Basic::Bool(*value),
        Val::Int(value) => Basic::Int(*value),
        Val::Byte(value) => Basic::Unsigned(u64::from(*value)),
        Val::Float(value) => Basic::Float(*value),
        value => Basic::Text(value.bytes()?),
    })
}

fn incompatible(a: &Val<'_>, b: &Val<'_>) -> String {
    ["incompatible types for comparison: ", a.inner_type(), " and ", b.inner_type()].concat()
}

/// The order of two numbers or strings; nothing for two that have none.
fn order(a: &Basic<'_>, b: &Basic<'_>) -> Option<Option<Ordering>> {
    let mixed = |int: i64, unsigned: u64| u64::try_from(int).map_or(Ordering::Less, |int| int.cmp(&unsigned));
    match (a, b) {
        (Basic::Bool(a), Basic::Bool(b)) => Some(Some(a.cmp(b))),
        (Basic::Int(a), Basic::Int(b)) => Some(Some(a.cmp(b))),
        (Basic::Unsigned(a), Basic::Unsigned(b)) => Some(Some(a.cmp(b))),
        (Basic::Int(a), Basic::Unsigned(b)) => Some(Some(mixed(*a, *b))),
        (Basic::Unsigned(a), Basic::Int(b)) => Some(Some(mixed(*b, *a).reverse())),
        (Basic::Float(a), Basic::Float(b)) => Some(a.partial_cmp(b)),
        (Basic::Text(a), Basic::Text(b)) => Some(Some(a.cmp(b))),
        _ => None,
    }
}

fn equal(a: &Val<'_>, others: &[Val<'_>]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        let b = other.clone().unboxed();
        let invalid = (matches!(a, Val::Invalid), matches!(b, Val::Invalid));
        let same = match (basic(a), basic(&b)) {
            (Some(one), Some(two)) => match order(&one, &two) {
                Some(order) => order == Some(Ordering::Equal),
                None => return Err(incompatible(a, &b)),
            },
            (None, None) if invalid.0 || invalid.1 => invalid.0 == invalid.1,
            (None, None) if a.inner_type() != b.inner_type() => {
                let parts = [
                    "non-comparable types ",
                    &a.printed(),
                    ": ",
                    a.inner_type(),
                    ", ",
                    b.inner_type(),
                    ": ",
                    &b.printed(),
                ];
                return Err(parts.concat());
            }
            (None, None) => return Err(["non-comparable type ", &b.printed(), ": ", b.inner_type()].concat()),
            _ if invalid.0 || invalid.1 => false,
            _ => return Err(incompatible(a, &b)),
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

fn less(a: &Val<'_>, b: &Val<'_>) -> Result<bool, String> {
    let bad = || "invalid type for comparison".to_owned();
    let (one, two) = (basic(a).ok_or_else(bad)?, basic(b).ok_or_else(bad)?);
    if matches!((&one, &two), (Basic::Bool(_), Basic::Bool(_))) {
        return Err(bad());
    }
    match order(&one, &two) {
        Some(order) => Ok(order == Some(Ordering::Less)),
        None => Err(incompatible(a, b)),
    }
}

fn less_or_equal(a: &Val<'_>, b: &Val<'_>) -> Result<bool, String> {
    Ok(less(a, b)? || equal(a, core::slice::from_ref(b))?)
}

fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(*byte),
        }
    }
    out
}

fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let hex = |value: u32, digits: u32, out: &mut Vec<u8>| {
        for place in (0..digits).rev() {
            let digit = char::from_digit(value >> (4 * place) & 0xf, 16).unwrap_or('0');
            out.push(digit.to_ascii_uppercase() as u8);
        }
    };
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let mut next = behind;
        match byte {
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            b'<' | b'>' | b'&' | b'=' | 0..=0x1f => {
                out.extend_from_slice(b"\\u");
                hex(u32::from(*byte), 4, &mut out);
            }
            0x80.. => {
                let (c, len) = rune(rest);
                let (bytes, behind) = rest.split_at_checked(len.max(1)).unwrap_or((rest, &[]));
                next = behind;
                if crate::builtins::quote::is_print(c) {
                    // A byte that is no text stays what it is: its replacement can be printed.
                    out.extend_from_slice(bytes);
                } else {
                    out.extend_from_slice(b"\\u");
                    hex(c, if c > 0xffff { 6 } else { 4 }, &mut out);
                }
            }
            byte => out.push(*byte),
        }
        rest = next;
    }
    out
}
