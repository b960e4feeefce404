//! Letters that come back: a server took one, and says by mail afterwards that it did not arrive (RFC 3464).
//!
//! Each mail has a return path of its own, which names its letter and proves that it was written here. So nothing that a report quotes need be believed, and
//! whoever got a mail can report that one alone.

use hmac::Mac as _;
use lettre::Address;
use mail_parser::{MessageParser, MimeHeaders as _};
use uuid::Uuid;
use yishi_domain::{Refusal, letters::Carrier};
use yishi_store::{contacts, letters};

use super::{postman, posts::names_nobody, proofs::proof};
use crate::{App, failures::Failure};

const DERIVATION: &[u8] = b"yishi bounces v1";

/// How many bytes of a proof a return path has.
const PROOF: usize = 8;

/// The longest local part of the address that mail comes back to: with the letter and its proof it makes 64 octets (RFC 5321, section 4.5.3.1.1).
pub(super) const LONGEST: usize = 64 - "+".len() - 32 - ".".len() - 2 * PROOF;

/// What a report says of a letter.
#[derive(Debug, PartialEq, Eq)]
struct Report {
    /// The letter, and what proves that we have sent it.
    letter: Uuid,
    code: [u8; PROOF],
    /// Whom it did not reach for good; none where it may still arrive, or has.
    failed: Vec<Failed>,
}

#[derive(Debug, PartialEq, Eq)]
struct Failed {
    /// The status (RFC 3463), such as `5.1.1`.
    status: String,
    /// Whom the letter was for, and who it was for in the end.
    recipients: Vec<String>,
}

/// The address to which a letter comes back: a subaddress (RFC 5233) of the operator's.
pub(super) fn return_path(app: &App, base: &Address, letter: Uuid) -> Result<Address, Failure> {
    let code = proof(app, app.signing.newest(), DERIVATION, "", letter.as_bytes())?.finalize().into_bytes();
    let local = format!("{}+{}.{}", base.user(), letter.simple(), hex::encode(&code[..PROOF]));
    Address::new(local, base.domain()).map_err(|error| Failure::Inconsistent(format!("a return path: {error}")))
}

/// Takes a report that came by mail, as it came. A letter that did not arrive is `bounced`, and nothing is sent any more to an address that names nobody.
///
/// A report that it is late, or was delivered, changes nothing, and neither does a second one. Refused: `bounce.bad_report`, `bounce.unknown`.
pub async fn take(app: &App, mail: &[u8]) -> Result<(), Failure> {
    let Report { letter, code, failed } = read(mail)?;
    let unknown = || Refusal::not_found("bounce.unknown", "this report came back to no letter of this installation");
    let ours = (1..=app.signing.newest())
        .filter_map(|number| proof(app, number, DERIVATION, "", letter.as_bytes()).ok())
        .any(|mac| mac.verify_truncated_left(&code).is_ok());
    let tenant = match ours {
        true => letters::tenant_of(&mut app.db.platform().await?, letter).await?,
        false => None,
    };
    let tenant = tenant.ok_or_else(unknown)?;
    let Some(first) = failed.first() else { return Ok(()) };
    let ctx = postman(app, &tenant);
    let mut tx = app.db.record(&ctx).await?;
    let why = format!("it came back: {}", first.status);
    if let Some(member) = letters::come_back(&mut tx, letter, &why, ctx.now).await? {
        let reached = contacts::of_member(&mut tx, member).await?;
        let address = reached.into_iter().find(|it| it.carrier == Carrier::Email).map(|it| it.address);
        let gone = |address: &String| {
            let of = |it: &Failed| it.recipients.iter().any(|it| it.eq_ignore_ascii_case(address));
            failed.iter().any(|it| names_nobody(&it.status) && of(it))
        };
        if let Some(address) = address.filter(gone) {
            contacts::refuse(&mut tx, member.uuid(), Carrier::Email, &address, &why, ctx.now).await?;
        }
    }
    Ok(tx.commit().await?)
}

