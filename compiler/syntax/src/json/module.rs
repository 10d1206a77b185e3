//! Modules and their statements.

use super::Encoder;
use super::annotations::block_text;
use super::heads::OldStyle;
use crate::ast::{Annotations, Comment, Import, Module, Package, Rule, Term};
use crate::order::compare_lists;
use crate::place;
use crate::rule::truth_expr;

impl Encoder<'_> {
    pub(super) fn module(&mut self, module: &Module) {
        self.object(|e| {
            e.out.key("package");
            e.package(&module.package);
            if !module.imports.is_empty() {
                e.out.key("imports");
                e.array(&module.imports, Self::import);
            }
            if !module.annotations.is_empty() {
                e.out.key("annotations");
                e.array(&module.annotations, Self::annotations);
            }
            if !module.rules.is_empty() {
                let mut attached = Attached::new(module);
                e.out.key("rules");
                e.array(&module.rules, |e, rule| e.rule(rule, OldStyle::of(rule), &attached.to(rule)));
            }
            if !module.comments.is_empty() {
                e.out.key("comments");
                let mut blocks = module.annotations.iter().peekable();
                e.array(&module.comments, |e, comment| {
                    let block = blocks.next_if(|block| block.span.start == comment.span.start);
                    e.comment(comment, block);
                });
            }
        });
    }

    /// The first comment of a block shares its place, text included.
    fn comment(&mut self, comment: &Comment, block: Option<&Annotations>) {
        self.object(|e| {
            e.out.key("Text");
            e.out.bytes(comment.text.as_bytes());
            e.out.key("Location");
            match block {
                Some(block) => e.place(block.span, &block_text(block)),
                None => e.place(comment.span, e.slice(comment.span)),
            }
        });
    }

    fn package(&mut self, package: &Package) {
        self.node("*ast.Package", |e| {
            e.word_location(package.span, "package");
            e.out.key("path");
            e.terms(&package.path);
        });
    }

    fn import(&mut self, import: &Import) {
        self.node("*ast.Import", |e| {
            if let Some(alias) = &import.alias {
                e.string_field("alias", alias);
            }
            if let Some(span) = import.alias_span.filter(|_| e.locations) {
                e.out.key("alias_location");
                e.place(span, e.slice(span));
            }
            e.word_location(import.span, "import");
            e.out.key("path");
            e.term(&import.path);
        });
    }

    fn rule(&mut self, rule: &Rule, old: OldStyle<'_>, annotations: &[&Annotations]) {
        self.node("*ast.Rule", |e| {
            if !annotations.is_empty() {
                e.out.key("annotations");
                e.array(annotations, |e, block| e.annotations(block));
            }
            e.out.key("body");
            match &rule.head.value {
                Some(value) if rule.generated_body && rule.body.first().is_some_and(|expr| expr.span == value.span) => {
                    e.body(&vec![truth_expr(e.read_span(value))]);
                }
                _ => e.body(&rule.body),
            }
            e.flag("default", rule.default);
            if let Some(link) = &rule.else_rule {
                e.out.key("else");
                e.rule(link, old, &[]);
            }
            e.out.key("head");
            e.head(rule, old);
            if rule.default {
                e.word_location(rule.span, "default");
            } else {
                e.location(rule.span);
            }
        });
    }

    fn head(&mut self, rule: &Rule, old: OldStyle<'_>) {
        let head = &rule.head;
        self.node("*ast.Head", |e| {
            if let Some(name) = old.name {
                e.string_field("name", name);
            }
            if let Some(args) = head.args.as_ref().filter(|args| !args.is_empty()) {
                e.out.key("args");
                e.terms(args);
            }
            if let Some(key) = head.key.as_ref() {
                e.out.key("key");
                e.term(key);
            } else if let Some(key) = old.key {
                let mut key = key.clone();
                if e.is_further_body(rule) {
                    place::term(&mut key, head.span);
                }
                e.out.key("key");
                e.term(&key);
            }
            if let Some(value) = &head.value {
                e.out.key("value");
                if e.is_placeless(rule) {
                    e.nowhere(|e| e.term(value));
                } else {
                    e.term(value);
                }
            }
            e.flag("assign", head.assign);
            e.out.key("ref");
            e.terms(&head.reference);
            e.location(head.span);
        });
    }

    /// Whether the value of a head was not written and OPA gives it no place: it does for `p[x] if …`, for further bodies of a rule, and where there
    /// is nothing but the head.
    fn is_placeless(&self, rule: &Rule) -> bool {
        let head = &rule.head;
        let old_partial =
            rule.uses_if && head.has_no_args() && head.reference.len() == 2 && rule.span.start == head.reference[0].span.start;
        head.generated_value && !old_partial && !self.is_further_body(rule) && !rule.generated_body
    }

    /// Whether a rule is but another body in braces for the head above.
    fn is_further_body(&self, rule: &Rule) -> bool {
        self.text.as_bytes().get(rule.span.start as usize) == Some(&b'{')
    }
}

/// Which blocks of metadata belong to a rule: those for its document, and those above it for one rule of its name, of which each rule takes one
/// away from the rules below.
struct Attached<'m> {
    /// The blocks that are left, each with the name of what it stands above.
    blocks: Vec<(&'m Annotations, &'m [Term])>,
}

impl<'m> Attached<'m> {
    fn new(module: &'m Module) -> Self {
        let target = |block: &'m Annotations| {
            let rule = module.rules.iter().find(|rule| rule.span.row == block.target_row)?;
            Some((block, ground_prefix(&rule.head.reference)))
        };
        let about_rules = module
            .annotations
            .iter()
            .filter(|block| matches!(block.scope.as_str(), "rule" | "document"));
        Self {
            blocks: about_rules.filter_map(target).collect(),
        }
    }

    fn to(&mut self, rule: &Rule) -> Vec<&'m Annotations> {
        let name = ground_prefix(&rule.head.reference);
        let mut found = Vec::new();
        let mut taken = None;
        for (index, (block, target)) in self.blocks.iter().enumerate() {
            let for_document = block.scope == "document";
            if compare_lists(target, name).is_eq() && (for_document || block.span.row < rule.span.row) {
                found.push(*block);
                if !for_document {
                    taken = Some(index);
                }
            }
        }
        if let Some(index) = taken {
            self.blocks.remove(index);
        }
        found
    }
}

/// A reference up to its first part that is not constant.
fn ground_prefix(reference: &[Term]) -> &[Term] {
    let end = reference.iter().skip(1).position(|part| !part.is_ground());
    &reference[..end.map_or(reference.len(), |end| end + 1)]
}
