//! Runs a template. Whatever can go wrong names the place and the part of the template that was looked at last, as Go does it.

use super::functions;
use super::parse::{FUNCTIONS, Templates};
use super::tree::{Command, Expr, ExprKind, Node, Number, Pipe, quoted};
use super::value::Val;
use crate::builtins::tree::Tree;

/// How deep templates may call each other.
const DEPTH_MAX: usize = 100;
/// How deep blocks may lie in each other, those of templates in those of their callers.
const LEVELS_MAX: usize = 300;
/// How many parts are looked at, and how many bytes written.
const STEPS_MAX: usize = 5_000_000;
const BYTES_MAX: usize = 50_000_000;

pub(super) type Step<T = ()> = Result<T, String>;

/// What a function takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameter {
    /// Any value, also none.
    Value,
    /// Any value; none is nil.
    Any,
    /// A string.
    String,
}

/// How a list was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// Runs templates.
pub struct Runner<'a> {
    text: &'a str,
    templates: &'a Templates,
    /// The template that runs.
    name: &'a str,
    vars: Vec<(&'a str, Val<'a>)>,
    out: Vec<u8>,
    depth: usize,
    levels: usize,
    steps: usize,
    /// Where messages say that something went wrong.
    place: (usize, Option<Shown<'a>>),
}

