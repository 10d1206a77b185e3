//! Why a dependency is uncertain: the reference behind it selects the rule only if a variable holds a certain value. This finds these
//! references, and says what their variables would have to hold and where they get their values.

use std::collections::{HashMap, HashSet};

use super::cycles::Reporter;
use super::narrow::members;
use super::{Graph, Rules, Target, uses};
use crate::analysis::builtins;
use crate::analysis::compare::compare;
use crate::analysis::conflicts::shown;
use crate::analysis::make;
use crate::analysis::text;
use crate::analysis::tree::RuleId;
use crate::analysis::vars::{self, Skip, VarSet};
use crate::syntax::ast::{Name, Ref, Rule, Term, Value};

/// How many conditions an error spells out.
const MAX_CONDITIONS: usize = 2;
/// How many members of a collection an error lists.
const MAX_MEMBERS: usize = 5;

/// A reference that may select rules.
#[derive(Clone)]
pub(super) struct Edge {
    reference: Ref,
    selects: Ref,
    at: usize,
    bound: VarSet,
}

/// The uncertain dependencies of one link.
#[derive(Default)]
pub(super) struct Causes {
    edges: Vec<Edge>,
    by_target: HashMap<u32, usize>,
}

impl Causes {
    /// Sorts the dependencies of a link into certain and uncertain ones.
    pub(super) fn of_link(graph: &Graph, rules: Rules<'_>, link: u32) -> Causes {
        let rule = rules.link(graph.links[link as usize]);
        let mut certain: HashSet<RuleId> = HashSet::new();
        let mut uncertain: Vec<(Edge, Vec<RuleId>)> = Vec::new();
        uses(rule, &mut |reference| {
            let mut reached = Vec::new();
            for selected in reference.expanded() {
                rules.targets(selected, &mut |target| match target {
                    Target::Rule(id) => reached.push(id),
                    Target::Below(node) => rules.tree.walk_below(node, &mut |id| reached.push(id)),
                });
            }
            if !reference.dynamic {
                certain.extend(reached);
                return;
            }
            let bound = bound_before(rule, reference.at);
            let (sure, unsure): (Vec<_>, Vec<_>) = reached
                .into_iter()
                .partition(|id| selects(rules, reference.selector(), *id, &bound, None));
            certain.extend(sure);
            if !unsure.is_empty() {
                let selects = reference.selector().to_vec();
                uncertain.push((
                    Edge {
                        reference: reference.source.to_vec(),
                        selects,
                        at: reference.at,
                        bound,
                    },
                    unsure,
                ));
            }
        });
        let mut causes = Causes::default();
        for (edge, reached) in uncertain {
            for id in reached.into_iter().filter(|id| !certain.contains(id)) {
                for target in graph.links_of(id) {
                    causes.by_target.entry(target).or_insert(causes.edges.len());
                }
            }
            causes.edges.push(edge);
        }
        causes
    }

    /// What makes the dependency on a link uncertain; `None` if it is certain.
    pub(super) fn of(&self, target: u32) -> Option<&Edge> {
        self.by_target.get(&target).and_then(|index| self.edges.get(*index))
    }
}

/// The variables that may have a value when the expression `at` is evaluated: those of the head and of the expressions before.
fn bound_before(rule: &Rule, at: usize) -> VarSet {
    let mut bound = VarSet::new();
    let head = &rule.head;
    vars::collect(Skip::NOTHING, &mut bound, |c| {
        head.args
            .iter()
            .flatten()
            .chain(&head.key)
            .chain(&head.value)
            .for_each(|term| c.term(term));
        c.terms(head.reference.get(1..).unwrap_or_default());
        c.body(&rule.body[..at.min(rule.body.len())]);
    });
    bound
}

/// True if a reference selects a rule whatever its variables hold; a variable without a value enumerates everything. Collects the
/// positions that have to equal the rule's reference if so asked.
fn selects(rules: Rules<'_>, reference: &[Term], id: RuleId, bound: &VarSet, mut positions: Option<&mut Vec<usize>>) -> bool {
    let mut certain = true;
    for (i, term) in reference.iter().enumerate().skip(1) {
        let Some(part) = rules.part(id, i) else { break };
        if !part.is_constant() {
            continue;
        }
        if let Value::Var(name) = &term.value {
            let count = reference
                .iter()
                .filter(|other| matches!(&other.value, Value::Var(other) if other == name))
                .count();
            if !bound.contains(name) && count == 1 {
                continue;
            }
        }
        if make::is_constant(term) {
            if !part.equals(term) {
                return false;
            }
            continue;
        }
        match positions.as_deref_mut() {
            Some(positions) => {
                certain = false;
                positions.push(i);
            }
            None => return false,
        }
    }
    certain
}

