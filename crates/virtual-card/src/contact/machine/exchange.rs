//! What the card does with what the protocols give it: it works at commands, asks for time, and
//! answers.
//!
//! Nothing here touches the lines.

use std::time::Duration;

use super::super::block::Function;
use super::super::responder::{Reply, Responder};
use super::super::{t0, t1};
use super::{ContactCard, Phase, Work};

impl<R: Responder> ContactCard<R> {
    pub(super) fn step_of_t1(&mut self, step: t1::Step, now: Duration) {
        match step {
            t1::Step::Listen => {}
            // Block guard time: 22 etu between start bits (11.4.3), 10 of which have passed.
            t1::Step::Send(block) => self.send_block(&block, now + self.timing.etus(12)),
            t1::Step::Command(command) => {
                if let Some(ifsc) = self.settings.announced_ifsc
                    && !std::mem::replace(&mut self.ifs_announced, true)
                    && let Phase::T1(t1) = &mut self.phase
                {
                    let after = t1::Step::Command(command);
                    let step = t1.request(Function::Ifs, ifsc, after);
                    self.step_of_t1(step, now);
                    return;
                }
                let forced = self.settings.waiting_time_extension.map_or(0, |wtx| wtx.requests);
                self.execute(&command, now, self.timing.block_waiting_time(&self.offer), forced);
            }
            t1::Step::Granted(times) => {
                let time = self.timing.block_waiting_time(&self.offer) * u32::from(times.max(1));
                if let Some(work) = &mut self.work {
                    work.until = now + time;
                }
            }
        }
    }

    pub(super) fn step_of_t0(&mut self, step: t0::Step, now: Duration) {
        match step {
            t0::Step::Listen => {}
            t0::Step::Send(bytes) => self.queue(&bytes, now + self.timing.etus(6), 12),
            t0::Step::Command(command) => {
                self.execute(&command, now, self.timing.waiting_time(&self.offer), 0);
            }
        }
    }

    fn execute(&mut self, command: &[u8], now: Duration, patience: Duration, forced: u8) {
        self.commands += 1;
        let acts = self.settings.hang.is_none_or(|hang| hang.acted);
        if self.hangs(self.commands) {
            if acts {
                let _ = self.responder.respond(command);
            }
            self.phase = Phase::Mute;
            return;
        }
        let Reply { response, work } = self.responder.respond(command);
        let Some(response) = response else {
            self.phase = Phase::Mute;
            return;
        };
        let ready = now + work + self.settings.work;
        self.work = Some(Work { ready, until: now + patience, forced, response });
    }

    /// When something must be done about the work: it is done, or needs more time. `None` while the
    /// reader has been asked for that.
    pub(super) fn next_of(&self, work: &Work) -> Option<Duration> {
        if self.is_asking() {
            return None;
        }
        if work.forced > 0 {
            return Some(Duration::ZERO);
        }
        let silent = matches!(self.phase, Phase::T1(_)) && self.settings.never_asks_for_time;
        Some(if silent { work.ready } else { work.ready.min(self.renewal(work)) })
    }

    /// Half the time that is left before the reader gives up.
    fn renewal(&self, work: &Work) -> Duration {
        let whole = match self.phase {
            Phase::T0(_) => self.timing.waiting_time(&self.offer),
            _ => self.timing.block_waiting_time(&self.offer),
        };
        work.until.saturating_sub(whole / 2)
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(&self.phase, Phase::T1(t1) if t1.is_asking())
    }

    /// Does what is to be done at this time. `false`: nothing.
    pub(super) fn advance(&mut self, now: Duration) -> bool {
        if !self.output.is_empty() {
            return false;
        }
        let waiting = self.character_waiting_time();
        let quiet = self.rules.last_received().is_some_and(|at| at + waiting <= now);
        if let Phase::T1(t1) = &mut self.phase
            && t1.is_receiving()
            && quiet
        {
            let step = t1.quiet();
            self.step_of_t1(step, now);
            return true;
        }
        let Some(work) = &self.work else { return false };
        if self.next_of(work).is_none_or(|at| at > now) {
            return false;
        }
        let ready = work.ready <= now && work.forced == 0;
        match &mut self.phase {
            Phase::T1(t1) if ready => {
                let response = self.work.take().map(|work| work.response).unwrap_or_default();
                let step = t1.answer(response);
                self.step_of_t1(step, now);
            }
            Phase::T1(t1) => {
                let multiplier =
                    self.settings.waiting_time_extension.map_or(1, |wtx| wtx.multiplier);
                if let Some(work) = &mut self.work {
                    work.forced = work.forced.saturating_sub(1);
                }
                let step = t1.request(Function::Wtx, multiplier, t1::Step::Listen);
                self.step_of_t1(step, now);
            }
            Phase::T0(t0) if ready => {
                let response = self.work.take().map(|work| work.response).unwrap_or_default();
                let bytes = t0.answer(response);
                self.queue(&bytes, now + self.timing.etus(6), 12);
            }
            Phase::T0(_) => {
                let more = self.timing.waiting_time(&self.offer);
                if let Some(work) = &mut self.work {
                    work.until = now + more;
                }
                self.queue(&[t0::NULL], now, 12);
            }
            _ => self.work = None,
        }
        true
    }

    pub(super) fn character_waiting_time(&self) -> Duration {
        self.timing.character_waiting_time(&self.offer).max(self.settings.patience)
    }
}
