//! The tokens of Rego and the names under which error messages speak of them. Which words are keywords depends on the
//! language version and on imports, so the lexer marks every word that may be one and the parser decides.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something no token begins with, or a token with an error inside.
    Illegal,
    /// The end of the text.
    Eof,
    /// A blank, where blanks matter. The lexer makes none; see [`Token::blank_before`].
    Whitespace,
    /// A name.
    Ident,
    /// `package`
    Package,
    /// `import`
    Import,
    /// `as`
    As,
    /// `default`
    Default,
    /// `else`
    Else,
    /// `not`
    Not,
    /// `some`
    Some,
    /// `with`
    With,
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number without sign.
    Number,
    /// `"…"` or `` `…` ``
    String,
    /// Text of a template string up to a `{`.
    TemplatePart,
    /// Text of a template string up to its closing quote.
    TemplateEnd,
    /// Text of a template string in back quotes up to a `{`.
    RawTemplatePart,
    /// Text of a template string in back quotes up to its closing quote.
    RawTemplateEnd,
    /// `[`
    LBrack,
    /// `]`
    RBrack,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    And,
    /// `|`
    Or,
    /// `=`
    Unify,
    /// `==`
    Equal,
    /// `:=`
    Assign,
    /// `in`
    In,
    /// `!=`
    Neq,
    /// `>`
    Gt,
    /// `<`
    Lt,
    /// `>=`
    Gte,
    /// `<=`
    Lte,
    /// `.`
    Dot,
    /// `;`
    Semicolon,
    /// `every`
    Every,
    /// `contains`
    Contains,
    /// `if`
    If,
    /// `and`
    LogicalAnd,
    /// `or`
    LogicalOr,
}

impl Kind {
    /// The name in error messages; for infix operators also the name of the built-in function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Illegal => "illegal",
            Self::Eof => "eof",
            Self::Whitespace => "whitespace",
            Self::Ident => "identifier",
            Self::Package => "package",
            Self::Import => "import",
            Self::As => "as",
            Self::Default => "default",
            Self::Else => "else",
            Self::Not => "not",
            Self::Some => "some",
            Self::With => "with",
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
            Self::Number => "number",
            Self::String => "string",
            Self::TemplatePart => "template-string-part",
            Self::TemplateEnd => "template-string-end",
            Self::RawTemplatePart => "raw-template-string-part",
            Self::RawTemplateEnd => "raw-template-string-end",
            Self::LBrack => "[",
            Self::RBrack => "]",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Add => "plus",
            Self::Sub => "minus",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Rem => "rem",
            Self::And | Self::LogicalAnd => "and",
            Self::Or | Self::LogicalOr => "or",
            Self::Unify => "eq",
            Self::Equal => "equal",
            Self::Assign => "assign",
            Self::In => "in",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Dot => ".",
            Self::Semicolon => ";",
            Self::Every => "every",
            Self::Contains => "contains",
            Self::If => "if",
        }
    }

    /// Words that are keywords in every version.
    pub fn is_hard_keyword(self) -> bool {
        matches!(
            self,
            Self::Package
                | Self::Import
                | Self::As
                | Self::Default
                | Self::Else
                | Self::Not
                | Self::Some
                | Self::With
                | Self::Null
                | Self::True
                | Self::False
        )
    }

    /// Words that are keywords in some versions, or after an import.
    pub fn is_soft_keyword(self) -> bool {
        matches!(
            self,
            Self::In | Self::Every | Self::Contains | Self::If | Self::LogicalAnd | Self::LogicalOr
        )
    }

    /// The keyword a word may be.
    pub fn of_word(word: &str) -> Self {
        match word {
            "package" => Self::Package,
            "import" => Self::Import,
            "as" => Self::As,
            "default" => Self::Default,
            "else" => Self::Else,
            "not" => Self::Not,
            "some" => Self::Some,
            "with" => Self::With,
            "null" => Self::Null,
            "true" => Self::True,
            "false" => Self::False,
            "in" => Self::In,
            "every" => Self::Every,
            "contains" => Self::Contains,
            "if" => Self::If,
            "and" => Self::LogicalAnd,
            "or" => Self::LogicalOr,
            _ => Self::Ident,
        }
    }
}

/// A token with its place. Blanks and comments are no tokens, but a token tells what stood before it.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// What it is. Soft keywords are always marked as keywords here.
    pub kind: Kind,
    /// Blanks stand directly behind the token before.
    pub blank_before: bool,
    /// A line break stands between this token and the one before.
    pub newline_before: bool,
    /// A comment stands between this token and the one before.
    pub comment_before: bool,
    /// The lexer has errors for this token.
    pub faulty: bool,
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
    /// 1-based row.
    pub row: u32,
    /// Column in characters: 1 is the first.
    pub col: u32,
}

/// Names and numbers of keywords that are switched on: a small set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keywords(u8);

impl Keywords {
    const IN: u8 = 1;
    const EVERY: u8 = 2;
    const CONTAINS: u8 = 4;
    const IF: u8 = 8;
    const NOT: u8 = 16;
    const AND: u8 = 32;
    const OR: u8 = 64;

    /// What v1 added to v0.
    pub const V1: Self = Self(Self::IN | Self::EVERY | Self::CONTAINS | Self::IF);
    /// What v2 adds to v1.
    pub const V2: Self = Self(Self::NOT | Self::AND | Self::OR);
    /// Every keyword that is or was to come.
    pub const ALL: Self = Self(Self::V1.0 | Self::V2.0);
    /// Every word that is a keyword in one version and none in another.
    pub const WORDS: Self = Self(Self::ALL.0 & !Self::NOT);
    /// None.
    pub const NONE: Self = Self(0);

    fn bit(word: &str) -> u8 {
        match word {
            "in" => Self::IN,
            "every" => Self::EVERY,
            "contains" => Self::CONTAINS,
            "if" => Self::IF,
            "not" => Self::NOT,
            "and" => Self::AND,
            "or" => Self::OR,
            _ => 0,
        }
    }

    /// The set of one word; empty where it is no keyword of the future. Who has `every` has `in`.
    pub fn of_word(word: &str) -> Self {
        let bit = Self::bit(word);
        Self(if bit == Self::EVERY { bit | Self::IN } else { bit })
    }

    /// Both sets.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the word is in the set.
    pub fn has_word(self, word: &str) -> bool {
        self.0 & Self::bit(word) != 0
    }

    /// Whether the keyword is in the set.
    pub fn has(self, kind: Kind) -> bool {
        let bit = match kind {
            Kind::In => Self::IN,
            Kind::Every => Self::EVERY,
            Kind::Contains => Self::CONTAINS,
            Kind::If => Self::IF,
            Kind::LogicalAnd => Self::AND,
            Kind::LogicalOr => Self::OR,
            _ => 0,
        };
        self.0 & bit != 0
    }

    /// Whether bodies may follow `not`.
    pub fn not_bodies(self) -> bool {
        self.0 & Self::NOT != 0
    }

    /// Whether `and` or `or` is a keyword.
    pub fn logical(self) -> bool {
        self.0 & (Self::AND | Self::OR) != 0
    }
}
