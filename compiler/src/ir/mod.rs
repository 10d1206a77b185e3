//! OPA's intermediate representation: the plan format of `opa build -t plan`, statement by statement, with its names and its JSON.
//!
//! The planner makes it, `crate::optimise` and `crate::codegen` read it, and plans that OPA wrote come in here. What a statement
//! means is told at each; the source is OPA's documentation of the format ("IR") and its behaviour. It knows nothing of Rego's syntax
//! and nothing of Wasm.

mod json;

use serde::{Deserialize, Serialize};

/// A planned policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Strings, built-ins and file names that statements refer to by index.
    #[serde(rename = "static", default)]
    pub statics: Static,
    /// The entrypoints.
    #[serde(default)]
    pub plans: Plans,
    /// The functions: rules and user functions.
    #[serde(default)]
    pub funcs: Funcs,
    /// The paths below `data` of all rules, those that no plan reaches among them. Not part of the format; of a plan that was read, only the paths of
    /// its functions are known.
    #[serde(skip)]
    pub rules: Vec<Vec<String>>,
}

/// The static part of a policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Static {
    /// String constants.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::null_as_empty")]
    pub strings: Vec<StringConst>,
    /// Built-ins that the policy calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::null_as_empty")]
    pub builtin_funcs: Vec<BuiltinFunc>,
    /// Names of source files, for locations.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::null_as_empty")]
    pub files: Vec<StringConst>,
}

/// A string constant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringConst {
    /// The text.
    pub value: String,
}

/// A built-in function that the policy calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuiltinFunc {
    /// OPA's name, e.g. `io.jwt.decode`.
    pub name: String,
    /// Its declaration in OPA's JSON form of types (`args`, `result`, `variadic`, `type`).
    #[serde(default)]
    pub decl: serde_json::Value,
}

/// The entrypoints of a policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plans {
    /// In the order in which they were asked for.
    #[serde(default, deserialize_with = "json::null_as_empty")]
    pub plans: Vec<Plan>,
}

/// An entrypoint: its blocks run in order and add to the result set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The entrypoint, e.g. `system/main`.
    pub name: String,
    /// Run one after the other.
    #[serde(deserialize_with = "json::null_as_empty")]
    pub blocks: Vec<Block>,
}

/// The functions of a policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Funcs {
    /// In any order.
    #[serde(default, deserialize_with = "json::null_as_empty")]
    pub funcs: Vec<Func>,
}

/// A function. The first two parameters are always `input` and `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Func {
    /// Unique name, e.g. `g0.data.a.b`.
    pub name: String,
    /// The parameters.
    pub params: Vec<Local>,
    /// How many of the parameters behind the first two are no arguments, but values that `with` put in place of functions. Not part of the format.
    #[serde(skip)]
    pub replaced: u32,
    /// The local that holds the result.
    #[serde(rename = "return")]
    pub result: Local,
    /// Run in order until one returns.
    #[serde(deserialize_with = "json::null_as_empty")]
    pub blocks: Vec<Block>,
    /// Where dynamic calls find it, e.g. `["g0", "a", "b"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::null_as_empty")]
    pub path: Vec<String>,
}

/// Statements in order; the first one that is undefined ends the block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
}

/// A local of a function. 0 is `input`, 1 is `data`.
pub type Local = u32;

/// The local that holds `input`.
pub const INPUT: Local = 0;
/// The local that holds `data`.
pub const DATA: Local = 1;

/// What a statement reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Operand {
    /// A local.
    Local(Local),
    /// A string constant: an index into [`Static::strings`].
    StringIndex(u32),
    /// A boolean.
    Bool(bool),
}

/// A place in a source file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// An index into [`Static::files`].
    pub file: u32,
    /// 1-based column.
    pub col: u32,
    /// 1-based row.
    pub row: u32,
    /// Column behind the end.
    pub end_col: u32,
    /// Row of the end.
    pub end_row: u32,
}

/// A statement with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// What it does.
    pub op: Op,
    /// Where it comes from.
    pub location: Location,
}

