//! An open-data archive of Decidim: a CSV file a kind of thing, named `<host>-open-data-<kind>.csv`, with nested columns such as `title/en`.
//!
//! The columns are those of Decidim's `ProposalSerializer`, `CommentSerializer`, `MeetingSerializer` and `ResultSerializer`
//! (<https://github.com/decidim/decidim>, release 0.30), and those that 0.27 to 0.29 name otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read as _, Seek},
    path::Path,
};

use anyhow::{Context as _, Result, bail, ensure};
use zip::ZipArchive;

/// How large a file may be when it is unpacked.
const LARGEST: u64 = 256 * 1024 * 1024;

/// How large all of them may be together, and how many there may be.
const LARGEST_TOGETHER: u64 = 1024 * 1024 * 1024;
const MOST: usize = 1_000;

/// What stands between the host and the kind in a file's name.
const NAMED: &str = "-open-data-";

/// A row, by column; what is empty is absent.
pub type Row = BTreeMap<String, String>;

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Archive {
    /// The site that it comes from.
    pub host: String,
    /// Its files by their kind, such as `proposals`, each with its columns and its rows.
    pub tables: BTreeMap<String, Table>,
    /// Files that are none of these.
    pub others: Vec<String>,
}

/// A file of an archive.
#[derive(Debug, Default)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
    locale: Option<String>,
}

impl Archive {
    /// Reads an archive; of texts in several languages this one is preferred.
    pub fn read(path: &Path, locale: Option<&str>) -> Result<Self> {
        Self::of(File::open(path)?, locale)
    }

    fn of(file: impl std::io::Read + Seek, locale: Option<&str>) -> Result<Self> {
        let mut zip = ZipArchive::new(file).context("this is no ZIP archive")?;
        ensure!(zip.len() <= MOST, "it holds {} files, and an archive has at most {MOST}", zip.len());
        let (mut archive, mut together) = (Self::default(), 0);
        for i in 0..zip.len() {
            let entry = zip.by_index(i)?;
            let name = entry.name()?.rsplit('/').next().unwrap_or_default().to_owned();
            if entry.is_dir() {
                continue;
            }
            let Some((host, kind)) = name.strip_suffix(".csv").and_then(|it| it.split_once(NAMED)) else {
                archive.others.push(name);
                continue;
            };
            ensure!(entry.size() <= LARGEST, "{name} unpacks to more than {LARGEST} bytes");
            let mut text = Vec::new();
            let (host, kind) = (host.to_owned(), kind.to_owned());
            entry.take(LARGEST + 1).read_to_end(&mut text).with_context(|| name.clone())?;
            ensure!(text.len() as u64 <= LARGEST, "{name} unpacks to more than {LARGEST} bytes");
            together += text.len() as u64;
            ensure!(together <= LARGEST_TOGETHER, "with {name} it unpacks to more than {LARGEST_TOGETHER} bytes");
            let table = Table::read(name, &text, locale)?;
            let (one, other) = (archive.tables.get(&kind).map(|it| it.name.clone()), &table.name);
            if let Some(one) = one {
                bail!("{one} and {other} both hold {kind}: take one of them out, and import it by itself");
            }
            ensure!(
                archive.host.is_empty() || archive.host == host,
                "its files come from {} and from {host}: import each site's archive by itself",
                archive.host
            );
            archive.host = host;
            archive.tables.insert(kind, table);
        }
        if archive.tables.is_empty() {
            bail!("there is no file `<host>{NAMED}<kind>.csv` in it: is it the archive of the page \"Open Data\"?");
        }
        Ok(archive)
    }
}

