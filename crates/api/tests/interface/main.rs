//! The interface over a real database, called without a socket.

mod attacks;
mod behaviours;
mod boxes;
mod description;
mod events;
mod servers;
mod steps;
