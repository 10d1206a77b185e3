//! Texts of queries: operations and fragments.

use core::cell::Cell;

use super::ast::{Comments, Field, Fragment, Inline, Operation, OperationKind, Query, Resolved, Selection, Spread, Variable};
use super::lexer::Kind;
use super::parser::{Parsed, Parser};

/// Parses a query.
pub fn parse(text: &str) -> Parsed<Query> {
    let mut parser = Parser::new(text, false);
    let mut query = Query::default();
    while parser.kind() != Kind::Eof {
        match parser.kind() {
            Kind::BraceL => query.operations.push(parser.anonymous()?),
            Kind::Name => match OperationKind::of(parser.text()) {
                Some(kind) => query.operations.push(parser.operation(kind)?),
                None if parser.text() == "fragment" => query.fragments.push(parser.fragment()?),
                None => return parser.unexpected(),
            },
            _ => return parser.unexpected(),
        }
    }
    Ok(query)
}

impl Parser<'_> {
    /// Selections alone.
    fn anonymous(&mut self) -> Parsed<Operation> {
        let pos = self.pos();
        Ok(Operation {
            kind: OperationKind::Query,
            name: String::new(),
            variables: Vec::new(),
            directives: Vec::new(),
            selections: self.selections()?,
            pos,
            comments: Comments::new(),
        })
    }

    fn operation(&mut self, kind: OperationKind) -> Parsed<Operation> {
        let (pos, comments) = (self.pos(), self.comments());
        self.next();
        let name = if self.kind() == Kind::Name {
            self.next().value
        } else {
            String::new()
        };
        Ok(Operation {
            kind,
            name,
            variables: self.variables()?,
            directives: self.directives(false)?,
            selections: self.required_selections()?,
            pos,
            comments,
        })
    }

    fn variables(&mut self) -> Parsed<Vec<Variable>> {
        Ok(self.some(Kind::ParenL, Kind::ParenR, Self::variable_definition)?.0)
    }

    fn variable_definition(&mut self) -> Parsed<Variable> {
        let (pos, comments) = (self.pos(), self.comments());
        let name = self.variable()?;
        self.expect(Kind::Colon)?;
        let ty = self.ty()?;
        let default = if self.skip(Kind::Equals) { Some(self.value(true)?) } else { None };
        Ok(Variable {
            name,
            ty,
            default,
            directives: self.directives(false)?,
            pos,
            comments,
            used: Cell::new(false),
        })
    }

    fn required_selections(&mut self) -> Parsed<Vec<Selection>> {
        if self.kind() != Kind::BraceL {
            return self.refuse(format!("Expected {{, found {}", self.kind().text()));
        }
        self.selections()
    }

    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.nested(|p| Ok(p.some(Kind::BraceL, Kind::BraceR, Self::selection)?.0))
    }

    fn selection(&mut self) -> Parsed<Selection> {
        if self.kind() == Kind::Spread {
            self.fragment_use()
        } else {
            self.field().map(Selection::Field)
        }
    }

    fn field(&mut self) -> Parsed<Field> {
        let (pos, comments) = (self.pos(), self.comments());
        let alias = self.name()?;
        let name = if self.skip(Kind::Colon) { self.name()? } else { alias.clone() };
        Ok(Field {
            alias,
            name,
            arguments: self.arguments(false)?,
            directives: self.directives(false)?,
            selections: self.selections()?,
            pos,
            comments,
            parent: Cell::new(None),
            resolved: Cell::new(Resolved::Unknown),
        })
    }

    /// At `...`.
    fn fragment_use(&mut self) -> Parsed<Selection> {
        let comments = self.comments();
        self.next();
        let pos = self.pos();
        if self.kind() == Kind::Name && self.text() != "on" {
            return Ok(Selection::Spread(Spread {
                name: self.name()?,
                directives: self.directives(false)?,
                pos,
                comments,
                fragment: Cell::new(None),
                parent: Cell::new(None),
            }));
        }
        // A string does as well.
        let condition = if self.text() == "on" {
            self.next();
            self.name()?
        } else {
            String::new()
        };
        Ok(Selection::Inline(Inline {
            condition,
            directives: self.directives(false)?,
            selections: self.required_selections()?,
            pos,
            comments,
        }))
    }

    fn fragment(&mut self) -> Parsed<Fragment> {
        let (pos, comments) = (self.pos(), self.comments());
        self.next();
        if self.text() == "on" {
            return self.unexpected();
        }
        let name = self.name()?;
        let variables = self.variables()?;
        self.expect_word("on")?;
        Ok(Fragment {
            name,
            variables,
            condition: self.name()?,
            directives: self.directives(false)?,
            selections: self.required_selections()?,
            pos,
            comments,
        })
    }
}
