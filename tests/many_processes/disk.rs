//! How long the disk itself makes one wait, while others work.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Writes and syncs one block again and again, until it is asked for the longest time that one took.
pub(crate) struct DiskWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl DiskWatch {
    pub(crate) fn start(folder: &Path) -> DiskWatch {
        let mut file = File::create(folder.join("watch")).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut longest = Duration::ZERO;
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                file.seek(SeekFrom::Start(0)).unwrap();
                file.write_all(&[7; 4096]).unwrap();
                file.sync_data().unwrap();
                longest = longest.max(begun.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        DiskWatch { stop, thread }
    }

    pub(crate) fn longest(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
