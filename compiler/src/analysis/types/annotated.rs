//! What `# METADATA` blocks say about the types of documents, rule by rule: the schemas of the packages around a rule, of its package, of its document and of
//! the rule itself, in this order. Each adds to what those before it have said, or replaces a part of it.

use std::collections::HashMap;
use std::rc::Rc;

use super::check::Checker;
use super::env::{Layer, document};
use super::merge::TypeTree;
use super::schema::{Schemas, of_schema, with_override};
use super::{Known, Type};
use crate::analysis::context::error;
use crate::analysis::tree::full_reference;
use crate::analysis::{compare, make, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Annotations, Module, Ref, Rule, SchemaAnnotation, Value};

/// Where schemas come from, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Annotated<'a> {
    /// Whether blocks count at all.
    pub on: bool,
    /// Schemas by name, if there are some.
    pub schemas: Option<&'a Schemas>,
    types: HashMap<String, Type>,
}

impl<'a> Annotated<'a> {
    /// Blocks count if `on`; names in them are those of `schemas`, and mean nothing without.
    pub fn new(on: bool, schemas: Option<&'a Schemas>) -> Self {
        Self {
            on,
            schemas,
            types: HashMap::new(),
        }
    }

    /// The type that an annotation gives; `None` if it names a schema and none were given.
    fn tpe(&mut self, annotation: &SchemaAnnotation) -> Result<Known, String> {
        let Some(name) = &annotation.schema else {
            return match &annotation.definition {
                Some(definition) => of_schema(definition).map(Some),
                None => Ok(None),
            };
        };
        let shown = text::reference(&name.parts);
        if let Some(known) = self.types.get(&shown) {
            return Ok(Some(known.clone()));
        }
        let Some(schemas) = self.schemas else { return Ok(None) };
        let steps = name.parts.iter().skip(1).map(|part| match &part.value {
            Value::String(step) => step.to_string(),
            value => text::value(value),
        });
        let schema = schemas
            .get(&steps.collect::<Vec<_>>())
            .ok_or_else(|| format!("undefined schema: {shown}"))?;
        let tpe = of_schema(schema)?;
        self.types.insert(shown, tpe.clone());
        Ok(Some(tpe))
    }
}

impl Checker<'_> {
    /// Opens a layer with what annotations say about documents in a rule.
    pub(super) fn annotate(&mut self, rule: &Rule, module: &Module) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        if !self.annotated.on {
            return errors;
        }
        let modules = self.rules.modules;
        for annotation in annotations(modules, module, rule) {
            match self.annotated.tpe(annotation) {
                Ok(Some(tpe)) => self.override_document(&annotation.path.parts, tpe),
                Ok(None) => {}
                Err(message) => errors.push(error(Code::Type, rule.span, message)),
            }
        }
        errors
    }

    fn override_document(&mut self, path: &Ref, tpe: Type) {
        let Some(root) = make::root_name(path) else { return };
        let keys: Vec<Value> = path.iter().skip(1).map(|part| part.value.clone()).collect();
        let known = path.get(..1).and_then(|head| self.env.reference(head));
        let tpe = with_override(known.as_ref(), &keys, tpe);
        let mut tree = TypeTree::default();
        tree.put(&[document(root)], Some(tpe));
        self.env.layers.push(Layer::Documents(Rc::new(tree)));
    }
}

/// The schemas that hold for a rule, in their order.
fn annotations<'m>(modules: &'m [Module], module: &'m Module, rule: &Rule) -> Vec<&'m SchemaAnnotation> {
    let package = &module.package.path;
    let mut around: Vec<(usize, &Annotations)> = Vec::new();
    let mut of_package = None;
    let mut of_document = None;
    let mut of_rule = Vec::new();
    let ground = |module: &Module, rule: &Rule| make::ground_prefix(&full_reference(module, rule)).to_vec();
    let path = ground(module, rule);
    for other in modules {
        let other_path = &other.package.path;
        for block in other.annotations.iter().filter(|block| !block.schemas.is_empty()) {
            match block.scope.as_str() {
                "subpackages" if is_prefix(other_path, package) => around.push((other_path.len(), block)),
                "package" if compare::compare_lists(other_path, package).is_eq() => of_package = of_package.or(Some(block)),
                "document" => {
                    let target = other.rules.iter().find(|rule| rule.span.row == block.target_row);
                    if target.is_some_and(|target| compare::compare_lists(&ground(other, target), &path).is_eq()) {
                        of_document = of_document.or(Some(block));
                    }
                }
                "rule" if block.span.file == rule.span.file && block.target_row == rule.span.row => of_rule.push(block),
                _ => {}
            }
        }
    }
    around.sort_by_key(|(length, _)| *length);
    let blocks = around.into_iter().map(|(_, block)| block).chain(of_package).chain(of_document);
    blocks.chain(of_rule).flat_map(|block| &block.schemas).collect()
}

fn is_prefix(prefix: &Ref, path: &Ref) -> bool {
    path.get(..prefix.len())
        .is_some_and(|begin| compare::compare_lists(begin, prefix).is_eq())
}
