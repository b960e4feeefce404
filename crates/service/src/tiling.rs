//! The record as tiles (C2SP tlog-tiles).

use yishi_domain::Refusal;
use yishi_record::{
    leaves,
    tiles::{self, Holds, Tile},
    trees,
};
use yishi_store::{events, records};

use crate::{App, failures::Failure, sequencing::SequenceError, sessions::Session};

/// The tile at a path, such as `0/000.p/7`: its name and its bytes.
pub async fn tile(app: &App, session: &Session, path: &str) -> Result<(Tile, Vec<u8>), Failure> {
    let refuse = |text: String| Refusal { field: Some("tile".into()), ..Refusal::not_found("tile.unknown", text) };
    let tile = Tile::parse(path).ok_or_else(|| {
        refuse(format!("`{path}` is no path of a tile"))
            .with_fix("write <level>/<number>[.p/<width>] or entries/<number>[.p/<width>] as C2SP tlog-tiles has it")
    })?;
    let mut tx = app.db.read(&session.ctx).await?;
    let size = records::latest_checkpoint(&mut tx).await?.map_or(0, |(size, ..)| size);
    if !tile.is_in(size) {
        return Err(refuse(format!("the record has {size} leaves, and no such tile yet")).into());
    }
    let bytes = match tile.holds {
        Holds::Hashes(_) => {
            let known = trees::Known::new(records::hashes(&mut tx, &tile.needed()).await?);
            tiles::hashes(&tile, &known).map_err(SequenceError::from)?
        }
        Holds::Leaves => {
            let slug = &session.tenant()?.slug;
            let events = events::from_position(&mut tx, tile.first(), tile.width).await?;
            let leaves: Vec<_> = events.iter().map(|event| leaves::leaf_bytes(slug, event)).collect();
            tiles::leaves(&leaves).ok_or_else(|| too_long(&tile, &leaves))?
        }
    };
    Ok((tile, bytes))
}

/// The form of a tile writes the length of a leaf in 16 bits, and an opening or a decision may be longer.
fn too_long(tile: &Tile, leaves: &[Vec<u8>]) -> Refusal {
    let longer = leaves.iter().zip(tile.first()..).filter(|(leaf, _)| leaf.len() > tiles::LONGEST);
    let positions: Vec<_> = longer.map(|(_, position)| position.to_string()).collect();
    let positions = positions.join(", ");
    Refusal::conflict("tile.leaf_too_long", format!("a tile cannot hold the leaves at {positions}"))
        .with_fix("get the leaves one by one, with their proofs, from `/record/proofs/{position}`")
}
