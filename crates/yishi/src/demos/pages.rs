//! The report as people read it: the two verdicts side by side, what happened, and where to look on.

use serde_json::Value;

use super::reports::{Report, Told};

/// How wide a column is.
const WIDTH: usize = 52;

impl Report {
    /// The report for a terminal.
    pub fn text(&self, base: &str) -> String {
        let province = &self.province;
        let mut text = format!(
            "\nZhejiang: {} cities with {} units ({} new), onboarded in {}; opened in {}; the story took {}\n\n",
            province.cities,
            province.units,
            province.created,
            seconds(province.onboarded_ms),
            seconds(province.started_ms),
            seconds(self.story_ms),
        );
        text.push_str(&format!("The same topic, the same votes, under each city's own rules: {}\n\n", self.question()));
        let columns: Vec<_> = self.cities.iter().map(column).collect();
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cells = columns.iter().map(|column| padded(column.get(row).map_or("", String::as_str)));
            text.push_str(cells.collect::<String>().trim_end());
            text.push('\n');
        }
        text.push_str(&format!(
            "\nLook on: {base}/docs   {base}/public/3301   {base}/public/3302\n\
             Check for yourself: yishi verify BUNDLE --checkpoint-key KEY\n"
        ));
        for told in &self.cities {
            text.push_str(&format!("  {base}/public/{}/ballots/{}/bundle\n", told.tenant, word(&told.ballot["id"])));
        }
        text
    }

    fn question(&self) -> String {
        self.cities.first().map_or_else(String::new, |told| word(&told.ballot["question"]))
    }
}

fn column(told: &Told) -> Vec<String> {
    let mut lines = vec![
        format!("{} ({})", told.city, told.tenant),
        format!("rules     {}", told.rules),
        format!("          {}…", told.component.chars().take(23).collect::<String>()),
        String::new(),
        format!("VERDICT   {}", word(&told.ballot["verdict"]["outcome"]).to_uppercase()),
    ];
    for check in told.ballot["verdict"]["checks"].as_array().into_iter().flatten() {
        lines.push(format!("  {}  {}", if check["holds"] == true { "✓" } else { "✗" }, figures(check)));
    }
    lines.push(String::new());
    let voted = format!("{} of {}", told.ballot["voted"], told.ballot["voting_units"]);
    lines.push(format!("votes     {voted}; twice: {}", told.second_vote));
    for topic in &told.topics {
        lines.push(format!("topic     {}: {}", word(&topic["channel"]), word(&topic["stage"])));
    }
    lines.push(String::new());
    lines.extend(execution(told));
    lines.push(String::new());
    let root: String = told.checkpoint.root.chars().take(23).collect();
    lines.push(format!("verified  offline, {} steps, rules run again", told.verified.len()));
    lines.push(format!("          under the checkpoint of {} events", told.checkpoint.size));
    lines.push(format!("          {root}…"));
    lines.push(format!("record    {} events", told.record_size));
    lines.extend(told.events.iter().map(|(kind, count)| format!("  {count:>3}  {kind}")));
    lines
}

fn execution(told: &Told) -> Vec<String> {
    let Some(resolution) = &told.resolution else { return vec!["not adopted: nothing is carried out".into()] };
    let escalation = |it: &Value| {
        let actions: Vec<_> =
            it["actions"].as_array().into_iter().flatten().map(|action| word(&action["action"])).collect();
        [
            format!("escalated {} {} h late at level {}:", word(&it["kind"]), it["hours_late"], word(&it["level"])),
            format!("          {}", actions.join(", ")),
        ]
    };
    let mut lines: Vec<_> = told.escalations.iter().flat_map(escalation).collect();
    lines.push(format!("rated     {} of 1000: {}", resolution["satisfaction_per_mille"], word(&resolution["stage"])));
    lines
}

fn figures(check: &Value) -> String {
    let share = if check["strict"] == true { ">" } else { "≥" };
    let (n, d) = (&check["at_least"]["numerator"], &check["at_least"]["denominator"]);
    format!("{:<20} {} of {} ({share} {n}/{d})", word(&check["code"]), check["counted"], check["of"])
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn seconds(millis: u64) -> String {
    format!("{}.{:02} s", millis / 1000, millis % 1000 / 10)
}

/// Fills a cell up; a Chinese character is two columns wide.
fn padded(cell: &str) -> String {
    let width: usize = cell.chars().map(|it| if ('\u{2e80}'..='\u{ffef}').contains(&it) { 2 } else { 1 }).sum();
    format!("{cell}{}", " ".repeat(WIDTH.saturating_sub(width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_as_wide_as_it_is_seen() {
        assert_eq!(padded("杭州市").chars().count(), WIDTH - 3);
        assert_eq!(padded("ab").len(), WIDTH);
    }
}
