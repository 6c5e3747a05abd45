//! Iterators: each item is borrowed until the next call, and no lock is held between calls.

use std::collections::VecDeque;

use strongroom::{ListOptions, Page, Result};

use crate::pointers::Output;
use crate::status::{STRONGROOM_DONE, STRONGROOM_OK, strongroom_status};
use crate::views::Told;

/// Fetches the page of a list that options describe.
type Fetch<T> = Box<dyn FnMut(&ListOptions) -> Result<Page<T>> + Send>;

/// Items that are fetched a page at a time, or are all there already.
pub(crate) struct Items<T, V> {
    ready: VecDeque<T>,
    rest: Option<(Fetch<T>, ListOptions)>,
    view: fn(T) -> Box<Told<V>>,
    current: Option<Box<Told<V>>>,
}

impl<T, V> Items<T, V> {
    /// Items that are all there.
    pub(crate) fn all(items: Vec<T>, view: fn(T) -> Box<Told<V>>) -> Items<T, V> {
        Items { ready: items.into(), rest: None, view, current: None }
    }

    /// Items of a list, of which the first page is fetched at once, so that a mistake shows here.
    pub(crate) fn paged(
        mut fetch: Fetch<T>,
        mut options: ListOptions,
        view: fn(T) -> Box<Told<V>>,
    ) -> Result<Items<T, V>> {
        let page = fetch(&options)?;
        let rest = page.next.map(|after| {
            options.after = Some(after);
            (fetch, options)
        });
        Ok(Items { ready: page.items.into(), rest, view, current: None })
    }

    /// The next item, until the call after this one.
    pub(crate) fn next(&mut self, item: Output<*const V>) -> Result<strongroom_status> {
        if self.ready.is_empty() {
            self.fetch()?;
        }
        let Some(next) = self.ready.pop_front() else {
            return Ok(STRONGROOM_DONE);
        };
        let told = self.current.insert((self.view)(next));
        item.write(told.as_ptr());
        Ok(STRONGROOM_OK)
    }

    /// A page that fails is asked for again by the next call.
    fn fetch(&mut self) -> Result<()> {
        let Some((fetch, options)) = &mut self.rest else { return Ok(()) };
        let page = fetch(options)?;
        self.ready = page.items.into();
        match page.next {
            Some(after) => options.after = Some(after),
            None => self.rest = None,
        }
        Ok(())
    }
}
