//! A schema's document to its compiled form. Keywords are looked at in a fixed order, and the first that is wrong is what the message is about; its words
//! are those of the library that OPA uses.
//!
//! This file goes through the keywords that hold schemas; `limits` reads those that hold plain values.

use super::limits;
use super::model::{Dependency, Draft, Id, Others, Schema, Subschema};
use super::pool::{Message, Pool, Reference, draft_of};
use crate::builtins::tree::Tree;
use std::collections::BTreeMap;

/// How deep schemas may stand in schemas.
const DEPTH_MAX: u32 = 200;
/// How many subschemas there may be.
const PARTS_MAX: usize = 100_000;

/// What is said of schemas beyond these limits.
pub const TOO_DEEP: &str = "schema is nested too deeply";
pub const TOO_LARGE: &str = "schema is too large";

/// What messages call a schema.
pub(super) const A_SCHEMA: &str = "Valid Schema";

/// `Invalid type. Expected: …, given: …`
pub(super) fn invalid_type<T>(expected: &str, given: &str) -> Result<T, Message> {
    Err(["Invalid type. Expected: ", expected, ", given: ", given].concat())
}

/// `… must be of type …`
fn of_type<T>(key: &str, kind: &str) -> Result<T, Message> {
    Err([key, " must be of type ", kind].concat())
}

struct Compiler {
    schema: Schema,
    pool: Pool,
    /// Subschemas that references lead to, by the reference's text.
    references: BTreeMap<Box<str>, Id>,
    depth: u32,
}

/// Compiles a schema.
pub fn compile(document: Tree) -> Result<Schema, Message> {
    let mut compiler = Compiler {
        schema: Schema::default(),
        pool: Pool::default(),
        references: BTreeMap::new(),
        depth: 0,
    };
    let whole = compiler.pool.add(document, &Reference::parse("")?)?;
    let draft = draft_of(whole.tree())?.unwrap_or(Draft::Hybrid);
    let root = compiler.new_part()?;
    compiler.part(whole.tree(), root, draft)?;
    Ok(compiler.schema)
}

/// Whether a document can be a schema.
fn may_be_schema(tree: &Tree) -> bool {
    matches!(tree, Tree::Boolean(_) | Tree::Object(_))
}

/// The string of a keyword.
pub(super) fn string<'a>(document: &'a Tree, key: &str) -> Result<Option<&'a str>, Message> {
    match document.get(key) {
        None => Ok(None),
        Some(Tree::String(text)) => Ok(Some(text)),
        Some(_) => invalid_type("string", key),
    }
}

/// The elements of a keyword.
pub(super) fn list<'a>(document: &'a Tree, key: &str) -> Result<Option<&'a [Tree]>, Message> {
    match document.get(key) {
        None => Ok(None),
        Some(Tree::Array(elements)) => Ok(Some(elements)),
        Some(_) => Err([key, " must be of an array"].concat()),
    }
}

impl Compiler {
    fn new_part(&mut self) -> Result<Id, Message> {
        if self.schema.parts.len() >= PARTS_MAX {
            return Err(TOO_LARGE.to_owned());
        }
        self.schema.parts.push(Subschema::default());
        Ok(self.schema.parts.len() - 1)
    }

    fn set(&mut self, id: Id, change: impl FnOnce(&mut Subschema)) {
        if let Some(part) = self.schema.parts.get_mut(id) {
            change(part);
        }
    }

    /// Compiles a schema into a new part.
    fn child(&mut self, document: &Tree, draft: Draft) -> Result<Id, Message> {
        let id = self.new_part()?;
        self.part(document, id, draft)?;
        Ok(id)
    }

    /// Compiles a schema into a part.
    fn part(&mut self, document: &Tree, id: Id, draft: Draft) -> Result<(), Message> {
        if self.depth >= DEPTH_MAX {
            return Err(TOO_DEEP.to_owned());
        }
        self.depth += 1;
        let result = self.keywords(document, id, draft);
        self.depth -= 1;
        result
    }

    fn keywords(&mut self, document: &Tree, id: Id, draft: Draft) -> Result<(), Message> {
        if draft >= Draft::Six
            && let Tree::Boolean(pass) = document
        {
            self.set(id, |part| part.pass = Some(*pass));
            return Ok(());
        }
        let Some(pairs) = document.as_object() else {
            return Err(["Expected: ", A_SCHEMA, ", given: Invalid JSON"].concat());
        };
        let has = |key: &str| pairs.binary_search_by(|(other, _)| (**other).cmp(key)).is_ok();
        let id_key = match draft {
            Draft::Four => "id",
            Draft::Hybrid if has("id") => "id",
            _ => "$id",
        };
        if let Some(text) = string(document, id_key)? {
            Reference::parse(text)?;
        }
        self.definitions(document, draft)?;
        string(document, "title")?;
        string(document, "description")?;
        if let Some(target) = string(document, "$ref")? {
            let reference = Reference::parse(target)?;
            let target = match self.references.get(&reference.key()) {
                Some(target) => *target,
                None => return self.follow(&reference, id, draft),
            };
            self.set(id, |part| part.reference = Some(target));
        }
        let mut part = Subschema {
            types: limits::types(document)?,
            ..Subschema::default()
        };
        self.of_objects(document, draft, &mut part)?;
        self.of_arrays(document, draft, &mut part)?;
        limits::numbers(document, draft, &mut part)?;
        limits::strings(document, &mut part)?;
        limits::objects(document, &mut part)?;
        limits::arrays(document, &mut part)?;
        if draft >= Draft::Six
            && let Some(contains) = document.get("contains")
        {
            part.contains = Some(self.child(contains, draft)?);
        }
        limits::values(document, draft, &mut part)?;
        for (key, list_of) in [
            ("oneOf", &mut part.one_of),
            ("anyOf", &mut part.any_of),
            ("allOf", &mut part.all_of),
        ] {
            for alternative in list(document, key)?.unwrap_or_default() {
                list_of.push(self.child(alternative, draft)?);
            }
        }
        part.not = self.single(document, "not", draft)?;
        if draft >= Draft::Seven {
            part.condition = self.single(document, "if", draft)?;
            part.consequence = self.single(document, "then", draft)?;
            part.alternative = self.single(document, "else", draft)?;
        }
        self.set(id, |place| {
            part.reference = place.reference;
            *place = part;
        });
        Ok(())
    }

