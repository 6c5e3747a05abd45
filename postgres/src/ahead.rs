//! A query whose answer is fetched later.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Instant;

use futures_util::future::{MaybeDone, maybe_done};
use strongroom_backend::Result;

use crate::connection::{Row, as_sql};
use crate::database::Database;
use crate::errors::{Fault, Trouble};
use crate::pool::Lease;
use crate::value::Value;

type Answer = std::result::Result<Vec<tokio_postgres::Row>, tokio_postgres::Error>;

/// A query that was sent. Dropped, its answer is thrown away.
pub struct Sent {
    answer: MaybeDone<Pin<Box<dyn Future<Output = Answer> + Send>>>,
    deadline: Instant,
    lease: Lease,
}

impl Database {
    /// Sends a query, whose parameters are all bytes, and waits for nothing: nothing is sent when no
    /// connection is free on which it was run before, or few are free.
    pub fn send(&self, sql: &str, parameters: &[&[u8]]) -> Option<Sent> {
        let mut lease = self.pool().take_spare()?;
        let session = lease.session().ok()?;
        let (client, statement) = (session.client.clone(), session.prepared(sql)?);
        let parameters: Vec<Vec<u8>> = parameters.iter().map(|bytes| bytes.to_vec()).collect();
        let query = async move {
            let parameters: Vec<_> = parameters.iter().map(|p| Value::Bytes(p)).collect();
            client.query(&statement, &as_sql(&parameters)).await
        };
        let mut answer = maybe_done(Box::pin(query) as Pin<Box<dyn Future<Output = _> + Send>>);
        // It is sent when it is looked at for the first time. Whoever waits for it looks again.
        let _ = Pin::new(&mut answer).poll(&mut Context::from_waker(Waker::noop()));
        lease.owes_answer(true);
        Some(Sent { answer, deadline: Instant::now() + self.limits().statement, lease })
    }
}

impl Sent {
    /// The answer; nothing when the connection was lost. An error when it does not come in the time that a
    /// statement may take: it was waited for long enough.
    pub fn rows(mut self) -> Option<Result<Vec<Row>>> {
        self.lease.owes_answer(false);
        let session = self.lease.session().ok()?;
        let mut answer = Pin::new(&mut self.answer);
        if let Err(late) = session.wait(answer.as_mut(), self.deadline) {
            return Some(Err(late.error));
        }
        match answer.take_output()?.map_err(Fault::of) {
            Ok(rows) => Some(Ok(rows.into_iter().map(Row).collect())),
            Err(fault) if fault.trouble == Trouble::Lost => {
                session.give_up();
                None
            }
            Err(fault) => Some(Err(fault.error)),
        }
    }
}
