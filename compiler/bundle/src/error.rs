//! Why a bundle is refused, in OPA's words where OPA refuses it too.

/// Why a bundle is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error("bundle read failed: archive read failed: {0}")]
    Archive(String),
    /// The archive unpacks to more than the limit.
    #[error("bundle read failed: the archive unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The name of a file is not text.
    #[error("bundle read failed: the name of a file is not valid UTF-8: {0}")]
    NameNotUtf8(String),
    /// The name of a file is too long.
    #[error("bundle read failed: the name of a file is longer than 4096 bytes: {0}…")]
    NameTooLong(String),
    /// A Rego file is not text.
    #[error("{0}: not valid UTF-8")]
    NotUtf8(String),
    /// A document cannot be read or placed.
    #[error("bundle load failed on {path}: {reason}")]
    Document {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The manifest cannot be read.
    #[error("bundle load failed on manifest decode: {path}: {reason}")]
    Manifest {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// There is more than one manifest.
    #[error("bundle contains multiple manifest files: {0:?} and {1:?}")]
    Manifests(String, String),
    /// The manifest's roots overlap each other.
    #[error("manifest has overlapped roots: '{0}' and '{1}'")]
    Overlapped(String, String),
    /// A root that names no place.
    #[error("manifest root path invalid: {0}")]
    Root(String),
    /// The manifest names a version of Rego that does not exist.
    #[error("manifest has unknown rego-version {0}")]
    Version(i64),
    /// The manifest names a version of Rego that does not exist, for some files.
    #[error("manifest has unknown rego-version {0} for file '{1}'")]
    FileVersion(i64, String),
    /// A package lies out of the roots.
    #[error("manifest roots [{roots}] do not permit '{package}' in module '{path}'")]
    Module {
        /// The roots.
        roots: String,
        /// The package.
        package: String,
        /// The file.
        path: String,
    },
    /// A document lies out of the roots.
    #[error("manifest roots [{roots}] do not permit data at path '/{path}' (hint: check bundle directory structure)")]
    Data {
        /// The roots.
        roots: String,
        /// The document's path.
        path: String,
    },
    /// An entrypoint of a Wasm module lies out of the roots.
    #[error("manifest roots [{roots}] do not permit '{entrypoint}' entrypoint for wasm module '{module}'")]
    Entrypoint {
        /// The roots.
        roots: String,
        /// The entrypoint.
        entrypoint: String,
        /// The module.
        module: String,
    },
    /// The manifest names a Wasm module that is not there.
    #[error("manifest references wasm module '{0}' but the module file does not exist")]
    NoSuchWasm(String),
    /// Two Wasm modules decide for one entrypoint.
    #[error("entrypoint '{0}' cannot be used by more than one wasm module")]
    EntrypointTwice(String),
    /// A rule of the plan lies out of the roots.
    #[error("manifest roots [{roots}] do not permit '{path}' in plan 'plan.json'")]
    Planned {
        /// The roots.
        roots: String,
        /// The rule's path or the entrypoint.
        path: String,
    },
    /// The plan is not one.
    #[error("plan.json: {0}")]
    Plan(String),
    /// Two plans.
    #[error("bundle contains multiple plans")]
    Plans,
    /// Several bundles hold plans.
    #[error("bundles {0} and {1} both contain a plan; build one at a time")]
    PlansOfBundles(String, String),
    /// A pattern of `file_rego_versions` is none.
    #[error("failed to compile glob pattern {0}: glob: syntax error")]
    Pattern(String),
    /// There is no code but a compiled Wasm module.
    #[error("{0}: compiled Wasm modules are not supported yet; build the bundle with its Rego or with `opa build -t plan`")]
    OnlyWasm(String),
    /// A part in the form of protocol buffers.
    #[error("{0}: protobuf manifests and plans are not supported; write them as JSON")]
    Protobuf(String),
    /// A bundle of patches.
    #[error("delta bundles (patch.json) are not supported")]
    Delta,
    /// The file of patches cannot be read.
    #[error("bundle load failed on patch decode: {0}")]
    Patch(String),
    /// The file of signatures cannot be read.
    #[error("bundle load failed on signatures decode: {0}")]
    Signatures(String),
    /// The bundle is signed.
    #[error("verification key not provided (hint: the bundle is signed, and signatures cannot be verified yet)")]
    Signed,
    /// Bundles overlap, and one of them owns everything.
    #[error(
        "bundles [{bundles}] have overlapping roots and cannot be activated simultaneously because bundle(s) [{empty}] specify empty root paths ('') which overlap with any other bundle root"
    )]
    EmptyRoots {
        /// The bundles that overlap.
        bundles: String,
        /// Those that own everything.
        empty: String,
    },
    /// Bundles overlap.
    #[error("detected overlapping roots in manifests for these bundles: [{bundles}] ({conflicts})")]
    Overlap {
        /// The bundles that overlap.
        bundles: String,
        /// Where.
        conflicts: String,
    },
}