fn read(mail: &[u8]) -> Result<Report, Refusal> {
    let bad = |text: &str| {
        Refusal::invalid("bounce.bad_report", "body", text)
            .with_fix("send the report as it came, all of it: a multipart/report (RFC 6522) with a message/delivery-status (RFC 3464)")
    };
    let message = MessageParser::default().parse(mail).ok_or_else(|| bad("this is no mail"))?;
    let to = message.to().into_iter().flat_map(|to| to.iter()).filter_map(|it| it.address());
    let (letter, code) =
        to.filter_map(named).next().ok_or_else(|| bad("it is to no address that a letter comes back to"))?;
    let status = message.parts.iter().find(|it| it.is_content_type("message", "delivery-status"));
    let status = status.ok_or_else(|| bad("it has no part of the type message/delivery-status"))?;
    let text = String::from_utf8_lossy(status.contents()).replace("\r\n", "\n");
    // The first group is about the message, each other one about somebody whom it was for.
    let failed = text.split("\n\n").filter_map(|group| {
        let fields = fields(group);
        let values = |name| fields.iter().filter(move |(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values("action").find(|it| it.eq_ignore_ascii_case("failed"))?;
        let status = values("status").next().and_then(|it| it.split_whitespace().next()).unwrap_or("5.0.0");
        let status = status.chars().filter(|it| it.is_ascii_digit() || *it == '.').take(11).collect();
        let recipients = values("original-recipient").chain(values("final-recipient"));
        let address = |it: &String| it.split_once(';').map(|(_, it)| it.trim().trim_matches(['<', '>']).to_owned());
        Some(Failed { status, recipients: recipients.filter_map(address).collect() })
    });
    Ok(Report { letter, code, failed: failed.collect() })
}

/// The letter that an address names, with its proof.
fn named(address: &str) -> Option<(Uuid, [u8; PROOF])> {
    let (local, _) = address.rsplit_once('@')?;
    let (letter, proof) = local.rsplit_once('+')?.1.split_once('.')?;
    Some((Uuid::try_parse(letter).ok()?, hex::decode(proof).ok()?.try_into().ok()?))
}

/// The fields of a group, unfolded.
fn fields(group: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in group.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, _, Some((name, value))) => fields.push((name.trim().to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "019a7b3c4d5e7f60819a2b3c4d5e6f70";

    /// A report as servers write them, with these groups.
    fn report(to: &str, groups: &str) -> String {
        let groups = groups.replace('\n', "\r\n");
        format!(
            "From: MAILER-DAEMON@mx.example.net\r\nTo: {to}\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n{groups}\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: li.ming@example.org\r\n\r\n--b--\r\n"
        )
    }

    fn to() -> String {
        format!("<bounces+{LETTER}.00112233aabbccdd@example.org>")
    }

    #[test]
    fn whom_a_letter_did_not_reach_is_read_whoever_wrote_the_report() {
        let groups = "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: RFC822; li@example.com\nOriginal-Recipient: rfc822;Li.Ming@example.org\n\
                      ACTION: Failed\nStatus: 5.1.1 (nobody)\nDiagnostic-Code: smtp; 550 5.1.1\n    <li@example.com>: unknown\n\n\
                      Final-Recipient: rfc822; other@example.org\nAction: delayed\nStatus: 4.4.1\n";
        let read = read(report(&to(), groups).as_bytes()).expect("a report");
        let failed =
            Failed { status: "5.1.1".into(), recipients: vec!["Li.Ming@example.org".into(), "li@example.com".into()] };
        let code = [0x00, 0x11, 0x22, 0x33, 0xaa, 0xbb, 0xcc, 0xdd];
        let letter = Uuid::try_parse(LETTER).expect("an id");
        assert_eq!(read, Report { letter, code, failed: vec![failed] });
    }

    #[test]
    fn what_is_no_report_on_a_letter_is_refused() {
        let of = |mail: &str| read(mail.as_bytes()).expect_err("no report").detail;
        let groups = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n";
        for to in ["bounces@example.org", "bounces+1.2@example.org", &format!("b+{LETTER}@example.org"), "b+x", ""] {
            assert!(of(&report(to, groups)).contains("no address"), "{to}");
        }
        let reply = format!("To: {}\r\nSubject: Re: hello\r\n\r\nI am away.\r\n", to());
        assert!(of(&reply).contains("delivery-status"));
        assert!(!of("").is_empty());
    }
}
