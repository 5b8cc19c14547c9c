//! Texts as hashed tokens.

use std::collections::HashSet;

use cogitree_engine::State;

use super::lexer::{Piece, prose};

/// Where a token stands: the same word is another token in another field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Field {
    Nothing = 0,
    Statement = 1,
    Thought = 2,
    Feedback = 3,
    Program = 4,
    Shared = 5,
}

/// The id of a token in 1..buckets: the 64-bit FNV-1a hash (Fowler, Noll, Vo 1991) of the field's number
/// and the token's UTF-8, folded to 32 bits, modulo what there is.
fn id(field: Field, token: &str, buckets: u32) -> i64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = std::iter::once(field as u8)
        .chain(token.bytes())
        .fold(OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
    let folded = (hash >> 32) ^ (hash & 0xffff_ffff);
    (folded % u64::from(buckets - 1) + 1) as i64
}

/// The tokens of a state: statement, shared words, thoughts, feedback, and then the program, which has
/// the room that they leave.
pub(super) fn of(
    state: &State<'_>,
    statement: &[String],
    pieces: &[Piece<'_>],
    buckets: u32,
    longest: usize,
) -> Vec<i64> {
    let chain = &state.chain;
    let mut tokens = Tokens {
        ids: Vec::with_capacity(longest),
        buckets,
        longest,
    };
    tokens.extend(Field::Statement, statement.iter(), longest / 4);
    let shared = shared(statement, pieces);
    tokens.extend(Field::Shared, shared.iter(), longest / 32);
    // The last thought is what the program came from.
    let thoughts = (chain.thoughts.iter().rev()).flat_map(|t| prose(&t.text));
    tokens.extend(Field::Thought, thoughts, longest / 8);
    let feedback = prose(&state.outcome.feedback.text);
    tokens.extend(Field::Feedback, feedback, longest / 8);
    let program = pieces.iter().filter_map(token);
    tokens.extend(Field::Program, program, longest);
    if tokens.ids.is_empty() {
        tokens.extend(Field::Nothing, [""].iter(), 1);
    }
    tokens.ids
}

struct Tokens {
    ids: Vec<i64>,
    buckets: u32,
    longest: usize,
}

impl Tokens {
    fn extend<T: AsRef<str>>(
        &mut self,
        field: Field,
        tokens: impl Iterator<Item = T>,
        most: usize,
    ) {
        let room = most.min(self.longest - self.ids.len());
        let buckets = self.buckets;
        (self.ids).extend(tokens.take(room).map(|t| id(field, t.as_ref(), buckets)));
    }
}

/// The words of a statement and of the names in its interface.
pub(super) fn statement(problem: &cogitree_engine::Problem) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if let Some(signature) = problem.interface.signature() {
        words.extend(prose(&signature.name));
        words.extend(signature.parameters.iter().flat_map(|p| prose(&p.name)));
    }
    words.extend(prose(&problem.statement));
    words
}

/// The words of a statement that are in a program's names, each once.
fn shared(statement: &[String], pieces: &[Piece<'_>]) -> Vec<String> {
    let names = name_words(pieces);
    let mut seen = HashSet::new();
    (statement.iter())
        .filter(|word| word.len() > 2 && names.contains(*word) && seen.insert(*word))
        .cloned()
        .collect()
}

/// The words in the names of a program.
pub(super) fn name_words(pieces: &[Piece<'_>]) -> HashSet<String> {
    (pieces.iter())
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(*name),
            _ => None,
        })
        .flat_map(prose)
        .collect()
}

/// A piece as a token; comments are none.
fn token(piece: &Piece<'_>) -> Option<String> {
    const LONG: usize = 24;
    Some(match piece {
        Piece::Line(width) => format!("\n{}", (width / 4).min(6)),
        Piece::Name(name) => name[..name.floor_char_boundary(LONG)].to_owned(),
        Piece::Number(number) if number.len() <= 3 => (*number).to_owned(),
        Piece::Number(_) => "0#".to_owned(),
        Piece::Text("") => "''".to_owned(),
        Piece::Text(text) if text.chars().count() == 1 => format!("'{text}"),
        Piece::Text(_) => "'#".to_owned(),
        Piece::Long(_) => "'''".to_owned(),
        Piece::Sign(sign) => (*sign).to_owned(),
        Piece::Comment => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::lexer::code;
    use super::*;

    #[test]
    fn ids_are_those_of_the_documented_hash() {
        // Of the bytes 04 72 ("r" in a program), computed by hand from the definition of FNV-1a.
        let step = |hash: u64, byte: u64| (hash ^ byte).wrapping_mul(1_099_511_628_211);
        let hash = step(step(14_695_981_039_346_656_037, 4), 0x72);
        let folded = (hash >> 32) ^ (hash % (1 << 32));
        assert_eq!(
            id(Field::Program, "r", 8192),
            (folded % 8191 + 1).cast_signed()
        );
        assert_ne!(id(Field::Program, "r", 8192), id(Field::Thought, "r", 8192));
    }

    #[test]
    fn words_that_a_statement_shares_with_a_programs_names() {
        let statement: Vec<String> = prose("Sum the prices of items; sum them").collect();
        let pieces = code("def sum_item(x):\n    return 'prices'");
        assert_eq!(shared(&statement, &pieces), ["sum", "item"]);
    }
}