impl Table {
    fn read(name: String, bytes: &[u8], locale: Option<&str>) -> Result<Self> {
        let text = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}');
        // Sites choose between the two; the header has no text in which the other one could stand.
        let header = text.lines().next().unwrap_or_default();
        let between = if header.contains(';') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(between).flexible(true).from_reader(text.as_bytes());
        let columns: Vec<_> = reader.headers().with_context(|| name.clone())?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.with_context(|| name.clone())?;
            let cells = columns.iter().zip(&record).filter(|(_, text)| !text.trim().is_empty());
            rows.push(cells.map(|(column, text)| (column.clone(), text.to_owned())).collect());
        }
        Ok(Self { name, columns, rows, locale: locale.map(str::to_owned) })
    }

    /// A text of a row, in the language that is preferred where it has several, as plain text.
    pub fn text(&self, row: &Row, column: &str) -> Option<String> {
        let plain = |text: &String| plain(text);
        let preferred = self.locale.as_ref().and_then(|it| row.get(&format!("{column}/{it}")));
        let within = format!("{column}/");
        let any = || row.iter().find(|(name, _)| name.starts_with(&within) && !name.ends_with("/machine_translations"));
        row.get(column).or(preferred).or_else(|| any().map(|it| it.1)).map(plain).filter(|it| !it.is_empty())
    }

    /// The columns besides those that begin with one of these names.
    pub fn columns_besides(&self, known: &[&str]) -> Vec<String> {
        let is = |column: &str| known.iter().any(|it| column == *it || column.starts_with(&format!("{it}/")));
        let besides: BTreeSet<_> = self.columns.iter().filter(|it| !is(it)).cloned().collect();
        besides.into_iter().collect()
    }
}

/// A text without the marks of HTML, of which Decidim keeps descriptions.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let is_tag = |it: &str| it.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/' || it == '!');
        match rest[open..].find('>').filter(|_| is_tag(&rest[open + 1..])) {
            Some(close) => {
                plain.push_str(&rest[..open]);
                let tag = rest[open + 1..open + close].trim_start_matches('/');
                if ["p", "br", "li", "h", "ul", "ol", "div"].iter().any(|it| tag.starts_with(it)) {
                    plain.push('\n');
                }
                rest = &rest[open + close + 1..];
            }
            None => {
                plain.push_str(&rest[..=open]);
                rest = &rest[open + 1..];
            }
        }
    }
    plain.push_str(rest);
    for (mark, sign) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        plain = plain.replace(mark, sign);
    }
    let lines: Vec<_> = plain.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_in_the_language_that_is_preferred() {
        let text =
            "id;title/en;title/zh-CN;body\n1;Lamps;路灯;\"<p>Two lamps</p><p>a &lt; b &amp; 1 < 2</p>\"\n2;;路灯;\n";
        let table = Table::read("x".into(), text.as_bytes(), Some("zh-CN")).expect("read");
        assert_eq!(table.text(&table.rows[0], "title").as_deref(), Some("路灯"));
        assert_eq!(table.text(&table.rows[0], "body").as_deref(), Some("Two lamps\na < b & 1 < 2"));
        let table = Table::read("x".into(), text.as_bytes(), None).expect("read");
        assert_eq!(table.text(&table.rows[0], "title").as_deref(), Some("Lamps"));
        assert_eq!(table.text(&table.rows[1], "title").as_deref(), Some("路灯"));
        assert_eq!(table.text(&table.rows[1], "body"), None);
        assert_eq!(table.columns_besides(&["id", "title"]), ["body"]);
    }

    fn zipped<'a>(names: impl IntoIterator<Item = &'a str>) -> std::io::Cursor<Vec<u8>> {
        use std::io::Write as _;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
            zip.write_all(b"id\n1\n").expect("written");
        }
        zip.finish().expect("finished")
    }

    #[test]
    fn two_files_of_a_kind_two_sites_and_too_many_files_are_told() {
        let told =
            |names: &[&str]| Archive::of(zipped(names.iter().copied()), None).expect_err("not taken").to_string();
        let double = told(&["a-open-data-proposals.csv", "old/a-open-data-proposals.csv"]);
        assert!(double.contains("both hold proposals"), "{double}");
        let sites = told(&["a-open-data-proposals.csv", "b-open-data-meetings.csv"]);
        assert!(sites.contains("come from a and from b"), "{sites}");
        let names: Vec<_> = (0..=MOST).map(|i| format!("{i}.txt")).collect();
        let many = told(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(many.contains("1001 files"), "{many}");
        assert!(Archive::of(zipped(["a-open-data-proposals.csv", "README.md"]), None).is_ok());
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let error = Archive::of(std::io::Cursor::new(b"nothing"), None).expect_err("no archive");
        assert!(error.to_string().contains("no ZIP archive"), "{error}");
    }
}
