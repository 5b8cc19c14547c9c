//! Where the guest is kept between runs.
//!
//! ```text
//! <cache>/lock                  held while something here is made
//! <cache>/guest-<key>/          key: hash of the guest's sources and of its tool's version
//!     guest.wasm                the component
//!     <env>.cwasm               compiled; env: hash of wasmtime's version, settings and the CPU
//!     *.json                    what belongs to the file before the dot: digests
//! <cache>/componentize-py-…/    the private Python environment
//! ```
//!
//! Compiled code is as good as our own once it is loaded. So a folder that others can write to is
//! refused, and a file that does not have the digest noted when it was made is made anew.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

/// The folder in which what can be made again is kept: `$COGITREE_CACHE`, else
/// `$XDG_CACHE_HOME/cogitree`, else `~/.cache/cogitree`. It need not be there.
///
/// # Errors
/// When none of them is set and there is no home folder.
pub fn cache_folder() -> Result<PathBuf, SandboxError> {
    Ok(Cache::of_user()?.root)
}

impl Cache {
    pub(crate) fn at(root: impl Into<PathBuf>) -> Cache {
        Cache { root: root.into() }
    }

    /// `$COGITREE_CACHE`, else `$XDG_CACHE_HOME/cogitree`, else `~/.cache/cogitree`.
    pub(crate) fn of_user() -> Result<Cache, SandboxError> {
        Cache::of(|name| std::env::var_os(name), std::env::home_dir())
    }

    fn of(
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Result<Cache, SandboxError> {
        let set = |name| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(root) = set("COGITREE_CACHE") {
            return Ok(Cache::at(root));
        }
        // Both must be absolute: the XDG specification says so, and a home folder of "" is none.
        if let Some(root) = set("XDG_CACHE_HOME").filter(|p| p.is_absolute()) {
            return Ok(Cache::at(root.join("cogitree")));
        }
        match home.filter(|h| h.is_absolute()) {
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
        fs::create_dir_all(&self.root)
            .map_err(SandboxError::file("create the folder", &self.root))?;
        if folder.exists() {
            return private(folder);
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            // Another process was first.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => private(folder),
            other => other.map_err(SandboxError::file("create the folder", folder)),
        }
    }

    /// Removes what older versions left behind, and what was left half written. Called by who
    /// holds the lock.
    pub(super) fn tidy(&self) {
        let current = self.guest();
        let age = |path: &Path| -> Option<Duration> {
            let made = fs::metadata(path.join("guest.wasm"))
                .ok()?
                .modified()
                .ok()?;
            SystemTime::now().duration_since(made).ok()
        };
        for path in entries(&self.root) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let old = name.starts_with("guest-") && age(&path).is_some_and(|age| age > KEPT);
            if old && path != current {
                // Another version may be in use elsewhere; it would build its guest anew.
                let _ = fs::remove_dir_all(&path);
            }
        }
        for path in entries(&current) {
            if path.extension().is_some_and(|e| e == "new") {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// How long a guest of another version is kept after it was made.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.path())
}

/// Checks that only its owner, who we are, can write to a folder.
#[cfg(unix)]
fn private(folder: &Path) -> Result<(), SandboxError> {
    use std::os::unix::fs::MetadataExt;
    let not = |reason| {
        Err(SandboxError::Unsafe {
            path: folder.to_owned(),
            reason,
        })
    };
    let meta = fs::metadata(folder).map_err(SandboxError::file("look at", folder))?;
    // Who we are, told without unsafe code; only Linux knows the place.
    let own = fs::metadata("/proc/self").map(|m| m.uid()).ok();
    if own.is_some_and(|uid| uid != meta.uid()) {
        return not("belongs to another user");
    }
    if meta.mode() & 0o022 != 0 {
        return not("can be written to by other users");
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> Result<(), SandboxError> {
    Ok(())
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
    name.push(".new"); // only the holder of the lock writes
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_the_environment() {
        let of = |set: &[(&str, &str)], home: Option<&str>| {
            let variable = |name: &str| {
                let found = set.iter().find(|(n, _)| *n == name);
                found.map(|(_, v)| OsString::from(v))
            };
            Cache::of(variable, home.map(PathBuf::from))
                .ok()
                .map(|c| c.root.display().to_string())
        };
        let home = Some("/home/me");
        let all = [("COGITREE_CACHE", "here"), ("XDG_CACHE_HOME", "/xdg")];
        assert_eq!(of(&all, home).as_deref(), Some("here"));
        assert_eq!(of(&all[1..], home).as_deref(), Some("/xdg/cogitree"));
        let odd = [("COGITREE_CACHE", ""), ("XDG_CACHE_HOME", "relative")];
        assert_eq!(of(&odd, home).as_deref(), Some("/home/me/.cache/cogitree"));
        assert_eq!(of(&[], None), None);
        assert_eq!(of(&[], Some("")), None);
        let text = Cache::of(|_| None, None).unwrap_err().to_string();
        assert!(text.contains("COGITREE_CACHE"), "{text}");
    }

    #[test]
    fn a_file_is_used_only_as_it_was_made() {
        let folder = std::env::temp_dir().join(format!("cogitree-cache-{}", std::process::id()));
        let cache = Cache::at(&folder);
        cache.prepare(&folder.join("inner")).unwrap();
        let path = folder.join("inner").join("file");
        let told = |from| check(&path, from).map(|_| ()).unwrap_err();
        assert_eq!(told("v1"), "file is not there");
        let note = put(&path, b"content", "v1").unwrap();
        assert_eq!(check(&path, "v1"), Ok(note));
        assert_eq!(told("v2"), "file belongs to another version");
        fs::write(&path, b"contest").unwrap();
        assert_eq!(told("v1"), "file was changed after it was made");
        fs::write(note_path(&path), b"{").unwrap();
        assert_eq!(told("v1"), "file has no readable note of its digest");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_nothing_half_written() {
        let folder = std::env::temp_dir().join(format!("cogitree-full-{}", std::process::id()));
        let inner = folder.join("inner");
        Cache::at(&folder).prepare(&inner).unwrap();
        let path = inner.join("file");
        let old = put(&path, b"old", "v1").unwrap();
        let fill = |name: &str| {
            // What is written there finds no space.
            std::os::unix::fs::symlink("/dev/full", inner.join(name)).unwrap();
            let told = put(&path, b"new", "v1").unwrap_err().to_string();
            assert!(
                told.contains("No space left") && told.contains("make room"),
                "{told}"
            );
            assert!(told.contains("COGITREE_CACHE"), "{told}");
            let names = entries(&inner).map(|p| p.file_name().unwrap().to_owned());
            let mut names: Vec<_> = names.collect();
            names.sort();
            assert_eq!(names, ["file", "file.json"]);
        };
        fill("file.json.new");
        assert_eq!(check(&path, "v1"), Ok(old), "nothing was touched");
        fill("file.new");
        assert!(
            check(&path, "v1").is_err(),
            "the old file is not taken for the new one"
        );
        put(&path, b"new", "v1").unwrap();
        assert!(check(&path, "v1").is_ok());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("cogitree-open-{}", std::process::id()));
        let cache = Cache::at(&folder);
        let inner = folder.join("inner");
        cache.prepare(&inner).unwrap();
        assert!(cache.prepare(&inner).is_ok());
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
        let error = cache.prepare(&inner).unwrap_err();
        assert!(matches!(error, SandboxError::Unsafe { .. }), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
