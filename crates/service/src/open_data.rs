//! Open data (開放數據): a data package of a tenant's cases and of what its indicators are made of, for everybody. It is made from public facts alone; what is
//! personal is in none of its columns.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{
    Refusal,
    reports::{Column, TABLES, Table},
};
use yishi_store::{reports as stored, units};

use crate::{App, failures::Failure, sessions::Session};

/// How many cases are written together.
const CASES: u16 = 1_000;

/// A part of a file: what follows after it, where anything does, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The last case in it; none where the file ends with it.
    pub last: Option<Uuid>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The description of a tenant's data package (Data Package 1, with Table Schema).
pub async fn package(app: &App, session: &Session) -> Result<Value, Failure> {
    let tenant = session.tenant()?;
    let position = stored::counted(&mut app.db.read(&session.ctx).await?).await?;
    let resources: Vec<_> = TABLES.iter().map(resource).collect();
    Ok(json!({
        "profile": "tabular-data-package",
        "name": format!("yishi-{}", tenant.slug),
        "title": format!("{} 民主议事开放数据 (open data of grassroots deliberation)", tenant.name),
        "description": "Cases with the days on which they reached each step, their meetings, resolutions and surveys. Days are those of the \
                        city's zone. Nothing personal is in here.",
        "version": position.to_string(),
        "licenses": [{
            "name": "CC-BY-4.0", "title": "Creative Commons Attribution 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"
        }],
        "resources": resources,
    }))
}

fn resource(table: &Table) -> Value {
    let field = |it: &Column| {
        let constraints = if it.required { json!({"required": true}) } else { json!({}) };
        json!({"name": it.name, "type": it.kind, "description": it.says, "constraints": constraints})
    };
    let mut schema = json!({
        "fields": table.columns.iter().map(field).collect::<Vec<_>>(), "primaryKey": table.key, "missingValues": [""],
    });
    if let Some((own, other, theirs)) = table.refers {
        schema["foreignKeys"] = json!([{"fields": [own], "reference": {"resource": other, "fields": [theirs]}}]);
    }
    json!({
        "profile": "tabular-data-resource", "name": table.name, "title": table.title, "path": format!("files/{}.csv", table.name),
        "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "schema": schema,
    })
}

/// The file of a package that a name names.
pub fn table(file: &str) -> Result<&'static Table, Failure> {
    let found = TABLES.iter().find(|it| file.strip_suffix(".csv") == Some(it.name));
    let names = || TABLES.iter().map(|it| format!("{}.csv", it.name)).collect::<Vec<_>>().join(", ");
    let unknown = || Refusal::not_found("open_data.no_such_file", "the package has no such file");
    Ok(found.ok_or_else(|| unknown().with_fix(format!("get one of {}", names())))?)
}

/// A part of a file, after a case; the first part begins with the header.
pub async fn part(app: &App, session: &Session, table: &Table, after: Option<Uuid>) -> Result<Part, Failure> {
    let mut tx = app.db.snapshot(&session.ctx).await?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    if after.is_none() {
        writer.write_record(table.columns.iter().map(|it| it.name)).map_err(inconsistent)?;
    }
    let mut last = None;
    let rows = match table.name {
        "units" => {
            let all = units::all(&mut tx).await?;
            let codes: HashMap<_, _> = all.iter().map(|it| (it.id.uuid(), it.code.clone())).collect();
            let parent = |it: &units::Unit| it.parent_id.and_then(|id| codes.get(&id).cloned()).unwrap_or_default();
            all.iter().map(|it| vec![it.code.clone(), it.level.clone(), it.name.clone(), parent(it)]).collect()
        }
        "residents" => {
            let all = stored::all_residents(&mut tx).await?.into_iter();
            all.map(|(code, day, residents)| vec![code, day.to_string(), residents.to_string()]).collect()
        }
        _ => {
            let cases = stored::all_cases(&mut tx, after, CASES).await?;
            last = cases.last().filter(|_| cases.len() == usize::from(CASES)).map(|(id, ..)| *id);
            cases.iter().flat_map(|(id, unit, facts)| facts.open_rows(table, *id, unit)).collect::<Vec<_>>()
        }
    };
    for row in rows {
        writer.write_record(row).map_err(inconsistent)?;
    }
    let bytes = writer.into_inner().map_err(inconsistent)?;
    Ok(Part { last, bytes })
}

fn inconsistent(error: impl std::fmt::Display) -> Failure {
    Failure::Inconsistent(error.to_string())
}
