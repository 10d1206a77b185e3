//! The requests that wait for a free slot: bounded in number and in bytes, fair among askers, and newest first.
//!
//! A server does not reveal who published a message. What it passes on is the reply subject, and clients derive all their reply subjects from one prefix of
//! their own (`_INBOX.<client>.<request>`). So an *asker* is a reply subject without its last token. Askers are hashed with a random key into a fixed
//! number of lanes, as in stochastic fair queueing, so that nothing here grows with the number of askers.
//!
//! - The next request is one of the lane with the fewest requests at work, then of the lane that has not been served for the longest time. One lane
//!   never occupies all slots, so that an asker whose lane is idle finds a free one.
//! - Within a lane the newest request comes first: its asker still waits for the longest time.
//! - A request that has waited for longer than [`Bounds::age`] is shed, since its asker has given up.
//! - When a bound is exceeded, the oldest request of the longest lane is shed.
//!
//! Messages without a reply subject have a lane of their own, and do not age.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::bindings::messaging::wasmcloud::messaging::types::BrokerMessage;

/// The number of lanes.
const LANES: u16 = 1024;
/// The lane of messages that nobody waits for.
const UNASKED: Lane = Lane(0);
/// What a waiting request costs beside its strings and its body.
const OVERHEAD: usize = 256;

/// What the queue may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Requests.
    pub(crate) messages: usize,
    /// Bytes of all requests together.
    pub(crate) bytes: usize,
    /// How long a request may wait.
    pub(crate) age: Duration,
    /// How many requests of one lane may be at work at once.
    pub(crate) share: usize,
}

/// The position of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane(u16);

/// A request, and when it was received.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) message: BrokerMessage,
    pub(crate) received: Instant,
    pub(crate) lane: Lane,
}

impl Request {
    fn cost(&self) -> usize {
        let message = &self.message;
        message.body.len() + message.subject.len() + message.reply_to.as_ref().map_or(0, String::len) + OVERHEAD
    }
}

#[derive(Default)]
struct Waiting {
    /// The oldest request is at the front.
    requests: VecDeque<Request>,
    bytes: usize,
    at_work: usize,
    /// When a request was last taken, as a number that only grows.
    served: u64,
}

/// The queue.
pub(crate) struct Queue {
    bounds: Bounds,
    hasher: RandomState,
    lanes: Vec<Waiting>,
    /// Lanes in which requests wait.
    busy: Vec<Lane>,
    messages: usize,
    bytes: usize,
    turn: u64,
}

