//! What a template is made of, and how messages show its parts.

use crate::builtins::quote::quote;

/// A text in double quotes, as Go writes it.
pub fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    quote(text.as_bytes(), false, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A number as it stands in a template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// `int`
    Int(i64),
    /// `float64`
    Float(f64),
    /// Too large for `int`.
    Overflow,
}

/// An operand or a pipeline.
#[derive(Debug)]
pub struct Expr {
    /// Where messages say that it stands.
    pub pos: usize,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of operands.
#[derive(Debug)]
pub enum ExprKind {
    /// `true`
    Bool(bool),
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// A number with its text.
    Number(Number, String),
    /// A string with its text.
    Text(String, String),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a`
    Variable(Vec<String>),
    /// The name of a function.
    Function(String),
    /// Fields of a parenthesized operand.
    Chain(Box<Expr>, Vec<String>),
    /// A parenthesized pipeline.
    Pipe(Box<Pipe>),
}

/// Operands in a row.
#[derive(Debug)]
pub struct Command {
    /// Where it begins.
    pub pos: usize,
    /// The operands; the first may be a function.
    pub args: Vec<Expr>,
}

/// Commands, each of which gets the result of the one before.
#[derive(Debug)]
pub struct Pipe {
    /// Where it begins.
    pub pos: usize,
    /// Variables are set, not made.
    pub assign: bool,
    /// The variables.
    pub decl: Vec<String>,
    /// The commands.
    pub commands: Vec<Command>,
}

/// A part of a template.
#[derive(Debug)]
pub enum Node {
    /// Text.
    Text(String),
    /// A pipeline whose value is written.
    Action(Pipe),
    /// `if` and `with`.
    Branch {
        /// `with`: the value becomes the dot.
        with: bool,
        /// The condition.
        pipe: Pipe,
        /// If it holds.
        list: Vec<Node>,
        /// If not.
        other: Option<Vec<Node>>,
    },
    /// `range`
    Range {
        /// Where it begins.
        pos: usize,
        /// What is gone through.
        pipe: Pipe,
        /// For each element.
        list: Vec<Node>,
        /// If there is none.
        other: Option<Vec<Node>>,
    },
    /// `template`
    Template {
        /// Where it begins.
        pos: usize,
        /// Which.
        name: String,
        /// Its dot.
        pipe: Option<Pipe>,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
}

impl Expr {
    /// As messages show it.
    pub fn show(&self) -> String {
        match &self.kind {
            ExprKind::Bool(value) => if *value { "true" } else { "false" }.to_owned(),
            ExprKind::Dot => ".".to_owned(),
            ExprKind::Nil => "nil".to_owned(),
            ExprKind::Number(_, text) | ExprKind::Text(_, text) => text.clone(),
            ExprKind::Field(names) => names.iter().map(|name| [".", name].concat()).collect(),
            ExprKind::Variable(names) => names.join("."),
            ExprKind::Function(name) => name.clone(),
            ExprKind::Chain(inner, names) => {
                let fields: String = names.iter().map(|name| [".", name].concat()).collect();
                [inner.show_within(), fields].concat()
            }
            ExprKind::Pipe(pipe) => pipe.show(),
        }
    }

    /// The same as a part of something else.
    fn show_within(&self) -> String {
        match &self.kind {
            ExprKind::Pipe(pipe) => ["(", &pipe.show(), ")"].concat(),
            _ => self.show(),
        }
    }
}

impl Command {
    /// As messages show it.
    pub fn show(&self) -> String {
        self.args.iter().map(Expr::show_within).collect::<Vec<_>>().join(" ")
    }
}

impl Pipe {
    /// As messages show it.
    pub fn show(&self) -> String {
        let commands = self.commands.iter().map(Command::show).collect::<Vec<_>>().join(" | ");
        if self.decl.is_empty() {
            return commands;
        }
        let sign = if self.assign { " = " } else { " := " };
        [&self.decl.join(", "), sign, &commands].concat()
    }
}
