//! Bringing an archive to a city over HTTP. Each request has a key made of the archive's site and Decidim's identifier, so that nothing is made twice.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use yishi_domain::MemberId;
use yishi_service::{App, tokens::Bearer};

use super::archives::{Archive, Row, Table};
use crate::{
    callers::{Caller, Problem},
    demos::callers::Service,
};

/// How many characters a title, a topic's text, and a comment or an answer have at most.
const TITLE: usize = 200;
const BODY: usize = 10_000;
const WORDS: usize = 2_000;

/// What an import came to; a second one of the same archive comes to the same.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The site that the archive comes from.
    pub host: String,
    /// Its files.
    pub files: Vec<FileReport>,
}

/// What became of a file.
#[derive(Debug, Default, Serialize)]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// What its rows become, where they become anything.
    pub becomes: Option<&'static str>,
    /// How many rows it has.
    pub rows: usize,
    /// How many of them are there now.
    pub mapped: usize,
    /// The others, with the reason; and what was left out of those that are there.
    pub rows_not_mapped: Vec<NotMapped>,
    /// Columns for which there is no place here.
    pub columns_not_mapped: Vec<String>,
}

/// A row, or a part of one, that was not mapped.
#[derive(Debug, Serialize)]
pub struct NotMapped {
    /// The row, by its kind and Decidim's identifier.
    pub row: String,
    /// Why.
    pub why: String,
}

/// Somebody who brings archives to a city.
pub struct Importer {
    app: Arc<App>,
    base: String,
    tenant: String,
    unit: Value,
    code: String,
    by: Caller,
    /// Makes pseudonyms that nobody else can make from an author's identifier.
    secret: [u8; 32],
}

/// An import under way.
struct Running<'a> {
    importer: &'a Importer,
    archive: &'a Archive,
    names: bool,
    authors: HashMap<String, Caller>,
    /// Topics by Decidim's identifier of the proposal, and by its address.
    topics: HashMap<String, String>,
    urls: HashMap<String, String>,
    report: Report,
}

impl Importer {
    /// Gathers who imports: an administrator who is also a coordinator of the unit.
    pub async fn begin(
        app: &Arc<App>,
        base: &str,
        (tenant, unit): (&str, Option<&str>),
        secret: [u8; 32],
    ) -> Result<Self> {
        let service = Service::new(app, base);
        let operator = service.caller(&Bearer::Operator("import".into()));
        let path = format!("/platform/tenants/{tenant}/administrators");
        let member = operator.create(&path, "decidim import", &json!({"name": "导入员"})).await?;
        let id: MemberId = member.parse()?;
        let by = service.caller(&Bearer::Member { tenant: tenant.into(), member: id });
        let (unit, code) = found(&by, tenant, unit).await?;
        let grant = json!({"member": member, "unit": unit, "role": "coordinator"});
        let key = format!("decidim import coordinator {code}");
        by.create(&format!("/v1/{tenant}/grants"), &key, &grant).await?;
        Ok(Self { app: Arc::clone(app), base: base.into(), tenant: tenant.into(), unit, code, by, secret })
    }

    /// Imports an archive.
    pub async fn import(&self, archive: &Archive, names: bool) -> Result<Report> {
        let report = Report { host: archive.host.clone(), files: Vec::new() };
        let (authors, topics, urls) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut running = Running { importer: self, archive, names, authors, topics, urls, report };
        running.proposals().await?;
        running.comments().await?;
        running.meetings().await?;
        running.results().await?;
        running.others();
        Ok(running.report)
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/{}{rest}", self.tenant)
    }
}

