//! The division lists that the program carries, so that it can be tried and measured with nothing but itself.

/// Zhejiang's 11 cities with their 27,035 units, the cities among them; source and licence stand beside the file.
pub const ZHEJIANG: &[u8] = include_bytes!("../../../tests/data/divisions/zhejiang.csv");
