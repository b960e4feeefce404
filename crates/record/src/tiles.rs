//! Tiles (C2SP tlog-tiles): the tree and its leaves as files that never change, and what a reader concludes from them.

use std::collections::{BTreeSet, HashMap};

use tlog_tiles::HashReader as _;

use crate::trees::{self, Hash, Known, TreeError};

/// How many hashes or leaves a full tile has.
pub const WIDTH: u64 = 1 << HEIGHT;
/// The longest leaf that a tile of leaves can hold, in bytes: its length is written in 16 bits.
pub const LONGEST: usize = u16::MAX as usize;

const HEIGHT: u8 = 8;
/// The highest level: a tree of 2^53 leaves, which is as many as are counted exactly, has none above it.
const TOP: u8 = 6;

/// The name of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// What it holds.
    pub holds: Holds,
    /// Its number among those of its kind, from zero.
    pub number: u64,
    /// How many hashes or leaves it has, 1 to 256.
    pub width: u16,
}

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// Hashes of the tree, 8 levels of it above the level before.
    Hashes(u8),
    /// The leaves themselves.
    Leaves,
}

impl Tile {
    /// Reads a path such as `0/x001/234.p/7` or `entries/000`; any other spelling of it is none.
    pub fn parse(path: &str) -> Option<Self> {
        let (holds, rest) = path.split_once('/')?;
        let holds = match holds {
            "entries" => Holds::Leaves,
            level => Holds::Hashes(level.parse().ok().filter(|it| *it <= TOP)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|it| (1..WIDTH).contains(&u64::from(*it)))?),
            None => (rest, WIDTH as u16),
        };
        let digits = number.split('/').map(|part| part.trim_start_matches('x').parse::<u64>().ok());
        let number = digits.into_iter().try_fold(0u64, |sum, part| sum.checked_mul(1_000)?.checked_add(part?))?;
        let tile = Self { holds, number, width };
        (tile.path() == path && tile.end().is_some()).then_some(tile)
    }

    /// Its path.
    pub fn path(&self) -> String {
        let mut number = format!("{:03}", self.number % 1_000);
        let mut rest = self.number / 1_000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1_000);
            rest /= 1_000;
        }
        let part = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        match self.holds {
            Holds::Hashes(level) => format!("{level}/{number}{part}"),
            Holds::Leaves => format!("entries/{number}{part}"),
        }
    }

    /// Whether it is full, and so never replaced by a wider one.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// The position of the first of its hashes on its level, or of its first leaf.
    pub fn first(&self) -> u64 {
        self.number * WIDTH
    }

    /// Tells whether a tree of this size has it.
    pub fn is_in(&self, size: u64) -> bool {
        self.end().is_some_and(|end| end <= size)
    }

    /// The stored indices of its hashes; of a tile of leaves, those of their hashes.
    pub fn needed(&self) -> Vec<u64> {
        let positions = self.first()..self.first() + u64::from(self.width);
        positions.map(|position| tlog_tiles::stored_hash_index(HEIGHT * self.level(), position)).collect()
    }

    /// The size of the smallest tree that has it.
    fn end(&self) -> Option<u64> {
        let width = self.number.checked_mul(WIDTH)?.checked_add(self.width.into())?;
        width.checked_mul(1 << (HEIGHT * self.level())).filter(|end| *end <= 1 << 53)
    }

    /// The tile of hashes at a place in a tree of this size.
    fn at(level: u8, number: u64, size: u64) -> Self {
        let there = (size >> (HEIGHT * level)).saturating_sub(number * WIDTH).min(WIDTH);
        Self { holds: Holds::Hashes(level), number, width: there as u16 }
    }

    /// The tile in which a stored hash is found in a tree of this size.
    fn of(index: u64, size: u64) -> Self {
        let tile = tlog_tiles::Tile::from_index(HEIGHT, index);
        Self::at(tile.level(), tile.level_index(), size)
    }

    fn level(&self) -> u8 {
        match self.holds {
            Holds::Hashes(level) => level,
            Holds::Leaves => 0,
        }
    }
}

/// The bytes of a tile of hashes: one after the other, 32 bytes each.
pub fn hashes(tile: &Tile, known: &Known) -> Result<Vec<u8>, TreeError> {
    let needed = tile.needed();
    let found = known.read_hashes(&needed).map_err(|_| TreeError::Missing(needed[0]))?;
    Ok(found.iter().flat_map(|hash| hash.0).collect())
}

/// The bytes of a tile of leaves: each after its length in 16 bits, the higher byte first; none where a leaf is longer than [`LONGEST`].
pub fn leaves(leaves: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        bytes.extend(u16::try_from(leaf.len()).ok()?.to_be_bytes());
        bytes.extend(leaf);
    }
    Some(bytes)
}

/// The tiles of a tree that show what its root was at an earlier size: those that hold it, and those that these are held against.
pub fn needed_for_past(size: u64, earlier: u64) -> Vec<Tile> {
    let mut needed = BTreeSet::new();
    for index in trees::subtrees(size).into_iter().chain(trees::subtrees(earlier)) {
        let mut tile = Tile::of(index, size);
        // A full tile is one hash of a tile above it; partial ones are held against the root.
        while needed.insert((std::cmp::Reverse(tile.level()), tile.number)) && tile.is_full() {
            tile = Tile::at(tile.level() + 1, tile.number / WIDTH, size);
        }
    }
    needed.into_iter().map(|(level, number)| Tile::at(level.0, number, size)).collect()
}

