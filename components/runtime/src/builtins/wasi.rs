//! What several of WASI's interfaces share: handles of the host's resources, and waiting for them.
//!
//! Functions of the component model are declared here and in the neighbours as their lowered form: what does not fit into a few words comes back through
//! memory, lists and texts in the arena, where `rt.realloc` puts them. The linker compares each with the WIT in `wit/deps`.

/// A resource of the host's that is given back when it is no longer needed. The function tells the host so.
pub struct Handle {
    number: u32,
    give_back: fn(u32),
}

impl Handle {
    /// Takes a resource over.
    pub fn new(number: u32, give_back: fn(u32)) -> Handle {
        Handle { number, give_back }
    }

    /// Its number, to lend it.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its number, to hand it over.
    pub fn into_number(self) -> u32 {
        let number = self.number;
        core::mem::forget(self);
        number
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        (self.give_back)(self.number);
    }
}

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "wasi:io/poll@0.2.0")]
    unsafe extern "C" {
        #[link_name = "poll"]
        pub unsafe fn poll(pollables: *const u32, count: usize, ready: *mut [u32; 2]);
        #[link_name = "[resource-drop]pollable"]
        pub safe fn drop_pollable(pollable: u32);
    }
}

/// Takes over something that can be waited for.
#[cfg(target_arch = "wasm32")]
pub fn pollable(number: u32) -> Handle {
    Handle::new(number, |number| imports::drop_pollable(number))
}

/// Waits until one of them is ready; whether the first is among those.
#[cfg(target_arch = "wasm32")]
pub fn wait(pollables: &[u32]) -> bool {
    let mut ready = [0; 2];
    // SAFETY: the host reads so many numbers, and writes address and length of a list of numbers that it put into the arena.
    unsafe { imports::poll(pollables.as_ptr(), pollables.len(), &raw mut ready) };
    (0..ready[1]).any(|at| crate::mem::load32(ready[0] + 4 * at) == 0)
}
