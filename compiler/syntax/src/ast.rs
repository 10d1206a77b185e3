//! The syntax tree of Rego: what the parser makes, what analysis rewrites and what the planner reads.
//!
//! The shapes and names are those of OPA's own tree, since its error messages and its plan format speak in them: infix
//! operators are calls of built-ins (`x + 1` is `plus(x, 1)`), a reference is a list of terms, a rule's head carries a
//! reference. It knows nothing of tokens (see `lexer`) nor of what names mean (see the compiler's `analysis`).

use std::rc::Rc;

use super::source::Span;

/// One parsed file.
#[derive(Debug, Clone)]
pub struct Module {
    /// Which language version the file is parsed as, after its `import rego.v1` was taken into account.
    pub version: RegoVersion,
    /// `package a.b`: the reference starts with the variable `data`.
    pub package: Package,
    /// Imports in source order, `rego.v1` and `future.keywords` among them.
    pub imports: Vec<Import>,
    /// Rules in source order; an `else` chain hangs below its first rule.
    pub rules: Vec<Rule>,
    /// All `# METADATA` blocks, in source order.
    pub annotations: Vec<Annotations>,
    /// All comments, in source order.
    pub comments: Vec<Comment>,
}

/// The language version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegoVersion {
    /// Rego as it was before OPA 1.0.
    V0,
    /// `import rego.v1` in a v0 run: v1's rules, checked in both.
    V0CompatV1,
    /// OPA 1.x.
    V1,
    /// `import rego.v2`: `and`, `or` and bodies after `not` on top of v1.
    V2,
}

impl RegoVersion {
    /// Whether what v1 demands holds here: `if` and `contains` in heads, v1's checks.
    pub fn is_v1(self) -> bool {
        self != Self::V0
    }
}

/// `package a.b`.
#[derive(Debug, Clone)]
pub struct Package {
    /// From `package` to the end of the path.
    pub span: Span,
    /// `data.a.b`.
    pub path: Ref,
}

/// `import data.a.b as c`.
#[derive(Debug, Clone)]
pub struct Import {
    /// The whole statement.
    pub span: Span,
    /// What is imported: a reference whose head is `data`, `input`, `rego` or `future`.
    pub path: Term,
    /// The name after `as`, if any.
    pub alias: Option<Name>,
    /// Where that name stands.
    pub alias_span: Option<Span>,
}

/// A comment, without its `#`.
#[derive(Debug, Clone)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub span: Span,
    /// The text behind `#`.
    pub text: String,
}

/// A `# METADATA` block.
#[derive(Debug, Clone)]
pub struct Annotations {
    /// Where the block stands (its `# METADATA` line).
    pub span: Span,
    /// `rule`, `document`, `package` or `subpackages`; `None` where the block leaves it open.
    pub scope: String,
    /// The block's YAML as JSON, fields and order as OPA writes them (`scope`, `title`, `entrypoint`, `schemas`, `custom`, …).
    pub document: serde_json::Value,
    /// The fields `schemas`, as references. In `document` their parts are plain texts.
    pub schemas: Vec<SchemaAnnotation>,
    /// The field `compile`, which is no part of `document`.
    pub compile: Option<CompileAnnotation>,
    /// The block's YAML.
    pub text: String,
    /// Row of the statement it is attached to.
    pub target_row: u32,
}

/// What a document looks like.
#[derive(Debug, Clone)]
pub struct SchemaAnnotation {
    /// Which document.
    pub path: OwnRef,
    /// The schema's name, where it is not written out.
    pub schema: Option<OwnRef>,
    /// The schema, where it is written out.
    pub definition: Option<serde_json::Value>,
}

/// What OPA's compile API is told about a rule.
#[derive(Debug, Clone)]
pub struct CompileAnnotation {
    /// What is not known when the rule is partially evaluated; `None` for entries that are no texts.
    pub unknowns: Vec<Option<OwnRef>>,
    /// The rule that masks columns.
    pub mask_rule: Option<OwnRef>,
}

