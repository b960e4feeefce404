//! The stories: the program as its users meet it, over HTTP, in the shell, and through crashes.

mod batches;
mod collectors;
mod commands;
mod crashes;
mod demos;
mod developers;
mod divisions;
mod harms;
mod lifecycles;
mod loops;
mod methods;
mod plugins;
mod problems;
mod races;
mod repeats;
mod roles;
mod rule_sets;
mod stages;
mod surveys;
mod timers;
mod tokens;
mod topics;
mod trials;
mod trust;
mod votes;
mod workers;
