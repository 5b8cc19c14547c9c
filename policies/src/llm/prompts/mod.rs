//! Prompts: a template for each operator, of which a user can put others in their places.

mod catalog;
mod error;
mod fence;
mod room;
mod sample;
mod scene;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

pub use catalog::{Template, Variable};
pub use error::PromptError;
pub(crate) use scene::Scene;

use catalog::TEMPLATES;

/// The largest template, in bytes.
const LARGEST: u64 = 256 * 1024;

/// The most steps of rendering one prompt: a template that loops ends there.
const STEPS: u64 = 100_000;

/// The most bytes of a prompt whose texts have been fitted to their room.
const LONGEST: usize = 4 << 20;

/// The templates that prompts are made from: the embedded ones, or a user's in their places.
///
/// ```
/// use cogitree_policies::llm::Prompts;
/// let names: Vec<&str> = Prompts::templates().iter().map(|t| t.name).collect();
/// assert!(names.contains(&"propose") && names.contains(&"rethink"));
/// let prompts = Prompts::embedded();
/// assert!(prompts.source("system").unwrap().contains("Python"));
/// ```
#[derive(Clone)]
pub struct Prompts {
    environment: Environment<'static>,
    /// The templates that are not embedded.
    loaded: BTreeMap<&'static str, Loaded>,
}

#[derive(Clone, Debug)]
struct Loaded {
    path: PathBuf,
    source: String,
}

impl Default for Prompts {
    fn default() -> Self {
        Prompts::embedded()
    }
}

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let paths: Vec<&Path> = self.loaded.values().map(|l| l.path.as_path()).collect();
        f.debug_struct("Prompts").field("loaded", &paths).finish()
    }
}

