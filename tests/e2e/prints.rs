//! Documents to print: the notice of a resolution, its minutes and a quarter's funds, as pages and as PDF that say the same.

use std::process::Command;

use yishi_tests::{
    communities::{Community, HOME},
    folders::Folder,
    servers::Setup,
};

const OUTSIDE: &str = "https://yishi.example.org";

#[tokio::test]
async fn what_was_deliberated_and_decided_is_printed_with_where_it_is_proven() {
    let server = Setup::fresh().env("YISHI_PUBLIC_URL", OUTSIDE).start().await;
    let community = Community::on(server.site(), 2).await;
    let adopted = community.adopted().await;
    community.told(&adopted.topic, "resolution.adopted").await;
    let public = community.city.public();
    let path = format!("/resolutions/{}", adopted.resolution);

    let page = public.get(&format!("{path}/notice.html")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for said in ["议事决议公告", "小区路灯不亮", "结果：通过", "存证记录", "演练环境文书"] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    let bundle = format!("/public/{}{path}/bundle", community.city.slug());
    let plain = page.text.replace("&#x2f;", "/");
    assert!(plain.contains(&format!("{OUTSIDE}{bundle}")), "it names what proves it: {plain}");
    assert!(page.text.contains("<svg"), "also as a QR code");
    assert!(!page.text.contains("src=") && !page.text.contains("href="), "it refers to nothing outside itself");
    let english = public.get(&format!("{path}/notice.html?locale=en")).await;
    assert!(
        english.text.contains("Notice of a resolution") && english.text.contains("Result: passed"),
        "{}",
        english.text
    );
    public.get(&format!("{path}/notice.html?locale=fr")).await.refused(400, "request.bad_parameter");
    let nowhere = "/resolutions/00000000-0000-7000-8000-000000000001/notice.html";
    public.get(nowhere).await.refused(404, "resolution.unknown");

    let resolution = community.read(&path).await;
    let meeting = resolution["meeting"].as_str().expect("it was deliberated");
    let minutes = public.get(&format!("/meetings/{meeting}/minutes.html")).await;
    for said in ["议事会会议纪要", "小区路灯不亮", "通过并公布", "到会"] {
        assert!(minutes.text.contains(said), "{said} in {}", minutes.text);
    }

    let (status, headers, pdf) = public.bytes(&format!("{path}/notice.pdf"), &[]).await;
    if status == 503 {
        assert!(String::from_utf8_lossy(&pdf).contains("print.unavailable"), "{}", String::from_utf8_lossy(&pdf));
        println!("skipped: WeasyPrint is not here, which `cargo xtask test` installs for root");
        return;
    }
    assert_eq!((status, headers["content-type"].to_str().expect("text")), (200, "application/pdf"));
    let folder = Folder::new();
    let file = folder.path().join("notice.pdf");
    std::fs::write(&file, pdf).expect("written");
    let read = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().expect("pdftotext comes with it");
    let read = String::from_utf8(read.stdout).expect("UTF-8");
    for said in ["议事决议公告", "小区路灯不亮", "通过"] {
        assert!(read.contains(said), "{said} in {read}");
    }
    let picture = Command::new("pdftoppm").args(["-gray", "-r", "150"]).arg(&file).output().expect("it comes with it");
    assert_eq!(scanned(&picture.stdout), [format!("{OUTSIDE}{bundle}")], "as a camera reads the paper");
    server.stop().await;
}

/// What the QR codes of a page say, which is a picture in shades of grey (PGM, `P5`).
fn scanned(pgm: &[u8]) -> Vec<String> {
    let mut parts = pgm.splitn(4, |it| it.is_ascii_whitespace());
    let mut next = || std::str::from_utf8(parts.next().expect("a header")).expect("text").to_owned();
    let (kind, width, height) = (next(), next(), next());
    assert_eq!(kind, "P5");
    let [width, height] = [width, height].map(|it| it.parse::<usize>().expect("a size"));
    let shades = &pgm[pgm.len() - width * height..];
    let mut page = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| shades[y * width + x]);
    page.detect_grids().iter().map(|it| it.decode().expect("it is read").1).collect()
}

#[tokio::test]
async fn a_quarter_is_printed_once_it_is_over() {
    let community = Community::gathered(1).await;
    let public = community.city.public();
    let home = community.city.unit(HOME).await;
    let page = public.get(&format!("/units/{home}/disclosures/2020-Q1/notice.html")).await;
    assert!(page.text.contains("议事经费公示（2020-Q1）"), "{}", page.text);
    assert!(page.text.contains("0.00"), "{}", page.text);
    let english = public.get(&format!("/units/{home}/disclosures/2020-Q1/notice.html?locale=en")).await;
    assert!(english.text.contains("Nothing is ever edited"), "{}", english.text);
    let ahead = format!("/units/{home}/disclosures/2999-Q1/notice.html");
    public.get(&ahead).await.refused(409, "disclosure.not_over");
    public.get(&format!("/units/{home}/disclosures/soon/notice.pdf")).await.refused(400, "request.bad_path");
}