/// The statements. "Undefined" means: the enclosing block ends here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "stmt")]
#[allow(missing_docs, reason = "the fields are those of the plan format and named as there")]
pub enum Op {
    /// Append to an array.
    #[serde(rename = "ArrayAppendStmt")]
    ArrayAppend { value: Operand, array: Local },
    /// Set a local to an integer.
    #[serde(rename = "AssignIntStmt")]
    AssignInt { value: i64, target: Local },
    /// Set a local unless it holds another value already: that is a conflict (`eval_conflict_error`).
    #[serde(rename = "AssignVarOnceStmt")]
    AssignVarOnce { source: Operand, target: Local },
    /// Set a local.
    #[serde(rename = "AssignVarStmt")]
    AssignVar { source: Operand, target: Local },
    /// Run blocks in order; a block that is undefined does not end the statement.
    #[serde(rename = "BlockStmt")]
    Block {
        #[serde(deserialize_with = "json::null_as_empty")]
        blocks: Vec<Block>,
    },
    /// Leave `index + 1` enclosing blocks (0: the one the statement stands in). The body of a scan is one block: leaving it goes on with
    /// the next element, leaving more ends the scan too.
    #[serde(rename = "BreakStmt")]
    Break { index: u32 },
    /// Call the function at a path under the virtual documents that is known only now. Where none stands there the statement is undefined
    /// (and the plan goes on with base documents); where its result is undefined, three more blocks are left.
    #[serde(rename = "CallDynamicStmt")]
    CallDynamic {
        #[serde(deserialize_with = "json::null_as_empty")]
        args: Vec<Local>,
        result: Local,
        #[serde(deserialize_with = "json::null_as_empty")]
        path: Vec<Operand>,
    },
    /// Call a function or a built-in; undefined if the result is.
    #[serde(rename = "CallStmt")]
    Call {
        func: String,
        #[serde(deserialize_with = "json::null_as_empty")]
        args: Vec<Operand>,
        result: Local,
    },
    /// Look a key up; undefined if it is missing or the source is no collection.
    #[serde(rename = "DotStmt")]
    Dot { source: Operand, key: Operand, target: Local },
    /// Undefined unless both are equal.
    #[serde(rename = "EqualStmt")]
    Equal { a: Operand, b: Operand },
    /// Undefined unless an array.
    #[serde(rename = "IsArrayStmt")]
    IsArray { source: Operand },
    /// Undefined unless the local is set.
    #[serde(rename = "IsDefinedStmt")]
    IsDefined { source: Local },
    /// Undefined unless an object.
    #[serde(rename = "IsObjectStmt")]
    IsObject { source: Operand },
    /// Undefined unless a set.
    #[serde(rename = "IsSetStmt")]
    IsSet { source: Operand },
    /// Undefined if the local is set.
    #[serde(rename = "IsUndefinedStmt")]
    IsUndefined { source: Local },
    /// The number of elements.
    #[serde(rename = "LenStmt")]
    Len { source: Operand, target: Local },
    /// A new array.
    #[serde(rename = "MakeArrayStmt")]
    MakeArray { capacity: i32, target: Local },
    /// `null`.
    #[serde(rename = "MakeNullStmt")]
    MakeNull { target: Local },
    /// An integer.
    #[serde(rename = "MakeNumberIntStmt")]
    MakeNumberInt { value: i64, target: Local },
    /// A number from its text, an index into [`Static::strings`].
    #[serde(rename = "MakeNumberRefStmt")]
    MakeNumberRef {
        #[serde(rename = "Index")]
        index: u32,
        target: Local,
    },
    /// A new object.
    #[serde(rename = "MakeObjectStmt")]
    MakeObject { target: Local },
    /// A new set.
    #[serde(rename = "MakeSetStmt")]
    MakeSet { target: Local },
    /// Nothing.
    #[serde(rename = "NopStmt")]
    Nop {},
    /// Undefined unless both differ.
    #[serde(rename = "NotEqualStmt")]
    NotEqual { a: Operand, b: Operand },
    /// Undefined unless the block is.
    #[serde(rename = "NotStmt")]
    Not { block: Block },
    /// Insert into an object unless it holds another value for the key: that is a conflict (`eval_conflict_error`).
    #[serde(rename = "ObjectInsertOnceStmt")]
    ObjectInsertOnce { key: Operand, value: Operand, object: Local },
    /// Insert into an object.
    #[serde(rename = "ObjectInsertStmt")]
    ObjectInsert { key: Operand, value: Operand, object: Local },
    /// Merge objects deeply; `a` wins.
    #[serde(rename = "ObjectMergeStmt")]
    ObjectMerge { a: Local, b: Local, target: Local },
    /// Unset a local.
    #[serde(rename = "ResetLocalStmt")]
    ResetLocal { target: Local },
    /// Add to the result set of a plan.
    #[serde(rename = "ResultSetAddStmt")]
    ResultSetAdd { value: Local },
    /// Return from a function.
    #[serde(rename = "ReturnLocalStmt")]
    ReturnLocal { source: Local },
    /// Run the block for each element of a collection (nothing else is iterated).
    #[serde(rename = "ScanStmt")]
    Scan {
        source: Local,
        key: Local,
        value: Local,
        block: Block,
    },
    /// Add to a set.
    #[serde(rename = "SetAddStmt")]
    SetAdd { value: Operand, set: Local },
    /// Run the block with the local replaced (at a path below it: indices of [`Static::strings`]); undefined if the block is.
    #[serde(rename = "WithStmt")]
    With {
        local: Local,
        #[serde(deserialize_with = "json::null_as_empty")]
        path: Vec<u32>,
        value: Operand,
        block: Block,
    },
}
