//! Which verb does what with which argument.

use super::argument::Argument;
use super::{Printer, floats, integers, strings};

/// Appends an argument as its verb says.
pub(super) fn print(printer: &mut Printer<'_>, argument: &Argument, verb: u32) {
    let ascii = u8::try_from(verb).unwrap_or(0);
    if ascii == b'T' {
        return strings::plain(printer, argument.type_name());
    }
    let done = match argument {
        Argument::Int(value) => integers::print(printer, *value, ascii),
        Argument::Big(value) => return integers::print_big(printer, value, verb),
        Argument::Float(value) => floats::print(printer, *value, ascii),
        Argument::Text(text) => strings::print(printer, text, ascii),
    };
    if !done {
        bad_verb(printer, argument, verb);
    }
}

/// `%!z(int64=1)`: the verb does not fit the argument.
fn bad_verb(printer: &mut Printer<'_>, argument: &Argument, verb: u32) {
    printer.out.extend(b"%!");
    printer.push_rune(verb);
    printer.out.push(b'(');
    printer.out.extend(argument.type_name());
    printer.out.push(b'=');
    print(printer, argument, u32::from(b'v'));
    printer.out.push(b')');
}