impl Prompts {
    /// All templates there are.
    pub fn templates() -> &'static [Template] {
        TEMPLATES
    }

    /// The templates that come with the program.
    pub fn embedded() -> Prompts {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        if let Ok(syntax) = syntax {
            environment.set_syntax(syntax);
        }
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // No escaping of any kind: texts stand between fences.
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(STEPS));
        let mut prompts = Prompts {
            environment,
            loaded: BTreeMap::new(),
        };
        for template in TEMPLATES {
            // A test renders them all.
            let _ = prompts.put(template, template.source.to_owned());
        }
        prompts
    }

    /// The embedded templates, with those of a folder in their places: `propose.j2` in that of
    /// [`Template`] `propose`. All are tried on sample problems before they are used.
    ///
    /// # Errors
    /// The first file that is unknown, unreadable, no template, or that uses a variable it is not
    /// given. Files whose names begin with `.` or end in `~` are passed over.
    pub fn with_folder(folder: &Path) -> Result<Prompts, PromptError> {
        let mut prompts = Prompts::embedded();
        for path in files(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let Some(template) = TEMPLATES.iter().find(|t| t.file() == name) else {
                let known: Vec<String> = TEMPLATES.iter().map(Template::file).collect();
                return Err(PromptError::Unknown {
                    path,
                    known: known.join(", "),
                });
            };
            let source = read(&path)?;
            let loaded = Loaded {
                path,
                source: source.clone(),
            };
            prompts.loaded.insert(template.name, loaded);
            prompts
                .put(template, source)
                .map_err(|e| prompts.error(template, &e))?;
            prompts.check_names(template)?;
        }
        prompts.rehearse()?;
        Ok(prompts)
    }

    /// The text of a template, by its name.
    pub fn source(&self, name: &str) -> Option<&str> {
        let template = TEMPLATES.iter().find(|t| t.name == name)?;
        let loaded = self.loaded.get(name).map(|l| l.source.as_str());
        Some(loaded.unwrap_or(template.source))
    }

    fn put(&mut self, template: &Template, source: String) -> Result<(), minijinja::Error> {
        self.environment.add_template_owned(template.file(), source)
    }

    /// A prompt, with the texts of its scene in about `room` bytes.
    ///
    /// # Errors
    /// What is wrong with the template; those that were loaded from a folder have been tried.
    pub(crate) fn render(
        &self,
        name: &'static str,
        scene: Scene,
        room: usize,
    ) -> Result<String, PromptError> {
        let variables = Value::from(scene.variables(room));
        let Some(template) = TEMPLATES.iter().find(|t| t.name == name) else {
            return Err(self.fault(name, 1, "there is no such prompt".into(), String::new()));
        };
        let rendered = self
            .environment
            .get_template(&template.file())
            .and_then(|t| t.render(variables))
            .map_err(|e| self.error(template, &e))?;
        if rendered.len() > LONGEST {
            let why = format!("the prompt is longer than {LONGEST} bytes");
            return Err(self.fault(name, 1, why, String::new()));
        }
        Ok(rendered.trim().to_owned())
    }

    /// Looks for variables that a template is not given, also where the samples do not lead.
    fn check_names(&self, template: &'static Template) -> Result<(), PromptError> {
        let Ok(loaded) = self.environment.get_template(&template.file()) else {
            return Ok(());
        };
        let given = |name: &str| {
            template.variables.iter().any(|v| v.name == name)
                || self.environment.globals().any(|(global, _)| global == name)
        };
        let mut unknown: Vec<String> = loaded.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !given(name));
        let place = |name: &String| (line_of(loaded.source(), name), name.clone());
        let Some((line, name)) = unknown.iter().map(place).min() else {
            return Ok(());
        };
        let why = format!("there is no variable `{name}`");
        Err(self.fault(template.name, line, why, variables(template)))
    }

    /// Renders everything for the samples.
    fn rehearse(&self) -> Result<(), PromptError> {
        for (name, scene) in sample::scenes() {
            self.render(name, scene, usize::MAX / 16)?;
        }
        Ok(())
    }

    /// The error of a template; it may be in one that was included.
    fn error(&self, template: &Template, error: &minijinja::Error) -> PromptError {
        let mut deepest = error;
        let mut next = std::error::Error::source(error);
        while let Some(e) = next {
            if let Some(e) = e.downcast_ref::<minijinja::Error>()
                && e.line().is_some()
            {
                deepest = e;
            }
            next = e.source();
        }
        let file = deepest.name().unwrap_or_default();
        let at = TEMPLATES
            .iter()
            .find(|t| t.file() == file)
            .unwrap_or(template);
        let hint = match deepest.kind() {
            ErrorKind::UndefinedError => variables(at),
            ErrorKind::TemplateNotFound => {
                let parts = TEMPLATES.iter().filter(|t| t.name.starts_with('_'));
                let parts: Vec<String> = parts.map(Template::file).collect();
                format!(". What can be included: {}", parts.join(", "))
            }
            _ => String::new(),
        };
        let why = match deepest.detail() {
            Some(detail) => format!("{}: {detail}", deepest.kind()),
            None => deepest.kind().to_string(),
        };
        self.fault(at.name, deepest.line().unwrap_or(1), why, hint)
    }

    fn fault(&self, name: &str, line: usize, why: String, hint: String) -> PromptError {
        let path = match self.loaded.get(name) {
            Some(loaded) => loaded.path.clone(),
            None => PathBuf::from(format!("{name}.j2")),
        };
        PromptError::Template {
            path,
            line,
            why,
            hint,
        }
    }
}

/// The variables of a template, as the end of a sentence.
fn variables(template: &Template) -> String {
    let names: Vec<&str> = template.variables.iter().map(|v| v.name).collect();
    match names.is_empty() {
        true => ". This one has no variables".to_owned(),
        false => format!(". There are: {}", names.join(", ")),
    }
}

/// The first line on which a name stands as a word within a tag.
fn line_of(source: &str, name: &str) -> usize {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let holds = |line: &str| line.split(|c| !word(c)).any(|w| w == name);
    let tagged = |line: &&str| line.contains('{') && holds(line);
    let lines: Vec<&str> = source.lines().collect();
    let found = lines
        .iter()
        .position(tagged)
        .or_else(|| lines.iter().position(|l| holds(l)));
    found.map_or(1, |i| i + 1)
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PromptError> {
    let unreadable = |e: std::io::Error| PromptError::Unreadable {
        path: folder.to_owned(),
        why: e.to_string(),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, PromptError> {
    let unreadable = |why: String| PromptError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| unreadable(e.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable(format!(
            "it is larger than {} KiB",
            LARGEST / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&b| b == b'\n')
            .count();
        unreadable(format!("line {line} is not UTF-8"))
    })
}

#[cfg(test)]
mod tests;
