//! The notation of types in the table of built-in functions: `name: array<number, string>[any]`.

use std::rc::Rc;

use super::{FunctionType, Known, ObjectType, Type};
use crate::analysis::builtins::Builtin;
use crate::syntax::ast::Value;

/// A built-in function's type.
pub fn function(builtin: &Builtin) -> Type {
    Type::Function(Rc::new(FunctionType {
        args: builtin.arguments().map(|arg| Some(parse(without_name(arg)))).collect(),
        result: builtin.result.map(|result| parse(without_name(result))),
        variadic: builtin.variadic().map(parse),
    }))
}

/// The type in `name: type`, or in `type`.
pub fn without_name(text: &str) -> &str {
    match text.split_once(": ") {
        Some((name, tpe)) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b' ') => tpe,
        _ => text,
    }
}

/// The type a text stands for; anything, where the text is not of the notation.
pub fn parse(text: &str) -> Type {
    let mut parser = Parser { rest: text };
    parser.tpe()
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn tpe(&mut self) -> Type {
        match self.word().as_str() {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" => Type::Number,
            "string" => Type::String,
            "array" => {
                let fixed = self.list().into_iter().map(Some).collect();
                Type::array(fixed, self.rest_type())
            }
            "set" => Type::set(self.rest_type()),
            "object" => self.object(),
            _ => {
                let mut of = self.list();
                of.sort();
                Type::Any(Rc::new(of))
            }
        }
    }

    fn list(&mut self) -> Vec<Type> {
        let mut types = Vec::new();
        if self.eat("<") {
            loop {
                types.push(self.tpe());
                if !self.eat(", ") {
                    break;
                }
            }
            self.eat(">");
        }
        types
    }

    fn rest_type(&mut self) -> Known {
        if !self.eat("[") {
            return None;
        }
        let tpe = self.tpe();
        self.eat("]");
        Some(tpe)
    }

    fn object(&mut self) -> Type {
        let mut fixed = Vec::new();
        if self.eat("<") {
            loop {
                let key = Value::String(self.word().into());
                self.eat(": ");
                fixed.push((key, Some(self.tpe())));
                if !self.eat(", ") {
                    break;
                }
            }
            self.eat(">");
        }
        let mut rest = None;
        if self.eat("[") {
            let key = self.tpe();
            self.eat(": ");
            rest = Some((Some(key), Some(self.tpe())));
            self.eat("]");
        }
        ObjectType::of(fixed, rest)
    }
}
