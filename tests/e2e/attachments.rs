//! Attachments: what people photograph, record and write down stays with their case as it came, once, for whoever may see the case.

use std::path::PathBuf;

use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    buckets::{BUCKET, Buckets},
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
    folders::Folder,
    instants, programs,
    servers::{Server, Setup},
};

/// An image of one dot (PNG).
const DOT: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xff\xff?\0\x05\xfe\x02\xfe\
    \xdc\xccY\xe7\0\0\0\0IEND\xaeB`\x82";

/// A video, as far as its first box tells, of so many bytes.
fn video(size: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    let mut state: u32 = 1;
    bytes.resize_with(size, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    bytes
}

async fn attach(by: &Client, to: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    by.post_bytes(&format!("{to}/attachments?name={name}"), "application/octet-stream", bytes).await
}

async fn bytes(by: &Client, id: &str) -> Vec<u8> {
    let (status, _, bytes) = by.bytes(&format!("/attachments/{id}/content"), &[]).await;
    assert_eq!(status, 200);
    bytes
}

/// The files that a server keeps of attachments, but for those whose folder it has not made.
fn kept(server: &Server) -> Vec<PathBuf> {
    let folder = |path: PathBuf| std::fs::read_dir(path).into_iter().flatten().flatten().map(|it| it.path());
    folder(server.site().data_dir.join("attachments")).flat_map(folder).collect()
}

#[tokio::test]
async fn a_photograph_comes_with_a_topic_and_is_seen_by_whoever_sees_the_topic() {
    let community = Community::gathered(2).await;
    let topic = community.raised().await;
    let path = format!("/topics/{topic}");
    let own = community.resident(0);
    let id = created(attach(&own, &path, "路灯.png", DOT).await);
    let content = format!("/attachments/{id}/content");
    for (who, path) in
        [(community.resident(1), content.clone()), (community.city.public(), format!("/attachments/{id}"))]
    {
        who.get(&path).await.refused(404, "attachment.unknown");
    }
    attach(&community.resident(1), &path, "x.png", DOT).await.refused(404, "topic.unknown");
    community.coordinator().post(&format!("{path}/acceptance"), json!({})).await.expect(200);
    attach(&community.resident(1), &path, "x.png", DOT).await.refused(403, "session.forbidden");
    let shown = community.read(&format!("{path}/attachments")).await;
    let digest = text(&shown[0]["digest"]);
    let said = |it: &Value| (it["media_type"].clone(), it["kind"].clone(), it["size"].clone(), it["name"].clone());
    assert_eq!(said(&shown[0]), (json!("image/png"), json!("image"), json!(DOT.len()), json!("路灯.png")));

    for (who, path) in
        [(community.resident(1), content.clone()), (community.city.public(), format!("/attachments/{id}"))]
    {
        let (status, headers, bytes) = who.bytes(&path, &[]).await;
        assert_eq!((status, bytes.as_slice()), (200, DOT));
        let header = |name: &str| headers[name].to_str().expect("text").to_owned();
        assert_eq!(header("etag"), format!("\"{}\"", digest.trim_start_matches("sha256:")));
        assert_eq!((header("content-type"), header("x-content-type-options")), ("image/png".into(), "nosniff".into()));
        assert_eq!(header("content-length"), DOT.len().to_string());
        assert!(
            header("content-disposition").starts_with("attachment; filename=\"__.png\"; filename*=UTF-8''%E8%B7%AF")
        );
        let known = who.bytes(&path, &[("if-none-match", &header("etag"))]).await;
        assert_eq!((known.0, known.2.len()), (304, 0));
        let (status, headers, part) = who.bytes(&path, &[("range", "bytes=1-3"), ("if-range", &header("etag"))]).await;
        assert_eq!((status, part.as_slice()), (206, &b"PNG"[..]));
        assert_eq!(headers["content-range"], format!("bytes 1-3/{}", DOT.len()));
        assert_eq!(who.bytes(&path, &[("range", "bytes=1-3"), ("if-range", "\"old\"")]).await.0, 200);
        who.get_with(&path, &[("range", "bytes=999-")]).await.refused(416, "attachment.beyond_end");
    }
    let told = community.shown("attachment.added", 1).await;
    assert_eq!((&told[0]["body"]["digest"], &told[0]["subject"]), (&json!(digest), &json!(topic)));
    assert!(told[0]["body"]["name"]["commitment"].is_string(), "a name may be somebody's: {told:?}");
}

#[tokio::test]
async fn what_is_not_taken_is_refused_for_what_it_is() {
    let community = Community::gathered(1).await;
    let topic = community.raised().await;
    let (own, path) = (community.resident(0), format!("/topics/{topic}/attachments"));
    let attempt = async |bytes: &[u8], digest: &str| {
        let headers: Vec<_> = Some(("content-digest", digest)).filter(|_| !digest.is_empty()).into_iter().collect();
        own.post_bytes_with(&path, "image/png", bytes, &headers).await
    };
    // The digest of the example of FIPS 180-4, `abc`.
    let abc = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
    assert_eq!(attempt(b"abd", abc).await.refused(422, "attachment.wrong_digest")["field"], "Content-Digest");
    attempt(b"abc", "md5=:AAAA:").await.refused(422, "attachment.bad_digest");
    attempt(b"", "").await.refused(422, "attachment.empty");
    let nobody = community.city.site().client().under(&format!("/v1/{}", community.city.slug()));
    nobody.post_bytes(&path, "image/png", vec![0; 2 << 20]).await.refused(401, "session.no_token");
    let page = b"<!DOCTYPE html><script>alert(1)</script>";
    let refused = attempt(page, "").await.refused(422, "attachment.wrong_type");
    assert!(refused["detail"].as_str().is_some_and(|it| it.contains("text/html")), "{refused}");
    attempt(b"PK\x03\x04 an archive", "").await.refused(422, "attachment.wrong_type");
    attempt(b"\x7fELF\x02\x01\x01\0 a program", "").await.refused(422, "attachment.wrong_type");
    attempt("字".repeat(400_000).as_bytes(), "").await.refused(413, "attachment.too_large");
    let id = created(attempt(b"abc", abc).await);
    let (_, headers, bytes) = own.bytes(&format!("/attachments/{id}/content"), &[]).await;
    assert_eq!(
        (headers["content-type"].to_str().ok(), bytes.as_slice()),
        (Some("text/plain; charset=utf-8"), &b"abc"[..])
    );
    community
        .coordinator()
        .post(&format!("/topics/{topic}/rejection"), json!({"reason": "不属本级"}))
        .await
        .expect(200);
    attempt(b"abc", abc).await.refused(409, "attachment.case_over");
}

#[tokio::test]
async fn the_same_bytes_are_kept_once_and_go_with_the_last_that_names_them_while_the_record_keeps_the_digest() {
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 2).await;
    let topic = community.accepted().await;
    let (path, own) = (format!("/topics/{topic}"), community.resident(0));
    let key = [("idempotency-key", "photo-1")];
    let send = async |bytes: &[u8]| {
        own.post_bytes_with(&format!("{path}/attachments?name=a.png"), "image/png", bytes, &key).await
    };
    let first = created(send(DOT).await);
    assert_eq!(created(send(DOT).await), first, "it was sent again");
    send(b"abc").await.refused(422, "request.key_reused");
    let second = created(attach(&community.coordinator(), &path, "b.png", DOT).await);
    assert_eq!((first != second, kept(&server).len()), (true, 1));

    let reason = json!({"reason": "照片中有他人的面部"});
    let erase = async |by: &Client, id: &str| by.post(&format!("/attachments/{id}/erasure"), reason.clone()).await;
    erase(&community.resident(1), &first).await.refused(403, "session.forbidden");
    assert_eq!(erase(&own, &first).await.expect(200)["removed"], false);
    own.get(&format!("/attachments/{first}/content")).await.refused(404, "attachment.erased");
    assert_eq!(bytes(&own, &second).await, DOT, "the other has the same bytes");
    assert_eq!(erase(&community.coordinator(), &second).await.expect(200)["removed"], true);
    assert_eq!(kept(&server), [] as [PathBuf; 0]);
    erase(&community.coordinator(), &second).await.refused(409, "attachment.erased");
    let shown = community.read(&format!("{path}/attachments")).await;
    assert!(shown[0]["name"].is_null() && shown[0]["erased_at"].is_string(), "{shown}");
    let told = community.shown("attachment.erased", 2).await;
    let added = community.shown("attachment.added", 2).await;
    assert_eq!(told[1]["body"]["digest"], added[1]["body"]["digest"], "the record says what it was");
    let again = created(attach(&own, &path, "c.png", DOT).await);
    assert_eq!(bytes(&own, &again).await, DOT);
}

#[tokio::test]
async fn a_recording_is_published_with_the_minutes_that_name_it() {
    let community = Community::gathered(1).await;
    let topic = community.accepted().await;
    let meeting = created(community.convene(&topic).await);
    community.city.advance_clock(2).await;
    let path = format!("/meetings/{meeting}");
    let coordinator = community.coordinator();
    attach(&community.resident(0), &path, "会议.mp4", video(5_000)).await.refused(403, "session.forbidden");
    let id = created(attach(&coordinator, &path, "会议.mp4", video(5_000)).await);
    let public = format!("/attachments/{id}");
    community.city.public().get(&public).await.refused(404, "attachment.unknown");
    let present = json!({"attendances": [{"member": community.residents[0].id, "presence": "on_site"}]});
    coordinator.post(&format!("{path}/attendances"), present).await.expect(200);
    let digest = community.read(&format!("/attachments/{id}")).await["digest"].clone();
    let minutes = |digest: &Value| json!({"text": "同意更换。", "recording": {"reference": format!("attachment:{id}"), "digest": digest}});
    let other = json!(format!("sha256:{}", "0".repeat(64)));
    coordinator.post(&format!("{path}/minutes"), minutes(&other)).await.refused(422, "minutes.unknown_recording");
    coordinator.post(&format!("{path}/minutes"), minutes(&digest)).await.expect(200);
    community.city.public().get(&public).await.refused(404, "attachment.unknown");
    coordinator.post(&format!("{path}/minutes/adoption"), Value::Null).await.expect(200);
    let (status, headers, bytes) = community.city.public().bytes(&public, &[]).await;
    assert_eq!((status, headers["content-type"].to_str().ok()), (200, Some("video/mp4")));
    assert_eq!(bytes, video(5_000));
}

#[tokio::test]
async fn what_shows_that_something_was_done_is_named_by_its_digest() {
    let community = Community::gathered(1).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 240).await.expect(200);
    let now = community.city.advance_clock(1).await;
    let item = json!({
        "title": "更换路灯", "unit": community.city.unit(HOME).await, "first_responsible_post": "社区居委会主任",
        "due_at": instants::after(&now, 48 * 60), "milestones": [],
    });
    let item = created(community.coordinator().post(&format!("/resolutions/{}/items", adopted.resolution), item).await);
    let path = format!("/items/{item}");
    attach(&community.resident(0), &path, "验收.png", DOT).await.refused(403, "session.forbidden");
    let id = created(attach(&community.officer(), &path, "验收.png", DOT).await);
    let digest = community.read(&format!("/attachments/{id}")).await["digest"].clone();
    let elsewhere = format!("sha256:{}", "0".repeat(64));
    let report = json!({"text": "两盏路灯已更换。", "evidence": [digest, elsewhere]});
    community.officer().post(&format!("{path}/completion"), report).await.expect(200);
    let reports = community.read(&format!("{path}/reports")).await;
    assert_eq!(reports["items"][0]["attachments"], json!([id]), "{reports}");
    assert_eq!(reports["items"][0]["evidence"], json!([digest, elsewhere]));
}

#[tokio::test]
async fn bytes_that_no_attachment_names_are_collected_and_others_are_not() {
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 1).await;
    let topic = community.raised().await;
    let id = created(attach(&community.resident(0), &format!("/topics/{topic}"), "a.png", DOT).await);
    let [known] = kept(&server).try_into().expect("one file");
    let orphan = known.with_file_name("0".repeat(64));
    let folder = server.stop().await;
    std::fs::write(&orphan, b"left behind by an upload that did not end").expect("a file");
    // What was being written when the program was killed, a long time ago and just now.
    let [broken, fresh] = ["1", "2"].map(|it| known.with_file_name(format!("{}#{it}", "1".repeat(64))));
    for file in [&broken, &fresh] {
        std::fs::write(file, b"half of it").expect("a file");
    }
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::options().write(true).open(&broken).and_then(|it| it.set_modified(long_ago)).expect("dated");
    let server = Setup::on(folder).start().await;
    while orphan.exists() || broken.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let community = community.moved(server.site());
    assert_eq!(bytes(&community.resident(0), &id).await, DOT);
    assert!(fresh.exists(), "what may still be written is left alone");
}

#[tokio::test]
async fn half_of_a_buckets_credentials_is_refused_with_the_name_of_the_other_half() {
    let folder = Folder::new();
    let place = folder.path().to_str().expect("a plain name");
    for (given, missing) in [("YISHI_S3_ACCESS_KEY", "YISHI_S3_SECRET"), ("YISHI_S3_SECRET", "YISHI_S3_ACCESS_KEY")] {
        let environment = [("YISHI_ATTACHMENTS", "s3://attachments"), (given, "half")];
        let ended = programs::run_with(["--data-dir", place, "serve", "--listen", "127.0.0.1:0"], &environment).await;
        assert!(ended.code != Some(0) && ended.errors.contains(missing), "{ended:?}");
    }
}

#[tokio::test]
async fn a_store_that_speaks_the_protocol_of_s3_keeps_attachments_as_a_folder_does() {
    let Some(buckets) = Buckets::start().await else { return };
    let place = format!("s3://{BUCKET}/province");
    let server = Setup::fresh()
        .env("YISHI_ATTACHMENTS", &place)
        .env("YISHI_S3_ENDPOINT", buckets.endpoint())
        .env("YISHI_S3_REGION", "us-east-1")
        .env("YISHI_S3_ACCESS_KEY", "key")
        .env("YISHI_S3_SECRET", "secret")
        .env("YISHI_ATTACHMENT_LIMITS", "video=13")
        .start()
        .await;
    let community = Community::on(server.site(), 1).await;
    let topic = community.accepted().await;
    let (path, own) = (format!("/topics/{topic}"), community.resident(0));
    let small = created(attach(&own, &path, "a.png", DOT).await);
    // More than goes over in one request.
    let large = video(12 * 1024 * 1024);
    let long = created(attach(&own, &path, "b.mp4", large.clone()).await);
    assert_eq!((bytes(&own, &small).await.as_slice(), bytes(&own, &long).await == large), (DOT, true));
    let (status, _, part) = own.bytes(&format!("/attachments/{long}/content"), &[("range", "bytes=-7")]).await;
    assert_eq!((status, part.as_slice()), (206, &large[large.len() - 7..]));
    attach(&own, &path, "c.mp4", video(13 * 1024 * 1024 + 1)).await.refused(413, "attachment.too_large");
    let digest = community.read(&format!("/attachments/{small}")).await["digest"].clone();
    let name = text(&digest).replace("sha256:", "");
    let list = buckets.list().await;
    assert!(list.contains("<Key>province/") && list.contains(&name) && list.matches("<Key>").count() == 2, "{list}");
    let erased = own.post(&format!("/attachments/{small}/erasure"), json!({"reason": "重复"})).await.expect(200);
    let list = buckets.list().await;
    assert!(erased["removed"] == true && !list.contains(&name) && list.matches("<Key>").count() == 1, "{list}");
    assert_eq!(kept(&server), [] as [PathBuf; 0], "nothing is kept here");
    drop(buckets);
    own.get(&format!("/attachments/{long}/content")).await.refused(503, "server.busy");
}
