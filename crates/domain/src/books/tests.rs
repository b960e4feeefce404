//! Rows are read, and told what is wrong with them.

use super::*;

fn cells(pairs: &[(&str, &str)]) -> Cells {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

const DISPUTE: &[(&str, &str)] = &[
    ("key", "D-1"),
    ("unit", "330106002051"),
    ("title", "楼上漏水"),
    ("brought_on", "2026-03-01"),
    ("settled_on", "2026-03-09"),
    ("by_deliberation", "yes"),
];

#[test]
fn a_row_comes_out_as_it_went_in() {
    let row = read(Book::Disputes, cells(DISPUTE)).expect("sound");
    assert_eq!((row.key.as_str(), row.ended_on.map(|it| it.to_string())), ("D-1", Some("2026-03-09".into())));
    let back: Vec<_> = row.cells(Book::Disputes);
    assert_eq!(back.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>(), DISPUTE);
}

#[test]
fn everything_that_is_wrong_is_told_with_its_column_and_its_fix() {
    let mut wrong = cells(DISPUTE);
    wrong.insert("brought_on".into(), "2026-3-1".into());
    wrong.insert("by_deliberation".into(), "maybe".into());
    wrong.insert("colour".into(), "red".into());
    wrong.remove("title");
    let faults = read(Book::Disputes, wrong).expect_err("unsound");
    let told: Vec<_> = faults.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(told, ["title", "brought_on", "by_deliberation", "colour"]);
    assert_eq!(faults[2].fix, "give one of yes, no");
    let mut turned = cells(DISPUTE);
    turned.insert("settled_on".into(), "2026-02-28".into());
    assert_eq!(read(Book::Disputes, turned).expect_err("turned")[0].field, "settled_on");
}

#[test]
fn every_register_is_counted_by_days_that_it_has() {
    for book in Book::ALL {
        let (from, to) = book.span();
        let day = |name: &str| book.columns().iter().find(|it| it.name == name).map(|it| (it.content, it.required));
        assert_eq!(day(from), Some((Content::Day, true)), "{book}");
        assert!(to.is_none_or(|to| day(to) == Some((Content::Day, false))), "{book}");
    }
}