/// A reference that was read from a text of its own: spans in it are places in that text.
#[derive(Debug, Clone)]
pub struct OwnRef {
    /// The text.
    pub text: String,
    /// What it says.
    pub parts: Ref,
}

/// A rule, or one link of an `else` chain.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The whole rule.
    pub span: Span,
    /// `default p := …`.
    pub default: bool,
    /// Name, arguments, key and value.
    pub head: Head,
    /// The body; a rule written without one has the body `true`.
    pub body: Body,
    /// The next link of the `else` chain.
    pub else_rule: Option<Box<Rule>>,
    /// The body (`true`) was not written.
    pub generated_body: bool,
    /// The body was introduced by `if`.
    pub uses_if: bool,
}

/// A rule's head.
#[derive(Debug, Clone)]
pub struct Head {
    /// The whole head.
    pub span: Span,
    /// The rule's reference relative to its package: `p`, `p.q[x]`. It begins with a variable. For `p contains x` and v0's `p[x]` the
    /// key is *not* in it.
    pub reference: Ref,
    /// Arguments of a function; `None` when the head has no parentheses.
    pub args: Option<Vec<Term>>,
    /// The element of a multi-value rule (`contains x`).
    pub key: Option<Term>,
    /// The value; a head written without one (and without a key) has the value `true`.
    pub value: Option<Term>,
    /// The value was written with `:=` rather than `=`.
    pub assign: bool,
    /// The value (`true`) was not written.
    pub generated_value: bool,
    /// The key was introduced by `contains`.
    pub uses_contains: bool,
}

impl Head {
    /// Whether the rule is no function: it has no parentheses, or nothing between them.
    pub fn has_no_args(&self) -> bool {
        self.args.as_ref().is_none_or(Vec::is_empty)
    }
}

/// A conjunction of expressions.
pub type Body = Vec<Expr>;

/// One expression of a body.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The whole expression, `not` and `with` included.
    pub span: Span,
    /// What it says.
    pub kind: ExprKind,
    /// Written with `not`.
    pub negated: bool,
    /// `with` modifiers, in source order.
    pub with: Vec<With>,
    /// Added by a rewriting and not written by the user.
    pub generated: bool,
    /// An `eq` that was written as `:=`: set by analysis, unset by the parser.
    pub assigned: bool,
}

/// What an expression says.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A term that has to be defined and not false. (An infix or built-in call at the top is `Call`.)
    Term(Term),
    /// A call: operator (a `Ref` term, e.g. `eq`, `assign`, `plus`, `data.f`) and arguments. One more argument than the function has
    /// takes its output.
    Call(Vec<Term>),
    /// `some x, y` (variables) or `some k, v in xs` (one `internal.member_2`/`internal.member_3` call term).
    Some(Vec<Term>),
    /// `every k, v in xs { … }`.
    Every(Box<Every>),
    /// `not { … }`, and every `not` where bodies may follow it (`import rego.v2`, `future.keywords.not`). Elsewhere `not` is
    /// [`Expr::negated`].
    Not(Box<Not>),
    /// `a and b` (experimental keyword).
    And(Box<Logical>),
    /// `a or b` (experimental keyword).
    Or(Box<Logical>),
}

/// `not { body }` or `not expr`.
#[derive(Debug, Clone)]
pub struct Not {
    /// What must not hold; one expression where no braces were written.
    pub body: Body,
    /// Written with braces.
    pub explicit: bool,
}

/// The operands of `and` and `or`.
#[derive(Debug, Clone)]
pub struct Logical {
    /// Left operand; one expression where no braces were written.
    pub lhs: Body,
    /// Right operand.
    pub rhs: Body,
    /// The left operand was written with braces.
    pub explicit_lhs: bool,
    /// The right operand was written with braces.
    pub explicit_rhs: bool,
}