impl Queue {
    /// An empty queue.
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            hasher: RandomState::new(),
            lanes: (0..LANES).map(|_| Waiting::default()).collect(),
            busy: Vec::new(),
            messages: 0,
            bytes: 0,
            turn: 0,
        }
    }

    /// Adds a message, and returns the requests that no longer fit.
    pub(crate) fn push(&mut self, message: BrokerMessage, received: Instant) -> Vec<Request> {
        let lane = self.lane_of(&message);
        let request = Request { message, received, lane };
        let cost = request.cost();
        let waiting = &mut self.lanes[usize::from(lane.0)];
        if waiting.requests.is_empty() {
            self.busy.push(lane);
        }
        waiting.requests.push_back(request);
        waiting.bytes += cost;
        self.messages += 1;
        self.bytes += cost;
        let mut shed = Vec::new();
        while self.messages > self.bounds.messages || self.bytes > self.bounds.bytes {
            let Some(longest) = self.longest() else { break };
            shed.extend(self.take(longest, VecDeque::pop_front));
        }
        shed
    }

    /// Takes the next request to be worked on. Requests that are found to have waited for too long are added to `shed`.
    pub(crate) fn next(&mut self, now: Instant, shed: &mut Vec<Request>) -> Option<Request> {
        loop {
            let lanes = &self.lanes;
            let lane = self
                .busy
                .iter()
                .copied()
                .filter(|lane| lanes[usize::from(lane.0)].at_work < self.bounds.share)
                .min_by_key(|lane| {
                    let waiting = &lanes[usize::from(lane.0)];
                    (waiting.at_work, waiting.served)
                })?;
            let request = self.take(lane, VecDeque::pop_back)?;
            if self.is_old(&request, now) {
                // The others of this lane are older still.
                shed.push(request);
                while let Some(older) = self.take(lane, VecDeque::pop_front) {
                    shed.push(older);
                }
                continue;
            }
            self.turn += 1;
            let waiting = &mut self.lanes[usize::from(lane.0)];
            waiting.at_work += 1;
            waiting.served = self.turn;
            return Some(request);
        }
    }

    /// Ends the work on a request of a lane.
    pub(crate) fn finish(&mut self, lane: Lane) {
        let waiting = &mut self.lanes[usize::from(lane.0)];
        waiting.at_work = waiting.at_work.saturating_sub(1);
    }

    /// Takes out all requests that have waited for too long.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Request> {
        let mut shed = Vec::new();
        for lane in self.busy.clone() {
            let front = |queue: &Self| {
                let oldest = queue.lanes[usize::from(lane.0)].requests.front();
                oldest.is_some_and(|oldest| queue.is_old(oldest, now))
            };
            while front(self) {
                shed.extend(self.take(lane, VecDeque::pop_front));
            }
        }
        shed
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages == 0
    }

    fn is_old(&self, request: &Request, now: Instant) -> bool {
        request.lane != UNASKED && now.saturating_duration_since(request.received) > self.bounds.age
    }

    /// The lane with the most of what there is too much of.
    fn longest(&self) -> Option<Lane> {
        let by_bytes = self.bytes > self.bounds.bytes;
        self.busy.iter().copied().max_by_key(|lane| {
            let waiting = &self.lanes[usize::from(lane.0)];
            if by_bytes { waiting.bytes } else { waiting.requests.len() }
        })
    }

    fn take(&mut self, lane: Lane, end: fn(&mut VecDeque<Request>) -> Option<Request>) -> Option<Request> {
        let waiting = &mut self.lanes[usize::from(lane.0)];
        let request = end(&mut waiting.requests)?;
        let cost = request.cost();
        waiting.bytes -= cost;
        self.messages -= 1;
        self.bytes -= cost;
        if waiting.requests.is_empty() {
            waiting.requests.shrink_to(16);
            self.busy.retain(|other| *other != lane);
        }
        Some(request)
    }

    fn lane_of(&self, message: &BrokerMessage) -> Lane {
        let Some(reply) = &message.reply_to else { return UNASKED };
        let asker = reply.rsplit_once('.').map_or("", |(asker, _)| asker);
        let hash = self.hasher.hash_one(asker) % u64::from(LANES - 1);
        // INVARIANT: the remainder is less than `LANES`.
        Lane(1 + u16::try_from(hash).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(1);

    fn bounds() -> Bounds {
        Bounds {
            messages: 100,
            bytes: 1 << 20,
            age: AGE,
            share: 3,
        }
    }

    fn message(reply: &str, body: usize) -> BrokerMessage {
        BrokerMessage {
            subject: "policy".to_owned(),
            body: vec![b'x'; body],
            reply_to: (!reply.is_empty()).then(|| reply.to_owned()),
        }
    }

    fn reply(request: &Request) -> &str {
        request.message.reply_to.as_deref().unwrap_or_default()
    }

    /// Askers with a lane each.
    fn askers<const N: usize>(queue: &Queue) -> [String; N] {
        let mut found: Vec<(Lane, String)> = Vec::new();
        for asker in (0..).map(|number| format!("_INBOX.client{number}")) {
            let lane = queue.lane_of(&message(&format!("{asker}.1"), 0));
            if found.iter().all(|(other, _)| *other != lane) {
                found.push((lane, asker));
            }
            if found.len() == N {
                break;
            }
        }
        found.into_iter().map(|(_, asker)| asker).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn the_newest_request_of_an_asker_comes_first() {
        let mut queue = Queue::new(bounds());
        let now = Instant::now();
        for number in 0..3 {
            assert!(queue.push(message(&format!("_INBOX.a.{number}"), 1), now).is_empty());
        }
        let mut shed = Vec::new();
        assert_eq!(reply(&queue.next(now, &mut shed).unwrap()), "_INBOX.a.2");
        assert_eq!(reply(&queue.next(now, &mut shed).unwrap()), "_INBOX.a.1");
        assert!(shed.is_empty() && !queue.is_empty());
    }

    #[test]
    fn a_flood_does_not_keep_other_askers_waiting() {
        let mut queue = Queue::new(bounds());
        let [flood, other] = askers(&queue);
        let (now, mut shed) = (Instant::now(), Vec::new());
        queue.push(message(&format!("{other}.1"), 1), now);
        for number in 0..1000 {
            queue.push(message(&format!("{flood}.{number}"), 1), now);
        }
        // Slots that become free one by one go to both in turn.
        let mut answered = 0;
        for _ in 0..2 {
            let next = queue.next(now, &mut shed).unwrap();
            answered += usize::from(reply(&next) == format!("{other}.1"));
            queue.finish(next.lane);
        }
        assert_eq!(answered, 1);
        // The flood never has all slots.
        for _ in 0..3 {
            assert!(reply(&queue.next(now, &mut shed).unwrap()).starts_with(&flood));
        }
        assert!(queue.next(now, &mut shed).is_none());
        queue.push(message(&format!("{other}.2"), 1), now);
        assert_eq!(reply(&queue.next(now, &mut shed).unwrap()), format!("{other}.2"));
    }

    #[test]
    fn what_does_not_fit_is_the_oldest_of_the_longest_lane() {
        let mut queue = Queue::new(bounds());
        let [flood, other, large, huge] = askers(&queue);
        let now = Instant::now();
        queue.push(message(&format!("{other}.1"), 1), now);
        let mut shed = Vec::new();
        for number in 0..1000 {
            shed.extend(queue.push(message(&format!("{flood}.{number}"), 1), now));
        }
        assert_eq!(shed.len(), 901);
        assert_eq!(reply(&shed[0]), format!("{flood}.0"));
        assert_eq!(reply(&shed[900]), format!("{flood}.900"));
        // By bytes as well: two large ones of another asker go before many small ones.
        let shed = queue.push(message(&format!("{large}.1"), 600 << 10), now);
        assert_eq!(shed.len(), 1);
        let shed = queue.push(message(&format!("{large}.2"), 600 << 10), now);
        assert_eq!(shed.iter().map(reply).collect::<Vec<_>>(), [format!("{large}.1")]);
        // One that does not fit at all does not stay.
        let shed = queue.push(message(&format!("{huge}.1"), 2 << 20), now);
        assert_eq!(reply(&shed[0]), format!("{huge}.1"));
        assert!(queue.bytes <= 1 << 20 && queue.messages <= 100);
    }

    #[test]
    fn old_requests_are_shed() {
        let mut queue = Queue::new(bounds());
        let now = Instant::now();
        queue.push(message("_INBOX.a.1", 1), now);
        queue.push(message("_INBOX.a.2", 1), now + AGE);
        queue.push(message("", 1), now);
        let later = now + AGE + Duration::from_millis(1);
        let shed = queue.expire(later);
        assert_eq!(shed.iter().map(reply).collect::<Vec<_>>(), ["_INBOX.a.1"]);
        let mut shed = Vec::new();
        let much_later = now + AGE * 5;
        let next = queue.next(much_later, &mut shed);
        assert_eq!(reply(&next.unwrap()), "", "a message that nobody waits for does not age");
        assert!(queue.next(much_later, &mut shed).is_none());
        assert_eq!(shed.iter().map(reply).collect::<Vec<_>>(), ["_INBOX.a.2"]);
        assert!(queue.is_empty() && queue.bytes == 0 && queue.busy.is_empty());
    }
}
