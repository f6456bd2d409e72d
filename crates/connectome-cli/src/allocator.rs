//! Memory on large pages.
//!
//! Training streams through tens of megabytes a step, and a kernel that gives large pages only to
//! those who ask (`madvise`, what most distributions ship) leaves them on pages of 4 KiB, whose
//! addresses no table of the processor holds. jemalloc asks; measured in `docs/training-lm.md`.
//! `MADV_HUGEPAGE` is Linux's, so other systems keep their own allocator.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod jemalloc {
    #[global_allocator]
    static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

    /// jemalloc reads its options from a C string of this name when it starts.
    // SAFETY: jemalloc declares the symbol weakly and for its user to define, as a pointer to a
    // string that ends in a zero; a slice begins with that pointer.
    #[unsafe(export_name = "_rjem_malloc_conf")]
    static OPTIONS: &[u8] = b"thp:always\0";
}
