//! The board's pages as markup.

use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Type of at least 20 px, contrast of at least 7:1 (WCAG 2.2, 1.4.6), targets of at least 44 px (2.5.5).
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.25rem/1.7 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;max-width:52rem;margin:0 auto;padding:1rem;\
color:#111;background:#fff}\
a{color:#003a8c;display:inline-block;min-height:44px}\
a:focus-visible{outline:.2rem solid currentColor;outline-offset:.2rem}\
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem;border-bottom:1px solid #767676}\
.note{border-left:.4rem solid #8a4b00;padding-left:1rem}\
@media(prefers-color-scheme:dark){body{color:#f4f4f4;background:#111}a{color:#9ec9ff}}";

/// What the first page shows.
#[derive(Clone, Debug)]
pub struct Front {
    /// The tenant's name.
    pub tenant: String,
    /// Its slug.
    pub slug: String,
    /// What its clock shows.
    pub now: DateTime<Tz>,
    /// Whether it is for trying out.
    pub sandbox: bool,
    /// Its record, once there is one.
    pub record: Option<Record>,
    /// The topics that were raised last and are public, the newest first.
    pub topics: Vec<Listed>,
    /// What happened last, the newest first.
    pub happenings: Vec<Happening>,
}

/// A topic in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its title.
    pub title: String,
    /// What its stage is called.
    pub stage: &'static str,
    /// Since when it is there.
    pub since: DateTime<Tz>,
    /// Whether it is marked as late.
    pub late: bool,
}

/// A tenant's record.
#[derive(Clone, Debug)]
pub struct Record {
    /// How many events it has.
    pub size: u64,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Its position in the record.
    pub position: u64,
    /// What it is called, where there is a word for it.
    pub label: Option<&'static str>,
    /// Its code.
    pub kind: String,
    /// When, by the tenant's clock.
    pub at: DateTime<Tz>,
}

/// The first page.
pub fn front(shown: &Front) -> Markup {
    let title = format!("{} · 议事公开栏", shown.tenant);
    let body = html! {
        @if shown.sandbox {
            p.note { "这是演练环境，内容不具效力。" }
        }
        p { "截至" (instant(&shown.now)) }
        section aria-labelledby="topics" {
            h2 id="topics" { "议题" }
            @if shown.topics.is_empty() {
                p { "还没有公开的议题。" }
            } @else {
                (topics(shown))
            }
        }
        section aria-labelledby="happened" {
            h2 id="happened" { "最近动态" }
            @if shown.happenings.is_empty() {
                p { "还没有记录。" }
            } @else {
                (happenings(shown))
            }
        }
        section aria-labelledby="record" {
            h2 id="record" { "存证" }
            @match &shown.record {
                Some(record) => {
                    p { "至今共有 " strong { (record.size) } " 条存证，每一步都可核验，不能事后改动。" }
                    p { a href={ "/public/" (shown.slug) "/record/checkpoint" } { "签名检查点" } }
                }
                None => p { "还没有存证。" }
            }
        }
    };
    page(&title, body)
}

/// The page of a board that is not there.
pub fn not_found() -> Markup {
    page("没有这个公开栏", html! { p { "请检查网址。城市的公开栏以其区划代码命名，例如 /public/3301。" } })
}

fn topics(shown: &Front) -> Markup {
    html! {
        table {
            caption { "最近 " (shown.topics.len()) " 个，新的在前" }
            thead { tr { th scope="col" { "议题" } th scope="col" { "进展" } th scope="col" { "自" } } }
            tbody {
                @for it in &shown.topics {
                    tr {
                        th scope="row" { (it.title) }
                        td { (it.stage) @if it.late { strong { "（已超期，督办中）" } } }
                        td { (instant(&it.since)) }
                    }
                }
            }
        }
    }
}

fn happenings(shown: &Front) -> Markup {
    html! {
        table {
            caption { "最近 " (shown.happenings.len()) " 条，新的在前" }
            thead { tr { th scope="col" { "时间" } th scope="col" { "事项" } th scope="col" { "存证" } } }
            tbody {
                @for it in &shown.happenings {
                    tr {
                        td { (instant(&it.at)) }
                        th scope="row" { @match it.label { Some(label) => (label), None => code { (it.kind) } } }
                        td {
                            a href={ "/public/" (shown.slug) "/record/proofs/" (it.position) } { "第 " (it.position + 1) " 条" }
                        }
                    }
                }
            }
        }
    }
}

/// The frame of every page.
pub(crate) fn page(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "跳到正文" }
                header { h1 { (title) } }
                main id="main" { (body) }
            }
        }
    }
}

fn instant(at: &DateTime<Tz>) -> Markup {
    html! { time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) { (at.format("%Y年%-m月%-d日 %H:%M")) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Front {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("2026").with_timezone(&chrono_tz::Asia::Shanghai);
        Front {
            tenant: "<杭州市>".into(),
            slug: "3301".into(),
            now: at,
            sandbox: false,
            record: Some(Record { size: 8 }),
            topics: vec![Listed { title: "<路灯>".into(), stage: "落实中", since: at, late: true }],
            happenings: vec![
                Happening { position: 7, label: Some("登记成员"), kind: "member.added".into(), at },
                Happening { position: 6, label: None, kind: "novel.done".into(), at },
            ],
        }
    }

    #[test]
    fn a_page_shows_what_it_is_given_in_the_tenants_own_time_and_nothing_as_markup() {
        let page = front(&shown()).into_string();
        assert!(page.contains("<time datetime=\"2026-01-01T08:00:00+08:00\">2026年1月1日 08:00</time>"), "{page}");
        assert!(page.contains("&lt;杭州市&gt; · 议事公开栏") && !page.contains("<杭州市>"));
        assert!(page.contains("&lt;路灯&gt;") && page.contains("落实中<strong>（已超期"), "{page}");
        assert!(page.contains("<strong>8</strong>") && page.contains("/public/3301/record/proofs/7"));
        assert!(page.contains("登记成员") && page.contains("<code>novel.done</code>"));
        assert!(!page.contains("演练") && front(&Front { sandbox: true, ..shown() }).into_string().contains("演练"));
    }

    #[test]
    fn a_page_can_be_used_without_eyes_and_without_scripts() {
        for page in [front(&shown()).into_string(), not_found().into_string()] {
            assert!(page.starts_with("<!DOCTYPE html><html lang=\"zh-CN\">"));
            assert_eq!(page.matches("<h1>").count(), 1);
            assert!(page.contains("<main id=\"main\">") && page.contains("href=\"#main\""));
            assert!(!page.contains("<script"));
            let cells = page.matches("<th scope=").count();
            assert_eq!(page.matches("<th ").count(), cells, "every head says what it heads");
        }
    }
}
