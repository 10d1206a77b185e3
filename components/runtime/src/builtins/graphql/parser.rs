//! What query and schema texts have in common: looking at the next token, comments, values, arguments, directives, types. Parsing ends at the first
//! error. Nesting is bounded by [`DEPTH_MAX`], for everybody who walks the tree later.
//!
//! Comments belong to the token behind them and are there until that token is taken.

use super::ast::{Argument, Child, Comments, Directive, Pos, Shape, Type, Value, ValueKind};
use super::lexer::{Kind, Lexer, Token};
use super::report::{Finding, Refusal, TOO_DEEP};
use warrego_syntax::print::quote;

/// How deep selections, values and types may nest.
pub const DEPTH_MAX: u32 = 100;

/// What parsing a part gives.
pub type Parsed<T> = Result<T, Refusal>;

/// A parser with one token at hand.
pub struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token,
    comments: Comments,
    depth: u32,
}

impl<'t> Parser<'t> {
    /// At the first token.
    pub fn new(text: &'t str, prelude: bool) -> Self {
        let mut lexer = Lexer::new(text, prelude);
        let token = lexer.read();
        let mut parser = Self {
            lexer,
            token,
            comments: Comments::new(),
            depth: 0,
        };
        parser.take_comments();
        parser
    }

    fn take_comments(&mut self) {
        self.comments.clear();
        while self.token.kind == Kind::Comment {
            let next = self.lexer.read();
            self.comments.push(core::mem::replace(&mut self.token, next).value);
        }
    }

    // ---- tokens ----

    /// The kind of the token at hand.
    pub fn kind(&self) -> Kind {
        self.token.kind
    }

    /// The text of the token at hand.
    pub fn text(&self) -> &str {
        &self.token.value
    }

    /// Where the token at hand stands.
    pub fn pos(&self) -> Option<Pos> {
        Some(self.token.pos)
    }

    /// The comments before the token at hand.
    pub fn comments(&self) -> Comments {
        self.comments.clone()
    }

    /// Whether the token at hand is this word.
    pub fn at_word(&self, word: &str) -> bool {
        self.kind() == Kind::Name && self.text() == word
    }

    /// Takes the token at hand.
    pub fn next(&mut self) -> Token {
        let next = self.lexer.read();
        let token = core::mem::replace(&mut self.token, next);
        self.take_comments();
        token
    }

    /// Takes the token at hand if it is of this kind.
    pub fn skip(&mut self, kind: Kind) -> bool {
        let fits = self.kind() == kind;
        if fits {
            self.next();
        }
        fits
    }

    /// Takes a token of this kind.
    pub fn expect(&mut self, kind: Kind) -> Parsed<Token> {
        if self.kind() == kind {
            return Ok(self.next());
        }
        self.refuse(format!("Expected {}, found {}", kind.text(), self.kind().text()))
    }

    /// Takes this word; gives the comments before it.
    pub fn expect_word(&mut self, word: &str) -> Parsed<Comments> {
        if self.at_word(word) {
            let comments = self.comments();
            self.next();
            return Ok(comments);
        }
        let found = shown(&self.token);
        self.refuse(format!("Expected {}, found {found}", quote(word)))
    }

    /// The token at hand does not belong here.
    pub fn unexpected<T>(&self) -> Parsed<T> {
        Self::unexpected_token(&self.token)
    }

    /// A token that was taken does not belong there.
    pub fn unexpected_token<T>(token: &Token) -> Parsed<T> {
        Err(Finding::new(format!("Unexpected {}", shown(token)), Some(token.pos)).into())
    }

    /// An error at the token at hand.
    pub fn refuse<T>(&self, message: String) -> Parsed<T> {
        Err(Finding::new(message, self.pos()).into())
    }

