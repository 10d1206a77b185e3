//! GraphQL documents. Shapes and names are those of the trees that OPA gives, see `json`; what validation finds out about a node stands in cells of it.

use core::cell::Cell;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pos {
    /// From 1.
    pub line: i64,
    /// From 1; can be less for strings of several lines, which are placed oddly.
    pub column: i64,
    /// The text is the prelude.
    pub prelude: bool,
}

/// Comments above a node, with their `#`.
pub type Comments = Vec<String>;

/// What is asked.
#[derive(Debug, Default)]
pub struct Query {
    /// Operations.
    pub operations: Vec<Operation>,
    /// Fragments.
    pub fragments: Vec<Fragment>,
}

/// Kinds of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Waits.
    Subscription,
    /// Not said, which stands for [`OperationKind::Query`].
    Unsaid,
}

impl OperationKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::Unsaid => "",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Query, Self::Mutation, Self::Subscription, Self::Unsaid]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    pub kind: OperationKind,
    /// Empty where it has none.
    pub name: String,
    pub variables: Vec<Variable>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// A variable of an operation.
#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub ty: Type,
    pub default: Option<Value>,
    pub directives: Vec<Directive>,
    pub pos: Option<Pos>,
    pub comments: Comments,
    /// Some value names it.
    pub used: Cell<bool>,
}

/// A part of what is selected.
#[derive(Debug)]
pub enum Selection {
    /// A field.
    Field(Field),
    /// `...name`.
    Spread(Spread),
    /// `... on type { … }`.
    Inline(Inline),
}

/// A field that is selected.
#[derive(Debug)]
pub struct Field {
    /// The name in the answer; the field's own where no other was given.
    pub alias: String,
    pub name: String,
    pub arguments: Vec<Argument>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub pos: Option<Pos>,
    pub comments: Comments,
    /// The type that it was selected of.
    pub parent: Cell<Option<usize>>,
    /// What it was found to be.
    pub resolved: Cell<Resolved>,
}

/// What a selected field is in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolved {
    /// Nothing that is known, or nobody looked yet.
    #[default]
    Unknown,
    /// `__typename`, which all types have.
    Typename,
    /// A field of a type: the indices of both.
    Of(usize, usize),
}

/// A use of a fragment.
#[derive(Debug)]
pub struct Spread {
    pub name: String,
    pub directives: Vec<Directive>,
    pub pos: Option<Pos>,
    pub comments: Comments,
    /// The fragment, once somebody looked.
    pub fragment: Cell<Option<usize>>,
    /// The type that it was used in.
    pub parent: Cell<Option<usize>>,
}

/// A fragment where it is used.
#[derive(Debug)]
pub struct Inline {
    /// Empty where any type will do.
    pub condition: String,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// A fragment.
#[derive(Debug)]
pub struct Fragment {
    pub name: String,
    pub variables: Vec<Variable>,
    pub condition: String,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// An argument that is given.
#[derive(Debug, Clone)]
pub struct Argument {
    pub name: String,
    pub value: Value,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// `@name(…)`.
#[derive(Debug, Clone)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub pos: Option<Pos>,
}

/// Kinds of values, in the order of the numbers that stand for them in trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `$name`.
    Variable,
    Int,
    Float,
    String,
    Block,
    Boolean,
    Null,
    Enum,
    List,
    Object,
}

impl ValueKind {
    /// All, by their numbers.
    pub const ALL: [Self; 10] = [
        Self::Variable,
        Self::Int,
        Self::Float,
        Self::String,
        Self::Block,
        Self::Boolean,
        Self::Null,
        Self::Enum,
        Self::List,
        Self::Object,
    ];
}

/// A value.
#[derive(Debug, Clone)]
pub struct Value {
    pub kind: ValueKind,
    /// Its text; for variables the name.
    pub raw: String,
    /// Elements, or fields.
    pub children: Vec<Child>,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// An element of a list, which has no name, or a field of an object.
#[derive(Debug, Clone)]
pub struct Child {
    pub name: String,
    pub value: Value,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A named type.
    Named(String),
    /// A list.
    List(Box<Type>),
}

/// A use of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    pub shape: Shape,
    /// `!`.
    pub non_null: bool,
    pub pos: Option<Pos>,
}

impl Type {
    /// The name of the innermost type.
    pub fn name(&self) -> &str {
        let mut ty = self;
        loop {
            match &ty.shape {
                Shape::Named(name) => return name,
                Shape::List(inner) => ty = inner,
            }
        }
    }

