//! From bytes to a module that can be run, or to why it cannot.

use cogitree_engine::{ExecutorError, ProgramError};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Module};

use super::host::Host;

/// What the bytes of a module begin with; the version follows.
pub(super) const MAGIC: &[u8] = b"\0asm";

/// Versions of a core module and of a component.
const CORE: [u8; 4] = [1, 0, 0, 0];
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

/// A module cannot be run.
pub(super) enum Unfit {
    /// For a reason of its own, which is a verdict.
    Module(ProgramError),
    /// For a reason of the machinery's.
    Machinery(ExecutorError),
}

/// Checks and compiles a module, and finds its imports.
pub(super) fn load(linker: &Linker<Host>, bytes: &[u8]) -> Result<InstancePre<Host>, Unfit> {
    let engine = linker.engine();
    match bytes.strip_prefix(MAGIC).and_then(|b| b.first_chunk()) {
        Some(&CORE) => {}
        Some(&COMPONENT) => {
            return Err(unfit(
                "it is a component; a core module with WASI preview 1 is wanted",
            ));
        }
        Some(version) => {
            let version = u32::from_le_bytes(*version);
            return Err(unfit(format!("it is of version {version}, not 1")));
        }
        None => return Err(unfit("it is not WebAssembly in its binary form")),
    }
    Module::validate(engine, bytes).map_err(|e| unfit(format!("it is not valid: {e:#}")))?;
    let module = compile(engine, bytes)?;
    let linked = linker.instantiate_pre(&module);
    let linked = linked.map_err(|e| unfit(format!("{e:#}; there is WASI preview 1 only")))?;
    match module.get_export("_start") {
        Some(ExternType::Func(f)) if f.params().len() == 0 && f.results().len() == 0 => Ok(linked),
        Some(_) => Err(unfit(
            "its export `_start` is not a function without arguments",
        )),
        None => Err(unfit(
            "it exports no `_start`; build it as a program (a command), not as a library",
        )),
    }
}

/// What a valid module can fail at here: it wants more memories or tables than there are. That is
/// told apart from a system that has no memory left for the code.
fn compile(engine: &Engine, bytes: &[u8]) -> Result<Module, Unfit> {
    Module::from_binary(engine, bytes).map_err(|error| {
        if error.chain().any(|cause| cause.is::<std::io::Error>()) {
            let message = format!("a module could not be compiled: {error:#}");
            Unfit::Machinery(ExecutorError(message))
        } else {
            unfit(format!("it cannot be compiled: {error:#}"))
        }
    })
}

fn unfit(why: impl Into<String>) -> Unfit {
    let why: String = why.into();
    Unfit::Module(ProgramError {
        kind: "ModuleError".into(),
        message: format!("the module cannot be run: {why}"),
        line: None,
        source_line: None,
    })
}