/// A part of a template that messages can show.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Expr(&'a Expr),
    Command(&'a Command),
    Pipe(&'a Pipe),
    Template(&'a str, Option<&'a Pipe>),
}

/// Runs the template of a text on a document.
pub fn run(text: &str, templates: &Templates, document: &Tree) -> Step<Vec<u8>> {
    let Some(nodes) = templates.get("template") else {
        return Err("template: template: \"template\" is an incomplete or empty template".to_owned());
    };
    let dot = Val::Doc(document, false);
    let mut runner = Runner {
        text,
        templates,
        name: "template",
        vars: vec![("$", dot.clone())],
        out: Vec::new(),
        depth: 0,
        levels: 0,
        steps: 0,
        place: (0, None),
    };
    runner.list(nodes, &dot)?;
    Ok(runner.out)
}

impl<'a> Runner<'a> {
    fn at(&mut self, pos: usize, shown: Shown<'a>) {
        self.place = (pos, Some(shown));
    }

    fn fail<T>(&self, what: &[&str]) -> Step<T> {
        let what = what.concat();
        let (pos, shown) = self.place;
        let Some(shown) = shown else {
            return Err(["template: ", self.name, ": ", &what].concat());
        };
        let before = self.text.get(..pos).unwrap_or_default();
        let column = before.rfind('\n').map_or(pos, |newline| pos - newline - 1);
        let line = before.matches('\n').count() + 1;
        let shown = match shown {
            Shown::Expr(expr) => expr.show(),
            Shown::Command(command) => command.show(),
            Shown::Pipe(pipe) => pipe.show(),
            Shown::Template(name, pipe) => {
                let pipe = pipe.map(|pipe| [" ", &pipe.show()].concat()).unwrap_or_default();
                ["{{template ", &quoted(name), &pipe, "}}"].concat()
            }
        };
        Err([
            "template: template:",
            &line.to_string(),
            ":",
            &column.to_string(),
            ": executing ",
            &quoted(self.name),
            " at <",
            &shown,
            ">: ",
            &what,
        ]
        .concat())
    }

    fn list(&mut self, nodes: &'a [Node], dot: &Val<'a>) -> Step<Flow> {
        if self.levels == LEVELS_MAX {
            return self.fail(&["blocks are nested too deeply"]);
        }
        self.levels += 1;
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.levels -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &'a Node, dot: &Val<'a>) -> Step<Flow> {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.out.len() > BYTES_MAX {
            return self.fail(&["the template takes too many steps"]);
        }
        match node {
            Node::Text(text) => self.out.extend_from_slice(text.as_bytes()),
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                match value {
                    _ if !pipe.decl.is_empty() => {}
                    Val::Invalid => self.out.extend_from_slice(b"<no value>"),
                    value => value.print(&mut self.out),
                }
            }
            Node::Branch { with, pipe, list, other } => {
                let mark = self.vars.len();
                let value = self.pipe(pipe, dot)?;
                let flow = match (value.is_true(), other) {
                    (true, _) => self.list(list, if *with { &value } else { dot }),
                    (false, Some(other)) => self.list(other, dot),
                    (false, None) => Ok(Flow::On),
                };
                self.vars.truncate(mark);
                return flow;
            }
            Node::Range { pos, pipe, list, other } => {
                let mark = self.vars.len();
                self.at(*pos, Shown::Pipe(pipe));
                let flow = self.range(pipe, list, other.as_deref(), dot);
                self.vars.truncate(mark);
                return flow;
            }
            Node::Template { pos, name, pipe } => {
                self.at(*pos, Shown::Template(name, pipe.as_ref()));
                let Some((name, nodes)) = self.templates.get_key_value(name.as_str()) else {
                    return self.fail(&["template ", &quoted(name), " not defined"]);
                };
                if self.depth == DEPTH_MAX {
                    return self.fail(&["exceeded maximum template depth (100)"]);
                }
                let dot = match pipe {
                    Some(pipe) => self.pipe(pipe, dot)?,
                    None => Val::Invalid,
                };
                let outer_vars = core::mem::replace(&mut self.vars, vec![("$", dot.clone())]);
                let outer_name = core::mem::replace(&mut self.name, name);
                self.depth += 1;
                self.list(nodes, &dot)?;
                self.depth -= 1;
                self.name = outer_name;
                self.vars = outer_vars;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn range(&mut self, pipe: &'a Pipe, list: &'a [Node], other: Option<&'a [Node]>, dot: &Val<'a>) -> Step<Flow> {
        let value = self.pipe(pipe, dot)?.unboxed();
        let empty = match &value {
            Val::Doc(Tree::Object(pairs), _) => {
                for (key, inner) in pairs {
                    let key = Val::Text(key.as_bytes().to_vec());
                    if self.iteration(pipe, list, key, Val::Doc(inner, true))? {
                        break;
                    }
                }
                pairs.is_empty()
            }
            Val::Int(_) | Val::Byte(_) if pipe.decl.len() > 1 => {
                return self.fail(&["can't use ", &value.printed(), " to iterate over more than one variable"]);
            }
            Val::Int(count) => {
                for number in 0..*count {
                    if self.iteration(pipe, list, Val::Invalid, Val::Int(number))? {
                        break;
                    }
                }
                *count <= 0
            }
            Val::Byte(count) => {
                for number in 0..*count {
                    if self.iteration(pipe, list, Val::Invalid, Val::Byte(number))? {
                        break;
                    }
                }
                *count == 0
            }
            Val::Invalid => true,
            sequence => {
                let Some(elements) = sequence.elements() else {
                    return self.fail(&["range can't iterate over ", &value.printed()]);
                };
                for (position, element) in elements.iter().enumerate() {
                    if self.iteration(pipe, list, Val::Int(position as i64), Val::Doc(element, true))? {
                        break;
                    }
                }
                elements.is_empty()
            }
        };
        match other {
            Some(other) if empty => self.list(other, dot),
            _ => Ok(Flow::On),
        }
    }

    /// One iteration; whether it is the last.
    fn iteration(&mut self, pipe: &'a Pipe, list: &'a [Node], key: Val<'a>, element: Val<'a>) -> Step<bool> {
        self.steps += 1;
        let mark = self.vars.len();
        match pipe.decl.as_slice() {
            [one] => self.set(one, element.clone(), pipe.assign, 1),
            [first, second] => {
                self.set(second, element.clone(), pipe.assign, 1);
                self.set(first, key, pipe.assign, 2);
            }
            _ => {}
        }
        let flow = self.list(list, &element)?;
        self.vars.truncate(mark);
        if self.steps > STEPS_MAX {
            return self.fail(&["the template takes too many steps"]);
        }
        Ok(flow == Flow::Break)
    }

    /// Sets a variable: the nearest of that name, or the one that many places from the top.
    fn set(&mut self, name: &str, value: Val<'a>, assign: bool, from_top: usize) {
        let place = if assign {
            self.vars.iter().rposition(|(other, _)| *other == name)
        } else {
            self.vars.len().checked_sub(from_top)
        };
        if let Some(variable) = place.and_then(|place| self.vars.get_mut(place)) {
            variable.1 = value;
        }
    }

    fn pipe(&mut self, pipe: &'a Pipe, dot: &Val<'a>) -> Step<Val<'a>> {
        self.at(pipe.pos, Shown::Pipe(pipe));
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(command, dot, value)?.unboxed());
        }
        let value = value.unwrap_or(Val::Invalid);
        for name in &pipe.decl {
            if pipe.assign {
                self.set(name, value.clone(), true, 0);
            } else {
                self.vars.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    /// A command, with the value of the one before it as its last argument.
    fn command(&mut self, command: &'a Command, dot: &Val<'a>, last: Option<Val<'a>>) -> Step<Val<'a>> {
        let Some(first) = command.args.first() else {
            return Ok(Val::Invalid);
        };
        let has_args = command.args.len() > 1 || last.is_some();
        match &first.kind {
            ExprKind::Function(name) => return self.call(name, first, Some(command), &command.args, dot, last),
            ExprKind::Field(_) | ExprKind::Chain(..) => return self.field(first, dot, has_args),
            ExprKind::Variable(names) if names.len() > 1 => return self.field(first, dot, has_args),
            _ => {}
        }
        if !matches!(first.kind, ExprKind::Pipe(_)) {
            self.at(first.pos, Shown::Expr(first));
        }
        if let ExprKind::Variable(names) = &first.kind {
            // One that does not exist is the greater mistake.
            self.variable(names.first().map(String::as_str).unwrap_or_default())?;
        }
        if has_args {
            return self.fail(&["can't give argument to non-function ", &first.show()]);
        }
        match &first.kind {
            ExprKind::Nil => self.fail(&["nil is not a command"]),
            _ => self.operand(first, dot),
        }
    }

    /// The value of an operand.
    fn operand(&mut self, expr: &'a Expr, dot: &Val<'a>) -> Step<Val<'a>> {
        self.at(expr.pos, Shown::Expr(expr));
        Ok(match &expr.kind {
            ExprKind::Bool(value) => Val::Bool(*value),
            ExprKind::Dot => dot.clone(),
            ExprKind::Nil => Val::Invalid,
            ExprKind::Number(Number::Int(value), _) => Val::Int(*value),
            ExprKind::Number(Number::Float(value), _) => Val::Float(*value),
            ExprKind::Number(Number::Overflow, text) => return self.fail(&[text, " overflows int"]),
            ExprKind::Text(text, _) => Val::Text(text.as_bytes().to_vec()),
            ExprKind::Pipe(pipe) => return self.pipe(pipe, dot),
            ExprKind::Function(name) => return self.call(name, expr, None, &[], dot, None),
            ExprKind::Variable(names) if names.len() == 1 => {
                let name = names.first().map(String::as_str).unwrap_or_default();
                return self.variable(name);
            }
            ExprKind::Field(_) | ExprKind::Variable(_) | ExprKind::Chain(..) => return self.field(expr, dot, false),
        })
    }

    fn variable(&self, name: &str) -> Step<Val<'a>> {
        match self.vars.iter().rev().find(|(other, _)| *other == name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.fail(&["undefined variable: ", name]),
        }
    }

    /// Fields of the dot, of a variable or of an operand.
    fn field(&mut self, expr: &'a Expr, dot: &Val<'a>, has_args: bool) -> Step<Val<'a>> {
        self.at(expr.pos, Shown::Expr(expr));
        let (mut value, names) = match &expr.kind {
            ExprKind::Field(names) => (dot.clone(), names.as_slice()),
            ExprKind::Variable(names) => {
                let (first, rest) = names.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
                (self.variable(first)?, rest)
            }
            ExprKind::Chain(inner, names) => {
                if matches!(inner.kind, ExprKind::Nil) {
                    return self.fail(&["indirection through explicit nil in ", &expr.show()]);
                }
                (self.operand(inner, dot)?, names.as_slice())
            }
            _ => return Ok(Val::Invalid),
        };
        for (position, name) in names.iter().enumerate() {
            let args = has_args && position + 1 == names.len();
            value = self.select(value, name, args)?;
        }
        Ok(value)
    }

    fn select(&self, value: Val<'a>, name: &str, has_args: bool) -> Step<Val<'a>> {
        let kind = value.type_name();
        match &value {
            Val::Invalid => Ok(Val::Invalid),
            Val::Doc(Tree::Null, _) => self.fail(&["nil pointer evaluating ", kind, ".", name]),
            Val::Doc(Tree::Object(_), _) if has_args => self.fail(&[name, " is not a method but has arguments"]),
            Val::Doc(tree @ Tree::Object(_), _) => Ok(tree.get(name).map_or(Val::Invalid, |inner| Val::Doc(inner, true))),
            _ => self.fail(&["can't evaluate field ", name, " in type ", kind]),
        }
    }

    fn call(
        &mut self,
        name: &'a str,
        expr: &'a Expr,
        command: Option<&'a Command>,
        args: &'a [Expr],
        dot: &Val<'a>,
        last: Option<Val<'a>>,
    ) -> Step<Val<'a>> {
        self.at(expr.pos, Shown::Expr(expr));
        if !FUNCTIONS.contains(&name) {
            return self.fail(&[&quoted(name), " is not a defined function"]);
        }
        let args = args.get(1..).unwrap_or_default();
        let count = args.len() + usize::from(last.is_some());
        let (fixed, variadic) = functions::arity(name);
        if variadic && count < fixed {
            return self.fail(&[
                "wrong number of args for ",
                name,
                ": want at least ",
                &fixed.to_string(),
                " got ",
                &args.len().to_string(),
            ]);
        }
        if !variadic && count != fixed {
            return self.fail(&[
                "wrong number of args for ",
                name,
                ": want ",
                &fixed.to_string(),
                " got ",
                &count.to_string(),
            ]);
        }
        let parameter = |position: usize| match name {
            "printf" if position == 0 => Parameter::String,
            "printf" | "print" | "println" | "html" | "js" | "urlquery" => Parameter::Any,
            _ => Parameter::Value,
        };
        if matches!(name, "and" | "or") {
            let mut value = Val::Invalid;
            for arg in args {
                value = self.argument(arg, dot, Parameter::Value)?;
                if value.is_true() == (name == "or") {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let mut values = Vec::with_capacity(count);
        for (position, arg) in args.iter().enumerate() {
            values.push(self.argument(arg, dot, parameter(position))?);
        }
        if let Some(last) = last {
            values.push(self.fitting(last, parameter(count - 1))?);
        }
        let callee = args.first().map(Expr::show);
        match functions::call(name, values, callee.as_deref()) {
            Ok(value) => Ok(value),
            Err(what) => {
                match command {
                    Some(command) => self.at(command.pos, Shown::Command(command)),
                    None => self.at(expr.pos, Shown::Expr(expr)),
                }
                self.fail(&["error calling ", name, ": ", &what])
            }
        }
    }

    fn argument(&mut self, expr: &'a Expr, dot: &Val<'a>, parameter: Parameter) -> Step<Val<'a>> {
        self.at(expr.pos, Shown::Expr(expr));
        match &expr.kind {
            ExprKind::Nil if parameter == Parameter::String => self.fail(&["cannot assign nil to string"]),
            ExprKind::Bool(_) | ExprKind::Number(..) if parameter == Parameter::String => {
                self.fail(&["expected string; found ", &expr.show()])
            }
            _ => {
                let value = self.operand(expr, dot)?;
                self.fitting(value, parameter)
            }
        }
    }

    /// A value as a function takes it.
    fn fitting(&self, value: Val<'a>, parameter: Parameter) -> Step<Val<'a>> {
        if parameter != Parameter::String {
            return Ok(value);
        }
        match &value {
            Val::Invalid => self.fail(&["invalid value; expected string"]),
            Val::Doc(Tree::String(_), _) | Val::Text(_) => Ok(value),
            Val::Doc(Tree::Null, _) => self.fail(&["wrong type for value; expected string; got ", value.type_name()]),
            _ => self.fail(&["wrong type for value; expected string; got ", value.inner_type()]),
        }
    }
}