    /// One level deeper.
    pub fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_MAX {
            return Err(TOO_DEEP.into());
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    // ---- lists ----

    /// None or, in brackets, at least one. With the comments before the closing bracket.
    pub fn some<T>(&mut self, open: Kind, close: Kind, mut parse: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<(Vec<T>, Comments)> {
        let mut items = Vec::new();
        if !self.skip(open) {
            return Ok((items, Comments::new()));
        }
        while self.kind() != close {
            items.push(parse(self)?);
        }
        if items.is_empty() {
            return self.refuse(format!("expected at least one definition, found {}", close.text()));
        }
        let comments = self.comments();
        self.next();
        Ok((items, comments))
    }

    /// Any number in brackets.
    fn many<T>(&mut self, open: Kind, close: Kind, mut parse: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        self.skip(open);
        while self.kind() != close {
            items.push(parse(self)?);
        }
        self.next();
        Ok(items)
    }

    // ---- parts ----

    /// A name.
    pub fn name(&mut self) -> Parsed<String> {
        self.expect(Kind::Name).map(|token| token.value)
    }

    /// `$name`.
    pub fn variable(&mut self) -> Parsed<String> {
        self.expect(Kind::Dollar)?;
        self.name()
    }

    /// A value, in which there are no variables if it is to be constant. Only lists and objects keep the comments before them.
    pub fn value(&mut self, constant: bool) -> Parsed<Value> {
        self.nested(|p| p.value_inside(constant))
    }

    fn value_inside(&mut self, constant: bool) -> Parsed<Value> {
        let pos = self.pos();
        let mut value = Value {
            kind: ValueKind::Null,
            raw: String::new(),
            children: Vec::new(),
            pos,
            comments: Comments::new(),
        };
        value.kind = match self.kind() {
            Kind::BracketL => {
                value.comments = self.comments();
                value.children = self.many(Kind::BracketL, Kind::BracketR, |p| {
                    Ok(Child {
                        name: String::new(),
                        value: p.value(constant)?,
                        pos: None,
                        comments: Comments::new(),
                    })
                })?;
                value.kind = ValueKind::List;
                return Ok(value);
            }
            Kind::BraceL => {
                value.comments = self.comments();
                value.children = self.many(Kind::BraceL, Kind::BraceR, |p| p.object_field(constant))?;
                value.kind = ValueKind::Object;
                return Ok(value);
            }
            Kind::Dollar if !constant => {
                value.kind = ValueKind::Variable;
                value.raw = self.variable()?;
                return Ok(value);
            }
            Kind::Int => ValueKind::Int,
            Kind::Float => ValueKind::Float,
            Kind::String => ValueKind::String,
            Kind::BlockString => ValueKind::Block,
            Kind::Name => match self.text() {
                "true" | "false" => ValueKind::Boolean,
                "null" => ValueKind::Null,
                _ => ValueKind::Enum,
            },
            _ => return self.unexpected(),
        };
        value.raw = self.next().value;
        Ok(value)
    }

    fn object_field(&mut self, constant: bool) -> Parsed<Child> {
        let (pos, comments) = (self.pos(), self.comments());
        let name = self.name()?;
        self.expect(Kind::Colon)?;
        Ok(Child {
            name,
            value: self.value(constant)?,
            pos,
            comments,
        })
    }

    /// Arguments in parentheses, if there are any.
    pub fn arguments(&mut self, constant: bool) -> Parsed<Vec<Argument>> {
        let arguments = self.some(Kind::ParenL, Kind::ParenR, |p| {
            let (pos, comments) = (p.pos(), p.comments());
            let name = p.name()?;
            p.expect(Kind::Colon)?;
            Ok(Argument {
                name,
                value: p.value(constant)?,
                pos,
                comments,
            })
        });
        Ok(arguments?.0)
    }

    /// Any number of directives.
    pub fn directives(&mut self, constant: bool) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.skip(Kind::At) {
            let pos = self.pos();
            directives.push(Directive {
                name: self.name()?,
                arguments: self.arguments(constant)?,
                pos,
            });
        }
        Ok(directives)
    }

    /// A type. A list is placed where its element is.
    pub fn ty(&mut self) -> Parsed<Type> {
        let is_list = self.skip(Kind::BracketL);
        let pos = self.pos();
        let shape = if is_list {
            let element = self.nested(Self::ty)?;
            self.expect(Kind::BracketR)?;
            Shape::List(Box::new(element))
        } else {
            Shape::Named(self.name()?)
        };
        Ok(Type {
            shape,
            non_null: self.skip(Kind::Bang),
            pos,
        })
    }
}

fn shown(token: &Token) -> String {
    if token.value.is_empty() {
        token.kind.text().to_owned()
    } else {
        format!("{} {}", token.kind.text(), quote(&token.value))
    }
}
