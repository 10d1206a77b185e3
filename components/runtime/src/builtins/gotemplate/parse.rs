//! Tokens to a tree, with Go's complaints about templates that are none.

use super::lex::{Kind, Lexer, Token};
use super::literal::{self, number};
use super::tree::{Command, Expr, ExprKind, Node, Pipe, quoted};
use std::collections::BTreeMap;

/// How deep templates may be nested.
const DEPTH_MAX: usize = 100;

/// The functions that there are.
pub const FUNCTIONS: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf", "println", "slice",
    "urlquery",
];

/// The templates of a text by name; the text itself is `template`.
pub type Templates = BTreeMap<String, Vec<Node>>;

type Step<T = ()> = Result<T, String>;

/// How a list of nodes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    End,
    Else,
}

enum Item {
    Node(Node),
    End(End),
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Tokens that were read ahead; the first of them is the last one.
    tokens: [Token; 3],
    ahead: usize,
    vars: Vec<String>,
    action_line: usize,
    ranges: usize,
    depth: usize,
    templates: Templates,
}

/// Parses a template.
pub fn parse(text: &str) -> Step<Templates> {
    let mut lexer = Lexer::new(text);
    let first = lexer.next_token();
    let mut parser = Parser {
        lexer,
        tokens: [first.clone(), first.clone(), first],
        ahead: 1,
        vars: vec!["$".to_owned()],
        action_line: 0,
        ranges: 0,
        depth: 0,
        templates: Templates::new(),
    };
    let mut root = Vec::new();
    while parser.peek().kind != Kind::Eof {
        if parser.peek().kind == Kind::LeftDelim {
            let delim = parser.next();
            if is_keyword(&parser.next_word(), "define") {
                parser.definition()?;
                continue;
            }
            parser.tokens[1] = delim;
            parser.ahead = 2;
        }
        match parser.item()? {
            Item::Node(node) => root.push(node),
            Item::End(end) => return parser.fail(&["unexpected ", end_text(end)]),
        }
    }
    parser.define("template", root)?;
    Ok(parser.templates)
}

fn is_keyword(token: &Token, word: &str) -> bool {
    token.kind == Kind::Keyword && token.text == word
}

fn end_text(end: End) -> &'static str {
    match end {
        End::End => "{{end}}",
        End::Else => "{{else}}",
    }
}

/// A token as messages show it.
fn show(token: &Token) -> String {
    match token.kind {
        Kind::Eof => "EOF".to_owned(),
        Kind::Error => token.text.clone(),
        Kind::Keyword | Kind::Dot => ["<", &token.text, ">"].concat(),
        _ => {
            let short: String = token.text.chars().take(10).collect();
            let dots = if token.text.len() > 10 { "..." } else { "" };
            let text = if dots.is_empty() { &token.text } else { &short };
            [&quoted(text), dots].concat()
        }
    }
}

