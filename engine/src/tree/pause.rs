//! Points between the atomic steps of a simulation, at which tests freeze a worker.

/// Does nothing, outside of tests.
#[cfg(not(test))]
#[inline(always)]
pub(super) fn point() {}

#[cfg(test)]
thread_local! {
    static HOOK: std::cell::RefCell<Option<Box<dyn FnMut()>>> =
        const { std::cell::RefCell::new(None) };
}

#[cfg(test)]
pub(super) fn point() {
    // Taken out while it runs: what it does may come by a point itself.
    let hook = HOOK.with(|h| h.borrow_mut().take());
    if let Some(mut hook) = hook {
        hook();
        HOOK.with(|h| *h.borrow_mut() = Some(hook));
    }
}

/// Has this thread call `hook` at every point.
#[cfg(test)]
pub(super) fn set(hook: impl FnMut() + 'static) {
    HOOK.with(|h| *h.borrow_mut() = Some(Box::new(hook)));
}
