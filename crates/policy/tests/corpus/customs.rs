//! Custom sections: nobody reads them, whatever they say.

use crate::{guests::Guest, runs::Case};

pub fn cases() -> Vec<Case> {
    let honest = Guest::honest().component();
    let with =
        |name: &str, sections: &[Vec<u8>]| Case::holds(name, [honest.clone(), sections.concat()].concat(), "rule");
    let inside = |name: &str, sections: Vec<Vec<u8>>| {
        let mut component = Guest::honest().component_with(|module| [module, sections.concat()].concat());
        // What makes the component reads its names, so they become names only afterwards.
        let (before, after): (&[u8], &[u8]) = (b"NAME", b"name");
        while let Some(at) = component.windows(4).position(|bytes| bytes == before) {
            component[at..at + 4].copy_from_slice(after);
        }
        Case::holds(name, component, "rule")
    };
    let long = "n".repeat(90_000);
    let mut cases = vec![
        with("a custom section with a name of 90,000 letters", &[section(long.as_bytes(), b"")]),
        with("a custom section without a name", &[section(b"", b"x")]),
        with("300 KiB of nothing", &[section(b"padding", &vec![0; 300 << 10])]),
        with("a thousand custom sections", &vec![section(b"x", b"y"); 1_000]),
        with("producers that lie", &[section(b"producers", b"\x01\x08language\x01\x04Rust\x041.95")]),
        with("producers that are cut off", &[section(b"producers", b"\xff\xff\xff\xff\x0f")]),
        with("names that are cut off", &[section(b"component-name", b"\x00\xff\xff\xff\xff\x0f")]),
        with("names that are no text", &[section(b"component-name", b"\x00\x04\x03\xff\xfe\xfd")]),
        with("a description that was not asked for", &[section(b"yishi:policy", b"{\"name\": \"standard\"}")]),
        with("a contract of another version", &[section(b"component-type:policy", b"yishi:policy@9.9.9")]),
        inside("a module whose names are no text", vec![section(b"NAME", b"\x00\x04\x03\xff\xfe\xfd")]),
        inside("a module whose names clear the screen", vec![section(b"NAME", b"\x00\x05\x04\x1b[2J")]),
        inside("a module with names that are cut off", vec![section(b"NAME", b"\x01\xff\xff\xff\xff\x0f")]),
        inside(
            "a module with debug sections of nonsense",
            vec![
                section(b".debug_info", &[0xff; 400]),
                section(b".debug_abbrev", &[0xff; 400]),
                section(b".debug_line", &[0xff; 400]),
            ],
        ),
        inside(
            "a module with a map elsewhere",
            vec![section(b"sourceMappingURL", b"\x1fhttps://example.org/evil.js.map")],
        ),
    ];
    let cut = [honest.clone(), b"\0\x05\x0axx".to_vec()].concat();
    cases.push(Case::refused("a custom section whose name is longer than itself", cut, "component.invalid", ""));
    let text = [honest, section_raw(b"\x02\xff\xfe")].concat();
    cases.push(Case::refused("a custom section whose name is no text", text, "component.invalid", "UTF-8"));
    cases
}

fn section(name: &[u8], body: &[u8]) -> Vec<u8> {
    section_raw(&[leb(name.len()), name.to_vec(), body.to_vec()].concat())
}

fn section_raw(body: &[u8]) -> Vec<u8> {
    [vec![0], leb(body.len()), body.to_vec()].concat()
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}
