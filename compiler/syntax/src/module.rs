//! Statements to a module: rules in short form are recognised, and what v1 demands of rules is checked.

use super::ast::{Body, Expr, ExprKind, Import, Module, Package, RegoVersion, Rule, Term, Value};
use super::builtin_names::is_builtin;
use super::import::imported_version;
use super::print::reference_text;
use super::rule::{new_head, new_rule, truth, truth_expr};
use super::source::Span;
use super::statement::Statement;
use super::template::is_operator;
use super::token::Kind;
use crate::diagnostic::{Code, Diagnostic};

/// A module, as far as its statements make one, and what is wrong with them. `metadata` is the place of the first annotation.
pub(super) fn assemble(statements: Vec<Statement>, version: RegoVersion, metadata: Option<Span>) -> (Option<Module>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let Some(first) = statements.first() else {
        let message = if metadata.is_some() { "package expected" } else { "empty module" };
        return (None, vec![error(metadata, message)]);
    };
    if !matches!(first, Statement::Package(_)) {
        errors.push(error(Some(first.span()), "package expected"));
    }
    let mut assembly = Assembly {
        version,
        package: None,
        imports: Vec::new(),
        rules: Vec::new(),
        errors,
    };
    let keywords: Vec<Option<(&str, u32)>> = if version == RegoVersion::V0 {
        statements.iter().map(head_keyword).collect()
    } else {
        Vec::new()
    };
    for (index, statement) in statements.into_iter().enumerate() {
        let keyword = keyword_around(&keywords, index, statement.span().row);
        assembly.add(index, statement, keyword);
    }
    assembly.finish()
}

fn error(span: Option<Span>, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        code: Code::Parse,
        message: message.into(),
        span,
        details: Vec::new(),
        hint: None,
    }
}

struct Assembly {
    version: RegoVersion,
    package: Option<Package>,
    imports: Vec<Import>,
    rules: Vec<Rule>,
    errors: Vec<Diagnostic>,
}

impl Assembly {
    fn add(&mut self, index: usize, statement: Statement, keyword: Option<&str>) {
        match statement {
            Statement::Package(package) if index == 0 => self.package = Some(package),
            // Reported as a missing package already.
            _ if index == 0 => {}
            Statement::Package(package) => self.errors.push(error(Some(package.span), "unexpected package")),
            Statement::Import(import) => {
                if let Value::Ref(parts) = &import.path.value {
                    self.version = raised(self.version, imported_version(parts));
                }
                self.imports.push(import);
            }
            Statement::Rule(rule) => match check_head(&rule.head.reference) {
                Ok(()) => self.rules.push(rule),
                Err(message) => self.errors.push(error(Some(rule.span), message)),
            },
            Statement::Body(body) => {
                let place = body[0].span;
                match short_rule(body) {
                    Ok(rule) => self.rules.push(rule),
                    Err(mut message) => {
                        if let Some(keyword) = keyword.filter(|_| self.version == RegoVersion::V0) {
                            let example = if keyword == "if" { "p if { ... }" } else { "p contains x" };
                            message.push_str(&format!(" (hint: `import future.keywords.{keyword}` for `{example}` rules)"));
                        }
                        self.errors.push(error(Some(place), message));
                    }
                }
            }
        }
    }

    fn finish(mut self) -> (Option<Module>, Vec<Diagnostic>) {
        if self.version.is_v1() {
            for rule in &self.rules {
                let mut link = Some(rule);
                while let Some(rule) = link {
                    check_v1(rule, &mut self.errors);
                    link = rule.else_rule.as_deref();
                }
            }
        }
        let module = self.package.filter(|_| self.errors.is_empty()).map(|package| Module {
            version: self.version,
            package,
            imports: self.imports,
            rules: self.rules,
            annotations: Vec::new(),
            comments: Vec::new(),
        });
        (module, self.errors)
    }
}

/// The version after an import of `rego.v1` or `rego.v2`.
fn raised(version: RegoVersion, imported: Option<RegoVersion>) -> RegoVersion {
    match (version, imported) {
        (_, Some(RegoVersion::V2)) => RegoVersion::V2,
        (RegoVersion::V0, Some(_)) => RegoVersion::V0CompatV1,
        _ => version,
    }
}

/// What v1 demands of a rule.
fn check_v1(rule: &Rule, errors: &mut Vec<Diagnostic>) {
    let what = if rule.head.has_no_args() { "rule" } else { "function" };
    let mut report = |message: String| errors.push(error(Some(rule.span), message));
    if let [
        Term {
            value: Value::Var(name), ..
        },
    ] = rule.head.reference.as_slice()
        && !matches!(Kind::of_word(name), Kind::Ident | Kind::LogicalAnd | Kind::LogicalOr)
    {
        report(format!("{name} keyword cannot be used for rule name"));
    }
    if rule.generated_body && rule.head.generated_value && !rule.default {
        report(format!("{what} must have value assignment and/or body declaration"));
    }
    if !rule.generated_body && !rule.uses_if && !rule.default {
        report(format!("`if` keyword is required before {what} body"));
    }
    if rule.head.value.is_none() && !rule.head.uses_contains {
        report("`contains` keyword is required for partial set rules".to_owned());
    }
}

