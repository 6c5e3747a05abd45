//! Waiting for a future on a plain thread, with an end.
//!
//! A `tokio` runtime refuses to wait inside of another. What is waited for here needs no runtime:
//! answers come through channels from the thread that reads the sockets.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The future's result, or nothing when `deadline` passed before. The future is then dropped.
pub(crate) fn wait<F: Future>(future: F, deadline: Instant) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return Some(result);
        }
        let left =
            deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_answer_ends_the_wait_and_so_does_the_deadline() {
        let soon = || Instant::now() + Duration::from_millis(20);
        assert_eq!(wait(std::future::pending::<()>(), soon()), None);
        assert_eq!(wait(std::future::ready(7), Instant::now()), Some(7));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let answer = thread::spawn(move || sender.send(8));
        let long = Instant::now() + Duration::from_secs(60);
        assert_eq!(wait(receiver, long), Some(Ok(8)));
        answer.join().unwrap().unwrap();
    }
}
