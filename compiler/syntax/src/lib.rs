//! Rego source text to syntax trees. A crate of its own, since both the compiler and the runtime's `rego.parse_module` need it, and the compiler
//! builds the runtime.
//!
//! Text → tokens (`lexer`) → statements (`statement`, with the grammar spread over `rule`, `import`, `expr`, `logical`, `infix`,
//! `term`, `collection`, `literal` and `template`) → a module (`module`), to whose statements metadata is attached (`annotations`).
//! Errors carry OPA's words and places (`diagnostic`). Modules are written as OPA's JSON (`json`) and as outlines (`outline`). What names mean, whether variables are safe, whether types fit: all that is for the
//! compiler's `analysis`.

mod ambiguity;
mod annotations;
pub mod ast;
mod builtin_names;
mod collection;
mod default;
pub mod diagnostic;
mod expr;
mod import;
mod infix;
pub mod json;
mod lexer;
mod literal;
mod logical;
mod module;
pub mod order;
pub mod outline;
mod parser;
mod place;
pub mod print;
mod report;
mod rule;
pub mod source;
mod statement;
mod template;
mod term;
mod token;

use ast::{Annotations, Body, Comment, Module, RegoVersion};
use parser::Parser;
use source::Span;
use statement::Statement;
use token::Keywords;

use crate::diagnostic::{Code, Diagnostic};

/// How to read a text.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// The version that holds where the text imports none.
    pub version: RegoVersion,
    /// `and`, `or` and bodies after `not` are there without an import.
    pub experimental_keywords: bool,
    /// Read `# METADATA` blocks, and report what is wrong with them.
    pub process_annotations: bool,
    /// Queries only: never take a statement for a rule. `p if { … }` is then an error of the expression it is not.
    pub skip_rules: bool,
    /// How deep the tree may be: a term in brackets counts three or four, a body six, each link of a chain of operators two. The default keeps the
    /// parser, and everybody who walks the tree later, within a stack of 2 MB. Policies that people write stay below a hundred.
    pub depth: u32,
    /// Called at each token, so that a caller can bound the work.
    pub tick: fn(),
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            version: RegoVersion::V1,
            experimental_keywords: false,
            process_annotations: true,
            skip_rules: false,
            depth: 1000,
            tick: || {},
        }
    }
}

/// What became of a file.
#[derive(Debug)]
pub struct Parsed {
    /// The module; `None` where there are errors.
    pub module: Option<Module>,
    /// What is wrong, in OPA's order.
    pub errors: Vec<Diagnostic>,
}

/// Parses a file. `file` is its number in the spans.
pub fn parse_module(file: u32, text: &str, options: &ParseOptions) -> Parsed {
    if options.process_annotations {
        parse(file, text, options, annotations::read)
    } else {
        parse_without_annotations(file, text, options)
    }
}

/// Parses a file whose `# METADATA` blocks are comments like others, whatever the options say. It does not need what reads them.
pub fn parse_without_annotations(file: u32, text: &str, options: &ParseOptions) -> Parsed {
    parse(file, text, options, |_| (Vec::new(), Vec::new()))
}

fn parse(
    file: u32,
    text: &str,
    options: &ParseOptions,
    read: impl FnOnce(&[Comment]) -> (Vec<Annotations>, Vec<(Span, String)>),
) -> Parsed {
    let mut parser = parser(file, text, options);
    let statements = parser.statements(true);
    let (mut blocks, faults) = read(parser.comments_so_far());
    faults.into_iter().for_each(|(span, message)| parser.error(span, message));
    let errors = parser.take_errors();
    if !errors.is_empty() {
        return Parsed { module: None, errors };
    }
    let (module, errors) = module::assemble(statements, options.version, blocks.first().map(|block| block.span));
    let Some(mut module) = module else {
        return Parsed { module: None, errors };
    };
    let errors = annotations::attach(&mut blocks, &module);
    if !errors.is_empty() {
        return Parsed { module: None, errors };
    }
    module.annotations = blocks;
    module.comments = std::mem::take(&mut parser.tokens.comments);
    Parsed {
        module: Some(module),
        errors,
    }
}

/// The path of a file's package, `data.a.b`, if the file begins with a package. What follows it is not parsed.
pub fn parse_package(text: &str, options: &ParseOptions) -> Option<ast::Ref> {
    let mut parser = parser(0, text, options);
    let found = parser.at(token::Kind::Package);
    let package = found.then(|| parser.package()).flatten()?;
    Some(package.path)
}

/// The annotations of a module that was parsed without them, from its comments.
pub fn read_annotations(module: &Module) -> Result<Vec<Annotations>, Vec<Diagnostic>> {
    let (mut blocks, faults) = annotations::read(&module.comments);
    let fault = |(span, message)| Diagnostic {
        code: Code::Parse,
        message,
        span: Some(span),
        details: Vec::new(),
        hint: None,
    };
    let mut errors: Vec<Diagnostic> = faults.into_iter().map(fault).collect();
    if errors.is_empty() {
        errors = annotations::attach(&mut blocks, module);
    }
    if errors.is_empty() { Ok(blocks) } else { Err(errors) }
}

/// Parses a query: expressions with semicolons or line breaks between them. `file` is its number in the spans.
pub fn parse_query(file: u32, text: &str, options: &ParseOptions) -> Result<Body, Vec<Diagnostic>> {
    let mut parser = parser(file, text, options);
    let statements = parser.statements(!options.skip_rules);
    let errors = parser.take_errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut query = Vec::new();
    for statement in statements {
        let got = match statement {
            Statement::Body(body) => {
                query.extend(body);
                continue;
            }
            Statement::Package(_) => "Package",
            Statement::Import(_) => "Import",
            Statement::Rule(_) => "Rule",
        };
        let message = format!("expected body but got *ast.{got}");
        return Err(vec![Diagnostic {
            code: Code::Parse,
            message,
            span: None,
            details: Vec::new(),
            hint: None,
        }]);
    }
    Ok(query)
}

fn parser<'t>(file: u32, text: &'t str, options: &ParseOptions) -> Parser<'t> {
    let keywords = match options.version {
        RegoVersion::V0 | RegoVersion::V0CompatV1 => Keywords::NONE,
        RegoVersion::V1 => Keywords::V1,
        RegoVersion::V2 => Keywords::ALL,
    };
    let keywords = if options.experimental_keywords { Keywords::ALL } else { keywords };
    let mut parser = Parser::new(file, text, lexer::tokenise(file, text), options.version, keywords);
    parser.depth_max = options.depth;
    parser.tick = options.tick;
    parser
}
