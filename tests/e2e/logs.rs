//! The record as others watch it: as tiles, under keys that change, cosigned by witnesses, and caught when it has two histories.

use std::{path::Path, sync::Arc, time::Duration};

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use yishi_record::{checkpoints, cosignatures, tiles::Tile, trees};
use yishi_tests::{
    cities::City,
    clients::Client,
    communities::text,
    folders::Folder,
    programs::{self, Ended},
    servers::{Server, Setup},
};

const LIST: &str =
    "code,level,name,parent_code\n33,province,浙江省,\n3301,city,杭州市,33\n330106,district,西湖区,3301\n";

/// Looks at a record as whoever watches it does.
async fn watch(public: &Client, state: &Path, more: &[&str]) -> Ended {
    let url = format!("{}/record", public.base());
    let state = state.to_str().expect("a plain name");
    let arguments = ["verify", "--log", &url, "--state", state];
    programs::run(arguments.iter().chain(more)).await
}

fn pinned(key: &str) -> [&str; 2] {
    ["--checkpoint-key", key]
}

/// Waits for a record of so many leaves; gives its newest checkpoint.
async fn grown(public: &Client, size: u64) -> String {
    for _ in 0..300 {
        let answer = public.get("/record/checkpoint").await;
        if answer.status == 200 && size_of(&answer.text) >= size {
            return answer.text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the record did not grow to {size} leaves");
}

fn size_of(note: &str) -> u64 {
    let (own, _) = cosignatures::split(note).expect("a checkpoint");
    checkpoints::read(&own).expect("a checkpoint").size
}

async fn add(city: &City, number: usize) {
    let unit = city.unit("330106").await;
    let boss = city.by(city.administrator().await);
    for _ in 0..number {
        boss.post("/members", json!({"members": [{"name": "张伟", "unit": unit}]})).await.expect(201);
    }
}

#[tokio::test]
async fn a_record_is_read_from_its_tiles_alone() {
    let city = City::founded().await;
    add(&city, 260).await;
    let size = city.record(262).await.size();
    let public = city.public();
    let checkpoint = checkpoints::read(&public.get("/record/checkpoint").await.text).expect("a checkpoint");
    assert_eq!(checkpoint.size, size, "nothing happens in between");
    let tile = async |path: &str| public.file(&format!("/record/tile/{path}")).await;
    let ((full, kept), (part, kept_shortly)) = (tile("0/000").await, tile(&format!("0/001.p/{}", size - 256)).await);
    assert_eq!((full.len(), part.len() as u64), (8_192, 32 * (size - 256)));
    assert!(kept.contains("immutable") && !kept_shortly.contains("immutable"), "{kept}, {kept_shortly}");
    let hashes: Vec<trees::Hash> = [full, part].concat().as_chunks::<32>().0.to_vec();
    assert_eq!(trees::root_of(&hashes), checkpoint.root);
    let (above, _) = tile("1/000.p/1").await;
    assert_eq!(above, trees::root_of(&hashes[..256]));

    let mut leaves = Vec::new();
    for path in ["entries/000".to_owned(), format!("entries/001.p/{}", size - 256)] {
        let (bytes, _) = tile(&path).await;
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (leaf, after) = after.split_at(u16::from_be_bytes(*length).into());
            leaves.push(trees::leaf_hash(leaf));
            rest = after;
        }
    }
    assert_eq!(leaves, hashes, "each entry hashes to what stands for it in the tree");
    for path in ["0/002", "0/001", "1/000", "entries/001", "0/1", "9/000", "0/000.p/0", "data/000"] {
        let problem = public.get(&format!("/record/tile/{path}")).await.refused(404, "tile.unknown");
        assert_eq!(problem["field"], "tile");
    }
    assert_eq!(Tile::parse("0/001").map(|it| it.is_in(size)), Some(false));
}

#[tokio::test]
async fn whoever_watches_a_record_sees_it_grow_and_is_alarmed_by_a_second_history() {
    let (folder, state) = (Folder::new(), "seen.checkpoint");
    let state = folder.path().join(state);
    let first = Setup::fresh().start().await;
    let [public, again] = two_histories(&first).await;
    let key = text(&public.get("/record/keys").await.expect(200)["keys"][0]["key"]);

    let ended = watch(&public, &state, &[]).await;
    assert_eq!(ended.code, Some(3), "unanchored: {}", ended.errors);
    let seen = std::fs::read_to_string(&state).expect("what was seen is kept");
    apply(&first, &LIST.replace("西湖区", "西湖新区")).await;
    let size = checkpoints::read(&seen).expect("a checkpoint").size;
    grown(&public, size + 1).await;
    let said = watch(&public, &state, &pinned(&key)).await.done();
    assert!(said.contains("ok  log.consistent") && said.contains("verified: "), "{said}");
    watch(&public, &state, &pinned(&key)).await.done();

    let before = std::fs::read_to_string(&state).expect("what was seen is kept");
    let ended = watch(&again, &state, &pinned(&key)).await;
    assert_eq!(ended.code, Some(4), "{}{}", ended.output, ended.errors);
    assert!(ended.errors.contains("ALARM: log.forked: "), "{}", ended.errors);
    assert!(!ended.output.contains("verified"), "{}", ended.output);
    assert_eq!(std::fs::read_to_string(&state).expect("kept"), before, "a fork is not what is gone on from");
    let evidence = std::fs::read_to_string(state.with_extension("fork")).expect("both are kept");
    assert!(evidence.contains(&before) && evidence.matches("yishi.localhost/3301\n").count() == 2, "{evidence}");
    watch(&public, &state, &pinned(&key)).await.done();

    // A record that is shorter than what was seen of it is another one as well.
    let longer = before.replacen(&format!("\n{}\n", size_of(&before)), &format!("\n{}\n", size_of(&before) + 100), 1);
    std::fs::write(&state, longer).expect("written");
    let ended = watch(&public, &state, &[]).await;
    assert_eq!(ended.code, Some(4), "{}", ended.errors);
    assert!(ended.errors.contains("log.shrunk"), "{}", ended.errors);
}

/// Two servers with one secret, and a history each; gives how to read each record.
async fn two_histories(first: &Server) -> [Client; 2] {
    let folder = Arc::new(Folder::new());
    std::fs::copy(first.site().data_dir.join("record.key"), folder.path().join("record.key")).expect("copied");
    let second = Box::leak(Box::new(Setup::on(folder).start().await));
    apply(first, LIST).await;
    for name in ["拱墅区", "西湖旧区", "西湖东区", "西湖西区"] {
        apply(second, &LIST.replace("西湖区", name)).await;
    }
    let public = [first, &*second].map(|it| it.site().client().under("/public/3301"));
    grown(&public[0], 1).await;
    grown(&public[1], 4).await;
    public
}

async fn apply(server: &Server, list: &str) {
    let operator = server.site().operator().await;
    operator.post_bytes("/platform/divisions?mode=sandbox", "text/csv", list.to_owned()).await.expect(200);
}

#[tokio::test]
async fn a_key_that_is_changed_hands_over_and_whoever_pinned_it_follows() {
    let server = Setup::fresh().start().await;
    let city = City::on(server.site()).await;
    let record = city.record(3).await;
    let (first, size) = (record.key.clone(), record.size());
    let state = server.site().data_dir.with_extension("seen");
    watch(&city.public(), &state, &pinned(&first)).await.done();

    let path = format!("/platform/tenants/{}/record/keys", city.slug());
    let once = [("idempotency-key", "new-key")];
    let operator = server.site().operator().await;
    let keys = operator.post_with(&path, Value::Null, &once).await.expect(200);
    assert_eq!(operator.post_with(&path, Value::Null, &once).await.expect(200), keys, "once");
    let second = text(&keys["keys"][1]["key"]);
    assert_eq!((&keys["keys"][0]["key"], keys["keys"].as_array().map(Vec::len)), (&json!(first), Some(2)));
    assert_ne!(first, second);
    let note = grown(&city.public(), size + 1).await;
    assert!(checkpoints::verify(&note, &second).is_ok(), "the new key signs");
    for key in [&first, &second] {
        watch(&city.public(), &state, &pinned(key)).await.done();
    }

    // A new secret beside the old one: the next key is derived from it, and the old ones go on being known.
    let folder = server.stop().await;
    std::fs::write(folder.path().join("record-2.key"), [9; 32]).expect("written");
    let server = Setup::on(folder).start().await;
    let city = city.moved(server.site());
    let keys = server.site().operator().await.post(&path, Value::Null).await.expect(200);
    let third = text(&keys["keys"][2]["key"]);
    let note = grown(&city.public(), size + 2).await;
    assert!(checkpoints::verify(&note, &third).is_ok(), "the new key signs");
    for key in [&first, &second, &third] {
        watch(&city.public(), &state, &pinned(key)).await.done();
    }
    let proof = city.public().get(&format!("/record/proofs/{size}")).await.expect(200);
    assert!(text(&proof["leaf"]).contains("record_key.rotated"), "the record tells of it: {proof}");

    // Without that secret it does not sign by another key in silence.
    let folder = server.stop().await;
    std::fs::remove_file(folder.path().join("record-2.key")).expect("removed");
    let server = Setup::on(folder).start().await;
    server.site().operator().await.post(&path, Value::Null).await.refused(500, "server.failed");
    let now = city.moved(server.site()).public().get("/record/checkpoint").await.text;
    assert_eq!(now, note);
}

#[tokio::test]
async fn a_witness_that_the_platform_names_cosigns_and_its_word_is_served() {
    let secret = SigningKey::from_bytes(&[4; 32]);
    let witness = cosignatures::Witness::new("witness.example/w1", secret.verifying_key());
    let stranger = cosignatures::Witness::new("witness.example/w2", SigningKey::from_bytes(&[5; 32]).verifying_key());
    let named = witness.to_string();
    let server = Setup::fresh().env("YISHI_WITNESSES", &named).start().await;
    let city = City::on(server.site()).await;
    let key = city.record(1).await.key;
    let public = city.public();
    public.get("/record/cosigned-checkpoint").await.refused(404, "record.not_cosigned");

    let note = public.get("/record/checkpoint").await.text;
    let signed = checkpoints::read(&note).expect("a checkpoint").time.timestamp();
    let at = |ahead: i64| signed + ahead;
    let cosigned = |witness: &cosignatures::Witness, time: i64| {
        let text = note.split_once("\n\n").expect("a note").0;
        note.clone() + &witness.line(time, &secret.sign(&cosignatures::signed_bytes(text, time)).to_bytes())
    };
    let send = async |body: String| public.post_bytes("/record/cosignatures", "text/plain", body).await;
    for _ in 0..2 {
        send(cosigned(&witness, at(1))).await.expect(204);
    }
    let served = public.get("/record/checkpoint").await;
    assert_eq!(served.text, cosigned(&witness, at(1)), "once");
    assert!(witness.cosignature(&served.text).is_some());
    send(cosigned(&stranger, at(1))).await.refused(422, "cosignature.unknown_witness");
    send(cosigned(&witness, at(3_600))).await.refused(422, "cosignature.ahead");
    send(note.clone()).await.refused(422, "cosignature.unknown_witness");
    send("hello".into()).await.refused(422, "cosignature.malformed");
    let (elsewhere, state) = (City::founded().await, server.site().data_dir.with_extension("seen"));
    let other = elsewhere.public().post_bytes("/record/cosignatures", "text/plain", cosigned(&witness, at(1))).await;
    other.refused(422, "cosignature.unknown_witness");

    let with = |witness: &str| [pinned(&key).as_slice(), &["--witness", witness]].concat().join(" ");
    let run = async |arguments: String| watch(&public, &state, &arguments.split(' ').collect::<Vec<_>>()).await;
    let said = run(with(&named)).await.done();
    assert!(said.contains("ok  checkpoint.witnessed"), "{said}");
    let ended = run(with(&stranger.to_string())).await;
    assert!(ended.code == Some(1) && ended.errors.contains("checkpoint.not_witnessed"), "{}", ended.errors);
    let size = size_of(&note);
    add(&city, 1).await;
    let newest = grown(&public, size + 1).await;
    assert!(witness.cosignature(&newest).is_none(), "it has not seen this one");
    assert_eq!(public.get("/record/cosigned-checkpoint").await.text, served.text);
}
