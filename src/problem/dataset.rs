//! Data sets: one task a line in JSON, plain or compressed with gzip, read as a stream.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{nearest, shown};
use super::read::{self, LIMIT};
use super::{Fault, LoadedProblem, Place, ProblemError, human_eval, mbpp};

/// The tasks of a `.jsonl` or `.jsonl.gz` file, in order: rows of HumanEval (`task_id`,
/// `prompt`, `entry_point`, `test`, optionally `visible_tests`) or of MBPP (`task_id`,
/// `text` or `prompt`, `test_list`). Reference solutions are not read at all.
///
/// An iterator: a row that is no problem gives an error and the next one follows; a file
/// that cannot be read any further gives an error and ends.
pub struct Dataset {
    path: PathBuf,
    lines: Box<dyn BufRead + Send>,
    line: usize,
    ended: bool,
}

/// The most bytes that are read of one file, decompressed: 4 GiB.
const MOST: u64 = 4 << 30;

impl Dataset {
    /// Opens a data set.
    pub fn open(path: &Path) -> Result<Dataset, ProblemError> {
        let mut file = BufReader::new(read::open(path)?);
        // By content rather than by name: downloads are renamed.
        let head = file.fill_buf().map_err(|e| read::unreadable(path, &e))?;
        let lines: Box<dyn BufRead + Send> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::new(MultiGzDecoder::new(file).take(MOST)))
        } else {
            Box::new(file.take(MOST))
        };
        Ok(Dataset {
            path: path.to_path_buf(),
            lines,
            line: 0,
            ended: false,
        })
    }

    /// The task with an id: the whole `task_id`, or the part behind its last `/`.
    pub fn task(mut self, task: &str) -> Result<LoadedProblem, ProblemError> {
        let mut ids = Vec::new();
        while let Some(line) = self.next_line() {
            let row = line?;
            let place = self.place();
            let id = row_id(&row, &place)?;
            if id == task || id.rsplit_once('/').is_some_and(|(_, short)| short == task) {
                return load_row(&row, id, &place);
            }
            ids.push(id);
        }
        Err(Fault::UnknownTask {
            file: self.path,
            task: shown(task),
            nearest: nearest_ids(task, &ids),
            tasks: ids.len(),
        }
        .into())
    }

    fn place(&self) -> Place {
        Place::line(&self.path, self.line)
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> Option<Result<String, ProblemError>> {
        while !self.ended {
            self.line += 1;
            let mut bytes = Vec::new();
            match self
                .lines
                .by_ref()
                .take(LIMIT + 1)
                .read_until(b'\n', &mut bytes)
            {
                Ok(0) => self.ended = true,
                Ok(_) if bytes.len() as u64 > LIMIT => {
                    self.ended = true;
                    return Some(Err(Fault::TooLarge {
                        place: self.place(),
                        what: "the line",
                        limit: LIMIT,
                        remedy: "A data set holds one task a line".to_owned(),
                    }
                    .into()));
                }
                Ok(_) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => {
                    let line = String::from_utf8(bytes);
                    return Some(line.map_err(|_| read::not_utf8(self.place())));
                }
                Err(e) => {
                    self.ended = true;
                    return Some(Err(read::unreadable(&self.path, &e)));
                }
            }
        }
        None
    }
}

impl Iterator for Dataset {
    type Item = Result<LoadedProblem, ProblemError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.next_line()? {
            Ok(row) => row,
            Err(e) => return Some(Err(e)),
        };
        let place = self.place();
        Some(row_id(&row, &place).and_then(|id| load_row(&row, id, &place)))
    }
}

/// The nearest ids: by their last part where the task asked for is only that.
fn nearest_ids(task: &str, ids: &[String]) -> Vec<String> {
    const SHOWN: usize = 3;
    // Numbers are near by value: Jaro–Winkler finds 1 and 100 alike.
    let number = |id: &str| {
        let last = id.rsplit('/').next().unwrap_or(id);
        last.parse::<i64>().ok()
    };
    if let Some(wanted) = number(task) {
        let mut ranked: Vec<(u64, &String)> = ids
            .iter()
            .filter_map(|id| Some((number(id)?.abs_diff(wanted), id)))
            .collect();
        ranked.sort_by_key(|(distance, _)| *distance);
        if !ranked.is_empty() {
            return ranked
                .into_iter()
                .take(SHOWN)
                .map(|(_, id)| id.clone())
                .collect();
        }
    }
    let near = nearest(task, ids.iter().map(String::as_str), SHOWN);
    if near.is_empty() {
        return ids.iter().take(SHOWN).cloned().collect();
    }
    near.into_iter().map(str::to_owned).collect()
}

/// The id of a row: its text, or `Mbpp/7` for a bare number, as EvalPlus writes it.
fn row_id(row: &str, place: &Place) -> Result<String, ProblemError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        task_id: Option<&'a RawValue>,
    }
    let head: Head<'_> = parse_row(row, place)?;
    let Some(raw) = head.task_id else {
        return Err(Fault::Missing {
            place: place.clone(),
            key: "task_id",
            table: "the row".to_owned(),
            remedy: ROWS.to_owned(),
        }
        .into());
    };
    let id = match serde_json::from_str(raw.get()) {
        Ok(serde_json::Value::String(id)) => id,
        Ok(serde_json::Value::Number(n)) => format!("Mbpp/{n}"),
        _ => {
            return Err(Fault::Invalid {
                place: place.clone(),
                field: "`task_id`".to_owned(),
                why: "is neither text nor a number".to_owned(),
                remedy: ROWS.to_owned(),
            }
            .into());
        }
    };
    // One slash is the benchmarks' own habit: `HumanEval/7`.
    let plain = match id.split_once('/') {
        Some((set, task)) if !set.is_empty() && set != "." && set != ".." && !task.is_empty() => {
            format!("{set}_{task}")
        }
        _ => id.clone(),
    };
    super::validate::id(&plain, place, "`task_id`")?;
    Ok(id)
}

const ROWS: &str = "A row is one of HumanEval (task_id, prompt, entry_point, test) or of MBPP \
                    (task_id, text or prompt, test_list)";

/// Parses a row into the fields that `T` names; others, solutions among them, are skipped.
pub(super) fn parse_row<'a, T: Deserialize<'a>>(
    row: &'a str,
    place: &Place,
) -> Result<T, ProblemError> {
    serde_json::from_str(row).map_err(|e| {
        Fault::Malformed {
            place: place.clone(),
            format: "as a row of JSON",
            // The row is one line, and the place names it.
            why: e.to_string().replace(" at line 1 column", " at column"),
            remedy: ROWS.to_owned(),
        }
        .into()
    })
}

fn load_row(row: &str, id: String, place: &Place) -> Result<LoadedProblem, ProblemError> {
    #[derive(Deserialize)]
    struct Shape<'a> {
        #[serde(borrow)]
        entry_point: Option<&'a RawValue>,
        #[serde(borrow)]
        test: Option<&'a RawValue>,
        #[serde(borrow)]
        test_list: Option<&'a RawValue>,
    }
    let shape: Shape<'_> = parse_row(row, place)?;
    match (shape.test_list, shape.entry_point, shape.test) {
        (Some(_), _, _) => mbpp::load(parse_row(row, place)?, id, place),
        (None, Some(_), Some(_)) => human_eval::load(parse_row(row, place)?, id, place),
        _ => Err(Fault::Missing {
            place: place.clone(),
            key: "test",
            table: format!("the row of `{id}`"),
            remedy: ROWS.to_owned(),
        }
        .into()),
    }
}
