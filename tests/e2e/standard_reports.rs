//! Standard reports: the performance sheet of a community, the quarter of its city and that of the province, as files that say the same.

use std::io::{Cursor, Read as _};

use yishi_tests::{
    communities::{Community, HOME},
    servers::Setup,
};

#[tokio::test]
async fn a_sheet_and_the_quarters_come_as_page_workbook_csv_and_pdf_and_say_the_same() {
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 2).await;
    let adopted = community.adopted().await;
    community.told(&adopted.topic, "resolution.adopted").await;
    community.counted().await;
    let years = community.years().await;
    let reader = community.city.by(&community.coordinator);
    let home = community.city.unit(HOME).await;
    let now = community.city.advance_clock(1).await;
    let month: u32 = now[5..7].parse().expect("a month");
    let quarter = format!("{}-Q{}", &now[..4], month.div_ceil(3));

    for path in
        [format!("/units/{home}/sheet/file?period={years}&format"), format!("/reports/quarters/{quarter}/file?format")]
    {
        let get = async |format: &str| {
            let (status, headers, bytes) = reader.bytes(&format!("{path}={format}"), &[]).await;
            (status, headers["content-type"].to_str().expect("text").to_owned(), bytes)
        };
        let (status, _, csv) = get("csv").await;
        let csv = String::from_utf8(csv).expect("UTF-8");
        assert_eq!(status, 200, "{csv}");
        let row = csv.lines().find(|it| it.starts_with("指标,征集议题,")).expect("how many topics there were");
        let topics = row.split(',').nth(3).expect("a numerator").to_owned();
        assert!(topics != "0" || path.contains(&quarter), "{row}");
        let (_, _, page) = get("html").await;
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(page.contains("<td>征集议题</td>"), "{page}");
        assert!(page.contains(&format!("<td class=\"figure\">{topics}</td>")), "{topics} in {page}");
        let (_, _, workbook) = get("xlsx").await;
        let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a workbook is a ZIP");
        let mut texts = String::new();
        archive.by_name("xl/sharedStrings.xml").expect("texts").read_to_string(&mut texts).expect("UTF-8");
        assert!(texts.contains("征集议题"), "{texts}");
        let (status, content_type, pdf) = get("pdf").await;
        match status {
            503 => println!("skipped: WeasyPrint is not here, which `cargo xtask test` installs for root"),
            _ => assert!(content_type.starts_with("application/") && pdf.starts_with(b"%PDF-"), "{content_type}"),
        }
    }
    reader.get("/reports/quarters/2026-Q5/file").await.refused(400, "request.bad_path");

    // The province's, with every city and without small numbers of people.
    let operator = server.site().operator().await;
    let path = format!("/platform/reports/quarters/{quarter}/file?format");
    let (status, _, csv) = operator.bytes(&format!("{path}=csv"), &[]).await;
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert_eq!(status, 200, "{csv}");
    assert!(csv.contains("各市指标,杭州市,") && csv.contains("推进阶段"), "{csv}");
    let (_, _, page) = operator.bytes(&format!("{path}=html"), &[]).await;
    let page = String::from_utf8(page).expect("UTF-8");
    assert!(page.contains("推进阶段") && page.contains("<td>杭州市</td>"), "the page says it too: {page}");
    let (_, _, workbook) = operator.bytes(&format!("{path}=xlsx"), &[]).await;
    zip::ZipArchive::new(Cursor::new(workbook)).expect("a workbook").by_name("xl/sharedStrings.xml").expect("texts");
    let (status, content_type, pdf) = operator.bytes(&format!("{path}=pdf"), &[]).await;
    let content_type = content_type["content-type"].to_str().expect("text").to_owned();
    assert!(status == 503 || pdf.starts_with(b"%PDF-"), "{status} {content_type}");
    let member = community.city.site().client().with_token(&community.coordinator.token);
    member.get(&format!("{path}=csv")).await.refused(403, "session.forbidden");
    server.stop().await;
}
