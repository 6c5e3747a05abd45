//! The pages of docs/c, and the table of errors, say what `include/strongroom.h` declares. That their
//! examples compile and run is scripts/c-docs-test's to prove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use strongroom::ErrorKind;

/// The name of a page, or of the header, and its text.
type Pages = BTreeMap<String, String>;

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn header() -> String {
    let text = fs::read_to_string(place("include/strongroom.h")).unwrap();
    without_comments(&text)
}

fn pages() -> Pages {
    let entries = fs::read_dir(place("docs/c")).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

fn without_comments(c: &str) -> String {
    let mut parts = c.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |code, part| code + part.split_once("*/").expect("its end").1)
}

/// Every name of ours: words that begin with `strongroom_` or `STRONGROOM_`. One that ends with an
/// underscore stands for a family, as in `STRONGROOM_TYPE_...`.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.to_ascii_lowercase().starts_with("strongroom_")).collect()
}

/// What a reader may look for: functions, types and constants.
fn declared(header: &str) -> BTreeSet<&str> {
    let guard = "STRONGROOM_H";
    names(header).into_iter().filter(|name| *name != guard).collect()
}

/// Names of ours that arguments follow directly.
fn functions(c: &str) -> Vec<&str> {
    let ends_a_word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let before_arguments = c.split('(').filter_map(|part| part.rsplit(ends_a_word).next());
    before_arguments.filter(|name| name.starts_with("strongroom_")).collect()
}

/// The blocks of a page that repeat declarations.
fn prototypes(page: &str) -> String {
    let blocks = page.split("```c prototypes\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// What is wrong with the pages, in words.
fn complaints(header: &str, pages: &Pages) -> Vec<String> {
    let mut found = Vec::new();
    let declared = declared(header);
    let named: BTreeSet<&str> = pages.values().flat_map(|page| names(page)).collect();
    for name in declared.difference(&named) {
        found.push(format!("{name} is on no page"));
    }
    for (page, text) in pages {
        let unknown = |name: &&str| !name.ends_with('_') && !declared.contains(name);
        for name in names(text).into_iter().filter(unknown) {
            found.push(format!("{page} names {name}, which there is not"));
        }
    }
    let repeated: String = pages.values().map(|page| prototypes(page)).collect();
    let repeated = functions(&repeated);
    for function in functions(header) {
        let times = repeated.iter().filter(|name| **name == function).count();
        if times != 1 {
            found.push(format!("{function} is declared {times} times on the pages, not once"));
        }
    }
    found
}

#[test]
fn every_declaration_is_explained_and_nothing_else() {
    let header = header();
    assert!(functions(&header).len() > 60, "{:?}", functions(&header));
    assert_eq!(complaints(&header, &pages()), [""; 0]);
}

#[test]
fn what_is_missing_or_too_much_is_noticed() {
    let more = |line: &str| complaints(&(header() + line), &pages());
    assert_eq!(
        more("void strongroom_planted(void);"),
        [
            "strongroom_planted is on no page",
            "strongroom_planted is declared 0 times on the pages, not once"
        ]
    );
    assert_eq!(more("#define STRONGROOM_PLANTED 1"), ["STRONGROOM_PLANTED is on no page"]);

    let page_with = |text: &str| {
        let mut pages = pages();
        pages.insert("planted.md".to_owned(), text.to_owned());
        complaints(&header(), &pages)
    };
    assert_eq!(
        page_with("Call `strongroom_planted()`."),
        ["planted.md names strongroom_planted, which there is not"]
    );
    assert_eq!(
        page_with("```c prototypes\nvoid strongroom_wipe(uint8_t *data, size_t len);\n```"),
        ["strongroom_wipe is declared 2 times on the pages, not once"]
    );
}

#[test]
fn every_page_has_the_sections_of_its_form() {
    let form = ["## Example", "## Purpose", "## Functions", "## Constants", "## Notes"];
    for (name, page) in pages().iter().filter(|(name, _)| *name != "README.md") {
        let found: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(found.len(), form.len(), "{name}: {found:?}");
        assert!(found.iter().zip(form).all(|(found, form)| found.starts_with(form)), "{name}");
    }
}

#[test]
fn the_index_links_every_page() {
    let mut pages = pages();
    let index = pages.remove("README.md").unwrap();
    for name in pages.keys() {
        assert!(index.contains(&format!("]({name})")), "{name} is not in the index");
    }
}

/// The rows `| 10 | not found | `NOT_FOUND` |…` of the table of errors, as numbers and names in C.
fn listed(table: &str) -> Vec<(u8, String)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        Some((cells.get(1)?.parse().ok()?, cells.get(3)?.trim_matches('`').to_owned()))
    };
    table.lines().filter_map(row).collect()
}

#[test]
fn the_table_of_errors_has_the_names_in_c() {
    let table = fs::read_to_string(place("docs/errors.md")).unwrap();
    let header = header();
    let rows = listed(&table);
    assert_eq!(rows.len(), ErrorKind::ALL.len());
    for (number, name) in rows {
        let line = format!("#define STRONGROOM_{name} {number}");
        assert!(header.lines().any(|found| found == line), "the header has no {line}");
    }
}
