//! Texts in, trees or messages out, with OPA's answers.

use super::report::{Refusal, TOO_COMPLEX, TOO_DEEP};
use super::types::Schema;
use super::{json, query, schema, walk};

const SCHEMA: &str = "
type Query { me: User users(first: Int = 10, filter: Filter): [User!]! pet: Pet node(id: ID!): Node }
interface Node { id: ID! }
type User implements Node { id: ID! name: String age: Int friends: [User] role: Role }
enum Role { ADMIN DEV }
input Filter { name: String ids: [ID!] role: Role }
type Cat { name: String lives: Int }
type Dog { name: Int barks: Boolean! }
union Pet = Cat | Dog
directive @mark on FIELD
";

fn validated(text: &str) -> Result<(), Refusal> {
    let query = query::parse(text)?;
    walk::validate(&Schema::new(schema::parse(SCHEMA, false)?)?, &query)
}

fn message(outcome: Result<impl Sized, Refusal>) -> String {
    outcome.err().map_or_else(String::new, |refusal| refusal.text())
}

#[test]
fn valid_queries() {
    for text in [
        "{ me { id name friends { id friends { name } } } }",
        "query Q($f: Filter, $n: Int = 3) { users(first: $n, filter: $f) { name @include(if: true) @mark } }",
        "{ pet { ... on Cat { lives } ... on Dog { barks } __typename } }",
        "{ me { ...F } } fragment F on User { id role }",
        "{ __schema { types { name } } }",
        "{ users(filter: {name: \"é\", ids: [\"1\", 2], role: DEV}) { id } }",
    ] {
        assert_eq!(message(validated(text)), "", "{text}");
    }
}

#[test]
fn what_is_wrong_with_queries() {
    for (text, expected) in [
        (
            "{ me }",
            "Field \"me\" of type \"User\" must have a selection of subfields. Did you mean \"me { ... }\"?\n in GraphQL string at location 1:3",
        ),
        (
            "{ me { nme } }",
            "Cannot query field \"nme\" on type \"User\". Did you mean \"name\" or \"age\"?\n in GraphQL string at location 1:8",
        ),
        (
            "{ me { id { x } } }",
            "Cannot query field \"x\" on type \"ID\".\ninput:1:8: Field \"id\" must not have a selection since type \"ID\" has no subfields in GraphQL string at location 1:13",
        ),
        ("{ ...F }", "Unknown fragment \"F\" in GraphQL string at location 1:6"),
        (
            "{ me { ...F } } fragment F on User { ...F }",
            "Cannot spread fragment \"F\" within itself in GraphQL string at location 1:41",
        ),
        (
            "{ pet { ... on User { id } } }",
            "Fragment cannot be spread here as objects of type \"Pet\" can never be of type \"User\" in GraphQL string at location 1:13",
        ),
        (
            "{ node { id } }",
            "Field \"node\" argument \"id\" of type \"ID!\" is required, but it was not provided in GraphQL string at location 1:3",
        ),
        (
            "query Q($x: Int) { me { id } }",
            "Variable \"$x\" is never used in operation \"Q\" in GraphQL string at location 1:9",
        ),
        (
            "{ users(first: $x) { id } }",
            "Variable \"$x\" is not defined in GraphQL string at location 1:16",
        ),
        (
            "{ users(filter: {rle: DEV}) { id } }",
            "Field \"rle\" is not defined by type \"Filter\". Did you mean \"role\"?\n in GraphQL string at location 1:18",
        ),
        (
            "{ users(filter: {role: DEW}) { id } }",
            "Value \"DEW\" does not exist in \"Role\" enum. Did you mean the enum value \"DEV\"?\n in GraphQL string at location 1:24",
        ),
        (
            "mutation { x }",
            "Schema does not support operation type \"mutation\"\n in GraphQL string at location 1:1",
        ),
        (
            "{ me { id @mark @mark } }",
            "The directive \"@mark\" can only be used once at this location in GraphQL string at location 1:18",
        ),
    ] {
        assert_eq!(message(validated(text)), expected, "{text}");
    }
}

#[test]
fn several_complaints_are_one_text() {
    assert_eq!(
        message(validated("{ me { x y } }")),
        "Cannot query field \"x\" on type \"User\".\ninput:1:10: Cannot query field \"y\" on type \"User\" in GraphQL string at location 1:8"
    );
}