impl Running<'_> {
    async fn proposals(&mut self) -> Result<()> {
        let Some(table) = self.archive.tables.get("proposals") else { return Ok(()) };
        let known =
            ["id", "author", "title", "body", "latitude", "longitude", "answer", "url", "withdrawn", "meeting_urls"];
        let mut file = FileReport::of(table, "topics of the pool, with what they were answered", &known);
        for row in &table.rows {
            let Some(id) = row.get("id") else {
                file.not("a row", "it has no id");
                continue;
            };
            let name = format!("proposal {id}");
            if row.get("withdrawn").is_some_and(|it| it == "true") {
                file.not(&name, "it was withdrawn");
                continue;
            }
            let Some(title) = table.text(row, "title") else {
                file.not(&name, "it has no title");
                continue;
            };
            let body = table.text(row, "body").unwrap_or_else(|| title.clone());
            let (title, body) = (file.cut(&name, title, TITLE), file.cut(&name, body, BODY));
            let mut topic = json!({"unit": self.importer.unit, "channel": "online", "title": title, "body": body});
            if let (Some(latitude), Some(longitude)) = (degrees(row, "latitude"), degrees(row, "longitude")) {
                topic["place"] = json!({"latitude": latitude, "longitude": longitude});
            }
            let author = self.author(table, row).await?;
            if author.is_none() {
                topic["channel"] = json!("government_site");
            }
            let by = author.unwrap_or_else(|| self.importer.by.clone());
            let path = self.importer.path("/topics");
            let Some(topic) = taken(by.create(&path, &self.key(&name), &topic).await, &mut file, &name)? else {
                continue;
            };
            let accept = self.importer.path(&format!("/topics/{topic}/acceptance"));
            self.importer.by.post_once(&accept, &self.key(&format!("{name} accepted")), &json!({})).await?;
            if let Some(answer) = table.text(row, "answer") {
                let answer = file.cut(&format!("{name}, answer"), answer, WORDS);
                self.answer(&topic, &format!("{name} answer"), &answer, &mut file).await?;
            }
            if let Some(url) = row.get("url") {
                self.urls.insert(url.clone(), topic.clone());
            }
            self.topics.insert(id.clone(), topic);
            file.mapped += 1;
        }
        self.report.files.push(file);
        Ok(())
    }

    /// Comments in the order of the tree, so that each finds what it answers.
    async fn comments(&mut self) -> Result<()> {
        let known = ["id", "body", "author", "depth", "commentable_id", "commentable_type", "locale"];
        let (mut places, archive): (HashMap<String, (String, Option<String>)>, _) = (HashMap::new(), self.archive);
        for (_, table) in archive.tables.iter().filter(|(kind, _)| kind.ends_with("comments")) {
            let mut file = FileReport::of(table, "comments on topics, as a tree", &known);
            let number = |row: &Row, column: &str| row.get(column).and_then(|it| it.parse::<u64>().ok());
            let mut rows: Vec<_> = table.rows.iter().collect();
            rows.sort_by_key(|row| (number(row, "depth"), number(row, "id")));
            for row in rows {
                let (Some(id), Some(on)) = (row.get("id"), row.get("commentable_id")) else {
                    file.not("a row", "it has no id, or no commentable_id");
                    continue;
                };
                let (name, kind) = (format!("comment {id}"), row.get("commentable_type").map_or("", String::as_str));
                let place = match kind.rsplit("::").next().unwrap_or_default() {
                    "Proposal" => self.topics.get(on).map(|topic| (topic.clone(), None)),
                    "Comment" => places.get(on).cloned(),
                    other => {
                        file.not(&name, &format!("it is on a {other}, which nobody comments on here"));
                        continue;
                    }
                };
                let Some((topic, parent)) = place else {
                    file.not(&name, &format!("what it is on, {kind} {on}, was not mapped"));
                    continue;
                };
                let Some(text) = table.text(row, "body") else {
                    // Whatever answers it moves up to what it answered.
                    places.insert(id.clone(), (topic, parent));
                    file.not(&name, "it says nothing, as what was deleted does");
                    continue;
                };
                let text = file.cut(&name, text, WORDS);
                let author = self.author(table, row).await?;
                let by = author.unwrap_or_else(|| self.importer.by.clone());
                let path = self.importer.path(&format!("/topics/{topic}/comments"));
                let comment = json!({"text": text, "parent": parent});
                if let Some(made) = taken(by.create(&path, &self.key(&name), &comment).await, &mut file, &name)? {
                    places.insert(id.clone(), (topic, Some(made)));
                    file.mapped += 1;
                }
            }
            self.report.files.push(file);
        }
        Ok(())
    }

    /// Meetings of elsewhere have no minutes here: what is known of each is told on the topics that it was about.
    async fn meetings(&mut self) -> Result<()> {
        let Some(table) = self.archive.tables.get("meetings") else { return Ok(()) };
        let known = [
            "id",
            "title",
            "description",
            "start_time",
            "end_time",
            "address",
            "location",
            "attendees",
            "closing_report",
            "related_proposals",
            "url",
        ];
        let mut file = FileReport::of(table, "answers on the topics that they were about", &known);
        for row in &table.rows {
            let name = format!("meeting {}", row.get("id").map_or("without an id", String::as_str));
            let mut about = self.linked(row, "related_proposals");
            about.extend(self.proposals_of(row.get("url")));
            let Some(title) = table.text(row, "title").filter(|_| !about.is_empty()) else {
                file.not(&name, "it has no title, or is about no proposal that was mapped");
                continue;
            };
            let mut lines = vec![format!("会议：{title}")];
            let times = [row.get("start_time"), row.get("end_time")].into_iter().flatten().map(String::as_str);
            let parts = [
                ("时间", Some(times.collect::<Vec<_>>().join(" 至 ")).filter(|it| !it.is_empty())),
                ("地点", table.text(row, "location").or_else(|| table.text(row, "address"))),
                ("参加人数", row.get("attendees").cloned()),
                ("说明", table.text(row, "description")),
                ("纪要", table.text(row, "closing_report")),
            ];
            lines.extend(parts.into_iter().filter_map(|(label, text)| Some(format!("{label}：{}", text?))));
            let text = file.cut(&name, lines.join("\n"), WORDS);
            for topic in about {
                self.answer(&topic, &format!("{name} {topic}"), &text, &mut file).await?;
            }
            file.mapped += 1;
        }
        self.report.files.push(file);
        Ok(())
    }

    /// Results are livelihood matters, and are told on the topics of their proposals, with the results under them as milestones.
    async fn results(&mut self) -> Result<()> {
        let Some(table) = self.archive.tables.get("results") else { return Ok(()) };
        let known =
            ["id", "parent", "title", "start_date", "end_date", "status", "progress", "created_at", "proposal_urls"];
        let mut file =
            FileReport::of(table, "livelihood matters, and answers on the topics that they came from", &known);
        let parent = |row: &Row| row.get("parent/id").cloned();
        let is_whole = |id: &String| table.rows.iter().any(|it| it.get("id") == Some(id) && parent(it).is_none());
        for row in &table.rows {
            let Some(id) = row.get("id") else {
                file.not("a row", "it has no id");
                continue;
            };
            let name = format!("result {id}");
            if let Some(parent) = parent(row) {
                // Those of a result that is in the archive are counted once they are told with it.
                if !table.rows.iter().any(|it| it.get("id") == Some(&parent)) {
                    file.not(&name, "it is part of a result that is not in the archive");
                } else if !is_whole(&parent) {
                    file.not(&name, "it is part of a part, and only the parts of whole results are told");
                }
                continue;
            }
            let began = row.get("start_date").or_else(|| row.get("created_at")).and_then(|it| it.get(..10));
            let parts: Vec<_> = table.rows.iter().filter(|it| parent(it).as_ref() == Some(id)).collect();
            let untold = |file: &mut FileReport, why: &str| {
                for part in &parts {
                    file.not(&format!("result {}", part.get("id").map_or("without an id", String::as_str)), why);
                }
            };
            let (Some(title), Some(began)) = (table.text(row, "title"), began) else {
                file.not(&name, "it has no title, or no start_date");
                untold(&mut file, "the result that it is part of was not mapped");
                continue;
            };
            let title = file.cut(&name, title, TITLE);
            let mut fields = json!({"title": title, "raised_on": began});
            if row.get("progress").is_some_and(|it| it.starts_with("100"))
                && let Some(end) = row.get("end_date").and_then(|it| it.get(..10))
            {
                fields["closed_on"] = json!(end);
            }
            let path = self.importer.path(&format!("/registers/livelihood_matters/rows/decidim-{id}"));
            let matter = json!({"unit": self.importer.code, "fields": fields});
            let put = self.importer.by.put_once(&path, &self.key(&name), &matter).await;
            if taken(put, &mut file, &name)?.is_none() {
                untold(&mut file, "the result that it is part of was not mapped");
                continue;
            }
            let mut lines = vec![format!("成果：{}", standing(table, row))];
            if !parts.is_empty() {
                lines.push("里程碑：".into());
                lines.extend(parts.iter().map(|it| format!("- {}", standing(table, it))));
            }
            let text = file.cut(&name, lines.join("\n"), WORDS);
            let topics = self.linked(row, "proposal_urls");
            match topics.is_empty() {
                true => untold(
                    &mut file,
                    "its result came from no proposal that was mapped, so there is nowhere to tell it",
                ),
                false => file.mapped += parts.len(),
            }
            for topic in topics {
                self.answer(&topic, &format!("{name} {topic}"), &text, &mut file).await?;
            }
            file.mapped += 1;
        }
        self.report.files.push(file);
        Ok(())
    }

    /// Files for which there is no place here.
    fn others(&mut self) {
        let done: BTreeSet<_> = self.report.files.iter().map(|it| it.name.clone()).collect();
        let tables = self.archive.tables.values().filter(|it| !done.contains(&it.name));
        let tables =
            tables.map(|it| FileReport { name: it.name.clone(), rows: it.rows.len(), ..FileReport::default() });
        let others = self.archive.others.iter().map(|name| FileReport { name: name.clone(), ..FileReport::default() });
        self.report.files.extend(tables.chain(others).collect::<Vec<_>>());
    }

    /// Who wrote a row: a resident of the unit, under a pseudonym unless names are kept.
    async fn author(&mut self, table: &Table, row: &Row) -> Result<Option<Caller>> {
        let first = |column: &str| {
            let text = row.get(column)?.split(',').next()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let Some(id) = first("author/id") else { return Ok(None) };
        if let Some(known) = self.authors.get(&id) {
            return Ok(Some(known.clone()));
        }
        let Importer { app, base, tenant, unit, by, secret, .. } = self.importer;
        let written = table.text(row, "author/name").map(|it| it.split(", ").next().unwrap_or_default().to_owned());
        let name = match written.filter(|it| self.names && !it.is_empty()) {
            Some(name) => name.chars().take(100).collect(),
            None => pseudonym(secret, tenant, &self.archive.host, &id),
        };
        let person = json!({"members": [{"name": name, "unit": unit}]});
        let path = self.importer.path("/members");
        let member =
            by.create(&path, &self.key(&format!("author {id}")), &person).await.map_err(|error| match Problem::of(
                &error,
            )
            .is_some_and(|it| it.code == "request.key_reused")
            {
                true => anyhow!("author {id} was imported under another name: keep to --names, or to pseudonyms"),
                false => error,
            })?;
        let grant = json!({"member": member, "unit": unit, "role": "resident"});
        by.create(&self.importer.path("/grants"), &self.key(&format!("author {id} resident")), &grant).await?;
        let bearer = Bearer::Member { tenant: tenant.clone(), member: member.parse()? };
        let caller = Service::new(app, base).caller(&bearer);
        self.authors.insert(id, caller.clone());
        Ok(Some(caller))
    }

    async fn answer(&self, topic: &str, name: &str, text: &str, file: &mut FileReport) -> Result<()> {
        let path = self.importer.path(&format!("/topics/{topic}/answers"));
        let answered = self.importer.by.post_once(&path, &self.key(name), &json!({"text": text})).await;
        taken(answered, file, name)?;
        Ok(())
    }

    /// The topics of proposals whose addresses a column lists.
    fn linked(&self, row: &Row, column: &str) -> BTreeSet<String> {
        let urls = row.get(column).map_or("", String::as_str).split(',');
        urls.filter_map(|url| self.urls.get(url.trim()).cloned()).collect()
    }

    /// The topics of proposals that name a meeting's address.
    fn proposals_of(&self, meeting: Option<&String>) -> BTreeSet<String> {
        let (Some(table), Some(url)) = (self.archive.tables.get("proposals"), meeting) else { return BTreeSet::new() };
        let names = |row: &&Row| row.get("meeting_urls").is_some_and(|it| it.split(',').any(|it| it.trim() == url));
        let ids = table.rows.iter().filter(names).filter_map(|row| row.get("id"));
        ids.filter_map(|id| self.topics.get(id).cloned()).collect()
    }

    fn key(&self, name: &str) -> String {
        let host: String = self.archive.host.chars().filter(char::is_ascii_graphic).take(80).collect();
        format!("decidim {host} {name}")
    }
}

