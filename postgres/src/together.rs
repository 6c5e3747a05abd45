//! Several statements in one round trip.
//!
//! A round trip to a server on the same machine takes as long as the server works on a statement, and
//! through a network many times as long.

use std::cell::RefCell;
use std::future::Future;

use futures_util::future::join_all;
use strongroom_backend::Result;

use crate::connection::{Connection, as_sql};
use crate::value::Value;

/// A statement and its parameters.
pub type Asked<'a> = (&'a str, &'a [Value<'a>]);

/// Answers that came before they were asked for.
#[derive(Default)]
pub(crate) struct Answers(RefCell<Vec<Answer>>);

struct Answer {
    asked: Vec<u8>,
    rows: Vec<tokio_postgres::Row>,
}

impl Connection<'_> {
    /// Sends queries that [`query`](Self::query) is going to ask, and the clock that [`now`](Self::now) tells,
    /// all at once. Each answer serves for one query with the same text and parameters, unless something is
    /// executed before: then it is asked again.
    pub fn ask_ahead(&self, queries: &[Asked<'_>]) -> Result<()> {
        let statements = self.statements(queries)?;
        let parameters: Vec<_> = queries.iter().map(|(_, given)| as_sql(given)).collect();
        let client = self.client();
        let each = statements.iter().zip(&parameters);
        let all = all_of(each.map(|(sql, given)| client.query(sql, given)));
        let answers = self.run_with_clock(queries.len(), all)?;
        let answers = queries.iter().zip(answers);
        let answers = answers.map(|(query, rows)| Answer { asked: text_of(*query), rows });
        self.answers().0.borrow_mut().extend(answers);
        Ok(())
    }

    /// As [`execute`](Self::execute) for several statements, in their order: how many rows each changed. When
    /// one fails, its error is told, and the ones after it have no effect. Outside of a transaction they
    /// stand alone.
    pub fn execute_all(&self, statements: &[Asked<'_>]) -> Result<Vec<u64>> {
        self.will_write();
        let prepared = self.statements(statements)?;
        let parameters: Vec<_> = statements.iter().map(|(_, given)| as_sql(given)).collect();
        let client = self.client();
        let each = prepared.iter().zip(&parameters);
        let all = all_of(each.map(|(sql, given)| client.execute(sql, given)));
        self.run_several(statements.len(), all)
    }

    fn statements(&self, asked: &[Asked<'_>]) -> Result<Vec<tokio_postgres::Statement>> {
        asked.iter().map(|(sql, _)| self.statement(sql)).collect()
    }
}

/// The answers, or the first error in the order of the statements. All are waited for: those after one that
/// failed are refused because of it, and may be heard of sooner.
async fn all_of<T, E>(
    statements: impl IntoIterator<Item = impl Future<Output = std::result::Result<T, E>>>,
) -> std::result::Result<Vec<T>, E> {
    join_all(statements).await.into_iter().collect()
}

impl Answers {
    /// The answer to a query, if it is there.
    pub(crate) fn take(&self, query: Asked<'_>) -> Option<Vec<tokio_postgres::Row>> {
        let mut answers = self.0.borrow_mut();
        if answers.is_empty() {
            return None;
        }
        let asked = text_of(query);
        let at = answers.iter().position(|answer| answer.asked == asked)?;
        Some(answers.swap_remove(at).rows)
    }

    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

/// A query in bytes, of which no two queries have the same.
fn text_of((sql, parameters): Asked<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(sql.len() + 64);
    let mut add = |tag: u8, bytes: &[u8]| {
        text.push(tag);
        text.extend(bytes.len().to_be_bytes());
        text.extend(bytes);
    };
    add(0, sql.as_bytes());
    for parameter in parameters {
        match parameter {
            Value::Null => add(1, &[]),
            Value::Integer(number) => add(2, &number.to_be_bytes()),
            Value::Text(text) => add(3, text.as_bytes()),
            Value::Bytes(bytes) => add(4, bytes),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::wait::wait;

    #[test]
    fn no_two_queries_have_the_same_text() {
        let texts = [
            text_of(("a", &[])),
            text_of(("ab", &[])),
            text_of(("a", &[Value::Null])),
            text_of(("a", &[Value::Null, Value::Null])),
            text_of(("a", &[Value::Text("")])),
            text_of(("a", &[Value::Bytes(&[])])),
            text_of(("a", &[Value::Text("b"), Value::Text("c")])),
            text_of(("a", &[Value::Text("bc"), Value::Text("")])),
            text_of(("a", &[Value::Bytes(b"bc"), Value::Text("")])),
            text_of(("a", &[Value::Integer(1)])),
            text_of(("a", &[Value::Integer(2)])),
            text_of(("a", &[Value::Bytes(&1_i64.to_be_bytes())])),
        ];
        for (n, text) in texts.iter().enumerate() {
            assert!(!texts[n + 1..].contains(text), "query {n}");
        }
    }

    #[test]
    fn the_first_error_is_told_whenever_it_comes() {
        let later = |mut left: usize, answer: std::result::Result<i32, &'static str>| {
            poll_fn(move |context| {
                context.waker().wake_by_ref();
                left = left.saturating_sub(1);
                if left == 0 { Poll::Ready(answer) } else { Poll::Pending }
            })
        };
        let end = || Instant::now() + Duration::from_secs(60);
        for number in [3, 40] {
            let each = (0..number).map(|n| match n {
                0 => later(1, Ok(1)),
                // It is heard of after those that it made fail.
                1 => later(5, Err("the cause")),
                _ => later(1, Err("refused")),
            });
            assert_eq!(wait(all_of(each), end()), Some(Err("the cause")), "of {number}");
        }
        let each = (0..3).map(|n| later(4 - n, Ok(n as i32)));
        assert_eq!(wait(all_of(each), end()), Some(Ok(vec![0, 1, 2])));
    }

    #[test]
    fn an_answer_serves_once() {
        let answers = Answers::default();
        let answer = Answer { asked: text_of(("a", &[])), rows: Vec::new() };
        answers.0.borrow_mut().push(answer);
        assert!(answers.take(("b", &[])).is_none());
        assert!(answers.take(("a", &[])).is_some());
        assert!(answers.take(("a", &[])).is_none());
    }
}
