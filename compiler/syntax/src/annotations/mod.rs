//! `# METADATA` blocks: finding them among the comments, and the statement each belongs to. What stands in them is read by
//! `document`.
//!
//! A block is the comments in column one directly below each other, from one that begins with `METADATA` on. It belongs to the
//! next statement below it; its scope says whether it is about the rule, all rules of that name, the package, or everything
//! below the package.

mod document;
mod yaml;

use super::ast::{Annotations, Comment, Import, Module};
use super::source::Span;
use crate::diagnostic::{Code, Diagnostic};

/// The annotations of a file, not yet attached to anything, and what is wrong with them.
pub(super) fn read(comments: &[Comment]) -> (Vec<Annotations>, Vec<(Span, String)>) {
    let mut annotations = Vec::new();
    let mut faults = Vec::new();
    for (index, comment) in comments.iter().enumerate() {
        if !begins_block(comment) {
            continue;
        }
        let below = &comments[index + 1..];
        let mut row = comment.span.row;
        let length = below.iter().take_while(|next| {
            let belongs = next.span.col == 1 && next.span.row == row + 1 && !begins_block(next);
            row = next.span.row;
            belongs
        });
        let length = length.count();
        match document::read(comment.span, &below[..length]) {
            Ok(block) => annotations.push(block),
            Err(fault) => faults.push(fault),
        }
    }
    (annotations, faults)
}

fn begins_block(comment: &Comment) -> bool {
    comment.span.col == 1 && comment.text.trim_start().starts_with("METADATA")
}

/// What an annotation stands above.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Package,
    Import,
    Rule,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Import => "import",
            Self::Rule => "rule",
        }
    }
}

/// Attaches annotations to the statements of a module, and checks that their scopes fit.
pub(super) fn attach(annotations: &mut [Annotations], module: &Module) -> Vec<Diagnostic> {
    let imports = module.imports.iter().map(|Import { span, .. }| (span.row, Target::Import));
    let rules = module.rules.iter().map(|rule| (rule.span.row, Target::Rule));
    let mut targets: Vec<(u32, Target)> = Vec::with_capacity(1 + module.imports.len() + module.rules.len());
    targets.push((module.package.span.row, Target::Package));
    targets.extend(imports.chain(rules));
    targets.sort_by_key(|&(row, _)| row);
    let mut errors = Vec::new();
    for block in annotations {
        let below = targets.partition_point(|&(row, _)| row <= block.span.row);
        let target = targets.get(below).copied();
        block.target_row = target.map_or(0, |(row, _)| row);
        attach_one(block, target.map(|(_, target)| target), &mut errors);
    }
    errors
}

fn attach_one(block: &mut Annotations, target: Option<Target>, errors: &mut Vec<Diagnostic>) {
    let is_entrypoint = block.document["entrypoint"] == true;
    if block.scope.is_empty() {
        block.scope = match target {
            Some(Target::Rule) if is_entrypoint => "document",
            Some(target) => target.name(),
            None => "",
        }
        .to_owned();
        block.document["scope"] = block.scope.clone().into();
    }
    let mut report = |message: String| {
        errors.push(Diagnostic {
            code: Code::Parse,
            message,
            span: Some(block.span),
            details: Vec::new(),
            hint: None,
        });
    };
    let wanted = match block.scope.as_str() {
        "rule" | "document" => Some(Target::Rule),
        "package" | "subpackages" => Some(Target::Package),
        _ => None,
    };
    match wanted {
        None => report(format!(
            "invalid annotation scope '{}'. Use one of 'rule', 'document', 'package', or 'subpackages'",
            block.scope
        )),
        Some(wanted) if target != Some(wanted) => {
            let have = target.map_or_else(String::new, |target| format!(" (have {})", target.name()));
            report(format!(
                "annotation scope '{}' must be applied to {}{have}",
                block.scope,
                wanted.name()
            ));
        }
        Some(_) => {}
    }
    if is_entrypoint && !matches!(block.scope.as_str(), "document" | "package") {
        report(format!(
            "annotation entrypoint applied to non-document or package scope '{}'",
            block.scope
        ));
    }
}
