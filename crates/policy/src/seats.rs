//! Where calls run: in engines side by side. Calls of one component in one engine count the same references, and two at once take half as long again.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use wasmtime::Engine;

use crate::{engines, limits};

/// How many engines there are at most; each takes what a component takes when it is loaded, once it is called there.
const ENGINES: usize = 4;

/// A seat for each call at the same time.
pub struct Seats {
    engines: Vec<Engine>,
    /// A bit for each seat that is free.
    free: AtomicU32,
}

/// A seat that is taken, until it is dropped.
pub struct Seat<'a> {
    seats: &'a Seats,
    number: u32,
}

impl Seats {
    /// As many engines as the machine has processors, up to a few.
    pub fn new() -> wasmtime::Result<Self> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let engines = (0..processors.min(ENGINES)).map(|_| engines::engine()).collect::<wasmtime::Result<_>>()?;
        Ok(Self { engines, free: AtomicU32::new(u32::MAX >> (u32::BITS - limits::CONCURRENT_CALLS)) })
    }

    /// All engines. The first one has all components that are loaded.
    pub fn engines(&self) -> &[Engine] {
        &self.engines
    }

    /// Takes the first free seat, so that few calls stay in few engines. Whoever has a turn finds one.
    pub fn take(&self) -> Seat<'_> {
        let mut free = self.free.load(Ordering::Relaxed);
        while free != 0 {
            let number = free.trailing_zeros();
            let before = self.free.fetch_and(!(1 << number), Ordering::Relaxed);
            if before & (1 << number) != 0 {
                return Seat { seats: self, number };
            }
            free = before;
        }
        Seat { seats: self, number: 0 }
    }
}

impl Seat<'_> {
    /// In which of the engines it is.
    pub const fn engine(&self) -> usize {
        self.number as usize % self.seats.engines.len()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.seats.free.fetch_or(1 << self.number, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_at_once_sit_in_different_engines_and_one_after_the_other_in_the_first() {
        let seats = Seats::new().expect("engines");
        let engines = seats.engines().len();
        for _ in 0..3 {
            assert_eq!(seats.take().engine(), 0);
        }
        let taken: Vec<_> = (0..limits::CONCURRENT_CALLS).map(|_| seats.take()).collect();
        for (place, seat) in taken.iter().enumerate() {
            assert_eq!(seat.engine(), place % engines);
        }
        drop(taken);
        assert_eq!(seats.take().engine(), 0);
    }
}
