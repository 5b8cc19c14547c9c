//! Value models that were trained on other problems than the one they judge.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use cogitree::onnx::{ModelFiles, OnnxValue, ValueConfig};
use cogitree::{Chain, State, ValueError, ValueModel};

/// The models of all folds, each with the problems that it never saw.
pub(crate) struct Folds(Vec<(HashSet<String>, OnnxValue)>);

impl Folds {
    /// Reads what `train.py --fold-models` wrote: `fold-N.onnx` and `fold-N.txt`.
    pub(crate) fn read(folder: &Path) -> Result<Arc<Folds>, String> {
        let mut folds = Vec::new();
        for number in 1.. {
            let graph = folder.join(format!("fold-{number}.onnx"));
            if !graph.exists() {
                break;
            }
            let list = graph.with_extension("txt");
            let problems =
                std::fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
            let files = ModelFiles::read(&graph).map_err(|e| e.to_string())?;
            let config = ValueConfig {
                fallback: None,
                ..ValueConfig::default()
            };
            let model = OnnxValue::load(&files, &config).map_err(|e| e.to_string())?;
            folds.push((problems.lines().map(str::to_owned).collect(), model));
        }
        if folds.is_empty() {
            return Err(format!("{}: holds no fold-1.onnx", folder.display()));
        }
        Ok(Arc::new(Folds(folds)))
    }

    /// The model that never saw a problem. One that all saw has none: nothing honest could be said of it.
    fn unseen(&self, problem: &str) -> &OnnxValue {
        let fold = self
            .0
            .iter()
            .find(|(problems, _)| problems.contains(problem));
        &fold
            .unwrap_or_else(|| panic!("{problem} is held out by no fold"))
            .1
    }
}

impl ValueModel for Folds {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        states.first().map_or(Ok(Vec::new()), |s| {
            self.unseen(&s.chain.problem.id).estimate(states)
        })
    }

    fn foresee(&self, chains: &[Chain<'_>]) -> Result<Option<Vec<f64>>, ValueError> {
        chains
            .first()
            .map_or(Ok(None), |c| self.unseen(&c.problem.id).foresee(chains))
    }
}
