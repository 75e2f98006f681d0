//! Takes the floats out of the text of a module of the specification's test-suite, so that the rest of
//! it can be run: what has to do with them keeps its place and its name, but does nothing.

use std::collections::HashSet;

/// The text of the module whose keyword is at this place.
fn module(file: &str, keyword: usize) -> Option<&str> {
	let start = file.get(..keyword)?.rfind('(')?;
	Some(&file[start..start + length(&file[start..])?])
}

/// Whether the text of the module whose keyword is at this place has floats.
pub fn has_floats(file: &str, keyword: usize) -> bool {
	module(file, keyword).is_some_and(|module| words(module).into_iter().any(float))
}

/// The text of the module whose keyword is at this place, without floats, if there is such a text.
pub fn without_floats(file: &str, keyword: usize) -> Option<String> {
	let fields = fields(module(file, keyword)?)?;
	let words: Vec<Vec<&str>> = fields.iter().map(|field| words(field)).collect();
	let mut is_float: Vec<bool> =
		words.iter().map(|words| words.iter().any(|w| float(w))).collect();
	loop {
		let names: HashSet<&str> = words
			.iter()
			.zip(&is_float)
			.filter(|(_, is_float)| **is_float)
			.filter_map(|(words, _)| name(words))
			.collect();
		// What uses one of them is one of them, but for the places in tables, which must stay.
		let uses = |words: &[&str]| {
			!matches!(words[0], "elem" | "table") && words[1..].iter().any(|w| names.contains(w))
		};
		let more: Vec<bool> =
			words.iter().zip(&is_float).map(|(words, is)| *is || uses(words)).collect();
		if more == is_float {
			break;
		}
		is_float = more;
	}
	let mut text = String::from("(module ");
	for ((field, words), is_float) in fields.iter().zip(&words).zip(is_float) {
		let id = name(words).unwrap_or_default();
		let kind = match words[0] {
			"import" => *words.iter().find(|word| matches!(**word, "func" | "global"))?,
			kind => kind,
		};
		text += &match (is_float, kind) {
			(false, _) => (*field).to_owned(),
			(true, "func") => format!("(func {id} unreachable)"),
			(true, "type") => format!("(type {id} (func))"),
			(true, "global") => format!("(global {id} i32 (i32.const 0))"),
			(true, "export") => String::new(),
			_ => return None,
		};
	}
	Some(text + ")")
}

fn float(word: &str) -> bool {
	["f32", "f64"].iter().any(|float| word.starts_with(float))
		|| ["_f32", "_f64"].iter().any(|float| word.contains(float) && !word.starts_with('$'))
}

/// What a field defines.
fn name<'a>(words: &[&'a str]) -> Option<&'a str> {
	let place = match words[0] {
		"import" => words.iter().position(|word| matches!(*word, "func" | "global"))?,
		"export" | "elem" => return None,
		_ => 0,
	};
	words.get(place + 1).copied().filter(|word| word.starts_with('$'))
}

/// How long what is in the first brackets is, with them.
fn length(text: &str) -> Option<usize> {
	let mut depth = 0_usize;
	for (at, token) in tokens(text) {
		match token {
			"(" => depth += 1,
			")" => depth = depth.checked_sub(1)?,
			_ => (),
		}
		if depth == 0 {
			return Some(at + token.len());
		}
	}
	None
}

/// What is in brackets in a module, one after the other.
fn fields(module: &str) -> Option<Vec<&str>> {
	let mut fields = Vec::new();
	let mut end = 1;
	for (at, token) in tokens(module).skip(1) {
		if at >= end && token == "(" {
			end = at + length(&module[at..])?;
			fields.push(&module[at..end]);
		}
	}
	Some(fields)
}

/// The words of a text, without its strings.
fn words(field: &str) -> Vec<&str> {
	let tokens = tokens(field).map(|(_, token)| token);
	tokens.filter(|token| !matches!(token.as_bytes()[0], b'(' | b')' | b'"')).collect()
}

/// Brackets, strings and words, with their places. Comments are left out.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
	let mut at = 0;
	std::iter::from_fn(move || loop {
		let rest = &text[at..];
		let first = *rest.as_bytes().first()?;
		let end = match first {
			b';' => rest.find('\n').unwrap_or(rest.len()),
			b'(' if rest.starts_with("(;") => rest.find(";)").map_or(rest.len(), |end| end + 2),
			b'(' | b')' => 1,
			b'"' => {
				let mut escaped = false;
				let is_end = |byte: &u8| {
					let is_end = *byte == b'"' && !escaped;
					escaped = *byte == b'\\' && !escaped;
					is_end
				};
				rest.as_bytes()[1..].iter().position(is_end).map_or(rest.len(), |end| end + 2)
			}
			byte if byte.is_ascii_whitespace() => 1,
			_ => {
				let is_end =
					|c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | '"' | ';');
				rest.find(is_end).unwrap_or(rest.len())
			}
		};
		let place = at;
		at += end;
		if !first.is_ascii_whitespace() && !rest.starts_with("(;") && first != b';' {
			return Some((place, &text[place..at]));
		}
	})
}

#[test]
fn what_has_to_do_with_floats_is_taken_out() {
	let text = r#"(module $m ;; f32
		(type $t (func (param f32))) (type $i (func (param i32)))
		(func $a (export "a") (type $t)) (func $b (export "f32") (call $c)) (func $c (type $i))
		(func $d (call $a (local.get 0))) (export "d" (func $d)) (table funcref (elem $a $b))
		(global f64 (f64.const 1)) (func (drop (i32.trunc_f32_s (unreachable)))) (data "\"(f32"))"#;
	let left: String = without_floats(text, 1).unwrap().split_whitespace().collect();
	let expected = r#"(module (type $t (func))(type $i (func (param i32)))
		(func $a unreachable)(func $b (export "f32") (call $c))(func $c (type $i))
		(func $d unreachable)(table funcref (elem $a $b))
		(global  i32 (i32.const 0))(func  unreachable)(data "\"(f32"))"#;
	assert_eq!(left, expected.split_whitespace().collect::<String>());
	assert!(has_floats(text, 1) && !has_floats(expected, 1));
}
