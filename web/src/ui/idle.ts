// Work that may wait until nothing else is to be done.

/** Runs once the page has painted and rests, in a second at the latest; gives a way to cancel. */
export function whenIdle(run: () => void): () => void {
  let cancelled = false;
  const go = (): void => {
    if (!cancelled) run();
  };
  const painted = (): void => {
    if (cancelled) return;
    // Safari has no idle callbacks.
    if ("requestIdleCallback" in window) window.requestIdleCallback(go, { timeout: 1000 });
    else setTimeout(go, 50);
  };
  requestAnimationFrame(() => requestAnimationFrame(painted));
  return () => {
    cancelled = true;
  };
}
