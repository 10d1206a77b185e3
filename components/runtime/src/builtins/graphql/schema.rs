//! Texts of schemas: types, directives, roots, and extensions of them.

use super::ast::{
    Comments, Definition, Described, DirectiveDefinition, EnumValue, FieldDefinition, OperationKind, Pos, RootOperation, SchemaDefinition,
    SchemaDocument, TypeKind,
};
use super::lexer::Kind;
use super::parser::{Parsed, Parser};

/// Where directives can stand.
const LOCATIONS: [&str; 19] = [
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];

/// Parses a schema.
pub fn parse(text: &str, prelude: bool) -> Parsed<SchemaDocument> {
    let mut parser = Parser::new(text, prelude);
    let mut document = SchemaDocument::default();
    while parser.kind() != Kind::Eof {
        let described = matches!(parser.kind(), Kind::BlockString | Kind::String).then(|| (parser.comments(), parser.next()));
        if parser.kind() != Kind::Name {
            return parser.unexpected();
        }
        let description = |after: Comments| match &described {
            Some((before, token)) => Described {
                text: token.value.clone(),
                before: before.clone(),
                after,
                end: Comments::new(),
            },
            None => Described {
                after,
                ..Described::default()
            },
        };
        let comments = parser.comments();
        let word = parser.text().to_owned();
        match word.as_str() {
            "schema" => {
                parser.next();
                document.schema.push(parser.schema_definition(description(comments))?);
            }
            "directive" => {
                parser.next();
                document.directives.push(parser.directive_definition(description(comments))?);
            }
            "extend" => {
                if let Some((_, token)) = described.as_ref().filter(|(_, token)| !token.value.is_empty()) {
                    return Parser::unexpected_token(token);
                }
                parser.next();
                parser.extension(comments, &mut document)?;
            }
            _ => {
                let Some(kind) = type_kind(&word) else {
                    return parser.unexpected();
                };
                parser.next();
                let mut definition = parser.definition(kind, description(comments), true)?;
                definition.built_in = prelude;
                document.definitions.push(definition);
            }
        }
    }
    document.comments = parser.comments();
    Ok(document)
}

/// The kind of type that a word introduces.
fn type_kind(word: &str) -> Option<TypeKind> {
    Some(match word {
        "scalar" => TypeKind::Scalar,
        "type" => TypeKind::Object,
        "interface" => TypeKind::Interface,
        "union" => TypeKind::Union,
        "enum" => TypeKind::Enum,
        "input" => TypeKind::InputObject,
        _ => return None,
    })
}

