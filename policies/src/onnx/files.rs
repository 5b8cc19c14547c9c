//! The files of a model.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::OnnxError;
use super::description::{Description, Kind};

/// The largest graph, in MiB. ONNX itself ends at 2 GiB, and what is loaded takes a multiple of its file.
const GRAPH_MIB: u64 = 512;
/// The largest description and the largest tokenizer, in MiB.
const TEXT_MIB: u64 = 64;

/// A model as it lies on disk: `NAME.onnx`, `NAME.json` and, for text models, a tokenizer.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// How the model is called in messages: its file.
    pub label: String,
    /// The graph: `NAME.onnx`.
    pub graph: Cow<'static, [u8]>,
    /// The description: `NAME.json`.
    pub description: Cow<'static, str>,
    /// The tokenizer file that the description names, if it names one.
    pub tokenizer: Option<Vec<u8>>,
}

impl ModelFiles {
    /// The default model, which is part of the program: `policies/value-model/MODEL_CARD.md` tells what it
    /// was trained on and how well it judges.
    pub fn embedded() -> ModelFiles {
        ModelFiles {
            label: "the default value model".to_owned(),
            graph: include_bytes!("../../value-model/cogitree-value.onnx").into(),
            description: include_str!("../../value-model/cogitree-value.json").into(),
            tokenizer: None,
        }
    }

    /// Reads `NAME.onnx`, the `NAME.json` beside it, and the tokenizer that this names.
    ///
    /// # Errors
    /// Where a file is missing, is no file, cannot be read or is too large (a graph of more than 512 MiB),
    /// or the description cannot be understood.
    pub fn read(graph: &Path) -> Result<ModelFiles, OnnxError> {
        let label = graph.display().to_string();
        let beside = graph.with_extension("json");
        let bytes = read(graph, GRAPH_MIB, "name a model's graph, NAME.onnx")?;
        let about = "a model's description lies beside its graph (docs/value-model.md)";
        let description = read(&beside, TEXT_MIB, about)?;
        let description = String::from_utf8(description).map_err(|_| OnnxError::File {
            path: beside.clone(),
            reason: "is not text in UTF-8".to_owned(),
        })?;
        let parsed = Description::read(&label, &description)?;
        let tokenizer = match &parsed.encoding {
            Kind::Hashed { .. } => None,
            Kind::Tokenizer { file, .. } => {
                let plain = Path::new(file)
                    .file_name()
                    .is_some_and(|name| name == file.as_str());
                if !plain {
                    return Err(OnnxError::Description {
                        model: label,
                        reason: format!(
                            "`encoding.file` is {file:?}, not the name of a file beside the model"
                        ),
                    });
                }
                let about = "`encoding.file` in the model's description names this tokenizer";
                Some(read(&graph.with_file_name(file), TEXT_MIB, about)?)
            }
        };
        Ok(ModelFiles {
            label,
            graph: bytes.into(),
            description: description.into(),
            tokenizer,
        })
    }
}

/// Reads a file; what it should have been is said where it cannot be.
fn read(path: &Path, most_mib: u64, about: &str) -> Result<Vec<u8>, OnnxError> {
    let fault = |reason: String| OnnxError::File {
        path: path.to_owned(),
        reason,
    };
    let found = fs::metadata(path).map_err(|e| fault(format!("{e}; {about}")))?;
    if !found.is_file() {
        return Err(fault(format!("is not a file; {about}")));
    }
    let too_large = |size: u64| {
        fault(format!(
            "is {} MiB, and at most {most_mib} are read: use a smaller model",
            size >> 20
        ))
    };
    if found.len() > most_mib << 20 {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    File::open(path)
        .and_then(|file| file.take((most_mib << 20) + 1).read_to_end(&mut bytes))
        .map_err(|e| fault(e.to_string()))?;
    if bytes.len() as u64 > most_mib << 20 {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}
