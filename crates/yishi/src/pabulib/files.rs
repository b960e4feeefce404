//! Reading a Pabulib file (.pb; <https://pabulib.org/format>): three sections, each a table with its own header.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::{Context as _, Result, bail, ensure};
use yishi_domain::voting::{Choice, ChoiceOption, Method};

/// An election as its file tells it.
#[derive(Clone, Debug)]
pub struct Election {
    /// The file's name.
    pub name: String,
    /// What it is called.
    pub description: String,
    /// What may be spent, in the file's unit of money.
    pub budget: u64,
    /// How it is voted.
    pub method: Method,
    /// What is voted on.
    pub projects: Vec<Project>,
    /// The votes, in the file's order.
    pub votes: Vec<Vote>,
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its code.
    pub option: ChoiceOption,
    /// What it is called.
    pub title: String,
    /// The votes or points that the file states.
    pub stated: Option<u64>,
    /// Whether it was selected, where the file says so.
    pub selected: Option<bool>,
}

/// A vote.
#[derive(Clone, Debug)]
pub struct Vote {
    /// What it says.
    pub choice: Choice,
    /// Whether it came on paper.
    pub paper: bool,
}

type Row = HashMap<String, String>;

impl Election {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        Self::parse(name, &std::fs::read_to_string(path)?)
    }

    /// Reads a file's text.
    pub fn parse(name: String, text: &str) -> Result<Self> {
        let mut sections = sections(text)?;
        let meta: HashMap<_, _> = table(&sections.remove("META").context("there is no section META")?)?
            .into_iter()
            .filter_map(|mut row| Some((row.remove("key")?, row.remove("value")?)))
            .collect();
        let rows = table(&sections.remove("PROJECTS").context("there is no section PROJECTS")?)?;
        let voted = table(&sections.remove("VOTES").context("there is no section VOTES")?)?;
        let kind = meta.get("vote_type").context("META says no vote_type")?.as_str();
        let (votes, method) = votes(kind, &voted)?;
        let projects = rows.iter().map(|row| project(row, kind)).collect::<Result<Vec<_>>>()?;
        let budget = number(meta.get("budget").context("META says no budget")?)?;
        let description = meta.get("description").cloned().unwrap_or_else(|| name.clone());
        Ok(Self { name, description, budget, method, projects, votes })
    }

    /// The projects as options of a ballot.
    pub fn options(&self) -> Vec<ChoiceOption> {
        self.projects.iter().map(|it| it.option.clone()).collect()
    }
}

/// The text of each section, by its name.
fn sections(text: &str) -> Result<HashMap<&str, String>> {
    let mut sections = HashMap::new();
    let mut now = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        match line.trim() {
            name @ ("META" | "PROJECTS" | "VOTES") => {
                ensure!(!sections.contains_key(name), "there are two sections {name}");
                now = Some(sections.entry(name).or_insert_with(String::new));
            }
            _ => match &mut now {
                Some(section) => {
                    section.push_str(line);
                    section.push('\n');
                }
                None => bail!("the file does not begin with the line META"),
            },
        }
    }
    Ok(sections)
}

/// The rows of a section under its header.
fn table(text: &str) -> Result<Vec<Row>> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let row = |record: csv::Result<csv::StringRecord>| {
        Ok(header.iter().zip(record?.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect())
    };
    reader.records().map(row).collect()
}

fn project(row: &Row, kind: &str) -> Result<Project> {
    let cell = |name: &str| row.get(name).map(String::as_str);
    let code = cell("project_id").context("a project has no project_id")?.to_owned();
    let stated = if kind == "approval" { "votes" } else { "score" };
    Ok(Project {
        title: cell("name").filter(|it| !it.is_empty()).unwrap_or(&code).chars().take(200).collect(),
        stated: cell(stated).map(number).transpose()?,
        selected: cell("selected").map(|it| it == "1"),
        option: ChoiceOption { cost: Some(number(cell("cost").context("a project has no cost")?)?), code },
    })
}

/// The votes of a kind, and the method that takes all of them.
fn votes(kind: &str, rows: &[Row]) -> Result<(Vec<Vote>, Method)> {
    let mut said = Vec::with_capacity(rows.len());
    let longest = rows.iter().map(|row| projects_of(row).count()).max().unwrap_or(0);
    let longest = u32::try_from(longest).unwrap_or(u32::MAX).max(1);
    let mut most = 1;
    for row in rows {
        let paper = row.get("voting_method").is_some_and(|it| it == "paper");
        let named = projects_of(row).map(str::to_owned);
        let choice = match kind {
            "approval" => Choice::Approved(named.collect()),
            "ordinal" => Choice::Points(named.zip((1..=longest).rev()).collect()),
            "cumulative" => {
                let points = row.get("points").context("a vote has no points")?.split(',').map(|it| number(it.trim()));
                let points =
                    points.collect::<Result<Vec<_>>>()?.into_iter().map(|it| u32::try_from(it).unwrap_or(u32::MAX));
                Choice::Points(named.zip(points).filter(|(_, points)| *points > 0).collect::<BTreeMap<_, _>>())
            }
            other => bail!("the vote_type `{other}` is none of approval, cumulative and ordinal"),
        };
        let points = choice.marks().iter().map(|(_, points)| points).sum::<u32>();
        most = most.max(points);
        // Whoever names nothing takes part all the same.
        said.push(Vote { choice: if points == 0 { Choice::Abstained } else { choice }, paper });
    }
    Ok((said, if kind == "approval" { Method::Approval(most) } else { Method::Cumulative(most) }))
}

fn projects_of(row: &Row) -> impl Iterator<Item = &str> {
    row.get("vote").into_iter().flat_map(|it| it.split(',')).map(str::trim).filter(|it| !it.is_empty())
}

fn number(text: &str) -> Result<u64> {
    text.parse().with_context(|| format!("`{text}` is no whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "META\nkey;value\ndescription;Local budget\nbudget;100\nvote_type;ordinal\nPROJECTS\nproject_id;cost;score;name;selected\n\
                        a;60;5;\"Trees; and benches\";1\nb;50;1;Lamps;0\nVOTES\nvoter_id;vote;voting_method\n1;a,b;paper\n2;a;internet\n3;;internet\n";

    #[test]
    fn a_file_is_read_section_by_section() {
        let election = Election::parse("x.pb".into(), FILE).expect("sound");
        assert_eq!((election.budget, election.method), (100, Method::Cumulative(3)));
        let [a, b] = &election.projects[..] else { panic!("two projects") };
        assert_eq!(
            (a.title.as_str(), a.option.cost, a.stated, a.selected),
            ("Trees; and benches", Some(60), Some(5), Some(true))
        );
        assert_eq!((b.option.code.as_str(), b.selected), ("b", Some(false)));
        let points =
            |all: &[(&str, u32)]| Choice::Points(all.iter().map(|(code, it)| ((*code).to_owned(), *it)).collect());
        let votes: Vec<_> = election.votes.iter().map(|it| (it.choice.clone(), it.paper)).collect();
        assert_eq!(
            votes,
            [(points(&[("a", 2), ("b", 1)]), true), (points(&[("a", 2)]), false), (Choice::Abstained, false)]
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let refused =
            |from: &str, to: &str| Election::parse("x.pb".into(), &FILE.replace(from, to)).expect_err("unsound");
        assert!(refused("META", "").to_string().contains("META"));
        assert!(refused("budget;100", "budget;much").to_string().contains("`much`"));
        assert!(refused("ordinal", "scoring").to_string().contains("`scoring`"));
    }
}
