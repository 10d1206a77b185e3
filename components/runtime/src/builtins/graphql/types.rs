//! The schema that queries are held against: types and directives by name, the roots, and which types stand for which. What makes a schema valid is
//! checked in `checks`.

use std::collections::{BTreeMap, HashMap};

use super::ast::{
    Definition, Described, Directive, DirectiveDefinition, FieldDefinition, OperationKind, Pos, Resolved, SchemaDefinition, SchemaDocument,
    Shape, Type, TypeKind,
};
use super::report::{Finding, Refusal};
use super::{checks, prelude};

/// Directives that a schema may define although they are there already.
const REDEFINABLE: [&str; 6] = ["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"];

/// A valid schema.
pub struct Schema {
    definitions: Vec<Definition>,
    /// Indices of definitions, in the order of their names.
    by_name: BTreeMap<String, usize>,
    directives: BTreeMap<String, DirectiveDefinition>,
    /// For each abstract type, and for each object itself, the types it stands for.
    possible: HashMap<String, Vec<usize>>,
    query: Option<usize>,
    mutation: Option<usize>,
    subscription: Option<usize>,
    /// `__typename`.
    typename: FieldDefinition,
}

impl Schema {
    /// The schema of a document, with the prelude.
    pub fn new(document: SchemaDocument) -> Result<Self, Refusal> {
        let mut all = prelude::document()?;
        all.schema.extend(document.schema);
        all.schema_extensions.extend(document.schema_extensions);
        all.directives.extend(document.directives);
        all.definitions.extend(document.definitions);
        all.extensions.extend(document.extensions);
        Self::build(all).map_err(Refusal::Schema)
    }

    fn build(document: SchemaDocument) -> Result<Self, Finding> {
        let mut schema = Self {
            definitions: Vec::new(),
            by_name: BTreeMap::new(),
            directives: BTreeMap::new(),
            possible: HashMap::new(),
            query: None,
            mutation: None,
            subscription: None,
            typename: introspection("__typename", "String", false),
        };
        for definition in document.definitions {
            schema.add(definition)?;
        }
        for extension in document.extensions {
            schema.extend(extension)?;
        }
        schema.find_possible_types();
        for directive in document.directives {
            if schema.directives.contains_key(&directive.name) && !REDEFINABLE.contains(&directive.name.as_str()) {
                return refuse(directive.pos, format!("Cannot redeclare directive {}.", directive.name));
            }
            schema.directives.insert(directive.name.clone(), directive);
        }
        if let Some(second) = document.schema.get(1) {
            return refuse(
                second.pos,
                "Cannot have multiple schema entry points, consider schema extensions instead.".to_owned(),
            );
        }
        for roots in document.schema.iter().chain(&document.schema_extensions) {
            schema.set_roots(roots)?;
        }
        checks::check(&schema)?;
        if document.schema.is_empty() {
            for kind in [OperationKind::Query, OperationKind::Mutation, OperationKind::Subscription] {
                let name = match kind {
                    OperationKind::Mutation => "Mutation",
                    OperationKind::Subscription => "Subscription",
                    _ => "Query",
                };
                if schema.root(kind).is_none() {
                    *schema.root_mut(kind) = schema.index(name);
                }
            }
        }
        if let Some(query) = schema.query.and_then(|query| schema.definitions.get_mut(query)) {
            query.fields.push(introspection("__schema", "__Schema", true));
            let mut by_name = introspection("__type", "__Type", false);
            by_name.arguments.push(introspection("name", "String", true));
            query.fields.push(by_name);
        }
        Ok(schema)
    }

    fn add(&mut self, definition: Definition) -> Result<(), Finding> {
        if self.by_name.contains_key(&definition.name) {
            return refuse(definition.pos, format!("Cannot redeclare type {}.", definition.name));
        }
        self.by_name.insert(definition.name.clone(), self.definitions.len());
        self.definitions.push(definition);
        Ok(())
    }

    /// What is extended need not be there.
    fn extend(&mut self, extension: Definition) -> Result<(), Finding> {
        if self.index(&extension.name).is_none() {
            self.add(Definition {
                kind: extension.kind,
                description: Described::default(),
                name: extension.name.clone(),
                directives: Vec::new(),
                interfaces: Vec::new(),
                fields: Vec::new(),
                members: Vec::new(),
                values: Vec::new(),
                pos: extension.pos,
                built_in: false,
            })?;
        }
        let Some(base) = self.index(&extension.name).and_then(|index| self.definitions.get_mut(index)) else {
            return Ok(());
        };
        if base.kind != extension.kind {
            let (name, base, kind) = (&extension.name, base.kind.name(), extension.kind.name());
            return refuse(
                extension.pos,
                format!("Cannot extend type {name} because the base type is a {base}, not {kind}."),
            );
        }
        base.directives.extend(extension.directives);
        base.interfaces.extend(extension.interfaces);
        base.fields.extend(extension.fields);
        base.members.extend(extension.members);
        base.values.extend(extension.values);
        Ok(())
    }

