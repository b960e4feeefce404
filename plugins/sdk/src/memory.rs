//! The memory of a rule set. An instance answers one call and is gone, so what is taken is not given back, as long as it fits what the instance
//! begins with; only beyond that is memory managed, and the instance's own memory grown, which costs the machine more than an ordinary call does.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
    ptr,
};

/// Bytes that an instance begins with, many times what an ordinary call takes.
const BYTES: usize = 256 << 10;

struct Memory {
    begun: UnsafeCell<[u8; BYTES]>,
    /// How many of them are taken.
    taken: Cell<usize>,
}

#[global_allocator]
static MEMORY: Memory = Memory { begun: UnsafeCell::new([0; BYTES]), taken: Cell::new(0) };

// SAFETY: a rule set has one thread, since the host refuses modules with shared memory.
unsafe impl Sync for Memory {}

impl Memory {
    /// Where a piece is that lies in the memory an instance begins with.
    fn place(&self, piece: *mut u8) -> Option<usize> {
        (piece as usize).checked_sub(self.begun.get() as usize).filter(|it| *it < BYTES)
    }
}

// SAFETY: pieces lie one behind the other, each where its layout asks, and are handed out once; all others are the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let begun = self.begun.get() as usize;
        let place = (begun + self.taken.get()).next_multiple_of(layout.align()) - begun;
        match place.checked_add(layout.size()) {
            Some(end) if end <= BYTES => {
                self.taken.set(end);
                self.begun.get().cast::<u8>().wrapping_add(place)
            }
            // SAFETY: as its caller asked.
            _ => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match self.place(piece) {
            // The last piece can be taken again.
            Some(place) if place + layout.size() == self.taken.get() => self.taken.set(place),
            Some(_) => {}
            // SAFETY: what does not lie there is the system's.
            None => unsafe { System.dealloc(piece, layout) },
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(place) = self.place(piece) else {
            // SAFETY: what does not lie there is the system's.
            return unsafe { System.realloc(piece, layout, size) };
        };
        let last = place + layout.size() == self.taken.get();
        match place.checked_add(size) {
            Some(end) if last && end <= BYTES => {
                self.taken.set(end);
                piece
            }
            _ => {
                // SAFETY: the alignment is that of a layout, and the host hands no rule set as much as would exceed an address.
                let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
                if !new.is_null() {
                    // SAFETY: both are as long as the shorter one, and the new one is another.
                    unsafe { ptr::copy_nonoverlapping(piece, new, layout.size().min(size)) };
                }
                new
            }
        }
    }
}