impl Parser<'_> {
    /// Behind `schema`.
    fn schema_definition(&mut self, mut description: Described) -> Parsed<SchemaDefinition> {
        let pos = self.pos();
        let directives = self.directives(true)?;
        let (operations, end) = self.some(Kind::BraceL, Kind::BraceR, Self::root_operation)?;
        description.end = end;
        Ok(SchemaDefinition {
            description,
            directives,
            operations,
            pos,
        })
    }

    fn root_operation(&mut self) -> Parsed<RootOperation> {
        let (pos, comments) = (self.pos(), self.comments());
        let word = self.next();
        let kind = OperationKind::of(&word.value).filter(|kind| *kind != OperationKind::Unsaid);
        let Some(kind) = kind else {
            return Self::unexpected_token(&word);
        };
        self.expect(Kind::Colon)?;
        Ok(RootOperation {
            kind,
            ty: self.name()?,
            pos,
            comments,
        })
    }

    /// Behind the word for the kind of type. Extensions of interfaces cannot name further interfaces.
    fn definition(&mut self, kind: TypeKind, mut description: Described, is_base: bool) -> Parsed<Definition> {
        let pos = self.pos();
        let name = self.name()?;
        let implements = kind == TypeKind::Object || kind == TypeKind::Interface && is_base;
        let interfaces = if implements { self.interfaces()? } else { Vec::new() };
        let directives = self.directives(is_base || kind != TypeKind::InputObject)?;
        let (mut fields, mut members, mut values) = (Vec::new(), Vec::new(), Vec::new());
        match kind {
            TypeKind::Scalar => {}
            TypeKind::Object | TypeKind::Interface => {
                (fields, description.end) = self.some(Kind::BraceL, Kind::BraceR, Self::field_definition)?
            }
            TypeKind::Union => members = self.members()?,
            TypeKind::Enum => (values, description.end) = self.some(Kind::BraceL, Kind::BraceR, Self::enum_value)?,
            TypeKind::InputObject => (fields, description.end) = self.some(Kind::BraceL, Kind::BraceR, Self::input_value)?,
        }
        Ok(Definition {
            kind,
            description,
            name,
            directives,
            interfaces,
            fields,
            members,
            values,
            pos,
            built_in: false,
        })
    }

    /// Behind `extend`.
    fn extension(&mut self, after: Comments, document: &mut SchemaDocument) -> Parsed<()> {
        let description = Described {
            after,
            ..Described::default()
        };
        if self.text() == "schema" {
            self.expect_word("schema")?;
            let schema = self.schema_definition(description)?;
            if schema.directives.is_empty() && schema.operations.is_empty() {
                return self.unexpected();
            }
            document.schema_extensions.push(schema);
            return Ok(());
        }
        let word = self.text().to_owned();
        let Some(kind) = type_kind(&word) else {
            return self.unexpected();
        };
        self.expect_word(&word)?;
        let extension = self.definition(kind, description, false)?;
        if extension.directives.is_empty()
            && extension.interfaces.is_empty()
            && extension.fields.is_empty()
            && extension.members.is_empty()
            && extension.values.is_empty()
        {
            return self.unexpected();
        }
        document.extensions.push(extension);
        Ok(())
    }

    fn interfaces(&mut self) -> Parsed<Vec<String>> {
        let mut names = Vec::new();
        if self.text() == "implements" {
            self.next();
            self.skip(Kind::Amp);
            names.push(self.name()?);
            while self.skip(Kind::Amp) {
                names.push(self.name()?);
            }
        }
        Ok(names)
    }

    fn members(&mut self) -> Parsed<Vec<(String, Option<Pos>)>> {
        let mut members = Vec::new();
        if self.skip(Kind::Equals) {
            self.skip(Kind::Pipe);
            loop {
                let pos = self.pos();
                members.push((self.name()?, pos));
                if !self.skip(Kind::Pipe) {
                    break;
                }
            }
        }
        Ok(members)
    }

    /// A description, if there is one, and the comments around it.
    fn description(&mut self) -> Described {
        let mut description = Described::default();
        if matches!(self.kind(), Kind::BlockString | Kind::String) {
            let comments = self.comments();
            description.text = self.next().value;
            if !description.text.is_empty() {
                description.before = comments;
            }
        }
        description.after = self.comments();
        description
    }

    fn field_definition(&mut self) -> Parsed<FieldDefinition> {
        let description = self.description();
        let pos = self.pos();
        let name = self.name()?;
        let arguments = self.argument_definitions()?;
        self.expect(Kind::Colon)?;
        Ok(FieldDefinition {
            description,
            name,
            arguments,
            default: None,
            ty: self.ty()?,
            directives: self.directives(true)?,
            pos,
        })
    }

    fn argument_definitions(&mut self) -> Parsed<Vec<FieldDefinition>> {
        Ok(self.some(Kind::ParenL, Kind::ParenR, Self::input_value)?.0)
    }

    fn input_value(&mut self) -> Parsed<FieldDefinition> {
        let description = self.description();
        let pos = self.pos();
        let name = self.name()?;
        self.expect(Kind::Colon)?;
        let ty = self.ty()?;
        let default = if self.skip(Kind::Equals) { Some(self.value(true)?) } else { None };
        Ok(FieldDefinition {
            description,
            name,
            arguments: Vec::new(),
            default,
            ty,
            directives: self.directives(true)?,
            pos,
        })
    }

    fn enum_value(&mut self) -> Parsed<EnumValue> {
        let description = self.description();
        let pos = self.pos();
        Ok(EnumValue {
            description,
            name: self.name()?,
            directives: self.directives(true)?,
            pos,
        })
    }

    /// Behind `directive`.
    fn directive_definition(&mut self, description: Described) -> Parsed<DirectiveDefinition> {
        self.expect(Kind::At)?;
        let pos = self.pos();
        let name = self.name()?;
        let arguments = self.argument_definitions()?;
        let repeatable = self.at_word("repeatable");
        if repeatable {
            self.next();
        }
        self.expect_word("on")?;
        self.skip(Kind::Pipe);
        let mut locations = Vec::new();
        loop {
            let location = self.expect(Kind::Name)?;
            if !LOCATIONS.contains(&location.value.as_str()) {
                return Self::unexpected_token(&location);
            }
            locations.push(location.value);
            if !self.skip(Kind::Pipe) {
                break;
            }
        }
        Ok(DirectiveDefinition {
            description,
            name,
            arguments,
            locations,
            repeatable,
            pos,
        })
    }
}
