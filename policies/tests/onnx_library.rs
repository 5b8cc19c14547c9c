//! Libraries that are not an ONNX Runtime. A process has one backend, so this is a test of its own.

#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used)]

use std::fs;

use cogitree_policies::onnx::{Backend, OnnxError, Runtime};

#[test]
fn what_is_no_onnx_runtime_is_refused_and_the_built_in_backend_still_starts() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &std::path::Path| match Runtime::start(&Backend::Library(path.to_owned()))
    {
        Err(error @ OnnxError::Library { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let message = refused(&folder.path().join("libonnxruntime.so"));
    assert!(message.contains("there is no such file"), "{message}");
    assert!(message.contains("of version 1.24 or later"), "{message}");

    let text = folder.path().join("libonnxruntime.so.1.24.0");
    fs::write(&text, "not a library").unwrap();
    let message = refused(&text);
    assert!(
        message.contains("libonnxruntime.so.1.24.0 cannot be used"),
        "{message}"
    );

    // The C library, or whatever this process has loaded that has no `OrtGetApiBase`.
    #[cfg(target_os = "linux")]
    {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let library = maps
            .lines()
            .filter_map(|line| line.split_whitespace().nth(5))
            .find(|path| path.contains("libc.so") || path.contains("libc-"))
            .unwrap();
        let message = refused(library.as_ref());
        assert!(
            message.contains("it is not an ONNX Runtime library"),
            "{message}"
        );
    }

    // By its name, or by that of what a link leads to.
    let old = folder.path().join("libonnxruntime.so.1.20.1");
    fs::write(&old, "… OrtGetApiBase …").unwrap();
    let message = refused(&old);
    assert!(
        message.contains("its version is 1.20, and 1.24 or later is needed"),
        "{message}"
    );
    #[cfg(unix)]
    {
        let link = folder.path().join("libonnxruntime.so");
        std::os::unix::fs::symlink(&old, &link).unwrap();
        assert!(refused(&link).contains("its version is 1.20"));
    }

    // What looks right and is not: only one such is tried.
    let broken = folder.path().join("libonnxruntime.so.1.25.0");
    fs::write(&broken, "… OrtGetApiBase …").unwrap();
    let message = refused(&broken);
    assert!(message.contains("failed to load from"), "{message}");
    let message = refused(&broken);
    assert!(
        message.contains("failed in this process before"),
        "{message}"
    );

    let runtime = Runtime::start(&Backend::BuiltIn).unwrap();
    assert!(runtime.is_built_in());
    assert!(runtime.to_string().contains("tract"), "{runtime}");
    // Whoever takes what there is takes what runs.
    assert_eq!(Runtime::start(&Backend::Auto).unwrap(), runtime);
    let error = Runtime::start(&Backend::Library(text)).unwrap_err();
    assert!(matches!(error, OnnxError::Started { .. }), "{error}");
}