#[test]
fn fields_under_one_name() {
    for (text, why) in [
        (
            "{ me { name: id name } }",
            "Fields \"name\" conflict because \"id\" and \"name\" are different fields.",
        ),
        (
            "{ users(first: 1) { id } users(first: 2) { id } }",
            "Fields \"users\" conflict because they have differing arguments.",
        ),
        (
            "{ pet { ... on Cat { name } ... on Dog { name } } }",
            "Fields \"name\" conflict because they return conflicting types \"String\" and \"Int\".",
        ),
        (
            "{ me { friends { x: id } } me { friends { x: name } } }",
            "Fields \"me\" conflict because subfields \"friends\" conflict because subfields \"x\" conflict because \"id\" and \"name\" are different fields.",
        ),
    ] {
        let message = message(validated(text));
        assert!(message.starts_with(why), "{text}: {message}");
    }
}

#[test]
fn what_is_wrong_with_schemas() {
    let refusal = |text: &str| message(schema::parse(text, false).and_then(Schema::new));
    for (text, expected) in [
        ("type Query { a: Nope }", "input:1:17: Undefined type Nope."),
        (
            "type Query { a: Int a: Int }",
            "input:1:21: Field Query.a can only be defined once.",
        ),
        ("type String { a: Int }", "input:1:6: Cannot redeclare type String."),
        (
            "schema { query: Q }",
            "input:1:10: Schema root query refers to a type Q that does not exist.",
        ),
        (
            "interface N { id: ID! } type Query implements N { a: Int }",
            "input:1:30: For Query to implement N it must have a field called id.",
        ),
        (
            "type Query { __a: Int }",
            "input:1:14: Name \"__a\" must not begin with \"__\", which is reserved by GraphQL introspection.",
        ),
        (
            "input A { b: B! } input B { a: A! }",
            "input:1:11: Cannot reference Input Object \"A\" within itself through a series of non-null fields: \"b.a\".",
        ),
    ] {
        assert_eq!(
            refusal(text),
            format!("Error in gqlparser SchemaDocument to Schema conversion: {expected}"),
            "{text}"
        );
    }
    assert_eq!(
        refusal("type Query {"),
        "Expected Name, found <EOF> in GraphQL string at location 1:13"
    );
    assert_eq!(refusal("extend type Query { a: Int }"), "");
}

#[test]
fn trees_of_queries() {
    let tree = |text: &str| query::parse(text).map(|query| json::query_json(&query)).unwrap_or_default();
    assert_eq!(
        tree("# all\n{ a(x: [1, $v]) }"),
        r#"{"Operations":[{"Operation":"query","Name":"","SelectionSet":[{"Alias":"a","Name":"a","Arguments":[{"Name":"x","Value":{"Raw":"","Children":[{"Name":"","Value":{"Raw":"1","Kind":1,"ExpectedTypeHasDefault":false}},{"Name":"","Value":{"Raw":"v","Kind":0,"ExpectedTypeHasDefault":false}}],"Kind":8,"ExpectedTypeHasDefault":false}}]}]}]}"#
    );
    assert_eq!(tree(""), "{}");
}

#[test]
fn trees_of_schemas() {
    let tree = |text: &str| {
        schema::parse(text, false)
            .map(|schema| json::schema_json(&schema))
            .unwrap_or_default()
    };
    assert_eq!(
        tree("\"\"\"\n  doc\n    more\n\"\"\"\n# c\nenum E { A }\n# end"),
        r##"{"Definitions":[{"Kind":"ENUM","Name":"E","EnumValues":[{"Name":"A","Description":""}],"BuiltIn":false,"Description":"doc\u000a  more","AfterDescriptionComment":{"List":[{"Value":"# c"}]}}],"Comment":{"List":[{"Value":"# end"}]}}"##
    );
}

#[test]
fn what_is_deep_or_costly_is_refused() {
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for text in [
        nested("{ a ", "}"),
        format!("{{ a(x: {}) }}", nested("[", "]")),
        format!("query Q($x: {}", nested("[", "]")),
    ] {
        assert_eq!(message(query::parse(&text)), TOO_DEEP);
    }
    let chain: String = (0..5000).map(|n| format!("fragment F{n} on User {{ ...F{} }} ", n + 1)).collect();
    assert_eq!(message(validated(&format!("{{ me {{ ...F0 }} }} {chain}"))), TOO_DEEP);
    let wide = format!("{{ {} }}", "me { id } ".repeat(5000));
    assert_eq!(message(validated(&wide)), TOO_COMPLEX);
}
