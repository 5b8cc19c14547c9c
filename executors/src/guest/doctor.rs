//! What the sandbox needs and what of it is there, looked up without making anything.

use std::fmt;
use std::path::{Path, PathBuf};

use super::cache::{Cache, check};
use super::{Place, python, sources};
use crate::sandbox::engine_for_doctor;

/// Something that the sandbox needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// What it is.
    pub name: &'static str,
    /// Whether it is there.
    pub state: State,
    /// Where, which version, how large; or what to do.
    pub detail: String,
}

/// Whether a [`Need`] is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Present,
    /// It is not there, and will be made when it is first needed.
    Pending,
    /// It is missing, and something that is needed cannot be done without it.
    Missing,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Present => "ok",
            State::Pending => "to do",
            State::Missing => "missing",
        };
        write!(f, "{:16} {state:8} {}", self.name, self.detail)
    }
}

/// Looks at everything that [`Sandbox::open`](crate::Sandbox::open) needs, in the order in which it
/// would need it. Makes and changes nothing.
pub fn doctor() -> Vec<Need> {
    let cache = match Cache::of_user() {
        Ok(cache) => cache,
        Err(e) => return vec![need("cache", State::Missing, e.to_string())],
    };
    let place = match engine_for_doctor() {
        Ok(engine) => Place::of(&cache, &engine),
        Err(e) => return vec![need("wasmtime", State::Missing, e.to_string())],
    };
    let key = sources::key();
    let built = check(&place.wasm, &key);
    let compiled = match &built {
        Ok(note) => check(&place.compiled, &note.digest).map(|_| ()),
        Err(reason) => Err(reason.clone()),
    };
    vec![
        need(
            "cache",
            if cache.root().exists() {
                State::Present
            } else {
                State::Pending
            },
            cache.root().display().to_string(),
        ),
        python_need(built.is_ok()),
        tool_need(&cache, built.is_ok()),
        file_need("guest", &place.wasm, built.map(|_| ())),
        file_need("compiled guest", &place.compiled, compiled),
    ]
}

fn need(name: &'static str, state: State, detail: String) -> Need {
    Need {
        name,
        state,
        detail,
    }
}

/// Python is needed only as long as the guest has not been built.
fn python_need(built: bool) -> Need {
    match python::find(None) {
        Ok(found) => {
            let detail = format!("{} ({})", found.path.display(), found.version);
            need("python", State::Present, detail)
        }
        Err(reason) if built => need(
            "python",
            State::Pending,
            format!("{reason}; not needed, since the guest is built"),
        ),
        Err(reason) => need(
            "python",
            State::Missing,
            format!("{reason}; install Python 3.10 or newer with venv and pip"),
        ),
    }
}

fn tool_need(cache: &Cache, built: bool) -> Need {
    let folder = cache.environment();
    if python::installed(&python::python_of(&folder)) {
        return need(
            "componentize-py",
            State::Present,
            folder.display().to_string(),
        );
    }
    let when = if built {
        "not needed, since the guest is built"
    } else {
        "will be installed by pip from its package index on first use"
    };
    let detail = format!("{}: {when}", sources::COMPONENTIZE_PY);
    need("componentize-py", State::Pending, detail)
}

fn file_need(name: &'static str, path: &Path, state: Result<(), String>) -> Need {
    match state {
        Ok(()) => {
            let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
            let path: PathBuf = path.into();
            let detail = format!("{} ({:.0} MB)", path.display(), bytes as f64 / 1e6);
            need(name, State::Present, detail)
        }
        Err(reason) => need(
            name,
            State::Pending,
            format!("{reason}; it is made on first use"),
        ),
    }
}