/// Says what has to hold for the dependency to be one: ` (data[x].r refers to data.p.r if x is "p" (x comes from input.x))`.
pub(super) fn describe(reporter: &Reporter<'_>, edge: &Edge, path: &[u32], step: usize) -> String {
    let (from, to) = (path[step], path[step + 1]);
    let target = reporter.graph.links[to as usize].rule;
    let rules = reporter.rules;
    let target_ref = crate::analysis::tree::full_reference(&rules.modules[target.module as usize], rules.rule(target));
    let length = edge.reference.len().min(target_ref.len());
    let reference = shown(&edge.reference[..length], reporter.originals);

    let mut note = format!(" ({}", text::reference(&reference));
    if step > 0 {
        note.push_str(&format!(" in {}", reporter.name(from)));
    }
    let mut positions = Vec::new();
    selects(rules, &edge.selects, target, &edge.bound, Some(&mut positions));
    let origins = Origins::new(rules.link(reporter.graph.links[from as usize]), edge.at);
    let target_name = reporter.name(to);
    let conditions = conditions(&reference, &target_ref, &positions).filter(|conditions| {
        (1..=MAX_CONDITIONS).contains(&conditions.len()) && !conditions.iter().any(|condition| origins.contradicts(edge, condition))
    });
    match conditions {
        None => note.push_str(&format!(" could refer to {target_name}")),
        Some(conditions) => {
            note.push_str(&format!(" refers to {target_name}"));
            for (i, condition) in conditions.iter().enumerate() {
                note.push_str(if i == 0 { " if " } else { " and " });
                note.push_str(&format!("{} is {}", text::term(&condition.term), text::term(&condition.value)));
                if let Some(origin) = origins.note(edge, condition, reporter, from) {
                    note.push_str(&format!(" ({origin})"));
                }
            }
        }
    }
    note.push(')');
    note
}

/// A term of a reference and the value it needs.
struct Condition {
    position: usize,
    term: Term,
    value: Term,
}

/// One condition for each term; `None` if a term would need two values.
fn conditions(reference: &[Term], rule: &[Term], positions: &[usize]) -> Option<Vec<Condition>> {
    let mut conditions: Vec<Condition> = Vec::new();
    for position in positions.iter().copied() {
        let (term, value) = (reference.get(position)?, rule.get(position)?);
        match conditions.iter().find(|condition| compare(&condition.term, term).is_eq()) {
            None => conditions.push(Condition {
                position,
                term: term.clone(),
                value: value.clone(),
            }),
            Some(other) if compare(&other.value, value).is_eq() => {}
            Some(_) => return None,
        }
    }
    Some(conditions)
}

