//! The guest: CPython as a WebAssembly component, built on first use and kept in a cache.

mod cache;
mod doctor;
mod progress;
mod python;
mod sources;

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

pub(crate) use cache::Cache;
pub use cache::cache_folder;
pub use doctor::{Need, State, doctor};
pub use progress::{Progress, Stage};

use crate::sandbox::SandboxError;
use cache::{Note, check, put};
use progress::Reporter;

/// The compiled guest, from the cache if it is there and whole, else made.
pub(crate) fn obtain(
    cache: &Cache,
    engine: &Engine,
    python: Option<&Path>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Component, SandboxError> {
    let mut report = Reporter::new(progress);
    let place = Place::of(cache, engine);
    cache.prepare(&place.folder)?;
    let component = match place.load(engine) {
        Ok(component) => component,
        Err(_) => {
            // Whoever comes second waits, and then finds everything done.
            let _lock = lock(cache, &mut report)?;
            match place.load(engine) {
                Ok(component) => component,
                Err(reason) => place.make(cache, engine, python, &reason, &mut report)?,
            }
        }
    };
    report.tell(Stage::Ready, "the sandbox is ready");
    Ok(component)
}

/// The files of one version of the guest on one kind of machine.
pub(crate) struct Place {
    folder: PathBuf,
    wasm: PathBuf,
    compiled: PathBuf,
}

impl Place {
    pub(crate) fn of(cache: &Cache, engine: &Engine) -> Place {
        let folder = cache.guest();
        Place {
            wasm: folder.join("guest.wasm"),
            compiled: folder.join(format!("{}.cwasm", environment_of(engine))),
            folder,
        }
    }

    /// Loads the compiled guest. `Err` says in words why that cannot be done.
    fn load(&self, engine: &Engine) -> Result<Component, String> {
        let component = self.component_digest()?;
        check(&self.compiled, &component)?;
        // SAFETY: the file has the digest noted when this version of us wrote it with the very
        // settings of this engine, and it lies in a folder that only its owner can write to.
        unsafe { Component::deserialize_file(engine, &self.compiled) }
            .map_err(|e| format!("the compiled guest is refused: {e:#}"))
    }

    /// The digest of the component as noted; its content is checked only when it is compiled.
    fn component_digest(&self) -> Result<String, String> {
        let text = fs::read(cache::note_path(&self.wasm))
            .map_err(|_| "the guest has not been built".to_owned())?;
        let note: Note = serde_json::from_slice(&text)
            .map_err(|_| "the guest's note cannot be read".to_owned())?;
        if note.from == sources::key() {
            Ok(note.digest)
        } else {
            Err("the guest belongs to another version".into())
        }
    }

    fn make(
        &self,
        cache: &Cache,
        engine: &Engine,
        python: Option<&Path>,
        reason: &str,
        report: &mut Reporter<'_>,
    ) -> Result<Component, SandboxError> {
        cache.tidy();
        if self.compiled.exists() {
            report.tell(Stage::Discard, format!("{reason}: it is made anew"));
        }
        let note = match check(&self.wasm, &sources::key()) {
            Ok(note) => note,
            Err(reason) => {
                if self.wasm.exists() {
                    report.tell(Stage::Discard, format!("{reason}: it is made anew"));
                }
                self.build(cache, python, report)?
            }
        };
        report.tell(Stage::Compile, "compiling it for this machine");
        let wasm = fs::read(&self.wasm).map_err(SandboxError::file("read", &self.wasm))?;
        let code = engine
            .precompile_component(&wasm)
            .map_err(|e| SandboxError::Runtime(format!("{e:#}")))?;
        put(&self.compiled, &code, &note.digest)?;
        report.tell(Stage::Load, "loading it");
        self.load(engine).map_err(SandboxError::Runtime)
    }

    fn build(
        &self,
        cache: &Cache,
        python: Option<&Path>,
        report: &mut Reporter<'_>,
    ) -> Result<Note, SandboxError> {
        let python = python::environment(cache, python, report)?;
        report.tell(
            Stage::Build,
            "building the sandbox's Python (a snapshot of CPython with its library)",
        );
        let folder = self.folder.join("build");
        let _ = fs::remove_dir_all(&folder);
        let wasm = Self::componentize(&python, &folder);
        // Nothing half-made is left, whether it succeeded or not.
        let _ = fs::remove_dir_all(&folder);
        put(&self.wasm, &wasm?, &sources::key())
    }

    /// The component, made in a folder of its own.
    fn componentize(python: &Path, folder: &Path) -> Result<Vec<u8>, SandboxError> {
        for (path, content) in sources::FILES {
            let path = folder.join(path);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent).map_err(SandboxError::file("create the folder", parent))?;
            fs::write(&path, content).map_err(SandboxError::file("write", &path))?;
        }
        let out = folder.join("guest.wasm");
        python::componentize(python, folder, &out)?;
        fs::read(&out).map_err(SandboxError::file("read", &out))
    }
}