/// The root that a tree had at an earlier size, from tiles that are each held against the tree's present root first.
pub fn past_root(size: u64, root: Hash, earlier: u64, have: &HashMap<Tile, Vec<u8>>) -> Result<Hash, TreeError> {
    if earlier == 0 || earlier > size {
        return Err(TreeError::Proof);
    }
    let tiles = Tiles { size, have };
    if tiles.root(size)? != root {
        return Err(TreeError::Proof);
    }
    // From the top down, so that what a tile is held against was held against something itself.
    for tile in needed_for_past(size, earlier).iter().filter(|tile| tile.is_full()) {
        let above = tlog_tiles::stored_hash_index(HEIGHT * (tile.level() + 1), tile.number);
        if tlog_tiles::Tile::subtree_hash(tiles.bytes(tile)?).0 != tiles.hash(above)? {
            return Err(TreeError::Proof);
        }
    }
    tiles.root(earlier)
}

/// Tiles of a tree, as somebody handed them over.
struct Tiles<'a> {
    size: u64,
    have: &'a HashMap<Tile, Vec<u8>>,
}

impl Tiles<'_> {
    fn bytes(&self, tile: &Tile) -> Result<&[u8], TreeError> {
        let bytes = self.have.get(tile).filter(|it| it.len() == 32 * usize::from(tile.width));
        bytes.map(Vec::as_slice).ok_or(TreeError::Proof)
    }

    fn hash(&self, index: u64) -> Result<Hash, TreeError> {
        let tile = Tile::of(index, self.size);
        let named = tlog_tiles::Tile::new(HEIGHT, tile.level(), tile.number, tile.width.into(), false);
        named.hash_at_index(self.bytes(&tile)?, index).map(|hash| hash.0).map_err(|_| TreeError::Proof)
    }

    /// The root over the first leaves: of its subtrees, the last one first.
    fn root(&self, size: u64) -> Result<Hash, TreeError> {
        let mut subtrees = trees::subtrees(size).into_iter().rev();
        let last = self.hash(subtrees.next().ok_or(TreeError::Proof)?)?;
        subtrees.try_fold(last, |right, index| Ok(trees::node_hash(self.hash(index)?, right)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trees::{append, leaf_hash, root_of};

    fn leaf_hashes(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn tree(n: u64) -> Known {
        let mut known = Known::default();
        append(&mut known, 0, &leaf_hashes(n)).expect("nothing is missing");
        known
    }

    fn fetched(size: u64, earlier: u64) -> HashMap<Tile, Vec<u8>> {
        let known = tree(size);
        let tile = |it: Tile| (it, hashes(&it, &known).expect("in the tree"));
        needed_for_past(size, earlier).into_iter().map(tile).collect()
    }

    /// The specification's example: a tree of 70,000 leaves.
    #[test]
    fn a_tree_has_the_tiles_that_the_specification_counts() {
        let has = |path: &str| Tile::parse(path).expect("a tile").is_in(70_000);
        assert!(has("0/272") && has("0/273.p/112") && has("1/000") && has("1/001.p/17") && has("2/000.p/1"));
        assert!(!has("0/273") && !has("0/273.p/113") && !has("1/001.p/18") && !has("2/000.p/2") && !has("3/000.p/1"));
        assert!(has("entries/273.p/112") && !has("entries/273.p/113"));
    }

    #[test]
    fn a_tile_has_one_path() {
        for path in ["0/000", "0/x001/x234/067", "6/000.p/1", "entries/999.p/255", "entries/x001/000"] {
            assert_eq!(Tile::parse(path).expect("a tile").path(), path);
        }
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/1234",
            "0/x000/001",
            "00/000",
            "7/000",
            "-1/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "data/000",
            "entries/000/",
            "0/+00",
            "0/001/x234",
            "6/x016/000",
            "0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    #[test]
    fn leaves_stand_after_their_lengths() {
        assert_eq!(leaves(&[b"ab".to_vec(), Vec::new()]), Some(vec![0, 2, b'a', b'b', 0, 0]));
        assert_eq!(leaves(&[vec![7; LONGEST]]).map(|it| it.len()), Some(LONGEST + 2));
        assert_eq!(leaves(&[vec![7; LONGEST + 1]]), None);
    }

    #[test]
    fn an_earlier_root_is_read_off_the_tiles_whatever_the_sizes() {
        for (size, earlier) in [(1, 1), (255, 254), (256, 256), (257, 256), (257, 1), (700, 511), (70_000, 65_537)] {
            let root = root_of(&leaf_hashes(size));
            let past = past_root(size, root, earlier, &fetched(size, earlier));
            assert_eq!(past, Ok(root_of(&leaf_hashes(earlier))), "{earlier} of {size}");
        }
        for earlier in [0, 8] {
            assert_eq!(past_root(7, root_of(&leaf_hashes(7)), earlier, &fetched(7, 7)), Err(TreeError::Proof));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_tile_that_is_changed_cut_or_missing_shows_nothing(size in 1..600u64, past in 1..600u64, which: prop::sample::Index, at: prop::sample::Index, bit in 0..8u32) {
            let earlier = 1 + past % size;
            let (root, sound) = (root_of(&leaf_hashes(size)), fetched(size, earlier));
            let tile = *which.get(&sound.keys().copied().collect::<Vec<_>>());
            let with = |change: &dyn Fn(&mut Vec<u8>)| {
                let mut tiles = sound.clone();
                change(tiles.get_mut(&tile).expect("there"));
                past_root(size, root, earlier, &tiles)
            };
            let at = at.index(sound[&tile].len());
            prop_assert_eq!(with(&|it| it[at] ^= 1 << bit), Err(TreeError::Proof));
            prop_assert_eq!(with(&|it| it.truncate(at)), Err(TreeError::Proof));
            let mut fewer = sound.clone();
            fewer.remove(&tile);
            prop_assert_eq!(past_root(size, root, earlier, &fewer), Err(TreeError::Proof));
        }
    }
}