impl FileReport {
    fn of(table: &Table, becomes: &'static str, known: &[&str]) -> Self {
        Self {
            name: table.name.clone(),
            becomes: Some(becomes),
            rows: table.rows.len(),
            columns_not_mapped: table.columns_besides(known),
            ..Self::default()
        }
    }

    fn not(&mut self, row: &str, why: &str) {
        self.rows_not_mapped.push(NotMapped { row: row.to_owned(), why: why.to_owned() });
    }

    /// A text within a length, with a note of what was left out.
    fn cut(&mut self, row: &str, text: String, most: usize) -> String {
        if text.chars().count() <= most {
            return text;
        }
        self.not(row, &format!("what goes beyond {most} characters of a text was left out"));
        text.chars().take(most - 1).chain(['…']).collect()
    }
}

/// What was made, or nothing where the row was refused, with the reason; other failures end the import.
fn taken<T>(answer: Result<T>, file: &mut FileReport, name: &str) -> Result<Option<T>> {
    match answer {
        Ok(made) => Ok(Some(made)),
        Err(error) => match Problem::of(&error) {
            Some(problem) if problem.code == "request.key_reused" => {
                file.not(name, "it has changed since it was imported, and stays as it was");
                Ok(None)
            }
            Some(problem) if matches!(problem.status, 409 | 422) => {
                file.not(name, &problem.detail);
                Ok(None)
            }
            _ => Err(error.context(name.to_owned())),
        },
    }
}