/// Held by the one process that makes something in the cache.
fn lock(cache: &Cache, report: &mut Reporter<'_>) -> Result<File, SandboxError> {
    let path = cache.root().join("lock");
    let file = File::create(&path).map_err(SandboxError::file("create", &path))?;
    if file.try_lock().is_err() {
        report.tell(
            Stage::Wait,
            "waiting for another process that builds the guest",
        );
        file.lock().map_err(SandboxError::file("lock", &path))?;
    }
    Ok(file)
}

/// Names what compiled code depends on: wasmtime's version, the settings, the CPU's features.
fn environment_of(engine: &Engine) -> String {
    struct Blake(blake3::Hasher);
    impl Hasher for Blake {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            let digest = self.0.finalize();
            let mut first = [0; 8];
            first.copy_from_slice(&digest.as_bytes()[..8]);
            u64::from_le_bytes(first)
        }
    }
    let mut hasher = Blake(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_compiled_guest_is_never_loaded() {
        let engine = crate::sandbox::engine_for_doctor().unwrap();
        let folder = std::env::temp_dir().join(format!("cogitree-place-{}", std::process::id()));
        let place = Place::of(&Cache::at(&folder), &engine);
        Cache::at(&folder).prepare(&place.folder).unwrap();
        let refused = || place.load(&engine).map(|_| ()).unwrap_err();
        assert_eq!(refused(), "the guest has not been built");
        put(&place.wasm, b"component", "an older version").unwrap();
        assert_eq!(refused(), "the guest belongs to another version");
        let note = put(&place.wasm, b"component", &sources::key()).unwrap();
        let name = place.compiled.file_name().unwrap().to_string_lossy();
        assert_eq!(refused(), format!("{name} is not there"));

        let empty = b"\0asm\x0d\0\x01\0";
        let code = engine.precompile_component(empty).unwrap();
        put(&place.compiled, &code, &note.digest).unwrap();
        assert!(place.load(&engine).is_ok());
        for (content, from, why) in [
            // Truncated after it was noted, or while it was written.
            (
                &code[..code.len() / 2],
                &note.digest,
                "was changed after it was made",
            ),
            (&code[..0], &note.digest, "was changed after it was made"),
            // Compiled from a component that is not there any more.
            (
                &code[..],
                &"another".to_owned(),
                "belongs to another version",
            ),
        ] {
            put(&place.compiled, &code, from).unwrap();
            fs::write(&place.compiled, content).unwrap();
            assert_eq!(refused(), format!("{name} {why}"));
        }
        // As noted, but not what this version of wasmtime compiles.
        for content in [&b"not compiled code"[..], &code[..code.len() / 2]] {
            put(&place.compiled, content, &note.digest).unwrap();
            let told = refused();
            assert!(told.contains("the compiled guest is refused"), "{told}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
