//! Which addresses belong to the public internet, so that nobody has the service call what stands beside it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Tells whether an address is reached over the public internet (IANA's registries of special-purpose addresses, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_public_v4(it),
        IpAddr::V6(it) => is_public_v6(it),
    }
}

fn is_public_v4(it: Ipv4Addr) -> bool {
    let [a, b, c, _] = it.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = a == 192 && b == 0 && (c == 0 || c == 2) || a == 192 && b == 88 && c == 99;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let examples = it.is_documentation();
    let unrouted = a == 0 || a >= 240 || it.is_multicast();
    !(it.is_private() || it.is_loopback() || it.is_link_local())
        && !(shared || protocols || benchmarks || examples || unrouted)
}

fn is_public_v6(it: Ipv6Addr) -> bool {
    if let Some(mapped) = it.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = it.segments();
    // 2000::/3 is what is given out (RFC 4291); of it tunnels that hold another address, and examples, are left out.
    let given_out = first & 0xe000 == 0x2000;
    let tunnels = first == 0x2002 || first == 0x2001 && second < 0x0200;
    let examples = first == 0x2001 && second == 0x0db8 || first == 0x3fff && second < 0x1000;
    given_out && !tunnels && !examples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_the_service_is_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
        for text in ["1.1.1.1", "223.5.5.5", "172.32.0.1", "100.128.0.1", "2400:3200::1", "2606:4700:4700::1111"] {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }
}
