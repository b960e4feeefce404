//! What is booked in a case's city: money that comes in, is set aside, paid and reversed, crowdfunding, and what a pool lends.

use chrono::Duration;
use yishi_domain::{
    CampaignId, Digest, EntryId, ProvisionId,
    money::{EntryKind, Purpose, SpendingKind},
    pools::ProvisionKind,
};
use yishi_service::{
    bookings::{self, Amount, Payment},
    campaigns,
    failures::Failure,
    pools,
    sessions::Session,
};

use crate::cases::{Case, Standing};

/// What somebody books.
#[derive(Clone, Copy, Debug)]
pub enum Book {
    Receive(u64),
    Budget,
    Transfer(u64),
    SetAside(u64),
    Release(u64),
    Spend(u64),
    Reverse,
    OpenCampaign,
    Pledge(u64),
    Offer(u64),
    Draw(u64),
    GiveBack,
}

impl Case<'_> {
    pub(crate) async fn book(&mut self, what: Book, session: &Session, known: &Standing) -> Result<(), Failure> {
        let (app, [fund, other]) = (&self.city.app, self.city.funds);
        let unit = self.city.unit;
        let amount = |fen| Amount { unit, fen, note: "路灯".into() };
        let purpose = Purpose { resolution: self.last(), item: known.items.keys().next().copied() };
        match what {
            Book::Receive(fen) => {
                self.keep(bookings::receive(app, session, fund, EntryKind::Donation, amount(fen)).await?);
            }
            Book::Budget => {
                let budget = bookings::Budget { per_head_fen: 1_000, year: 2026, units: vec![(unit, Some(3))] };
                let booked = bookings::budget(app, session, fund, budget).await?;
                booked.into_iter().for_each(|it| self.keep(it));
            }
            Book::Transfer(fen) => {
                self.keep(bookings::transfer(app, session, fund, amount(fen), other, unit).await?);
            }
            Book::SetAside(fen) => {
                let kind = EntryKind::Allocation;
                self.keep(bookings::set_aside(app, session, fund, kind, amount(fen), purpose).await?);
            }
            Book::Release(fen) => {
                let kind = EntryKind::Release;
                self.keep(bookings::set_aside(app, session, fund, kind, amount(fen), purpose).await?);
            }
            Book::Spend(fen) => {
                let voucher = format!("V{}", fen % 7);
                let payment = Payment { purpose, kind: SpendingKind::Works, voucher, scan: Digest([8; 32]) };
                self.keep(bookings::spend(app, session, fund, amount(fen), payment).await?);
            }
            Book::Reverse => {
                let entry: EntryId = self.last();
                self.keep(bookings::reverse(app, session, entry, "记错".into()).await?);
            }
            Book::OpenCampaign => {
                let ends_at = session.ctx.now + Duration::hours(90);
                let new = campaigns::NewCampaign { unit, title: "众筹路灯".into(), goal_fen: 500, ends_at };
                self.keep(campaigns::open(app, session, fund, new).await?);
            }
            Book::Pledge(fen) => drop(campaigns::pledge(app, session, self.last::<CampaignId>(), fen).await?),
            Book::Offer(quantity) => {
                let (name, measure) = ("志愿服务".into(), "小时".into());
                let offer = pools::Offer { kind: ProvisionKind::VolunteerHours, name, measure, quantity };
                self.keep(pools::offer(app, session, unit, offer).await?);
            }
            Book::Draw(quantity) => {
                self.keep(pools::draw(app, session, self.last::<ProvisionId>(), purpose, quantity).await?);
            }
            Book::GiveBack => pools::give_back(app, session, self.last()).await?,
        }
        Ok(())
    }
}