fn is_empty(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

impl Parser<'_> {
    fn next(&mut self) -> Token {
        if self.ahead > 0 {
            self.ahead -= 1;
        } else {
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens.get(self.ahead).cloned().unwrap_or_else(|| self.tokens[0].clone())
    }

    fn backup(&mut self) {
        self.ahead += 1;
    }

    fn peek(&mut self) -> &Token {
        if self.ahead == 0 {
            self.tokens[0] = self.lexer.next_token();
            self.ahead = 1;
        }
        let place = self.ahead - 1;
        self.tokens.get(place).unwrap_or(&self.tokens[0])
    }

    fn next_word(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token {
        let token = self.next_word();
        self.backup();
        token
    }

    fn fail<T>(&self, what: &[&str]) -> Step<T> {
        Err(["template: template:", &self.tokens[0].line.to_string(), ": ", &what.concat()].concat())
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Step<T> {
        if token.kind != Kind::Error {
            return self.fail(&["unexpected ", &show(token), " in ", context]);
        }
        if self.action_line == 0 || self.action_line == token.line {
            return self.fail(&[&token.text]);
        }
        let action = if token.text.ends_with(" action") { "" } else { " in action" };
        self.fail(&[&token.text, action, " started at template:", &self.action_line.to_string()])
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Step<Token> {
        let token = self.next_word();
        if token.kind == kind {
            Ok(token)
        } else {
            self.unexpected(&token, context)
        }
    }

    fn define(&mut self, name: &str, nodes: Vec<Node>) -> Step {
        match self.templates.get(name) {
            Some(old) if !is_empty(old) => {
                if !is_empty(&nodes) {
                    return self.fail(&["template: multiple definition of template ", &quoted(name)]);
                }
            }
            _ => {
                self.templates.insert(name.to_owned(), nodes);
            }
        }
        Ok(())
    }

    /// The name of a template.
    fn name(&mut self, token: &Token, context: &str) -> Step<String> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquote(&token.text),
            _ => self.unexpected(token, context),
        }
    }

    fn unquote(&self, text: &str) -> Step<String> {
        match literal::string(text) {
            Some(text) => Ok(text),
            None => self.fail(&["invalid syntax"]),
        }
    }

    /// A body in a scope of its own, up to its end.
    fn body(&mut self, name: &str, context: &str) -> Step {
        let vars = core::mem::replace(&mut self.vars, vec!["$".to_owned()]);
        let ranges = core::mem::take(&mut self.ranges);
        let (nodes, end) = self.list()?;
        if end != End::End {
            return self.fail(&["unexpected ", end_text(end), " in ", context]);
        }
        self.define(name, nodes)?;
        self.vars = vars;
        self.ranges = ranges;
        Ok(())
    }

    fn definition(&mut self) -> Step {
        const CONTEXT: &str = "define clause";
        let token = self.next_word();
        let name = self.name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.body(&name, CONTEXT)
    }

    fn list(&mut self) -> Step<(Vec<Node>, End)> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(&["max depth exceeded"]);
        }
        let mut nodes = Vec::new();
        while self.peek_word().kind != Kind::Eof {
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::End(end) => {
                    self.depth -= 1;
                    return Ok((nodes, end));
                }
            }
        }
        self.fail(&["unexpected EOF"])
    }

    fn item(&mut self) -> Step<Item> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text))),
            Kind::LeftDelim => {
                self.action_line = token.line;
                let item = self.action();
                self.action_line = 0;
                item
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Step<Item> {
        let token = self.next_word();
        let word = if token.kind == Kind::Keyword { token.text.as_str() } else { "" };
        Ok(Item::Node(match word {
            "block" => self.block()?,
            "break" => self.jump("break", Node::Break)?,
            "continue" => self.jump("continue", Node::Continue)?,
            "else" => {
                let next = self.peek_word();
                if !is_keyword(&next, "if") && !is_keyword(&next, "with") {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::End(End::Else));
            }
            "end" => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End(End::End));
            }
            "if" | "range" | "with" => self.control(word)?,
            "template" => {
                const CONTEXT: &str = "template clause";
                let token = self.next_word();
                let name = self.name(&token, CONTEXT)?;
                let mut pipe = None;
                if self.next_word().kind != Kind::RightDelim {
                    self.backup();
                    pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
                }
                let pos = token.pos;
                Node::Template { pos, name, pipe }
            }
            _ => {
                self.backup();
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        }))
    }

    fn jump(&mut self, word: &str, node: Node) -> Step<Node> {
        let token = self.next_word();
        if token.kind != Kind::RightDelim {
            return self.unexpected(&token, &["{{", word, "}}"].concat());
        }
        if self.ranges == 0 {
            return self.fail(&["{{", word, "}} outside {{range}}"]);
        }
        Ok(node)
    }

    fn block(&mut self) -> Step<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_word();
        let name = self.name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.body(&name, CONTEXT)?;
        Ok(Node::Template {
            pos: token.pos,
            name,
            pipe: Some(pipe),
        })
    }

    /// `if`, `range`, `with`.
    fn control(&mut self, word: &str) -> Step<Node> {
        let vars = self.vars.len();
        let pipe = self.pipeline(word, Kind::RightDelim)?;
        self.ranges += usize::from(word == "range");
        let (list, end) = self.list()?;
        self.ranges -= usize::from(word == "range");
        let mut other = None;
        if end == End::Else {
            let next = self.peek().clone();
            if matches!(word, "if" | "with") && is_keyword(&next, word) {
                self.next();
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return self.fail(&["max depth exceeded"]);
                }
                other = Some(vec![self.control(word)?]);
                self.depth -= 1;
            } else {
                let (nodes, end) = self.list()?;
                if end != End::End {
                    return self.fail(&["expected end; found ", end_text(end)]);
                }
                other = Some(nodes);
            }
        }
        self.vars.truncate(vars);
        let pos = pipe.pos;
        Ok(match word {
            "range" => Node::Range { pos, pipe, list, other },
            word => Node::Branch {
                with: word == "with",
                pipe,
                list,
                other,
            },
        })
    }

    /// The variables at the beginning of a pipeline.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Step {
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            let behind = self.peek().clone();
            let next = self.peek_word();
            let comma = next.kind == Kind::Char && next.text == ",";
            if matches!(next.kind, Kind::Assign | Kind::Declare) || comma {
                self.next_word();
                pipe.assign |= next.kind == Kind::Assign;
                pipe.decl.push(variable.text.clone());
                self.vars.push(variable.text);
                if !comma {
                    return Ok(());
                }
                if context != "range" || pipe.decl.len() >= 2 {
                    return self.fail(&["too many declarations in ", context]);
                }
                match self.peek_word().kind {
                    Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                    _ => return self.fail(&["range can only initialize variables"]),
                }
            }
            if behind.kind == Kind::Space {
                self.tokens[1] = behind;
                self.tokens[2] = variable;
                self.ahead = 3;
            } else {
                self.tokens[1] = variable;
                self.ahead = 2;
            }
            return Ok(());
        }
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Step<Pipe> {
        let mut pipe = Pipe {
            pos: self.peek_word().pos,
            assign: false,
            decl: Vec::new(),
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {}
                Kind::Keyword if token.text == "nil" => {}
                _ => return self.unexpected(&token, context),
            }
            self.backup();
            let command = self.command()?;
            pipe.commands.push(command);
        }
        if pipe.commands.is_empty() {
            return self.fail(&["missing value for ", context]);
        }
        for (stage, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|arg| &arg.kind);
            let constant = matches!(
                first,
                Some(ExprKind::Bool(_) | ExprKind::Dot | ExprKind::Nil | ExprKind::Number(..) | ExprKind::Text(..))
            );
            if constant {
                return self.fail(&["non executable command in pipeline stage ", &(stage + 1).to_string()]);
            }
        }
        Ok(pipe)
    }

    fn command(&mut self) -> Step<Command> {
        let mut command = Command {
            pos: self.peek_word().pos,
            args: Vec::new(),
        };
        loop {
            self.peek_word();
            if let Some(operand) = self.operand()? {
                command.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if command.args.is_empty() {
            return self.fail(&["empty command"]);
        }
        Ok(command)
    }

    fn operand(&mut self) -> Step<Option<Expr>> {
        let Some(mut expr) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != Kind::Field {
            return Ok(Some(expr));
        }
        let pos = self.peek().pos;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.next().text.trim_start_matches('.').to_owned());
        }
        match &mut expr.kind {
            ExprKind::Field(names) | ExprKind::Variable(names) => {
                names.extend(fields);
                expr.pos = pos;
            }
            ExprKind::Bool(_) | ExprKind::Text(..) | ExprKind::Number(..) | ExprKind::Nil | ExprKind::Dot => {
                return self.fail(&["unexpected . after term ", &quoted(&expr.show())]);
            }
            _ => {
                expr = Expr {
                    pos,
                    kind: ExprKind::Chain(Box::new(expr), fields),
                };
            }
        }
        Ok(Some(expr))
    }

    fn term(&mut self) -> Step<Option<Expr>> {
        let token = self.next_word();
        let kind = match token.kind {
            Kind::Identifier if !FUNCTIONS.contains(&token.text.as_str()) => {
                return self.fail(&["function ", &quoted(&token.text), " not defined"]);
            }
            Kind::Identifier => ExprKind::Function(token.text),
            Kind::Dot => ExprKind::Dot,
            Kind::Keyword if token.text == "nil" => ExprKind::Nil,
            Kind::Variable if !self.vars.contains(&token.text) => {
                return self.fail(&["undefined variable ", &quoted(&token.text)]);
            }
            Kind::Variable => ExprKind::Variable(vec![token.text]),
            Kind::Field => ExprKind::Field(vec![token.text.trim_start_matches('.').to_owned()]),
            Kind::Bool => ExprKind::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => match number(&token) {
                Ok(number) => ExprKind::Number(number, token.text),
                Err(what) => return self.fail(&[&what]),
            },
            Kind::String | Kind::RawString => ExprKind::Text(self.unquote(&token.text)?, token.text),
            Kind::LeftParen => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return self.fail(&["max expression depth exceeded"]);
                }
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                return Ok(Some(Expr {
                    pos: pipe.pos,
                    kind: ExprKind::Pipe(Box::new(pipe)),
                }));
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Expr { pos: token.pos, kind }))
    }
}
