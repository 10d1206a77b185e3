//! What a policy has once: its constants, and the functions that plans and other functions have asked for. A function is planned when
//! somebody refers to it, for the context in which that happens, and only once.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::context::{ContextId, Contexts};
use super::search::Step;
use super::watch::{FailPoint, Watched};
use crate::analysis::Analysed;
use crate::analysis::tree::{Key, NodeId, RuleId};
use crate::analysis::{make, text};
use crate::ir::{BuiltinFunc, Func, Location, Plan, Policy, StringConst};
use crate::syntax::ast::{Rule, Value};
use crate::syntax::source::{Sources, Span};

/// What becomes a function of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    /// All rules of a document.
    Document(NodeId),
    /// Those rules of a document with variables in their references that can say something about a certain reference.
    Part(NodeId, Vec<RuleId>),
    /// What operands that are not constant find below a node.
    Search(NodeId, Vec<Step>),
    /// All that stands at a node without rules of its own, merged with base documents.
    Extent(NodeId),
}

/// A function still to be planned.
#[derive(Debug)]
pub(super) struct Pending {
    pub unit: Unit,
    pub context: ContextId,
    pub path: Vec<Key>,
    pub name: String,
}

/// See above.
#[derive(Debug)]
pub(super) struct Program<'a> {
    pub analysed: &'a Analysed,
    pub contexts: Contexts,
    sources: &'a Sources,
    policy: Policy,
    strings: HashMap<String, u32>,
    files: HashMap<u32, u32>,
    builtins: BTreeSet<&'static str>,
    names: HashMap<(Unit, ContextId), String>,
    taken: HashSet<String>,
    pending: VecDeque<Pending>,
    /// The parts of the policy that say when they are evaluated, if that is asked for.
    parts: Option<Parts>,
    /// The rules whose expressions tell when they fail, if that is asked for.
    pub(super) watched: Option<Watched>,
}

/// Parts of a policy by their numbers.
#[derive(Debug, Default)]
struct Parts {
    spans: Vec<Span>,
    numbers: HashMap<Span, i64>,
}

impl<'a> Program<'a> {
    /// An empty program.
    pub fn new(analysed: &'a Analysed, sources: &'a Sources) -> Self {
        Self {
            analysed,
            contexts: Contexts::new(),
            sources,
            policy: Policy::default(),
            strings: HashMap::new(),
            files: HashMap::new(),
            builtins: BTreeSet::new(),
            names: HashMap::new(),
            taken: HashSet::new(),
            pending: VecDeque::new(),
            parts: None,
            watched: None,
        }
    }

    /// Has the expressions of rules tell when they fail.
    pub fn watch(mut self, rules: HashSet<Span>) -> Self {
        self.watched = Some(Watched { rules, points: Vec::new() });
        self
    }

    /// The expressions that tell when they fail, by their numbers.
    pub fn take_points(&mut self) -> Vec<FailPoint> {
        self.watched.take().map(|watched| watched.points).unwrap_or_default()
    }

    /// Has all parts say when they are evaluated.
    pub fn cover(mut self) -> Self {
        self.parts = Some(Parts::default());
        self
    }

    /// The number of a part that is to say when it is evaluated; generated ones have no place and no number.
    pub fn part(&mut self, span: Span) -> Option<i64> {
        let parts = self.parts.as_mut().filter(|_| span.row > 0 && span.end > span.start)?;
        Some(*parts.numbers.entry(span).or_insert_with(|| {
            parts.spans.push(span);
            parts.spans.len() as i64 - 1
        }))
    }

    /// The index of a string constant.
    pub fn string(&mut self, text: &str) -> u32 {
        if let Some(&index) = self.strings.get(text) {
            return index;
        }
        let index = self.policy.statics.strings.len() as u32;
        self.policy.statics.strings.push(StringConst { value: text.to_owned() });
        self.strings.insert(text.to_owned(), index);
        index
    }

    /// The text of a string constant.
    pub fn text(&self, index: u32) -> &str {
        &self.policy.statics.strings[index as usize].value
    }

