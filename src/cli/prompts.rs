//! `cogitree prompts`: what a language model is told, and how to tell it something else.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use cogitree::llm::{Prompts, Template};

use super::output::{heading, paragraph};
use super::{Ended, Failure, style};

/// Show the prompts for language models, or write them to a folder to be edited
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
To change a prompt: write them to a folder, edit the files there, keep those that you changed, and \
give the folder to `cogitree prompts --prompts DIR` to check them.")]
pub(crate) struct Args {
    /// Print this prompt's template and nothing else
    #[arg(conflicts_with = "write")]
    name: Option<String>,

    /// Write all templates to this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,

    /// Write over files that are there
    #[arg(long, requires = "write")]
    force: bool,

    /// Check and show the templates of this folder in the places of the embedded ones
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    prompts: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Ended {
    let prompts = match &args.prompts {
        Some(folder) => Prompts::with_folder(folder)?,
        None => Prompts::embedded(),
    };
    match (&args.write, &args.name) {
        (Some(folder), _) => write(folder, args.force)?,
        (None, Some(name)) => print(&prompts, name)?,
        (None, None) => list(&prompts)?,
    }
    Ok(true)
}

fn print(prompts: &Prompts, name: &str) -> Result<(), Failure> {
    let name = name.strip_suffix(".j2").unwrap_or(name);
    let Some(source) = prompts.source(name) else {
        let names: Vec<&str> = Prompts::templates().iter().map(|t| t.name).collect();
        let message = format!(
            "there is no prompt {name:?}; there are {}",
            names.join(", ")
        );
        return Err(Failure::Message(message));
    };
    let mut out = io::stdout().lock();
    write!(out, "{source}")?;
    if !source.ends_with('\n') {
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

fn list(prompts: &Prompts) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let shared = |t: &&Template| t.name.starts_with('_');
    let templates = Prompts::templates().iter();
    let (parts, whole): (Vec<&Template>, Vec<&Template>) = templates.partition(shared);
    for (title, templates) in [("Prompts", whole), ("Parts that they include", parts)] {
        heading(&mut out, title)?;
        for template in templates {
            let mark = match prompts.source(template.name) == Some(template.source) {
                true => " ",
                false => "*",
            };
            let name = style::bold(format!("{:14}", template.name));
            paragraph(
                &mut out,
                &format!(" {mark}{name}"),
                &" ".repeat(16),
                template.about,
            )?;
            let names: Vec<&str> = template.variables.iter().map(|v| v.name).collect();
            if !names.is_empty() {
                let names = format!("given: {}", names.join(" "));
                paragraph(&mut out, &" ".repeat(16), &" ".repeat(16), &names)?;
            }
        }
    }
    writeln!(out)?;
    writeln!(
        out,
        "`cogitree prompts NAME` prints one, `cogitree prompts --write DIR` writes all to be edited."
    )?;
    out.flush()?;
    Ok(())
}

/// Writes every template, or none where one is there that may not be written over.
fn write(folder: &Path, force: bool) -> Result<(), Failure> {
    let failed = |path: &Path, e: io::Error| {
        Failure::Message(format!("{}: cannot be written: {e}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let files: Vec<(PathBuf, &str)> = Prompts::templates()
        .iter()
        .map(|t| (folder.join(t.file()), t.source))
        .collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| !force && path.exists()) {
        return Err(Failure::Message(format!(
            "{} is there already; --force writes over it",
            path.display()
        )));
    }
    for (path, source) in &files {
        let mut options = OpenOptions::new();
        options.write(true);
        // Also where it has come to be since.
        match force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let mut file = options.open(path).map_err(|e| failed(path, e))?;
        file.write_all(source.as_bytes())
            .map_err(|e| failed(path, e))?;
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} templates written to {}",
        files.len(),
        folder.display()
    )?;
    out.flush()?;
    Ok(())
}
