//! A file as a list of statements, in the order `package`, `import`, rule, query: the first reading that fits is taken.

use super::ast::{Body, Import, Package, Rule};
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

/// A statement.
pub(super) enum Statement {
    Package(Package),
    Import(Import),
    Rule(Rule),
    /// Expressions that are no rule as they stand; in a module they may still be a rule in short form.
    Body(Body),
}

impl Statement {
    pub fn span(&self) -> Span {
        match self {
            Self::Package(package) => package.span,
            Self::Import(import) => import.span,
            Self::Rule(rule) => rule.span,
            Self::Body(body) => body[0].span,
        }
    }
}

impl Parser<'_> {
    /// All statements, up to the first that cannot be read.
    pub fn statements(&mut self, with_rules: bool) -> Vec<Statement> {
        let mut statements = Vec::new();
        while !self.at(Kind::Eof) && self.statement(with_rules, &mut statements) {
            self.remembered.clear();
            self.value_read = None;
        }
        statements
    }

    /// Reads the next statement; `false` where there is none.
    fn statement(&mut self, with_rules: bool, statements: &mut Vec<Statement>) -> bool {
        if with_rules && self.refuse_keyword_as_rule_name(false) {
            return false;
        }
        let back = self.save();
        if self.at(Kind::Package) {
            if let Some(package) = self.package() {
                statements.push(Statement::Package(package));
                return self.path_ends();
            }
            if !self.s.errors.is_empty() {
                return false;
            }
            self.restore(back.clone());
        }
        if self.at(Kind::Import) {
            if let Some(import) = self.import() {
                if !self.path_ends() {
                    return false;
                }
                self.obey_import(&import);
                statements.push(Statement::Import(import));
                return true;
            }
            if !self.s.errors.is_empty() {
                return false;
            }
            self.restore(back.clone());
        }
        if with_rules {
            if let Some(rules) = self.rules() {
                statements.extend(rules.into_iter().map(Statement::Rule));
                return true;
            }
            if !self.s.errors.is_empty() {
                return false;
            }
            self.restore(back);
        }
        match self.query(true, Kind::Eof) {
            Some(body) => statements.push(Statement::Body(body)),
            None => return false,
        }
        true
    }

    /// A minus behind a path is no part of it, nor does it begin a statement.
    fn path_ends(&mut self) -> bool {
        let minus = self.at(Kind::Sub);
        if minus {
            self.illegal_token();
        }
        !minus
    }

    /// Reports a keyword that is used as the name of a rule, where what follows shows that a rule is meant.
    pub fn refuse_keyword_as_rule_name(&mut self, default: bool) -> bool {
        let keyword = self.kind();
        let followers: &[Kind] = match keyword {
            Kind::Every | Kind::If | Kind::In | Kind::Some | Kind::As => {
                &[Kind::Assign, Kind::Unify, Kind::If, Kind::Contains, Kind::LParen]
            }
            Kind::Not | Kind::LogicalAnd | Kind::LogicalOr => &[Kind::Assign, Kind::Unify, Kind::If, Kind::Contains],
            Kind::Package | Kind::Import => &[Kind::Assign, Kind::Unify, Kind::LParen],
            Kind::Contains => &[Kind::If, Kind::Contains],
            _ => return false,
        };
        let place = self.here();
        if !default {
            let back = self.save();
            self.scan();
            let follows = followers.contains(&self.kind());
            self.restore(back);
            if !follows {
                return false;
            }
        }
        self.error(place, format!("{} keyword cannot be used for rule name", keyword.name()));
        true
    }
}