/// Where a variable gets its value.
enum Origin<'a> {
    Input(&'a [Term]),
    Rule(&'a [Term]),
    Collection(&'a Term),
    Builtin(&'static builtins::Builtin),
    HeadKey,
    HeadArg,
}

struct Origins<'a> {
    rule: &'a Rule,
    bindings: HashMap<&'a Name, &'a Term>,
    outputs: HashMap<&'a Name, &'static builtins::Builtin>,
}

impl<'a> Origins<'a> {
    fn new(rule: &'a Rule, at: usize) -> Origins<'a> {
        let mut origins = Origins {
            rule,
            bindings: HashMap::new(),
            outputs: HashMap::new(),
        };
        for expr in rule.body.iter().take(at).filter(|expr| !expr.negated && expr.with.is_empty()) {
            let Some(operands) = make::operands(expr) else { continue };
            if make::calls(expr, "eq") {
                if let [lhs, rhs] = operands {
                    for (variable, value) in [(lhs, rhs), (rhs, lhs)] {
                        if let Value::Var(name) = &variable.value {
                            origins.bindings.entry(name).or_insert(value);
                        }
                    }
                }
                continue;
            }
            let builtin = make::operator_of(expr).and_then(builtins::named_by);
            if let (
                Some(builtin),
                Some(Term {
                    value: Value::Var(name), ..
                }),
            ) = (builtin, operands.last())
                && operands.len() == builtin.arity() + 1
            {
                origins.outputs.insert(name, builtin);
            }
        }
        origins
    }

    fn of(&self, name: &Name) -> Option<Origin<'a>> {
        let mut name = name;
        for _ in 0..=self.rule.body.len() {
            if let Some(builtin) = self.outputs.get(name) {
                return Some(Origin::Builtin(builtin));
            }
            match self.bindings.get(name).copied() {
                Some(Term {
                    value: Value::Var(other), ..
                }) => name = other,
                Some(Term {
                    value: Value::Ref(parts), ..
                }) => {
                    return self.of_reference(parts).or_else(|| self.of_head(name));
                }
                _ => return self.of_head(name),
            }
        }
        None
    }

    fn of_reference(&self, parts: &'a [Term]) -> Option<Origin<'a>> {
        let constant = parts
            .iter()
            .skip(1)
            .position(|part| !make::is_constant(part))
            .map_or(parts.len(), |i| i + 1);
        match parts {
            _ if make::starts_with(parts, "input") => Some(Origin::Input(&parts[..constant])),
            _ if make::starts_with(parts, "data") => Some(Origin::Rule(&parts[..constant])),
            [head, key] if !make::is_constant(key) => self.collection(head).map(Origin::Collection),
            _ => None,
        }
    }

    fn collection(&self, term: &'a Term) -> Option<&'a Term> {
        let mut term = term;
        for _ in 0..=self.bindings.len() {
            match &term.value {
                Value::Var(name) => term = self.bindings.get(name)?,
                Value::Array(_) | Value::Set(_) | Value::Object(_) => return make::is_constant(term).then_some(term),
                _ => return None,
            }
        }
        None
    }

    fn of_head(&self, name: &Name) -> Option<Origin<'a>> {
        let is_name = |term: &Term| matches!(&term.value, Value::Var(other) if other == name);
        let head = &self.rule.head;
        if head.args.iter().flatten().any(is_name) {
            return Some(Origin::HeadArg);
        }
        head.reference
            .iter()
            .skip(1)
            .chain(&head.key)
            .any(is_name)
            .then_some(Origin::HeadKey)
    }

    fn of_condition(&self, edge: &Edge, condition: &Condition) -> Option<Origin<'a>> {
        let name = match &edge.reference.get(condition.position)?.value {
            Value::Var(name) => name,
            _ => return None,
        };
        edge.selects
            .iter()
            .skip(1)
            .any(|part| matches!(&part.value, Value::Var(other) if other == name))
            .then(|| self.of(name))?
    }

    /// True if the variable cannot hold the value, as far as its origin tells.
    fn contradicts(&self, edge: &Edge, condition: &Condition) -> bool {
        match self.of_condition(edge, condition) {
            Some(Origin::Collection(collection)) => !members(collection)
                .unwrap_or_default()
                .iter()
                .any(|member| compare(member, &condition.value).is_eq()),
            Some(Origin::Builtin(builtin)) => !may_return(builtin, &condition.value),
            _ => false,
        }
    }

    fn note(&self, edge: &Edge, condition: &Condition, reporter: &Reporter<'_>, from: u32) -> Option<String> {
        if let Value::Ref(parts) = &edge.reference.get(condition.position)?.value {
            return make::starts_with(parts, "data").then(|| "rule values aren't known at compile time".to_owned());
        }
        let term = text::term(&condition.term);
        let show = |reference: &[Term]| text::reference(&shown(reference, reporter.originals));
        Some(match self.of_condition(edge, condition)? {
            Origin::Input(reference) => format!("{term} comes from {}", show(reference)),
            Origin::Rule(reference) => format!(
                "{term} comes from rule {}, whose value isn't known at compile time",
                text::reference(reference)
            ),
            Origin::Collection(collection) => match members(collection).unwrap_or_default().len() {
                count if count > MAX_MEMBERS => format!("{term} is one of {count} values"),
                _ => format!("{term} is one of {}", text::term(collection)),
            },
            Origin::Builtin(builtin) => format!("{term} is computed by {}", builtin.name),
            Origin::HeadKey => format!("{term} is a key of {}", reporter.name(from)),
            Origin::HeadArg => format!("{term} is an argument of {}", reporter.name(from)),
        })
    }
}

/// True unless a built-in function's result type rules a scalar out.
fn may_return(builtin: &builtins::Builtin, value: &Term) -> bool {
    let kind = match &value.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        _ => return true,
    };
    let Some(result) = builtin.result else { return true };
    let result = result
        .split_once(": ")
        .filter(|(name, _)| !name.contains(['<', '[']))
        .map_or(result, |(_, tpe)| tpe);
    match result.strip_prefix("any<") {
        Some(list) => list.trim_end_matches('>').split(", ").any(|part| part == kind),
        None => result == "any" || result == kind,
    }
}