/// The keyword of rule heads that a statement was reduced to, where the keyword was not imported: `p if { … }` becomes the
/// body `p` and a rule of the name `if`. With its row.
fn head_keyword(statement: &Statement) -> Option<(&'static str, u32)> {
    let name = match statement {
        Statement::Rule(rule) => match rule.head.reference.as_slice() {
            [
                Term {
                    value: Value::Var(name), ..
                },
            ] => name,
            [
                Term {
                    value: Value::Var(name), ..
                },
                _,
            ] if rule.head.value.is_some() && rule.head.has_no_args() => name,
            _ => return None,
        },
        Statement::Body(body) => match body.as_slice() {
            [
                Expr {
                    kind: ExprKind::Term(Term {
                        value: Value::Var(name), ..
                    }),
                    ..
                },
            ] => name,
            _ => return None,
        },
        _ => return None,
    };
    let keyword = ["if", "contains"].into_iter().find(|keyword| **keyword == **name)?;
    Some((keyword, statement.span().row))
}

/// The keyword that statement `index` was misread around: its own, or that of the next statement in the same row.
fn keyword_around<'k>(keywords: &[Option<(&'k str, u32)>], index: usize, row: u32) -> Option<&'k str> {
    if let Some((keyword, _)) = keywords.get(index)? {
        return Some(keyword);
    }
    let (keyword, next_row) = (*keywords.get(index + 1)?)?;
    (next_row == row).then_some(keyword)
}

/// The rule that a body is in short form: `p = 1`, `p.q := 2`, `p[3]`, `f(x) = y`, `f(x)`.
fn short_rule(body: Body) -> Result<Rule, String> {
    let [expr] = <[Expr; 1]>::try_from(body).map_err(|_| "multiple expressions cannot be used for rule head".to_owned())?;
    let refused = if !expr.with.is_empty() {
        "expressions using with keyword cannot be used for rule head"
    } else if expr.negated {
        "negated expressions cannot be used for rule head"
    } else if matches!(expr.kind, ExprKind::Some(_)) {
        "'some' declarations cannot be used for rule head"
    } else {
        let rule = match expr.kind {
            ExprKind::Term(term) => short_rule_of_term(term)?,
            ExprKind::Call(terms) => short_rule_of_call(terms, expr.span)?,
            _ => return Err("expression cannot be used for rule head".to_owned()),
        };
        return Ok(Rule {
            generated_body: true,
            ..rule
        });
    };
    Err(refused.to_owned())
}

fn short_rule_of_term(term: Term) -> Result<Rule, String> {
    let span = term.span;
    let kind = term.value.kind_name();
    let Value::Ref(mut parts) = term.value else {
        return Err(format!("{kind} cannot be used for rule name"));
    };
    if parts.len() == 1 {
        return Err(format!("{kind}s cannot be used for rule head"));
    }
    check_head(&parts)?;
    let mut head = new_head(span, Vec::new(), None);
    if parts.len() > 2 {
        head.value = Some(truth(span));
        head.generated_value = true;
    } else {
        head.key = parts.pop();
    }
    head.reference = parts;
    Ok(Rule {
        body: vec![truth_expr(span)],
        ..new_rule(span, head)
    })
}

fn short_rule_of_call(mut terms: Vec<Term>, span: Span) -> Result<Rule, String> {
    let assign = is_operator(&terms, "assign");
    if assign || is_operator(&terms, "eq") {
        if terms.len() < 3 {
            return Err("assignment requires two operands".to_owned());
        }
        terms.truncate(3);
        let value = terms.pop();
        let name = terms.pop();
        return name
            .zip(value)
            .map_or(Err(String::new()), |(name, value)| short_rule_with_value(name, value, assign, span));
    }
    let operator = terms.remove(0);
    let place = operator.span;
    let Value::Ref(parts) = operator.value else {
        return Err("expression cannot be used for rule head".to_owned());
    };
    if is_builtin(&reference_text(&parts)) {
        return Err("rule name conflicts with built-in function".to_owned());
    }
    if terms.is_empty() {
        return Err("rule argument list must take at least one argument".to_owned());
    }
    check_head(&parts)?;
    let mut head = new_head(place, parts, Some(terms));
    head.value = Some(truth(place));
    Ok(Rule {
        body: vec![truth_expr(place)],
        ..new_rule(place, head)
    })
}

fn short_rule_with_value(name: Term, value: Term, assign: bool, span: Span) -> Result<Rule, String> {
    let kind = name.value.kind_name();
    let (reference, args) = match name.value {
        Value::Var(_) => (vec![name], None),
        Value::Ref(parts) => (parts, None),
        Value::Call(mut terms) => {
            let args = terms.split_off(1);
            match terms.pop().map(|operator| operator.value) {
                Some(Value::Ref(parts)) if matches!(parts[0].value, Value::Var(_)) => (parts, Some(args)),
                _ => return Err(format!("{kind} cannot be used for rule name")),
            }
        }
        _ => return Err(format!("{kind} cannot be used for rule name")),
    };
    check_head(&reference)?;
    let body = vec![truth_expr(value.span)];
    let mut head = new_head(span, reference, args);
    head.value = Some(value);
    head.assign = assign;
    Ok(Rule {
        body,
        ..new_rule(span, head)
    })
}

/// A rule's name begins with a variable.
fn check_head(parts: &[Term]) -> Result<(), String> {
    match parts.first() {
        Some(Term { value: Value::Var(_), .. }) => Ok(()),
        _ => Err(format!("invalid rule head: {}", reference_text(parts))),
    }
}