    /// What a list is of.
    pub fn element(&self) -> Option<&Type> {
        match &self.shape {
            Shape::Named(_) => None,
            Shape::List(inner) => Some(inner),
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mark = if self.non_null { "!" } else { "" };
        match &self.shape {
            Shape::Named(name) => format!("{name}{mark}"),
            Shape::List(inner) => format!("[{}]{mark}", inner.text()),
        }
    }

    /// Whether a value of this type can stand where the other is wanted, which may be taken as nullable.
    pub fn fits(&self, other: &Type, nullable: bool) -> bool {
        let shapes = match (&self.shape, &other.shape) {
            (Shape::Named(a), Shape::Named(b)) => a == b,
            (Shape::List(a), Shape::List(b)) => a.fits(b, false),
            _ => false,
        };
        shapes && (self.non_null || !other.non_null || nullable)
    }
}

/// What can be asked.
#[derive(Debug, Default)]
pub struct SchemaDocument {
    pub schema: Vec<SchemaDefinition>,
    pub schema_extensions: Vec<SchemaDefinition>,
    pub directives: Vec<DirectiveDefinition>,
    pub definitions: Vec<Definition>,
    pub extensions: Vec<Definition>,
    /// Comments at the end.
    pub comments: Comments,
}

/// A description and the comments around it.
#[derive(Debug, Clone, Default)]
pub struct Described {
    pub text: String,
    /// Before the description.
    pub before: Comments,
    /// Between the description and what is described.
    pub after: Comments,
    /// Before the closing brace.
    pub end: Comments,
}

/// `schema { … }`.
#[derive(Debug)]
pub struct SchemaDefinition {
    pub description: Described,
    pub directives: Vec<Directive>,
    pub operations: Vec<RootOperation>,
    pub pos: Option<Pos>,
}

/// `query: Type`.
#[derive(Debug)]
pub struct RootOperation {
    pub kind: OperationKind,
    pub ty: String,
    pub pos: Option<Pos>,
    pub comments: Comments,
}

/// Kinds of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
}

impl TypeKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Scalar,
        Self::Object,
        Self::Interface,
        Self::Union,
        Self::Enum,
        Self::InputObject,
    ];

    /// Its name in trees and messages, which is also that of the place that directives can stand at.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "SCALAR",
            Self::Object => "OBJECT",
            Self::Interface => "INTERFACE",
            Self::Union => "UNION",
            Self::Enum => "ENUM",
            Self::InputObject => "INPUT_OBJECT",
        }
    }

    /// Nothing can be selected of it.
    pub fn is_leaf(self) -> bool {
        matches!(self, Self::Scalar | Self::Enum)
    }

    /// It stands for several types.
    pub fn is_abstract(self) -> bool {
        matches!(self, Self::Interface | Self::Union)
    }

    /// Things can be selected of it.
    pub fn is_composite(self) -> bool {
        self == Self::Object || self.is_abstract()
    }

    /// It can be that of an argument.
    pub fn is_input(self) -> bool {
        self.is_leaf() || self == Self::InputObject
    }
}

/// A type, or an extension of one.
#[derive(Debug, Clone)]
pub struct Definition {
    pub kind: TypeKind,
    pub description: Described,
    pub name: String,
    pub directives: Vec<Directive>,
    pub interfaces: Vec<String>,
    pub fields: Vec<FieldDefinition>,
    /// The members of a union, each with its place.
    pub members: Vec<(String, Option<Pos>)>,
    pub values: Vec<EnumValue>,
    pub pos: Option<Pos>,
    /// It is of the prelude.
    pub built_in: bool,
}

/// A field of a type, or an argument of a field or directive.
#[derive(Debug, Clone)]
pub struct FieldDefinition {
    pub description: Described,
    pub name: String,
    pub arguments: Vec<FieldDefinition>,
    pub default: Option<Value>,
    pub ty: Type,
    pub directives: Vec<Directive>,
    pub pos: Option<Pos>,
}

/// A value of an enumeration.
#[derive(Debug, Clone)]
pub struct EnumValue {
    pub description: Described,
    pub name: String,
    pub directives: Vec<Directive>,
    pub pos: Option<Pos>,
}

/// A directive that can be used.
#[derive(Debug, Clone)]
pub struct DirectiveDefinition {
    pub description: Described,
    pub name: String,
    pub arguments: Vec<FieldDefinition>,
    pub locations: Vec<String>,
    pub repeatable: bool,
    pub pos: Option<Pos>,
}