/// `every k, v in domain { body }`.
#[derive(Debug, Clone)]
pub struct Every {
    /// The key variable, if written.
    pub key: Option<Term>,
    /// The value variable.
    pub value: Term,
    /// What is iterated.
    pub domain: Term,
    /// What has to hold for each.
    pub body: Body,
}

/// `with target as value`.
#[derive(Debug, Clone)]
pub struct With {
    /// The whole modifier.
    pub span: Span,
    /// `input…`, `data…` or a function's reference.
    pub target: Term,
    /// What stands in its place.
    pub value: Term,
}

/// A name: a variable, a part of a reference.
pub type Name = Rc<str>;

/// A reference: the head (a variable, or any term: `f(x)[0]`, `[1, 2][i]`) and its operands. `a.b` has the string `b` as operand.
pub type Ref = Vec<Term>;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Term {
    /// The whole term.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// What a term is.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number, as written.
    Number(Rc<str>),
    /// A string, escapes resolved.
    String(Rc<str>),
    /// A variable. `_` is `$0`, `$1`, …: each its own, numbered through the module.
    Var(Name),
    /// A reference of two or more parts, or one whose head is a root document (`data`, `input`).
    Ref(Ref),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{k: v}` in source order.
    Object(Vec<(Term, Term)>),
    /// `{a, b}`, `set()`.
    Set(Vec<Term>),
    /// `[t | body]`.
    ArrayComprehension(Box<Term>, Body),
    /// `{t | body}`.
    SetComprehension(Box<Term>, Body),
    /// `{k: v | body}`.
    ObjectComprehension(Box<Term>, Box<Term>, Body),
    /// A call inside a term: the operator's reference, then the arguments.
    Call(Vec<Term>),
    /// `$"a {x}"`.
    TemplateString(TemplateString),
}

impl Expr {
    /// Whether no variable is in it; the operator of a call does not count.
    pub fn is_ground(&self) -> bool {
        match &self.kind {
            ExprKind::Term(term) => term.is_ground(),
            ExprKind::Call(terms) => terms.iter().skip(1).all(Term::is_ground),
            ExprKind::Some(_) | ExprKind::Every(_) => false,
            ExprKind::Not(not) => not.body.iter().all(Self::is_ground),
            ExprKind::And(logical) | ExprKind::Or(logical) => logical.lhs.iter().chain(&logical.rhs).all(Self::is_ground),
        }
    }
}

impl Term {
    /// Whether no variable is in it; the head of a reference does not count.
    pub fn is_ground(&self) -> bool {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::Var(_) | Value::TemplateString(_) => false,
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => {
                head.is_ground() && body.iter().all(Expr::is_ground)
            }
            Value::ObjectComprehension(key, value, body) => key.is_ground() && value.is_ground() && body.iter().all(Expr::is_ground),
            Value::Ref(parts) => parts.iter().skip(1).all(Term::is_ground),
            Value::Array(items) | Value::Set(items) | Value::Call(items) => items.iter().all(Term::is_ground),
            Value::Object(pairs) => pairs.iter().all(|(key, value)| key.is_ground() && value.is_ground()),
        }
    }
}

impl Value {
    /// What error messages call a value of this kind.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Var(_) => "var",
            Self::Ref(_) => "ref",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::ArrayComprehension(..) => "arraycomprehension",
            Self::SetComprehension(..) => "setcomprehension",
            Self::ObjectComprehension(..) => "objectcomprehension",
            Self::Call(_) => "call",
            Self::TemplateString(_) => "templatestring",
        }
    }
}

/// A template string.
#[derive(Debug, Clone)]
pub struct TemplateString {
    /// Literal text and expressions, alternating as written.
    pub parts: Vec<TemplatePart>,
    /// Written with back quotes.
    pub raw: bool,
}

/// A part of a template string.
#[derive(Debug, Clone)]
pub enum TemplatePart {
    /// Text as it stands.
    Text(Term),
    /// `{expr}`.
    Expr(Expr),
}
