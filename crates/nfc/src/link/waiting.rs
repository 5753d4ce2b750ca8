//! The style of an executor: what waits, waits in a future.

use super::LinkError;
use crate::card::Card;
use crate::field::{Action, Event, Field};
use crate::front_end::AsyncFrontEnd;
use crate::settings::Settings;
use kazasu_apdu::{AsyncTransport, PowerOff};

/// A link over a raw radio whose calls are futures.
///
/// A future that is dropped before it ends leaves the outcome of its command unknown, and the field
/// on: [`kazasu_apdu::AsyncSession`] ends the presence then, and the link takes no command until
/// [`AsyncLink::activate`]. [`AsyncLink::deactivate`] switches the field off: call it on every way
/// out. Dropped with the field on, the link asks the front end for it as a last resort
/// ([`AsyncFrontEnd::switch_off`]), and cannot say whether it was done.
#[derive(Debug)]
pub struct AsyncLink<'b, F: AsyncFrontEnd> {
    front_end: F,
    field: Field,
    frame: &'b mut [u8],
}

impl<'b, F: AsyncFrontEnd> AsyncLink<'b, F> {
    /// A link without a card: call [`AsyncLink::activate`] first. `frame` holds one frame; 256 bytes
    /// suit a My Number card.
    pub fn new(front_end: F, settings: Settings, frame: &'b mut [u8]) -> Self {
        let field = Field::new(settings, front_end.capabilities());
        Self { front_end, field, frame }
    }

    /// A new presence: as [`Field::activate`].
    ///
    /// # Errors
    /// When there is no card, or none that can be activated.
    pub async fn activate(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.activate();
        self.run(&[], &mut []).await.map(drop)
    }

    /// Goes on to the next card of several ([`Field::next`]).
    ///
    /// # Errors
    /// As [`AsyncLink::activate`]; [`crate::Error::NoCard`] when there is no further one.
    pub async fn next_card(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.next();
        self.run(&[], &mut []).await.map(drop)
    }

    /// Is the card still there? Does not disturb it. To be called every 100 ms or so while a card
    /// is active and no command is sent.
    ///
    /// # Errors
    /// [`crate::Error::CardRemoved`] when it is gone.
    pub async fn check(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.check().map_err(LinkError::Field)?;
        self.run(&[], &mut []).await.map(drop)
    }

    /// Switches the field off: no card keeps anything over that.
    ///
    /// # Errors
    /// When the front end failed.
    pub async fn deactivate(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.deactivate();
        self.run(&[], &mut []).await.map(drop)
    }

    /// The field.
    pub const fn field(&self) -> &Field {
        &self.field
    }

    /// The field, to change its settings. Orders are the link's.
    pub const fn field_mut(&mut self) -> &mut Field {
        &mut self.field
    }

    /// The active card.
    pub fn card(&self) -> Option<&Card> {
        self.field.card()
    }

    /// The front end, to change it.
    pub const fn front_end_mut(&mut self) -> &mut F {
        &mut self.front_end
    }

    async fn run(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> Result<usize, LinkError<F::Error>> {
        let mut event = Event::Ready;
        loop {
            let now = self.front_end.now();
            let action = self.field.step(now, event, self.frame, command, response);
            let done = match action {
                Action::Switch(on) => self.front_end.switch(on).await.map(|()| Event::Ready),
                Action::Exchange(exchange) => {
                    self.front_end.exchange(&exchange, self.frame).await.map(Event::Received)
                }
                Action::Wait { until } => {
                    self.front_end.wait(until).await;
                    Ok(Event::Ready)
                }
                action => return super::ended(action),
            };
            event = match done {
                Ok(event) => event,
                Err(error) => {
                    let now = self.front_end.now();
                    self.field.step(now, Event::Lost, self.frame, &[], &mut []);
                    return Err(LinkError::FrontEnd(error));
                }
            };
        }
    }
}

impl<F: AsyncFrontEnd> AsyncTransport for AsyncLink<'_, F> {
    type Error = LinkError<F::Error>;

    async fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> Result<usize, Self::Error> {
        self.field.transmit(command).map_err(LinkError::Field)?;
        self.run(command, response).await
    }

    /// The field goes off: no card keeps anything over that.
    async fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.deactivate().await.map(|()| PowerOff::Done)
    }
}

impl<F: AsyncFrontEnd> Drop for AsyncLink<'_, F> {
    fn drop(&mut self) {
        if self.field.is_on() {
            self.front_end.switch_off();
        }
    }
}

#[cfg(feature = "nb")]
mod paced {
    use crate::field::{Capabilities, Exchange, Reception};
    use crate::front_end::{AsyncFrontEnd, PolledFrontEnd};
    use embedded_hal_async::delay::DelayNs;
    use kazasu_apdu::time::Instant;

    /// A polled front end in the style of an executor: it is looked at again after a pause.
    ///
    /// The pause is the resolution of all times, and the bus must hold what comes within it: at
    /// 115,200 baud a byte takes 87 µs.
    #[derive(Debug)]
    pub struct Paced<F, D> {
        front_end: F,
        delay: D,
        pause: u32,
    }

    impl<F: PolledFrontEnd, D: DelayNs> Paced<F, D> {
        /// With a delay, and the pause in microseconds.
        pub const fn new(front_end: F, delay: D, pause: u32) -> Self {
            Self { front_end, delay, pause }
        }

        /// The front end, to change it.
        pub const fn front_end_mut(&mut self) -> &mut F {
            &mut self.front_end
        }

        /// Asks again and again, with a pause in between.
        async fn done<V>(
            &mut self,
            mut poll: impl FnMut(&mut F) -> nb::Result<V, F::Error>,
        ) -> Result<V, F::Error> {
            loop {
                match poll(&mut self.front_end) {
                    Ok(value) => return Ok(value),
                    Err(nb::Error::Other(error)) => return Err(error),
                    Err(nb::Error::WouldBlock) => self.delay.delay_us(self.pause).await,
                }
            }
        }
    }

    impl<F: PolledFrontEnd, D: DelayNs> AsyncFrontEnd for Paced<F, D> {
        type Error = F::Error;

        fn capabilities(&self) -> Capabilities {
            self.front_end.capabilities()
        }

        fn now(&mut self) -> Instant {
            self.front_end.now()
        }

        async fn wait(&mut self, until: Instant) {
            let left = until.since(self.front_end.now());
            self.delay.delay_us(u32::try_from(left.micros()).unwrap_or(u32::MAX)).await;
        }

        async fn switch(&mut self, on: bool) -> Result<(), F::Error> {
            self.done(|front_end| front_end.switch(on)).await
        }

        async fn exchange(
            &mut self,
            exchange: &Exchange,
            frame: &mut [u8],
        ) -> Result<Reception, F::Error> {
            self.wait(exchange.not_before).await;
            self.front_end.begin(exchange, frame)?;
            self.done(|front_end| front_end.poll(exchange, frame)).await
        }

        fn switch_off(&mut self) {
            super::super::polled::switch_off(&mut self.front_end);
        }
    }
}

#[cfg(feature = "nb")]
pub use paced::Paced;
