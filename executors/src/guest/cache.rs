//! Where the guest is kept between runs.
//!
//! ```text
//! <cache>/guest-<key>/          key: hash of the guest's sources and of its tool's version
//!     lock                      held while something here is made
//!     guest.wasm                the component
//!     <env>.cwasm               compiled; env: hash of wasmtime's version, settings and the CPU
//!     *.json                    what belongs to the file before the dot: digests
//! <cache>/componentize-py-…/    the private Python environment
//! ```
//!
//! Compiled code is as good as our own once it is loaded. So a folder that others can write to is
//! refused, and a file that does not have the digest noted when it was made is made anew.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sources;
use crate::sandbox::SandboxError;

/// The cache folder.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// What is noted beside a file when it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Digest of the file (BLAKE3, hexadecimal).
    pub(super) digest: String,
    /// Digest of what it was made from: the sources' key, or the component's digest.
    pub(super) from: String,
}

impl Cache {
    pub(crate) fn at(root: impl Into<PathBuf>) -> Cache {
        Cache { root: root.into() }
    }

    /// `$COGITREE_CACHE`, else `$XDG_CACHE_HOME/cogitree`, else `~/.cache/cogitree`.
    pub(crate) fn of_user() -> Result<Cache, SandboxError> {
        let set = |name| std::env::var_os(name).filter(|v| !v.is_empty());
        if let Some(root) = set("COGITREE_CACHE") {
            return Ok(Cache::at(root));
        }
        if let Some(root) = set("XDG_CACHE_HOME").map(PathBuf::from)
            && root.is_absolute()
        {
            return Ok(Cache::at(root.join("cogitree")));
        }
        match std::env::home_dir().filter(|h| h.is_absolute()) {
            Some(home) => Ok(Cache::at(home.join(".cache").join("cogitree"))),
            None => Err(SandboxError::NoCache),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of this version of the guest.
    pub(super) fn guest(&self) -> PathBuf {
        self.root.join(format!("guest-{}", sources::key()))
    }

    /// The private Python environment.
    pub(super) fn environment(&self) -> PathBuf {
        self.root.join(sources::COMPONENTIZE_PY.replace(' ', "-"))
    }

    /// Makes a folder of the cache that only its owner can write to, or checks that it is one.
    pub(super) fn prepare(&self, folder: &Path) -> Result<(), SandboxError> {
        fs::create_dir_all(folder).map_err(SandboxError::file("create the folder", folder))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            let unsafe_because = |reason| SandboxError::Unsafe {
                path: folder.to_owned(),
                reason,
            };
            let meta = fs::metadata(folder).map_err(SandboxError::file("look at", folder))?;
            // Our own process files tell who we are without any unsafe code.
            let own = fs::metadata("/proc/self").map(|m| m.uid()).ok();
            if own.is_some_and(|uid| uid != meta.uid()) {
                return Err(unsafe_because("belongs to another user"));
            }
            if meta.mode() & 0o022 != 0 {
                let private = fs::Permissions::from_mode(0o700);
                fs::set_permissions(folder, private)
                    .map_err(|_| unsafe_because("can be written to by other users"))?;
            }
        }
        Ok(())
    }
}

/// The digest of a file.
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The place of a file's note.
pub(super) fn note_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

/// Checks a file against its note. `Err` says in words why it cannot be used.
pub(super) fn check(path: &Path, from: &str) -> Result<Note, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !path.exists() {
        return Err(format!("{name} is not there"));
    }
    let note: Note = fs::read(note_path(path))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or_else(|| format!("{name} has no readable note of its digest"))?;
    if note.from != from {
        return Err(format!("{name} belongs to another version"));
    }
    match digest(path) {
        Ok(digest) if digest == note.digest => Ok(note),
        Ok(_) => Err(format!("{name} was changed after it was made")),
        Err(e) => Err(format!("{name} cannot be read: {e}")),
    }
}

/// Puts a file in place as a whole, with its note: whoever looks sees the old state or the new.
pub(super) fn put(path: &Path, content: &[u8], from: &str) -> Result<Note, SandboxError> {
    let note = Note {
        digest: blake3::hash(content).to_hex().to_string(),
        from: from.to_owned(),
    };
    let text = serde_json::to_vec(&note).map_err(|e| SandboxError::Build(e.to_string()))?;
    // The note goes first and is of no use without the file: a crash between them is seen.
    replace(&note_path(path), &text)?;
    replace(path, content)?;
    Ok(note)
}

fn replace(path: &Path, content: &[u8]) -> Result<(), SandboxError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = PathBuf::from(name);
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&new);
        SandboxError::file("write", path)(e)
    })
}
