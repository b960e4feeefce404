//! End-to-end tests: the program as its users meet it.
