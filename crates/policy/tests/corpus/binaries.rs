//! Bytes that are no component, or were one before something happened to them.

use crate::{guests::Guest, runs::Case};

const INVALID: &str = "component.invalid";

/// Where an honest component is cut off, and where a bit of it is turned.
const PLACES: usize = 24;

pub fn cases() -> Vec<Case> {
    let honest = Guest::honest().component();
    let text = |text: &str| wat::parse_str(text).expect("sound text");
    let mut cases = Vec::new();
    for (name, bytes, code) in [
        ("nothing", vec![], INVALID),
        ("a sentence", b"not a component".to_vec(), INVALID),
        ("the magic number alone", b"\0asm".to_vec(), INVALID),
        ("an empty component", b"\0asm\x0d\0\x01\0".to_vec(), "component.wrong_contract"),
        ("an empty module", b"\0asm\x01\0\0\0".to_vec(), "component.not_a_component"),
        ("a version to come", b"\0asm\xff\0\x01\0".to_vec(), INVALID),
        ("a layer to come", b"\0asm\x0d\0\x02\0".to_vec(), INVALID),
        (
            "a module that computes",
            text("(module (func (export \"rule\") (result i32) i32.const 1))"),
            "component.not_a_component",
        ),
        ("a component twice", [honest.clone(), honest.clone()].concat(), INVALID),
        ("a component and more", [honest.clone(), vec![0xff; 9]].concat(), INVALID),
        (
            "a section longer than the file",
            [b"\0asm\x0d\0\x01\0\x01".as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat(),
            INVALID,
        ),
        ("a length that never ends", [b"\0asm\x0d\0\x01\0\x01".as_slice(), &[0x80; 20]].concat(), INVALID),
        ("a section of no known kind", b"\0asm\x0d\0\x01\0\x63\x01\0".to_vec(), INVALID),
        ("a gibibyte announced in a custom section", b"\0asm\x0d\0\x01\0\0\x80\x80\x80\x80\x04\x01x".to_vec(), INVALID),
        ("a shell script", b"#!/bin/sh\nexit 0\n".to_vec(), INVALID),
        ("a text component", b"(component)".to_vec(), INVALID),
        ("one byte too many", vec![0; (512 << 10) + 1], "component.too_large"),
        ("16 MiB", vec![0; 16 << 20], "component.too_large"),
    ] {
        cases.push(Case::refused(name, bytes, code, ""));
    }
    for n in 1..PLACES {
        let cut = honest.len() * n / PLACES;
        let name = format!("a component cut off after {cut} bytes");
        cases.push(Case::refused(name, honest[..cut].to_vec(), INVALID, ""));
    }
    for n in 0..PLACES {
        let at = honest.len() * n / PLACES;
        let mut turned = honest.clone();
        turned[at] ^= 1 << (n % 8);
        // It may still be a component, and even an honest one; whatever it is has a stable code.
        let mut case = Case::refused(format!("a component with a bit turned at {at}"), turned, "", "");
        case.ask = crate::runs::Ask::Call("rule".into());
        cases.push(case);
    }
    cases
}
