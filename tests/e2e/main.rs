//! The stories: the program as its users meet it, over HTTP, in the shell, and through crashes.

mod collectors;
mod commands;
mod crashes;
mod divisions;
mod lifecycles;
mod problems;
mod roles;
mod tokens;
mod workers;