/// A unit by its code, or the city.
async fn found(by: &Caller, tenant: &str, code: Option<&str>) -> Result<(Value, String)> {
    let level = if code.is_none() { "&level=city" } else { "" };
    let mut next = format!("/v1/{tenant}/units?limit=1000{level}");
    loop {
        let page = by.get(&next).await?;
        let units = page["items"].as_array().context("units are listed")?;
        if let Some(unit) = units.iter().find(|it| code.is_none_or(|code| it["code"] == code)) {
            return Ok((unit["id"].clone(), unit["code"].as_str().unwrap_or_default().to_owned()));
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("/v1/{tenant}/units?limit=1000{level}&cursor={cursor}"),
            None => bail!("the tenant {tenant} has no unit {}", code.unwrap_or("at its root")),
        }
    }
}

/// A name that tells nobody without the installation's secret who it is, and is the same for the same author whenever they are imported.
fn pseudonym(secret: &[u8; 32], tenant: &str, host: &str, author: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length is a key");
    mac.update(format!("yishi decidim pseudonym v1\n{tenant}\n{host}\n{author}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("参与者-{hex}")
}

/// Degrees in millionths.
fn degrees(row: &Row, column: &str) -> Option<i32> {
    let degrees: f64 = row.get(column)?.parse().ok()?;
    (degrees.abs() <= 180.0).then_some((degrees * 1e6).round() as i32)
}

/// A result in a line: what it is called, how far it is, and by when.
fn standing(table: &Table, row: &Row) -> String {
    let more = [
        row.get("progress").map(|it| format!("进度 {it}%")),
        table.text(row, "status/name"),
        row.get("start_date").map(|it| format!("自 {it}")),
        row.get("end_date").map(|it| format!("至 {it}")),
    ];
    let more: Vec<_> = more.into_iter().flatten().collect();
    let title = table.text(row, "title").unwrap_or_default();
    if more.is_empty() { title } else { format!("{title}（{}）", more.join("，")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_stays_and_cannot_be_made_without_the_secret() {
        let name = |secret, tenant, author| pseudonym(&[secret; 32], tenant, "decidim.example.org", author);
        assert_eq!(name(1, "3301", "7"), name(1, "3301", "7"));
        let others = [name(2, "3301", "7"), name(1, "3302", "7"), name(1, "3301", "8")];
        assert!(others.iter().all(|it| *it != name(1, "3301", "7")), "{others:?}");
    }
}