    /// The schema of a keyword such as `not`.
    fn single(&mut self, document: &Tree, key: &str, draft: Draft) -> Result<Option<Id>, Message> {
        match document.get(key) {
            None => Ok(None),
            Some(inner) if may_be_schema(inner) => self.child(inner, draft).map(Some),
            Some(_) => Err([key, " must be of an object"].concat()),
        }
    }

    /// Definitions are checked, and compiled again where somebody refers to them.
    fn definitions(&mut self, document: &Tree, draft: Draft) -> Result<(), Message> {
        let Some(definitions) = document.get("definitions") else {
            return Ok(());
        };
        let Some(pairs) = definitions.as_object() else {
            return invalid_type("Array Of Schemas", "definitions");
        };
        for (_, definition) in pairs {
            if !may_be_schema(definition) {
                return invalid_type("Array Of Schemas", "definitions");
            }
            self.child(definition, draft)?;
        }
        Ok(())
    }

    /// Compiles what a reference leads to, once.
    fn follow(&mut self, reference: &Reference, id: Id, draft: Draft) -> Result<(), Message> {
        let target = self.new_part()?;
        self.references.insert(reference.key(), target);
        let place = self.pool.find(reference)?;
        if !may_be_schema(place.tree()) {
            return of_type(A_SCHEMA, "object");
        }
        self.part(place.tree(), target, place.draft.unwrap_or(draft))?;
        self.set(id, |part| part.reference = Some(target));
        Ok(())
    }

    fn of_objects(&mut self, document: &Tree, draft: Draft, part: &mut Subschema) -> Result<(), Message> {
        if let Some(properties) = document.get("properties") {
            let Some(pairs) = properties.as_object() else {
                return of_type("Properties", "object");
            };
            for (name, property) in pairs {
                part.properties.push((name.clone(), self.child(property, draft)?));
            }
        }
        part.additional_properties = self.others(document, "additionalProperties", draft)?;
        match document.get("patternProperties") {
            None => {}
            Some(Tree::Object(pairs)) => {
                for (pattern, property) in pairs {
                    let Some(regex) = limits::regex(pattern) else {
                        return Err(["Invalid regex pattern '", pattern, "'"].concat());
                    };
                    part.pattern_properties.push((regex, self.child(property, draft)?));
                }
            }
            Some(_) => return invalid_type(A_SCHEMA, "patternProperties"),
        }
        if draft >= Draft::Six
            && let Some(names) = document.get("propertyNames")
        {
            if !may_be_schema(names) {
                return invalid_type(A_SCHEMA, "patternProperties");
            }
            part.property_names = Some(self.child(names, draft)?);
        }
        self.dependencies(document, draft, part)
    }

    fn dependencies(&mut self, document: &Tree, draft: Draft, part: &mut Subschema) -> Result<(), Message> {
        let wrong = || of_type("Dependency", "Schema Or Array Of Strings");
        let Some(dependencies) = document.get("dependencies") else {
            return Ok(());
        };
        let Some(pairs) = dependencies.as_object() else {
            return of_type("dependencies", "object");
        };
        for (name, dependency) in pairs {
            let dependency = match dependency {
                Tree::Array(keys) => {
                    let keys = keys
                        .iter()
                        .map(|key| key.as_str().map(Box::from))
                        .collect::<Option<Vec<Box<str>>>>();
                    match keys {
                        Some(keys) => Dependency::Keys(keys),
                        None => return wrong(),
                    }
                }
                schema if may_be_schema(schema) => Dependency::Fits(self.child(schema, draft)?),
                _ => return wrong(),
            };
            part.dependencies.push((name.clone(), dependency));
        }
        Ok(())
    }

    fn of_arrays(&mut self, document: &Tree, draft: Draft, part: &mut Subschema) -> Result<(), Message> {
        let wrong = || invalid_type("Valid Schema/Array Of Schemas", "items");
        match document.get("items") {
            None => {}
            Some(Tree::Array(schemas)) => {
                for schema in schemas {
                    if !may_be_schema(schema) {
                        return wrong();
                    }
                    part.items.push(self.child(schema, draft)?);
                }
            }
            Some(schema) if may_be_schema(schema) => {
                part.items.push(self.child(schema, draft)?);
                part.same_items = true;
            }
            Some(_) => return wrong(),
        }
        part.additional_items = self.others(document, "additionalItems", draft)?;
        Ok(())
    }

    fn others(&mut self, document: &Tree, key: &str, draft: Draft) -> Result<Option<Others>, Message> {
        Ok(match document.get(key) {
            None => None,
            Some(Tree::Boolean(all)) => Some(Others::All(*all)),
            Some(schema @ Tree::Object(_)) => Some(Others::Fitting(self.child(schema, draft)?)),
            Some(_) => return invalid_type("boolean/Valid Schema", key),
        })
    }
}
