//! Where a thread of a pool waits for work.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::exchange::Job;

/// Where a thread waits for work.
#[derive(Default)]
pub(crate) struct Mailbox {
    inside: Mutex<Inside>,
    arrived: Condvar,
}

#[derive(Default)]
struct Inside {
    message: Option<Message>,
    /// The thread has to be woken.
    sleeps: bool,
}

/// What a thread is told.
pub(crate) enum Message {
    Work(Arc<dyn Job>),
    Close,
}

impl Mailbox {
    pub(crate) fn put(&self, message: Message) {
        let mut inside = self.inside();
        inside.message = Some(message);
        let sleeps = inside.sleeps;
        drop(inside);
        if sleeps {
            self.arrived.notify_one();
        }
    }

    /// Waits for a message.
    pub(crate) fn take(&self) -> Message {
        let mut inside = self.inside();
        loop {
            if let Some(message) = inside.message.take() {
                inside.sleeps = false;
                return message;
            }
            inside.sleeps = true;
            inside = self.arrived.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