    /// A place, as statements have it.
    pub fn location(&mut self, span: Span) -> Location {
        let Self {
            files, policy, sources, ..
        } = self;
        let file = *files.entry(span.file).or_insert_with(|| {
            let value = sources
                .files
                .get(span.file as usize)
                .map_or("<query>", |file| file.name.as_str())
                .to_owned();
            policy.statics.files.push(StringConst { value });
            policy.statics.files.len() as u32 - 1
        });
        Location {
            file,
            col: span.col,
            row: span.row,
            end_col: span.col + (span.end - span.start),
            end_row: span.row,
        }
    }

    /// The text at a place.
    pub fn written(&self, span: Span) -> &'a str {
        let source = self.sources.files.get(span.file as usize);
        source
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }

    /// Notes that a built-in is called.
    pub fn use_builtin(&mut self, name: &'static str) {
        self.builtins.insert(name);
    }

    /// The name of a unit's function, which is planned unless it has been.
    pub fn function(&mut self, unit: Unit, context: ContextId, path: &[Key]) -> String {
        let key = (unit, context);
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let mut name = format!("g{}.{}", context.0, reference_text(path));
        if !self.taken.insert(name.clone()) {
            let stem = name.clone();
            for number in 1.. {
                name = format!("{stem}#{number}");
                if self.taken.insert(name.clone()) {
                    break;
                }
            }
        }
        self.pending.push_back(Pending {
            unit: key.0.clone(),
            context,
            path: path.to_vec(),
            name: name.clone(),
        });
        self.names.insert(key, name.clone());
        name
    }

    /// The next function to plan.
    pub fn next_pending(&mut self) -> Option<Pending> {
        self.pending.pop_front()
    }

    /// Adds a planned function.
    pub fn add_function(&mut self, func: Func) {
        self.policy.funcs.funcs.push(func);
    }

    /// Adds an entrypoint's plan.
    pub fn add_plan(&mut self, plan: Plan) {
        self.policy.plans.plans.push(plan);
    }

    /// The policy, all being planned, and the parts that say when they are evaluated.
    pub fn finish(mut self) -> (Policy, Vec<Span>) {
        self.policy.statics.builtin_funcs = self
            .builtins
            .into_iter()
            .map(|name| BuiltinFunc {
                name: name.to_owned(),
                decl: serde_json::Value::Null,
            })
            .collect();
        (self.policy, self.parts.map(|parts| parts.spans).unwrap_or_default())
    }

    /// A rule of the policy.
    pub fn rule(&self, id: RuleId) -> &'a Rule {
        self.analysed.rule(id)
    }

    /// What a node with rules is; `None` where no rules stand.
    pub fn document(&self, node: NodeId) -> Option<Document> {
        let rules = &self.analysed.tree.node(node).rules;
        let first = self.rule(*rules.first()?);
        Some(if let Some(args) = first.head.args.as_ref().filter(|args| !args.is_empty()) {
            Document::Function(args.len())
        } else if rules.iter().any(|&id| !is_ground(self.rule(id))) {
            Document::Partial
        } else if first.head.key.is_some() {
            Document::Set
        } else {
            Document::Complete
        })
    }
}

/// The kinds of documents that rules make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    /// A function with so many arguments.
    Function(usize),
    /// One value.
    Complete,
    /// A set.
    Set,
    /// An object: some rule's reference has variables. All rules below the node belong to it too.
    Partial,
}

/// Whether a rule's reference has no variables but its name.
pub(super) fn is_ground(rule: &Rule) -> bool {
    rule.head.reference.iter().skip(1).all(|part| Key::of(part).is_some())
}

/// A path below `data` as a reference: `data.a["b c"][1]`.
fn reference_text(path: &[Key]) -> String {
    let mut terms = vec![make::var(Span::default(), &"data".into())];
    terms.extend(path.iter().map(|key| {
        let value = match key {
            Key::Null => Value::Null,
            Key::Bool(value) => Value::Bool(*value),
            Key::Number(text) => Value::Number(text.clone()),
            Key::String(text) => Value::String(text.clone()),
        };
        make::term(Span::default(), value)
    }));
    text::reference(&terms)
}

/// A key where functions are looked up by path.
pub(super) fn key_text(key: &Key) -> String {
    match key {
        Key::Null => "null".to_owned(),
        Key::Bool(value) => value.to_string(),
        Key::Number(text) | Key::String(text) => text.to_string(),
    }
}