    fn find_possible_types(&mut self) {
        for (index, definition) in self.definitions.iter().enumerate() {
            if definition.kind == TypeKind::Union {
                let members = definition.members.iter().filter_map(|(name, _)| self.by_name.get(name));
                self.possible.entry(definition.name.clone()).or_default().extend(members);
                continue;
            }
            for interface in &definition.interfaces {
                self.possible.entry(interface.clone()).or_default().push(index);
            }
            if matches!(definition.kind, TypeKind::Object | TypeKind::InputObject) {
                self.possible.entry(definition.name.clone()).or_default().push(index);
            }
        }
    }

    fn set_roots(&mut self, roots: &SchemaDefinition) -> Result<(), Finding> {
        for root in &roots.operations {
            let Some(index) = self.index(&root.ty) else {
                let (kind, ty) = (root.kind.word(), &root.ty);
                return refuse(root.pos, format!("Schema root {kind} refers to a type {ty} that does not exist."));
            };
            *self.root_mut(root.kind) = Some(index);
        }
        checks::directives(self, &roots.directives, "SCHEMA", None, true)
    }

    fn root_mut(&mut self, kind: OperationKind) -> &mut Option<usize> {
        match kind {
            OperationKind::Query | OperationKind::Unsaid => &mut self.query,
            OperationKind::Mutation => &mut self.mutation,
            OperationKind::Subscription => &mut self.subscription,
        }
    }

    /// The type that an operation selects from.
    pub fn root(&self, kind: OperationKind) -> Option<usize> {
        match kind {
            OperationKind::Query | OperationKind::Unsaid => self.query,
            OperationKind::Mutation => self.mutation,
            OperationKind::Subscription => self.subscription,
        }
    }

    /// The index of a type.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The type of that index.
    pub fn get(&self, index: Option<usize>) -> Option<&Definition> {
        self.definitions.get(index?)
    }

    /// The type of that name.
    pub fn find(&self, name: &str) -> Option<&Definition> {
        self.get(self.index(name))
    }

    /// All types, by name.
    pub fn types(&self) -> impl Iterator<Item = &Definition> {
        self.by_name.values().filter_map(|index| self.definitions.get(*index))
    }

    /// All directives, by name.
    pub fn directives(&self) -> impl Iterator<Item = &DirectiveDefinition> {
        self.directives.values()
    }

    /// The directive of that name.
    pub fn directive(&self, name: &str) -> Option<&DirectiveDefinition> {
        self.directives.get(name)
    }

    /// The types that a type stands for.
    pub fn possible(&self, name: &str) -> impl Iterator<Item = &Definition> {
        let indices = self.possible.get(name).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|index| self.definitions.get(*index))
    }

    /// The field that a selected field is.
    pub fn field(&self, resolved: Resolved) -> Option<&FieldDefinition> {
        match resolved {
            Resolved::Unknown => None,
            Resolved::Typename => Some(&self.typename),
            Resolved::Of(ty, field) => self.definitions.get(ty)?.fields.get(field),
        }
    }
}

/// A field that no text defines.
fn introspection(name: &str, ty: &str, non_null: bool) -> FieldDefinition {
    FieldDefinition {
        description: Described::default(),
        name: name.to_owned(),
        arguments: Vec::new(),
        default: None,
        ty: Type {
            shape: Shape::Named(ty.to_owned()),
            non_null,
            pos: None,
        },
        directives: Vec::new(),
        pos: None,
    }
}

/// The one of that name.
pub fn named<'a>(fields: &'a [FieldDefinition], name: &str) -> Option<&'a FieldDefinition> {
    fields.iter().find(|field| field.name == name)
}

/// Whether a directive of that name is among them.
pub fn has_directive(directives: &[Directive], name: &str) -> bool {
    directives.iter().any(|directive| directive.name == name)
}

/// An error in a schema.
pub fn refuse<T>(pos: Option<Pos>, message: String) -> Result<T, Finding> {
    Err(Finding::new(message, pos))
}
